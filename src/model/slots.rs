//! Things by number, close together.
//!
//! Numbers are given out one after another, to profiles, objects and standard objects alike. What has one of 64 neighbouring
//! numbers lies in one allocation that is as long as it must be: the nodes of a tree would be half empty, and a box for each
//! thing would cost as much again as a small one needs.

use std::collections::BTreeMap;

use super::index::No;

/// How many neighbouring numbers share a piece of memory.
const RUN: u32 = u64::BITS;

/// How many places are added to a run that is full.
const STEP: usize = 8;

/// Things by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slots<T> {
    len: usize,
    runs: BTreeMap<u32, Run<T>>,
}

/// The things that have one of 64 neighbouring numbers.
#[derive(Debug, Clone)]
struct Run<T> {
    /// One bit for each number that is taken.
    taken: u64,
    items: Vec<T>,
}

/// From the end: what came last is what two of them differ in most often.
impl<T: PartialEq> PartialEq for Run<T> {
    fn eq(&self, other: &Self) -> bool {
        self.taken == other.taken && self.items.iter().rev().eq(other.items.iter().rev())
    }
}

impl<T: Eq> Eq for Run<T> {}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self {
            runs: BTreeMap::new(),
            len: 0,
        }
    }
}

impl<T> Run<T> {
    /// Where the thing of a number is, if there is one: as far in as there are smaller numbers.
    fn place(&self, bit: u32) -> Option<usize> {
        (self.taken & (1 << bit) != 0).then(|| self.before(bit))
    }

    fn before(&self, bit: u32) -> usize {
        (self.taken & ((1 << bit) - 1)).count_ones() as usize
    }
}

impl<T> Slots<T> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The one of that number.
    pub(super) fn get(&self, no: &No) -> Option<&T> {
        let run = self.runs.get(&(no / RUN))?;
        run.place(no % RUN).map(|at| &run.items[at])
    }

    /// The one of that number, to be changed.
    pub(super) fn get_mut(&mut self, no: &No) -> Option<&mut T> {
        let run = self.runs.get_mut(&(no / RUN))?;
        run.place(no % RUN).map(|at| &mut run.items[at])
    }

    /// Whether there is one of that number.
    pub(super) fn contains_key(&self, no: &No) -> bool {
        self.get(no).is_some()
    }

    /// Puts one under a number, in the place of what is there.
    pub(super) fn insert(&mut self, no: No, item: T) {
        let run = self.runs.entry(no / RUN).or_insert_with(|| Run {
            taken: 0,
            items: Vec::new(),
        });
        let bit = no % RUN;
        if let Some(at) = run.place(bit) {
            run.items[at] = item;
            return;
        }
        if run.items.len() == run.items.capacity() {
            run.items.reserve_exact(STEP);
        }
        run.items.insert(run.before(bit), item);
        run.taken |= 1 << bit;
        self.len += 1;
    }

    /// Takes out the one of that number.
    pub(super) fn remove(&mut self, no: &No) -> Option<T> {
        let run = self.runs.get_mut(&(no / RUN))?;
        let bit = no % RUN;
        let item = run.items.remove(run.place(bit)?);
        run.taken &= !(1 << bit);
        self.len -= 1;
        if run.items.is_empty() {
            self.runs.remove(&(no / RUN));
        } else if run.items.capacity() > run.items.len() + 2 * STEP {
            run.items.shrink_to(run.items.len() + STEP);
        }
        Some(item)
    }

    /// All of them, by ascending number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (No, &T)> {
        self.runs.iter().flat_map(|(at, run)| {
            let bits = (0..RUN).filter(|bit| run.taken & (1 << bit) != 0);
            bits.map(move |bit| at * RUN + bit).zip(&run.items)
        })
    }

    /// All of them, by ascending number, without it.
    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.runs.values().flat_map(|run| &run.items)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_a_map_would(
            steps in prop::collection::vec((0_u32..200, any::<bool>(), any::<u8>()), 0..300),
        ) {
            let mut slots: Slots<u8> = Slots::default();
            let mut map: BTreeMap<u32, u8> = BTreeMap::new();
            for (no, adds, item) in steps {
                if adds {
                    slots.insert(no, item);
                    map.insert(no, item);
                } else {
                    prop_assert_eq!(slots.remove(&no), map.remove(&no));
                }
                if let Some(item) = slots.get_mut(&(no / 2)) {
                    *item = item.wrapping_add(1);
                }
                if let Some(item) = map.get_mut(&(no / 2)) {
                    *item = item.wrapping_add(1);
                }
                prop_assert_eq!(slots.get(&no), map.get(&no));
                prop_assert_eq!(slots.contains_key(&(no + 1)), map.contains_key(&(no + 1)));
            }
            prop_assert_eq!(slots.len(), map.len());
            let held: Vec<(u32, u8)> = slots.iter().map(|(no, item)| (no, *item)).collect();
            let known: Vec<(u32, u8)> = map.iter().map(|(no, item)| (*no, *item)).collect();
            prop_assert_eq!(held, known);
            prop_assert!(slots.values().eq(map.values()));
        }
    }
}
