//! How a store keeps the fields of a profile.
//!
//! An observer needs them at hand, with the rules behind each. The reference holds many profiles and looks at few: there a
//! profile that one object made is that object read again ([`super::recall`]), and any other a row of bytes.

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::smallvec;

use crate::contract::template;

use super::index::No;
use super::pattern::rules;
use super::store::{Fields, Filled, Held, Path, Source};

/// The fields of a profile, as they are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kept {
    /// As they are.
    Open(Fields),
    /// As bytes, without the rules behind them.
    Packed(Box<[u8]>),
    /// Those of a profile that this object has just made.
    Made(No),
}

impl Default for Kept {
    fn default() -> Self {
        Self::Open(Fields::new())
    }
}

impl Kept {
    /// The fields, where no object has to be read for them.
    pub(super) fn read(&self) -> Cow<'_, [(Path, Held)]> {
        match self {
            Self::Open(fields) => Cow::Borrowed(fields),
            Self::Packed(bytes) => Cow::Owned(unpack(bytes)),
            Self::Made(_) => Cow::Borrowed(&[]),
        }
    }

    /// Takes the fields out, to be changed and put back.
    pub(super) fn take(&mut self) -> Fields {
        match self {
            Self::Open(fields) => std::mem::take(fields),
            _ => self.read().into_owned(),
        }
    }

    /// Packs fields that can be.
    pub(super) fn close(&mut self) {
        if let Self::Open(fields) = self
            && let Some(packed) = pack(fields)
        {
            *self = Self::Packed(packed);
        }
    }
}

/// A field of which one value is possible, or none.
const HAS_VALUE: u8 = 1;
const FREE: u8 = 1 << 1;
/// The path is one of [`template::profile_members`], and its place there follows.
const PLAIN_PATH: u8 = 1 << 2;
/// Two bits each.
const SOURCE: u8 = 3;
const FILLED: u8 = 5;

/// Fields as bytes; `None` if one may have several values.
pub(super) fn pack(fields: &[(Path, Held)]) -> Option<Box<[u8]>> {
    let mut bytes = Vec::with_capacity(fields.len() * 24);
    for (path, held) in fields {
        let [value] = held.options.as_slice() else {
            return None;
        };
        let plain = template::profile_members()
            .iter()
            .position(|member| member == path)
            .and_then(|at| u8::try_from(at).ok());
        let mut flags = match held.source {
            Source::Request => 0,
            Source::Object(_) => 1,
            Source::Several => 2,
        } << SOURCE;
        flags |= match held.filled {
            Filled::No => 0,
            Filled::Indexed => 1,
            Filled::Unindexed => 2,
            Filled::Perhaps => 3,
        } << FILLED;
        flags |= if value.is_some() { HAS_VALUE } else { 0 };
        flags |= if held.free { FREE } else { 0 };
        flags |= if plain.is_some() { PLAIN_PATH } else { 0 };
        bytes.push(flags);
        match plain {
            Some(at) => bytes.push(at),
            None => put_text(&mut bytes, path),
        }
        if let Source::Object(no) = held.source {
            bytes.extend(no.to_le_bytes());
        }
        if let Some(value) = value {
            put_text(&mut bytes, value);
        }
    }
    Some(bytes.into_boxed_slice())
}

/// The fields that were packed.
pub(super) fn unpack(bytes: &[u8]) -> Fields {
    let mut rest = Unpacking(bytes);
    std::iter::from_fn(|| rest.field()).collect()
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    // Seven bits a byte, the lowest first.
    let mut length = text.len();
    while length > 0x7f {
        bytes.push(0x80 | (length & 0x7f) as u8);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(text.as_bytes());
}

/// What is left to unpack.
struct Unpacking<'a>(&'a [u8]);

impl Unpacking<'_> {
    fn field(&mut self) -> Option<(Path, Held)> {
        let flags = self.byte()?;
        let path: Path = if flags & PLAIN_PATH != 0 {
            let at = usize::from(self.byte()?);
            Cow::Borrowed(template::profile_members().get(at)?)
        } else {
            Cow::Owned(self.text()?.to_owned())
        };
        let source = match flags >> SOURCE & 3 {
            0 => Source::Request,
            1 => {
                let (no, rest) = self.0.split_first_chunk()?;
                self.0 = rest;
                Source::Object(No::from_le_bytes(*no))
            }
            _ => Source::Several,
        };
        let value: Option<Arc<str>> = match flags & HAS_VALUE != 0 {
            true => Some(self.text()?.into()),
            false => None,
        };
        let held = Held {
            options: smallvec![value],
            filled: match flags >> FILLED & 3 {
                0 => Filled::No,
                1 => Filled::Indexed,
                2 => Filled::Unindexed,
                _ => Filled::Perhaps,
            },
            free: flags & FREE != 0,
            ..Held::nothing(source, rules![])
        };
        Some((path, held))
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn text(&mut self) -> Option<&str> {
        let (mut length, mut shift) = (0_usize, 0);
        loop {
            let byte = self.byte()?;
            length |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
            shift += 7;
        }
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn held() -> impl Strategy<Value = (Path, Held)> {
        let path = prop_oneof![
            Just(Path::Borrowed("FirstName")),
            Just(Path::Borrowed("Address.City")),
            "Attributes\\.\\PC{1,300}".prop_map(Path::Owned),
        ];
        let source = prop_oneof![
            Just(Source::Request),
            any::<No>().prop_map(Source::Object),
            Just(Source::Several),
        ];
        let filled = prop_oneof![
            Just(Filled::No),
            Just(Filled::Indexed),
            Just(Filled::Unindexed),
            Just(Filled::Perhaps)
        ];
        let value = prop::option::of("\\PC{0,300}");
        (path, value, source, filled, any::<bool>()).prop_map(
            |(path, value, source, filled, free)| {
                let held = Held {
                    options: smallvec![value.map(Arc::from)],
                    filled,
                    free,
                    ..Held::nothing(source, rules![])
                };
                (path, held)
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked_as_it_was(fields in prop::collection::vec(held(), 0..6)) {
            let packed = pack(&fields).expect("one value each");
            prop_assert_eq!(unpack(&packed), fields);
        }
    }

    #[test]
    fn what_may_have_several_values_stays_open() {
        let mut held = Held::value("a", Source::Request, rules![]);
        held.admit(None);
        assert_eq!(pack(&[(Path::Borrowed("FirstName"), held)]), None);
    }
}
