//! What two faithful servers may answer differently, as data: ids, times, texts, tokens, counts, and the order of lists.

use super::shape::{Member, Shape};

/// How a value of an answer is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Free {
    /// The service makes it up, and it means the same wherever it occurs.
    Id,
    /// It is a time of the target's clock.
    Time,
    /// It is a text for people.
    Text,
    /// It continues a listing.
    Token,
    /// It is a count that is never compared (domain.get.stats).
    Count,
    /// It is JSON within a text: the spelling does not count (list-objects.item.object).
    WithinText,
    /// It is a list whose order does not count (page.order, put-type.echo.keys).
    Order,
}

/// How the value of an answer's member is free, if it is. `shape` is its shape, where it has one: what stands within a text
/// has none.
pub fn free(member: &str, shape: Option<&Shape>) -> Option<Free> {
    match (member, shape) {
        // asset.id and case.as-asset put ids into texts; an object has one by another name than its shape's.
        ("ProfileId" | "ProfileObjectUniqueKey" | "AssetId" | "CaseId", _) => Some(Free::Id),
        (_, Some(Shape::Timestamp)) | ("CreatedAt" | "LastUpdatedAt", None) => Some(Free::Time),
        (_, Some(Shape::Long)) => Some(Free::Count),
        (_, Some(Shape::String(string))) => match string.name {
            "message" => Some(Free::Text),
            "token" => Some(Free::Token),
            "stringifiedJson" => Some(Free::WithinText),
            _ => None,
        },
        ("Items", _) => Some(Free::Order),
        (
            _,
            Some(Shape::List {
                name: "StandardIdentifierList",
                ..
            }),
        ) => Some(Free::Order),
        _ => None,
    }
}

/// The shape of the member of that name, within the members of a structure or of an answer.
pub fn member_shape(members: &'static [Member], name: &str) -> Option<&'static Shape> {
    members
        .iter()
        .find(|member| member.wire == name)
        .map(|member| member.shape)
}

/// Cuts the type of an error at the first `:` and keeps what follows the first `#` (proto.error-type-sanitise).
///
/// ```
/// use profile_contract::contract::free::error_name;
///
/// assert_eq!(error_name("com.amazon#BadRequestException:http://internal/"), "BadRequestException");
/// ```
pub fn error_name(text: &str) -> &str {
    let text = text.split_once(':').map_or(text, |(name, _)| name);
    text.split_once('#').map_or(text, |(_, name)| name).trim()
}
