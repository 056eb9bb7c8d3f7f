//! Where credentials come from, and what is said where there are none.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use tempfile::TempDir;

use super::*;

/// A home with the two files.
fn home(config: &str, credentials: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(".aws")).unwrap();
    for (name, text) in [("config", config), ("credentials", credentials)] {
        if !text.is_empty() {
            fs::write(home.path().join(".aws").join(name), text).unwrap();
        }
    }
    home
}

fn at(home: &TempDir, variables: &[(&str, &str)]) -> Environment {
    let home = home.path().to_str().unwrap().to_owned();
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .chain([("HOME".to_owned(), home)])
        .collect();
    Environment(Box::new(move |wanted| {
        let mut all = variables.iter();
        all.find(|(name, _)| name == wanted)
            .map(|(_, value)| value.clone())
    }))
}

/// Key id, secret and token.
async fn found(
    environment: Environment,
    profile: Option<&str>,
) -> Result<(String, String, Option<String>), NoCredentials> {
    let wallet = Lookup::new(environment, profile)?.wallet().await?;
    let credentials = wallet.credentials().await?;
    Ok((
        credentials.access_key_id().to_owned(),
        credentials.secret_access_key().to_owned(),
        credentials.session_token().map(str::to_owned),
    ))
}

fn keys(id: &str, secret: &str, token: Option<&str>) -> (String, String, Option<String>) {
    (id.to_owned(), secret.to_owned(), token.map(str::to_owned))
}

const CONFIG: &str = "\
# a comment
[default]
region = eu-west-1 # the nearest
s3 =
    region = nested-1
[profile one]
REGION=us-west-2
aws_account_id = 111122223333
[profile \"my two\"]
aws_access_key_id = AKCONFIG
aws_secret_access_key = config/secret
[two]
aws_access_key_id = NOPROFILE
aws_secret_access_key = no
[sso-session one]
sso_start_url = https://example.com
[profile roled]
role_arn = arn:aws:iam::111122223333:role/x
source_profile = one
[profile half]
aws_access_key_id = AKHALF
[profile empty]
region = ap-south-1
";

const CREDENTIALS: &str = "\
[default]
aws_access_key_id = AKDEFAULT
aws_secret_access_key = de=fault#secret
[one]\r
aws_access_key_id=AKONE\r
aws_secret_access_key=one+secret\r
aws_session_token=one/token\r
";

#[tokio::test]
async fn the_environment_wins_over_files_and_a_profile_asked_for_over_both() {
    let home = home(CONFIG, CREDENTIALS);
    let env = [
        ("AWS_ACCESS_KEY_ID", "AKENV"),
        ("AWS_SECRET_ACCESS_KEY", "envsecret"),
        ("AWS_SESSION_TOKEN", "envtoken"),
        ("AWS_PROFILE", "one"),
    ];
    let of_env = keys("AKENV", "envsecret", Some("envtoken"));
    assert_eq!(found(at(&home, &env), None).await, Ok(of_env));
    let of_one = keys("AKONE", "one+secret", Some("one/token"));
    assert_eq!(
        found(at(&home, &env), Some("one")).await,
        Ok(of_one.clone())
    );
    assert_eq!(found(at(&home, &env[3..]), None).await, Ok(of_one));
    let of_default = keys("AKDEFAULT", "de=fault#secret", None);
    assert_eq!(found(at(&home, &[]), None).await, Ok(of_default));
    let of_config = keys("AKCONFIG", "config/secret", None);
    assert_eq!(found(at(&home, &[]), Some("my two")).await, Ok(of_config));
    // An empty variable is none.
    let empty = [("AWS_ACCESS_KEY_ID", ""), ("AWS_PROFILE", "")];
    assert_eq!(found(at(&home, &empty), None).await.unwrap().0, "AKDEFAULT");
}

#[tokio::test]
async fn files_can_be_elsewhere() {
    let home = home("", "");
    fs::write(home.path().join("c"), "[profile x]\nregion = r-1\n").unwrap();
    fs::write(
        home.path().join("k"),
        "[x]\naws_access_key_id = A\naws_secret_access_key = B\n",
    )
    .unwrap();
    let file = home.path().join("k");
    let env = [
        ("AWS_CONFIG_FILE", "~/c"),
        ("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap()),
        ("AWS_DEFAULT_PROFILE", "x"),
    ];
    assert_eq!(found(at(&home, &env), None).await, Ok(keys("A", "B", None)));
    let lookup = Lookup::new(at(&home, &env), None).unwrap();
    assert_eq!(lookup.region().as_deref(), Some("r-1"));
}

#[test]
fn region_and_account_come_from_where_the_credentials_do() {
    let home = home(CONFIG, CREDENTIALS);
    let told = |variables: &[(&str, &str)], profile| {
        let lookup = Lookup::new(at(&home, variables), profile).unwrap();
        (lookup.region(), lookup.account())
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(told(&[], None), (some("eu-west-1"), None));
    assert_eq!(
        told(&[], Some("one")),
        (some("us-west-2"), some("111122223333"))
    );
    let env = [
        ("AWS_DEFAULT_REGION", "b"),
        ("AWS_ACCOUNT_ID", "444455556666"),
    ];
    assert_eq!(told(&env, None), (some("b"), some("444455556666")));
    assert_eq!(told(&env, Some("one")), (some("b"), some("111122223333")));
    assert_eq!(told(&[("AWS_REGION", "a"), env[0]], None).0, some("a"));
}

#[tokio::test]
async fn where_there_are_none_it_says_where_it_looked() {
    let nothing = home("", "");
    let error = found(at(&nothing, &[]), None)
        .await
        .unwrap_err()
        .to_string();
    for part in [
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment: not set",
        "profile `default` in ",
        ".aws/credentials: no such file",
        ".aws/config: no such file",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "aws configure export-credentials",
    ] {
        assert!(error.contains(part), "{part} in {error}");
    }
    let home = home(CONFIG, CREDENTIALS);
    let told = async |variables: &[(&str, &str)], profile| {
        found(at(&home, variables), profile)
            .await
            .unwrap_err()
            .to_string()
    };
    let missing = told(&[], Some("tow")).await;
    assert!(
        missing.starts_with("no profile `tow` in ")
            && missing.ends_with("; there are default, empty, half, my two, one, roled"),
        "{missing}"
    );
    assert_eq!(told(&[("AWS_PROFILE", "tow")], None).await, missing);
    let empty = told(&[], Some("empty")).await;
    assert!(
        empty.contains("neither keys nor a `credential_process`"),
        "{empty}"
    );
    let half = told(&[], Some("half")).await;
    assert_eq!(
        half,
        "aws_access_key_id of profile `half` is set and aws_secret_access_key is not; both are needed"
    );
    let half = told(&[("AWS_SECRET_ACCESS_KEY", "s3cret")], None).await;
    assert!(
        half.starts_with("AWS_SECRET_ACCESS_KEY of the environment is set and")
            && !half.contains("s3cret")
    );
    let roled = told(&[], Some("roled")).await;
    assert!(
        roled.contains("assumes a role (`role_arn`)")
            && roled.contains("export-credentials --profile roled"),
        "{roled}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_process_hands_out_credentials_until_they_expire() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    let script = |expires: &str| {
        format!(
            "[profile p]\ncredential_process = echo x >> {0}; printf '{{\"Version\":1,\"AccessKeyId\":\"AK%s\",\"SecretAccessKey\":\"s\",\
             \"SessionToken\":\"t\",\"Expiration\":\"{expires}\",\"AccountId\":\"111122223333\"}}' $(wc -l < {0})\n",
            count.display()
        )
    };
    let id = async |wallet: &Wallet| {
        wallet
            .credentials()
            .await
            .unwrap()
            .access_key_id()
            .to_owned()
    };

    let lasting = home(&script("2999-01-01T00:00:00Z"), "");
    let lookup = Lookup::new(at(&lasting, &[]), Some("p")).unwrap();
    let wallet = lookup.wallet().await.unwrap();
    assert_eq!(
        (id(&wallet).await, id(&wallet).await),
        ("AK1".to_owned(), "AK1".to_owned())
    );
    assert_eq!(wallet.account().await.as_deref(), Some("111122223333"));

    let soon = SystemTime::now() + Duration::from_secs(60);
    let soon = jiff::Timestamp::try_from(soon).unwrap().to_string();
    let short = home(&script(&soon), "");
    let lookup = Lookup::new(at(&short, &[]), Some("p")).unwrap();
    let wallet = lookup.wallet().await.unwrap();
    // About to expire: got anew each time; and kept as long as they last where that fails.
    assert_eq!(
        (id(&wallet).await, id(&wallet).await),
        ("AK3".to_owned(), "AK4".to_owned())
    );
    let Source::Process { profile, .. } = wallet.source else {
        panic!()
    };
    let failing = Wallet {
        source: Source::Process {
            command: "exit 7".to_owned(),
            profile: profile.clone(),
        },
        held: wallet.held,
    };
    assert_eq!(id(&failing).await, "AK4");
    let empty = Wallet {
        held: Mutex::default(),
        ..failing
    };
    assert_eq!(
        empty.credentials().await.unwrap_err().to_string(),
        "`credential_process` of profile `p`: it ended with status 7"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn what_a_process_prints_is_never_repeated() {
    for (printed, problem) in [
        ("s3cret", "it printed no JSON (line 1, column 1)"),
        (
            r#"{"Version":1,"SecretAccessKey":"s3cret"}"#,
            "it printed no JSON object with the texts `AccessKeyId`",
        ),
        (
            r#"{"Version":2,"AccessKeyId":"a","SecretAccessKey":"s3cret"}"#,
            "it printed no `\"Version\": 1`",
        ),
        (
            r#"{"Version":1,"AccessKeyId":"a","SecretAccessKey":"s3cret","Expiration":"s3cret"}"#,
            "`Expiration` is no time",
        ),
    ] {
        let home = home(
            &format!("[default]\ncredential_process = printf '%s' '{printed}'\n"),
            "",
        );
        let error = found(at(&home, &[]), None).await.unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}

#[tokio::test]
async fn a_container_hands_out_credentials() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/creds", listener.local_addr().unwrap());
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.extend(byte);
        }
        let body = r#"{"AccessKeyId":"AC","SecretAccessKey":"s","Token":"t","Expiration":"2999-01-01T00:00:00Z"}"#;
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        String::from_utf8(request).unwrap()
    });
    let nothing = home("", "");
    let env = [
        (container::FULL, address.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "shown"),
    ];
    assert_eq!(
        found(at(&nothing, &env), None).await,
        Ok(keys("AC", "s", Some("t")))
    );
    let request = asked.join().unwrap();
    assert!(
        request.starts_with("GET /creds HTTP/1.1\r\n")
            && request.contains("authorization: shown\r\n"),
        "{request}"
    );

    let far = [(container::FULL, "http://192.0.2.1/creds")];
    let error = found(at(&nothing, &far), None)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("only https"), "{error}");
}

#[tokio::test]
async fn nothing_secret_shows_in_debug_output() {
    let home = home(CONFIG, CREDENTIALS);
    let env = [
        ("AWS_ACCESS_KEY_ID", "AKENV"),
        ("AWS_SECRET_ACCESS_KEY", "s3cret"),
        ("AWS_SESSION_TOKEN", "t0ken"),
    ];
    let lookup = Lookup::new(at(&home, &env), None).unwrap();
    let shown = format!("{lookup:?} {:?}", lookup.wallet().await.unwrap());
    for secret in [
        "s3cret",
        "t0ken",
        "one+secret",
        "one/token",
        "config/secret",
        "de=fault",
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
