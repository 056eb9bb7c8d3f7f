//! Conversations with AWS's Rust client against the server that `PROFILE_CONTRACT_ENDPOINT` names.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_customerprofiles::Client;
use aws_sdk_customerprofiles::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_sdk_customerprofiles::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_customerprofiles::types::{
    FieldContentType, ObjectTypeField, ObjectTypeKey, StandardIdentifier,
};

fn client() -> Client {
    let endpoint = std::env::var("PROFILE_CONTRACT_ENDPOINT").expect("PROFILE_CONTRACT_ENDPOINT");
    let config = aws_sdk_customerprofiles::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "test",
        ))
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

/// A domain name nobody has used.
fn unused(name: &str) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock")
        .as_nanos();
    format!("rust-{name}-{now}")
}

fn arn(path: &str) -> String {
    format!("arn:aws:profile:us-east-1:123456789012:domains/{path}")
}

/// The code of a modelled error.
fn code<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    result: Result<T, SdkError<E, R>>,
) -> String {
    let error = result.expect_err("an error");
    error
        .as_service_error()
        .and_then(|error| error.code())
        .unwrap_or("none")
        .to_owned()
}

#[tokio::test]
async fn a_type_is_put_shown_listed_tagged_and_deleted() {
    let (client, domain) = (client(), unused("type"));
    let created = client
        .create_domain()
        .domain_name(&domain)
        .default_expiration_days(30)
        .send()
        .await
        .expect("a domain");
    assert_eq!(created.default_expiration_days(), 30);
    assert!(created.created_at().secs() > 1_600_000_000);

    let field = ObjectTypeField::builder()
        .source("_source.mail")
        .target("_profile.EmailAddress")
        .content_type(FieldContentType::EmailAddress)
        .build();
    let key = ObjectTypeKey::builder()
        .standard_identifiers(StandardIdentifier::Profile)
        .standard_identifiers(StandardIdentifier::Unique)
        .field_names("mail")
        .build();
    client
        .put_profile_object_type()
        .domain_name(&domain)
        .object_type_name("Orders")
        .description("ü 🦆 \" \\")
        .allow_profile_creation(true)
        .fields("mail", field.clone())
        .keys("_email", vec![key])
        .tags("a", "1")
        .send()
        .await
        .expect("a type");
    let shown = client
        .get_profile_object_type()
        .domain_name(&domain)
        .object_type_name("Orders")
        .send()
        .await
        .expect("the type");
    assert_eq!(shown.description(), "ü 🦆 \" \\");
    assert!(shown.allow_profile_creation());
    assert_eq!(shown.fields().expect("fields")["mail"], field);
    let identifiers = shown.keys().expect("keys")["_email"][0].standard_identifiers();
    assert!(
        identifiers.contains(&StandardIdentifier::Unique) && identifiers.len() == 2,
        "{identifiers:?}"
    );

    let resource = arn(&format!("{domain}/object-types/Orders"));
    client
        .tag_resource()
        .resource_arn(&resource)
        .tags("b/c", "2")
        .send()
        .await
        .expect("tags");
    let tags = client
        .list_tags_for_resource()
        .resource_arn(&resource)
        .send()
        .await
        .expect("tags");
    assert_eq!(tags.tags().expect("tags").len(), 2);
    client
        .untag_resource()
        .resource_arn(&resource)
        .tag_keys("a")
        .send()
        .await
        .expect("fewer tags");
    let tags = client
        .list_tags_for_resource()
        .resource_arn(&resource)
        .send()
        .await
        .expect("tags");
    assert_eq!(
        tags.tags().expect("tags").get("b/c").map(String::as_str),
        Some("2")
    );

    client
        .delete_profile_object_type()
        .domain_name(&domain)
        .object_type_name("Orders")
        .send()
        .await
        .expect("deleted");
    let gone = client
        .get_profile_object_type()
        .domain_name(&domain)
        .object_type_name("Orders")
        .send()
        .await;
    assert!(
        gone.expect_err("not found")
            .into_service_error()
            .is_resource_not_found_exception()
    );
    client
        .delete_domain()
        .domain_name(&domain)
        .send()
        .await
        .expect("deleted");
}

#[tokio::test]
async fn pages_lead_through_all_types() {
    let (client, domain) = (client(), unused("pages"));
    client
        .create_domain()
        .domain_name(&domain)
        .default_expiration_days(30)
        .send()
        .await
        .expect("a domain");
    let names = ["A", "B", "C", "D", "E"];
    for name in names {
        client
            .put_profile_object_type()
            .domain_name(&domain)
            .object_type_name(name)
            .description(name)
            .fields(
                "id",
                ObjectTypeField::builder().source("_source.id").build(),
            )
            .keys(
                "k",
                vec![
                    ObjectTypeKey::builder()
                        .standard_identifiers(StandardIdentifier::Profile)
                        .standard_identifiers(StandardIdentifier::Unique)
                        .field_names("id")
                        .build(),
                ],
            )
            .send()
            .await
            .expect("a type");
    }
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let page = client
            .list_profile_object_types()
            .domain_name(&domain)
            .max_results(2)
            .set_next_token(token)
            .send()
            .await
            .expect("a page");
        assert!(page.items().len() <= 2);
        seen.extend(
            page.items()
                .iter()
                .map(|item| item.object_type_name().to_owned()),
        );
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    seen.sort();
    assert_eq!(seen, names);
    client
        .delete_domain()
        .domain_name(&domain)
        .send()
        .await
        .expect("deleted");
}

#[tokio::test]
async fn refusals_are_typed_errors() {
    let (client, domain) = (client(), unused("errors"));
    assert_eq!(
        code(client.get_domain().domain_name(&domain).send().await),
        "ResourceNotFoundException"
    );
    assert_eq!(
        code(
            client
                .create_domain()
                .domain_name(&domain)
                .default_expiration_days(0)
                .send()
                .await
        ),
        "BadRequestException"
    );
    assert_eq!(
        code(
            client
                .get_profile_object_type_template()
                .template_id("None")
                .send()
                .await
        ),
        "ResourceNotFoundException"
    );
    let unknown = client
        .list_tags_for_resource()
        .resource_arn(arn(&domain))
        .send()
        .await;
    assert!(
        unknown
            .expect_err("not found")
            .into_service_error()
            .is_resource_not_found_exception()
    );
    let bad = client
        .create_domain()
        .domain_name("no blanks")
        .default_expiration_days(3)
        .send()
        .await;
    assert!(
        bad.expect_err("a bad name")
            .into_service_error()
            .is_bad_request_exception()
    );
}
