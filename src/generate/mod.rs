//! Cases nobody thought of: valid ones that go deep, ones that break a single rule, and damaged ones.
//!
//! Every case is drawn from bytes, so there is one generator for every engine: [`case`] takes the bytes of a fuzzer,
//! [`nth`] those that follow from a seed and a number, and with the feature `proptest` [`cases`] is a strategy. The same
//! bytes give the same case, on every machine and in any order.
//!
//! ```
//! use profile_contract::generate;
//!
//! let made = generate::nth(7, 0);
//! assert_eq!(made.case, generate::nth(7, 0).case);
//! assert!(made.case.steps.len() > 2);
//! ```

mod adverse;
mod damage;
mod draw;
mod edit;
mod portrait;
mod story;
mod traps;
mod types;

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use self::draw::Draw;
pub use self::edit::{crossed, edited, edited_json};
use self::story::Story;
use crate::case::Case;

/// How many bytes a case is drawn from: more than any case asks for.
const BYTES: usize = 2048;

/// A case, and what its writer knows about it.
#[derive(Debug, Clone)]
pub struct Generated {
    /// The case.
    pub case: Case,
    /// What the reference said while it was written.
    pub yields: Yield,
}

/// How requests are dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dealing {
    /// All of them are meant to be served.
    Valid,
    /// Among them are some with one fault.
    Adverse,
    /// Among them are some that no client would send.
    Damaged,
}

/// How many requests were meant to be served, and how many the reference served.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Yield {
    /// By operation: requests meant to be served, and those that were.
    pub meant: BTreeMap<&'static str, (usize, usize)>,
    /// Requests that break exactly one rule.
    pub adversarial: usize,
}

impl Yield {
    fn note(&mut self, operation: &'static str, served: bool) {
        let (meant, done) = self.meant.entry(operation).or_default();
        *meant += 1;
        *done += usize::from(served);
    }

    /// Adds another.
    pub fn add(&mut self, other: &Self) {
        for (operation, (meant, served)) in &other.meant {
            let known = self.meant.entry(operation).or_default();
            known.0 += meant;
            known.1 += served;
        }
        self.adversarial += other.adversarial;
    }
}

/// The case drawn from these bytes. The fewer there are, the plainer it is.
pub fn case(bytes: &[u8]) -> Generated {
    let mut draw = Draw::new(bytes);
    let dealing = match draw.weighed(&[5, 4, 1]) {
        0 => Dealing::Valid,
        1 => Dealing::Adverse,
        _ => Dealing::Damaged,
    };
    let (case, yields) = Story::write(&mut draw, dealing);
    Generated { case, yields }
}

/// The case of that number among those of a seed.
pub fn nth(seed: u64, number: u64) -> Generated {
    let mut bytes = Vec::with_capacity(BYTES);
    let mut block = 0_u64;
    while bytes.len() < BYTES {
        let mut hasher = Sha256::new();
        for part in [seed, number, block] {
            hasher.update(part.to_le_bytes());
        }
        bytes.extend_from_slice(&hasher.finalize());
        block += 1;
    }
    let mut made = case(&bytes);
    made.case.from = Some(format!("generated: seed {seed}, case {number}"));
    made
}

/// What the case of that number is called: `generated/7-0`.
pub fn name(seed: u64, number: u64) -> String {
    format!("generated/{seed}-{number}")
}

/// The case of that [name].
pub fn named(name: &str) -> Option<Generated> {
    let (seed, number) = name.strip_prefix("generated/")?.split_once('-')?;
    Some(nth(seed.parse().ok()?, number.parse().ok()?))
}

/// A body as text, as `Display` writes it, but faster.
fn printed(body: &impl Serialize) -> String {
    // A value of JSON can always be written.
    serde_json::to_string(body).unwrap_or_default()
}

/// Cases as a strategy of proptest; a failing one shrinks to fewer bytes, and so to a plainer case.
#[cfg(any(test, feature = "proptest"))]
pub fn cases() -> impl proptest::strategy::Strategy<Value = Case> {
    use proptest::strategy::Strategy;
    proptest::collection::vec(proptest::num::u8::ANY, 0..BYTES).prop_map(|bytes| case(&bytes).case)
}
