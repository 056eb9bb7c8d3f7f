//! The inputs that led deepest: what a fuzzer goes on from where depth is one choice among thousands.

use std::collections::BTreeMap;

/// For each thing that is counted, the shortest of the inputs with the highest count. There are some dozens of such things.
#[derive(Debug, Default)]
pub(super) struct Deepest(BTreeMap<u32, Record>);

#[derive(Debug, Default)]
struct Record {
    depth: usize,
    input: Vec<u8>,
}

impl Record {
    fn is_beaten_by(&self, depth: usize, input: &[u8]) -> bool {
        depth > self.depth || depth == self.depth && input.len() < self.input.len()
    }
}

impl Deepest {
    /// Takes an input in the place of those that led less deep. What there is one of is where two come from.
    pub(super) fn offer(&mut self, input: &[u8], depths: &[(u32, usize)]) {
        for (what, depth) in depths.iter().filter(|(_, depth)| *depth > 0) {
            let record = self.0.entry(*what).or_default();
            if record.is_beaten_by(*depth, input) {
                *record = Record {
                    depth: *depth,
                    input: input.to_vec(),
                };
            }
        }
    }

    /// One of them: the numbers stand for all alike.
    pub(super) fn pick(&self, number: usize) -> Option<&[u8]> {
        let at = number.checked_rem(self.0.len())?;
        self.0
            .values()
            .nth(at)
            .map(|record| record.input.as_slice())
    }
}
