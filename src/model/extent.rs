//! How much a target holds: what leads a fuzzer deeper where it cannot watch the code that answers.

use std::collections::BTreeMap;

use super::store::Object;
use super::world::{Domain, World};

/// How many there are of what a target holds; where several hold the same, as many as the one that holds most.
///
/// As far as a judge knows, and where it knows of several states, of the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// Domains.
    pub domains: usize,
    /// Object types of a domain.
    pub types: usize,
    /// Profiles of a domain.
    pub profiles: usize,
    /// Objects of a profile.
    pub objects: usize,
    /// Objects of a profile that have one type.
    pub alike: usize,
    /// Standard assets or cases of a profile.
    pub standards: usize,
    /// Values that AddProfileKey has given a profile.
    pub added: usize,
    /// Domains that were deleted.
    pub gone_domains: usize,
    /// Profiles of a domain that were deleted or merged.
    pub gone_profiles: usize,
    /// Objects of a domain that were deleted.
    pub gone_objects: usize,
}

impl Extent {
    /// Of a world.
    pub(super) fn of(world: &World) -> Self {
        let mut extent = Self {
            domains: world.domains.len(),
            gone_domains: world.gone.len(),
            ..Self::default()
        };
        for domain in world.domains.values() {
            extent.widen(domain);
        }
        extent
    }

    fn widen(&mut self, domain: &Domain) {
        let store = &domain.store;
        let profile = |object: &Object| object.profile;
        let objects = || store.objects.values();
        let added = store
            .profiles
            .values()
            .map(|profile| profile.rest.added.len());
        for (count, most) in [
            (domain.types.len(), &mut self.types),
            (store.profiles.len(), &mut self.profiles),
            (most_alike(objects().map(profile)), &mut self.objects),
            (
                most_alike(objects().map(|object| (object.profile, &object.reader.type_name))),
                &mut self.alike,
            ),
            (
                most_alike(store.standards.values().map(|standard| standard.profile)),
                &mut self.standards,
            ),
            (added.max().unwrap_or(0), &mut self.added),
            (store.gone.len(), &mut self.gone_profiles),
            (store.gone_objects.len(), &mut self.gone_objects),
        ] {
            *most = count.max(*most);
        }
    }

    /// All counts, in the order of the members.
    pub fn counts(&self) -> [usize; 10] {
        [
            self.domains,
            self.types,
            self.profiles,
            self.objects,
            self.alike,
            self.standards,
            self.added,
            self.gone_domains,
            self.gone_profiles,
            self.gone_objects,
        ]
    }
}

/// How often the most frequent of these comes up.
fn most_alike<T: Ord>(all: impl Iterator<Item = T>) -> usize {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for one in all {
        *counts.entry(one).or_default() += 1;
    }
    counts.into_values().max().unwrap_or(0)
}
