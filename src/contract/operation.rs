//! Operations: how each is addressed, what it takes, what it answers, which errors it declares.
//!
//! The operations themselves are data, in `operations.rs`. Here is how to find the one a request is for: [`operation`] by
//! name, [`route`] by method and path.

use std::sync::LazyLock;

use memchr::memchr_iter;
use smallvec::SmallVec;

use super::shape::Member;
use crate::wire::Message;

pub use super::operations::OPERATIONS;

/// An operation of the API.
#[derive(Debug)]
pub struct Operation {
    /// Name in the service model.
    pub name: &'static str,
    /// HTTP method.
    pub method: &'static str,
    /// Path with labels in braces, for example `/domains/{DomainName}`.
    pub path: &'static str,
    /// Members of the request, labels first and in the order of the path.
    pub input: &'static [Member],
    /// Members of the response body.
    pub output: &'static [Member],
    /// Modelled errors, with their status.
    pub errors: &'static [(&'static str, u16)],
}

/// Where a request goes, judged by method and path alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// An operation, with the labels in the order of its path: still encoded, never empty.
    To {
        /// The operation.
        operation: &'static Operation,
        /// The raw text of each label.
        labels: Vec<String>,
    },
    /// A path of the API with a label that is empty (`/domains/`, `/domains//object-types`).
    EmptyLabel,
    /// A path of the API with another method.
    WrongMethod,
    /// A path of the API but for doubled or trailing slashes that leave no label empty.
    Slashes {
        /// What it would be without the superfluous slashes.
        operation: &'static Operation,
        /// The labels of that reading.
        labels: Vec<String>,
    },
    /// No path of the API.
    Unknown,
}

impl PartialEq for Operation {
    fn eq(&self, other: &Self) -> bool {
        // There is one of each.
        std::ptr::eq(self, other)
    }
}

impl Eq for Operation {}

impl Operation {
    /// Its place among all [`OPERATIONS`].
    pub fn index(&self) -> usize {
        let mut all = OPERATIONS.iter();
        all.position(|known| known == self)
            .expect("nobody else makes operations")
    }

    /// Whether it changes nothing, so that asking again is harmless.
    pub fn reads(&self) -> bool {
        self.method == "GET" || matches!(self.name, "ListProfileObjects" | "SearchProfiles")
    }

    /// Whether nothing that was written before can make a difference to it.
    pub fn stands_alone(&self) -> bool {
        self.name == "CreateProfile"
    }

    /// Whether its effect may show only after its answer (time.settle).
    pub fn settles(&self) -> bool {
        matches!(
            self.name,
            "PutProfileObject"
                | "DeleteProfileObject"
                | "CreateProfile"
                | "UpdateProfile"
                | "DeleteProfile"
                | "AddProfileKey"
                | "DeleteProfileKey"
                | "MergeProfiles"
                | "DeleteProfileObjectType"
                | "DeleteDomain"
        )
    }

    /// Whether it sets up domains, types or tags, which should show at once (time.control-plane).
    pub fn sets_up(&self) -> bool {
        matches!(
            self.name,
            "CreateDomain"
                | "UpdateDomain"
                | "DeleteDomain"
                | "PutProfileObjectType"
                | "DeleteProfileObjectType"
                | "TagResource"
                | "UntagResource"
        )
    }

    /// Whether it shows what those set up.
    pub fn shows_setup(&self) -> bool {
        matches!(
            self.name,
            "GetDomain"
                | "ListDomains"
                | "GetProfileObjectType"
                | "ListProfileObjectTypes"
                | "ListTagsForResource"
        )
    }
}

/// The operation a message addresses in the ordinary way.
pub fn addressed(message: &Message) -> Option<&'static Operation> {
    let Message::Request(request) = message else {
        return None;
    };
    let path = request.path().strip_prefix('/')?;
    // As `segments` finds them, but no more than any path of the API has.
    let mut segments = [""; LONGEST];
    let (mut count, mut start) = (0, 0);
    for (at, byte) in path.bytes().enumerate() {
        if byte == b'/' {
            *segments.get_mut(count)? = &path[start..at];
            (count, start) = (count + 1, at + 1);
        }
    }
    *segments.get_mut(count)? = &path[start..];
    Some(find(&request.method, &segments[..=count]).ok()?.operation)
}

/// The operation of that name.
///
/// ```
/// use profile_contract::contract::operation::operation;
///
/// assert_eq!(operation("GetDomain").map(|found| found.path), Some("/domains/{DomainName}"));
/// ```
pub fn operation(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}

/// The operation that takes this method at this path, as the service model binds them (contract 1.2).
///
/// The path is split at its literal slashes, before anything is decoded, so that `%2F` never separates two segments. The
/// method counts in its exact case.
pub fn route(method: &str, path: &str) -> Route {
    let Some(segments) = segments(path) else {
        return Route::Unknown;
    };
    match find(method, &segments) {
        Ok(binding) => Route::To {
            operation: binding.operation,
            labels: binding.labels(&segments),
        },
        Err(Missed::Method) => Route::WrongMethod,
        Err(Missed::Path) if !segments.contains(&"") => Route::Unknown,
        Err(Missed::Path)
            if BINDINGS
                .iter()
                .flatten()
                .any(|binding| binding.lacks_label(&segments)) =>
        {
            Route::EmptyLabel
        }
        Err(Missed::Path) => {
            let filled: Segments<'_> = segments
                .into_iter()
                .filter(|segment| !segment.is_empty())
                .collect();
            match find(method, &filled) {
                Ok(binding) => Route::Slashes {
                    operation: binding.operation,
                    labels: binding.labels(&filled),
                },
                Err(Missed::Method) => Route::WrongMethod,
                Err(Missed::Path) => Route::Unknown,
            }
        }
    }
}

type Segments<'a> = SmallVec<[&'a str; 8]>;

/// What stands between the slashes of a path; `None` for what does not begin with one.
fn segments(path: &str) -> Option<Segments<'_>> {
    let path = path.strip_prefix('/')?;
    let mut segments = Segments::new();
    let mut start = 0;
    for at in memchr_iter(b'/', path.as_bytes()) {
        segments.push(&path[start..at]);
        start = at + 1;
    }
    segments.push(&path[start..]);
    Some(segments)
}

/// An operation with its path cut into segments.
struct Binding {
    operation: &'static Operation,
    method: u64,
    segments: Vec<Segment>,
}

/// A segment of the path of an operation.
enum Segment {
    Literal(&'static str),
    Label,
}

/// No path of the API has more segments.
const LONGEST: usize = 6;

/// All operations, by the number of segments of their paths.
static BINDINGS: LazyLock<[Vec<Binding>; LONGEST + 1]> = LazyLock::new(|| {
    let segment = |text: &'static str| {
        if text.starts_with('{') {
            Segment::Label
        } else {
            Segment::Literal(text)
        }
    };
    let mut bindings = [const { Vec::new() }; LONGEST + 1];
    for operation in OPERATIONS {
        let segments: Vec<_> = operation.path.split('/').skip(1).map(segment).collect();
        bindings[segments.len()].push(Binding {
            operation,
            method: word(operation.method),
            segments,
        });
    }
    bindings
});

impl Segment {
    /// Whether a segment of a request is this one; a label is anything but nothing.
    fn takes(&self, text: &str) -> bool {
        match self {
            // A call takes longer than comparing so few bytes.
            Self::Literal(literal) => {
                literal.len() == text.len() && literal.bytes().eq(text.bytes())
            }
            Self::Label => !text.is_empty(),
        }
    }
}

impl Binding {
    /// Whether a path of as many segments is this one.
    fn takes(&self, segments: &[&str]) -> bool {
        // From the end: paths share their beginnings.
        (0..segments.len())
            .rev()
            .all(|at| self.segments[at].takes(segments[at]))
    }

    /// Whether the path is this one up to a label that is empty; what follows it does not matter.
    fn lacks_label(&self, segments: &[&str]) -> bool {
        let other = self.pairs(segments).find(|(own, text)| !own.takes(text));
        other.is_some_and(|(own, text)| matches!(own, Segment::Label) && text.is_empty())
    }

    fn labels(&self, segments: &[&str]) -> Vec<String> {
        let labels = self
            .pairs(segments)
            .filter(|(own, _)| matches!(own, Segment::Label));
        labels.map(|(_, text)| text.to_owned()).collect()
    }

    fn pairs<'a>(
        &'a self,
        segments: &'a [&'a str],
    ) -> impl DoubleEndedIterator<Item = (&'a Segment, &'a str)> {
        self.segments.iter().zip(segments.iter().copied())
    }
}

/// What no operation has.
enum Missed {
    /// The path is there, with other methods.
    Method,
    /// The path.
    Path,
}

/// A word that stands for a method, 0 for any of more than seven letters, as no method of the API has.
fn word(method: &str) -> u64 {
    let mut word = [0; 8];
    match word.get_mut(1..=method.len()) {
        Some(letters) => letters.copy_from_slice(method.as_bytes()),
        None => return 0,
    }
    word[0] = method.len() as u8;
    u64::from_le_bytes(word)
}

fn find(method: &str, segments: &[&str]) -> Result<&'static Binding, Missed> {
    let alike = BINDINGS.get(segments.len()).map_or(&[][..], Vec::as_slice);
    let method = word(method);
    let found = alike
        .iter()
        .find(|binding| binding.method == method && binding.takes(segments));
    found.ok_or_else(
        || match alike.iter().any(|binding| binding.takes(segments)) {
            true => Missed::Method,
            false => Missed::Path,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::super::shape::Place;
    use super::*;

    fn to(method: &str, path: &str) -> Option<(&'static str, Vec<String>)> {
        match route(method, path) {
            Route::To { operation, labels } => Some((operation.name, labels)),
            _ => None,
        }
    }

    #[test]
    fn every_operation_is_found_by_its_own_path() {
        for operation in OPERATIONS {
            let path = operation.path.replace(['{', '}'], "");
            let labels: Vec<_> = operation
                .input
                .iter()
                .filter(|member| member.place == Place::Label)
                .collect();
            let (name, found) = to(operation.method, &path).expect(operation.name);
            assert_eq!(name, operation.name);
            assert_eq!(
                found,
                labels.iter().map(|label| label.wire).collect::<Vec<_>>(),
                "{name}"
            );
        }
        assert_eq!(OPERATIONS.len(), 30);
    }

    #[test]
    fn labels_stay_encoded_and_a_slash_in_disguise_separates_nothing() {
        assert_eq!(
            to("GET", "/domains/a%2Fobject-types"),
            Some(("GetDomain", vec!["a%2Fobject-types".to_owned()]))
        );
        assert_eq!(
            to("GET", "/tags/arn%3Aaws").map(|(name, _)| name),
            Some("ListTagsForResource")
        );
        assert_eq!(
            to("GET", "/domains/.."),
            Some(("GetDomain", vec!["..".to_owned()]))
        );
    }

    #[test]
    fn other_methods_and_paths_go_nowhere() {
        assert_eq!(route("PATCH", "/domains/d"), Route::WrongMethod);
        assert_eq!(route("get", "/domains/d"), Route::WrongMethod);
        assert_eq!(route("\0GET", "/domains/d"), Route::WrongMethod);
        assert_eq!(route("GETSTUFF", "/domains/d"), Route::WrongMethod);
        assert_eq!(route("PATCH", "/domains/d/"), Route::WrongMethod);
        for path in [
            "/",
            "",
            "*",
            "domains",
            "/Domains",
            "/v1/domains",
            "/domains/d/x",
            "/tags",
            "/tags/a/b",
            "//",
        ] {
            assert_eq!(route("GET", path), Route::Unknown, "{path}");
        }
    }

    #[test]
    fn slashes_are_superfluous_or_leave_a_label_empty() {
        for path in [
            "/domains/",
            "/domains//object-types",
            "/domains//d",
            "/domains/d/object-types/",
            "/templates/",
            "/tags/",
            "/tags//a",
        ] {
            assert_eq!(route("GET", path), Route::EmptyLabel, "{path}");
        }
        for (path, name) in [
            ("//domains", "ListDomains"),
            ("/domains/d/", "GetDomain"),
            ("/domains/d//object-types", "ListProfileObjectTypes"),
            ("/domains/d/object-types/t//", "GetProfileObjectType"),
            ("/templates/t/", "GetProfileObjectTypeTemplate"),
        ] {
            match route("GET", path) {
                Route::Slashes { operation, .. } => assert_eq!(operation.name, name, "{path}"),
                other => panic!("{path}: {other:?}"),
            }
        }
    }
}
