//! Shapes: the types of members and the constraints on their values, as data.
//!
//! The values of these types stand in `shapes.rs` and `operations.rs`; this file says what they mean.

/// The type of a value on the wire, with its constraints.
#[derive(Debug)]
pub enum Shape {
    /// A JSON string.
    String(StringShape),
    /// A JSON number without fraction, 32 bits unless wider is said.
    Integer {
        /// Name of the shape in the service model.
        name: &'static str,
        /// Smallest value allowed.
        min: Option<i64>,
        /// Largest value allowed.
        max: Option<i64>,
    },
    /// A 64-bit count in an answer.
    Long,
    /// `true` or `false`.
    Boolean,
    /// Seconds since the epoch, possibly with a fraction.
    Timestamp,
    /// A JSON array.
    List {
        /// Name of the shape in the service model.
        name: &'static str,
        /// Fewest and most entries allowed.
        entries: Bounds,
        /// Shape of each entry.
        item: &'static Self,
    },
    /// A JSON object whose member names are data.
    Map {
        /// Name of the shape in the service model.
        name: &'static str,
        /// Fewest and most entries allowed.
        entries: Bounds,
        /// Shape of the member names.
        key: &'static StringShape,
        /// Shape of the values.
        value: &'static Self,
    },
    /// A JSON object whose member names are given by the model.
    Structure {
        /// Name of the shape in the service model.
        name: &'static str,
        /// Its members.
        members: &'static [Member],
    },
}

/// A string with its constraints.
#[derive(Debug)]
pub struct StringShape {
    /// Name of the shape in the service model.
    pub name: &'static str,
    /// Length in Unicode scalar values.
    pub length: Bounds,
    /// The pattern of the model, if there is one.
    pub pattern: Option<&'static Pattern>,
    /// The allowed values where the shape is an enumeration, else empty.
    pub values: &'static [&'static str],
}

impl StringShape {
    /// The same with a pattern.
    pub(super) const fn matching(self, pattern: &'static Pattern) -> Self {
        Self {
            pattern: Some(pattern),
            ..self
        }
    }

    /// The same as an enumeration.
    pub(super) const fn one_of(self, values: &'static [&'static str]) -> Self {
        Self { values, ..self }
    }
}

/// Inclusive bounds; `None` is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Smallest allowed.
    pub min: Option<u32>,
    /// Largest allowed.
    pub max: Option<u32>,
}

impl Bounds {
    /// Whether a count is within the bounds.
    pub fn holds(self, count: u32) -> bool {
        self.min.is_none_or(|min| count >= min) && self.max.is_none_or(|max| count <= max)
    }
}

/// A pattern of the service model: its text, and what it means.
///
/// The patterns of this API need a look-ahead in one place and little more than a character class elsewhere, so they are
/// functions rather than compiled expressions.
pub struct Pattern {
    /// The pattern as the service model writes it.
    pub text: &'static str,
    /// Whether a value matches.
    pub matches: fn(&str) -> bool,
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text)
    }
}

/// A member of a structure, or of the input or output of an operation.
#[derive(Debug)]
pub struct Member {
    /// Name in the service model.
    pub name: &'static str,
    /// Where the member travels.
    pub place: Place,
    /// Name on the wire: of the label, the query parameter or the JSON member.
    pub wire: &'static str,
    /// Type and constraints.
    pub shape: &'static Shape,
    /// Whether it has to be there.
    pub required: bool,
}

impl Member {
    pub(super) const fn label(name: &'static str, shape: &'static Shape) -> Self {
        Self {
            name,
            place: Place::Label,
            wire: name,
            shape,
            required: true,
        }
    }

    pub(super) const fn query(
        name: &'static str,
        wire: &'static str,
        shape: &'static Shape,
    ) -> Self {
        Self {
            name,
            place: Place::Query,
            wire,
            shape,
            required: false,
        }
    }

    pub(super) const fn body(name: &'static str, shape: &'static Shape) -> Self {
        Self {
            name,
            place: Place::Body,
            wire: name,
            shape,
            required: false,
        }
    }

    pub(super) const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }
}

/// Where a member travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A path segment.
    Label,
    /// A query parameter.
    Query,
    /// A member of the JSON body.
    Body,
}
