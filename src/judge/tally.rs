//! The yield of a conversation: which operations were asked for, and what became of it.

use crate::contract::Operation;
use crate::contract::operation::OPERATIONS;
use crate::wire::{Answer, Response};

/// What became of a request, as far as its status tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// 200 to 299.
    Served,
    /// 400 to 499, but for 429.
    Refused,
    /// 429 or 503.
    Throttled,
    /// No complete answer.
    Unanswered,
    /// Any other status.
    Other,
}

impl Fate {
    /// All of them, with their names in reports.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Served, "served"),
        (Self::Refused, "refused"),
        (Self::Throttled, "throttled"),
        (Self::Unanswered, "unanswered"),
        (Self::Other, "other"),
    ];

    /// What became of a request that was answered so.
    pub fn of(answer: &Answer) -> Self {
        match answer {
            Answer::None(_) => Self::Unanswered,
            Answer::Response(Response { status, .. }) => match status {
                200..300 => Self::Served,
                429 | 503 => Self::Throttled,
                400..500 => Self::Refused,
                _ => Self::Other,
            },
        }
    }
}

const FATES: usize = Fate::ALL.len();
/// A row for each operation, and one for what asks for none.
const ROWS: usize = OPERATIONS.len() + 1;

/// How many requests of which operation had which fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally(Box<[[u64; FATES]; ROWS]>);

impl Default for Tally {
    fn default() -> Self {
        Self(Box::new([[0; FATES]; ROWS]))
    }
}

impl Tally {
    /// Adds to the count of an operation, or of what asks for none.
    pub fn add(&mut self, operation: Option<&Operation>, fate: Fate, count: u64) {
        let row = operation.map_or(OPERATIONS.len(), Operation::index);
        self.0[row][fate as usize] += count;
    }

    /// Adds all that another conversation counted.
    pub fn merge(&mut self, other: &Self) {
        let counts = self.0.iter_mut().flatten().zip(other.0.iter().flatten());
        for (mine, theirs) in counts {
            *mine += theirs;
        }
    }

    /// The operations that were asked for, with the counts in the order of [`Fate::ALL`]; last what asks for none.
    pub fn rows(&self) -> impl Iterator<Item = (Option<&'static Operation>, [u64; FATES])> {
        self.0
            .iter()
            .enumerate()
            .filter(|(_, counts)| counts.iter().any(|count| *count > 0))
            .map(|(row, counts)| (OPERATIONS.get(row), *counts))
    }

    /// How many requests had that fate.
    pub fn count(&self, fate: Fate) -> u64 {
        self.0.iter().map(|counts| counts[fate as usize]).sum()
    }

    /// How many requests there were.
    pub fn total(&self) -> u64 {
        self.0.iter().flatten().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::operation::operation;
    use crate::wire::{Headers, NoAnswer, NoAnswerKind};

    fn answer(status: u16) -> Answer {
        Answer::Response(Response {
            status,
            headers: Headers::default(),
            body: "".into(),
        })
    }

    #[test]
    fn a_status_is_a_fate() {
        for (status, fate) in [
            (199, Fate::Other),
            (200, Fate::Served),
            (299, Fate::Served),
            (300, Fate::Other),
            (399, Fate::Other),
            (400, Fate::Refused),
            (429, Fate::Throttled),
            (499, Fate::Refused),
            (500, Fate::Other),
            (503, Fate::Throttled),
        ] {
            assert_eq!(Fate::of(&answer(status)), fate, "{status}");
        }
        let silence = NoAnswer {
            kind: NoAnswerKind::Timeout,
            detail: String::new(),
        };
        assert_eq!(Fate::of(&Answer::None(silence)), Fate::Unanswered);
    }

    #[test]
    fn requests_are_counted_by_operation_and_fate() {
        let get = operation("GetDomain").expect("an operation");
        let mut tally = Tally::default();
        for (asked, status) in [(Some(get), 200), (Some(get), 404), (None, 404)] {
            tally.add(asked, Fate::of(&answer(status)), 1);
        }
        tally.add(Some(get), Fate::Served, 3);
        let mut both = tally.clone();
        both.merge(&tally);
        for (tally, times) in [(&tally, 1), (&both, 2)] {
            let rows: Vec<_> = tally.rows().collect();
            let expected = [
                (Some(get), [4 * times, times, 0, 0, 0]),
                (None, [0, times, 0, 0, 0]),
            ];
            assert_eq!(rows, expected);
            assert_eq!(tally.count(Fate::Served), 4 * times);
            assert_eq!(tally.count(Fate::Refused), 2 * times);
            assert_eq!(tally.total(), 6 * times);
        }
    }
}
