//! Decisions, drawn from bytes.

use arbitrary::Unstructured;

/// Draws decisions from bytes.
///
/// Where the bytes have run out every decision is the first there is, so writers put the plainest first, and whoever
/// shortens the bytes gets a plainer case.
#[derive(Debug)]
pub(super) struct Draw<'b>(Unstructured<'b>);

impl<'b> Draw<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self(Unstructured::new(bytes))
    }

    /// Whether every further decision is the first there is.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A number up to and without `end`; 0 for an `end` of 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        match end {
            0 | 1 => 0,
            _ => self.0.int_in_range(0..=end - 1).unwrap_or(0),
        }
    }

    /// A number between both, inclusive.
    pub(super) fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most + 1 - least)
    }

    /// Whether something happens that happens once in `times`; not without bytes.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    /// One of these.
    pub(super) fn pick<'t, T>(&mut self, options: &'t [T]) -> Option<&'t T> {
        options.get(self.below(options.len()))
    }

    /// One of these, of which there are some.
    pub(super) fn one_of<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.below(options.len())]
    }

    /// One of these texts, the first ones far more often.
    pub(super) fn text(&mut self, options: &[&'static str]) -> &'static str {
        let end = match self.below(4) {
            3 => options.len(),
            _ => options.len().min(3),
        };
        options.get(self.below(end)).copied().unwrap_or("a")
    }

    /// The index of one of these weights, in proportion to them.
    pub(super) fn weighed(&mut self, weights: &[usize]) -> usize {
        let mut drawn = self.below(weights.iter().sum());
        for (at, weight) in weights.iter().enumerate() {
            if drawn < *weight {
                return at;
            }
            drawn -= weight;
        }
        0
    }
}

/// Bytes that decide in many ways, for tests.
#[cfg(test)]
pub(super) fn noise(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state.to_le_bytes()[6]
    };
    (0..256).map(|_| next()).collect()
}
