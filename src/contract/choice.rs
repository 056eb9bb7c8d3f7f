//! Choices: where the contract lets an implementation decide, and then asks it to stay with its decision.
//!
//! Every PROBE rule has one choice, and where the rule names classes of input, one for each class. The capabilities of
//! section 3.0 are choices shared by several rules. A [`Choices`] value says which options are still possible for each:
//! all of them at first, fewer with every answer seen. An answer that leaves none contradicts an earlier one.

use std::fmt;

/// A decision the contract leaves to the implementation.
#[derive(Debug)]
pub struct Choice {
    /// Stable name: `cap.…` for capabilities, else the id of the PROBE rule, with `/class` where the rule has classes.
    pub id: &'static str,
    /// The rule that allows the options, cited when an implementation contradicts itself.
    pub rule: &'static str,
    /// The options, the default of the reference model first; at most eight.
    pub options: &'static [&'static str],
    /// Whether what was seen in one case binds the others of the same run.
    ///
    /// True for what is a property of the implementation. False where the decision may depend on data we do not see.
    pub lasting: bool,
}

/// A choice of the catalogue, small enough to pass around.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChoiceId(u8);

/// A set of options of one choice: bit n is option n.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Options(pub u8);

impl Options {
    /// No option: a contradiction.
    pub const NONE: Self = Self(0);

    /// The set of one option.
    pub const fn only(option: u8) -> Self {
        Self(1 << option)
    }

    /// Options of both sets.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Options of either set.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the option is in the set.
    pub const fn has(self, option: u8) -> bool {
        self.0 & (1 << option) != 0
    }

    /// Whether nothing is left.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The options in the set, in order of preference.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..8).filter(move |option| self.has(*option))
    }

    /// The option, if exactly one is left.
    pub fn decided(self) -> Option<u8> {
        (self.0.count_ones() == 1).then(|| self.0.trailing_zeros() as u8)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl ChoiceId {
    /// The choice of that id. Meant for constants: see [`choice!`](crate::choice).
    ///
    /// # Panics
    /// If there is no such choice, which in a constant is a compile error.
    pub const fn named(id: &str) -> Self {
        let mut at = 0;
        while at < CHOICES.len() {
            if super::rule::same(CHOICES[at].id.as_bytes(), id.as_bytes()) {
                return Self(at as u8);
            }
            at += 1;
        }
        panic!("no choice of that id")
    }

    /// The choice of that id, if there is one.
    pub fn find(id: &str) -> Option<Self> {
        CHOICES
            .iter()
            .position(|choice| choice.id == id)
            .map(|at| Self(at as u8))
    }

    /// Every choice, in the order of the catalogue.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..CHOICES.len() as u8).map(Self)
    }

    /// What it is about.
    pub fn choice(self) -> &'static Choice {
        &CHOICES[usize::from(self.0)]
    }

    /// All its options.
    pub fn options(self) -> Options {
        OPEN.get(self)
    }
}

impl fmt::Debug for ChoiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.choice().id)
    }
}

/// All options of every choice.
static OPEN: Choices = {
    let mut all = [Options::NONE; CHOICES.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = Options(((1u16 << CHOICES[at].options.len()) - 1) as u8);
        at += 1;
    }
    Choices(all)
};

/// The options still possible for every choice.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Choices([Options; CHOICES.len()]);

impl Choices {
    /// Nothing is known.
    pub fn open() -> Self {
        OPEN.clone()
    }

    /// The first option of everything: what the reference model does.
    pub fn reference() -> Self {
        Self([Options::only(0); CHOICES.len()])
    }

    /// The options still possible.
    pub fn get(&self, id: ChoiceId) -> Options {
        self.0[usize::from(id.0)]
    }

    /// Keeps only these options, and says whether any is left.
    pub fn narrow(&mut self, id: ChoiceId, to: Options) -> bool {
        let slot = &mut self.0[usize::from(id.0)];
        *slot = slot.and(to);
        !slot.is_empty()
    }

    /// Forgets what was left of a choice, and leaves only these options.
    pub(crate) fn settle(&mut self, id: ChoiceId, to: Options) {
        self.0[usize::from(id.0)] = to;
    }

    /// Puts back what another state of knowledge holds possible as well.
    pub fn widen(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = mine.or(*theirs);
        }
    }
}

impl fmt::Debug for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = ChoiceId::all().filter(|id| self.get(*id) != id.options());
        f.debug_map()
            .entries(known.map(|id| (id, self.get(id))))
            .finish()
    }
}

/// The [`ChoiceId`] of a literal id, checked by the compiler.
#[macro_export]
macro_rules! choice {
    ($id:literal) => {
        const { $crate::contract::ChoiceId::named($id) }
    };
}

/// The catalogue: the capabilities of section 3.0 first, then the PROBE rules that have none.
const CHOICES: &[Choice] = &[
    Choice {
        id: "cap.type-name-case",
        rule: "put-type.name.case",
        options: &["sensitive", "insensitive"],
        lasting: true,
    },
    Choice {
        id: "cap.field-name-dots",
        rule: "put-type.fields.name-dot",
        options: &["accept", "reject"],
        lasting: true,
    },
    Choice {
        id: "cap.mapping-required",
        rule: "put-type.mapping.none",
        options: &["reject", "accept"],
        lasting: true,
    },
    Choice {
        id: "cap.unique-check",
        rule: "put-type.keys.exactly-one-unique",
        options: &["at-put", "at-ingest"],
        lasting: true,
    },
    Choice {
        id: "cap.profile-key-required",
        rule: "put-type.keys.profile-required",
        options: &["yes", "no"],
        lasting: true,
    },
    Choice {
        id: "cap.durable-profile-key",
        rule: "put-type.keys.lookup-needs-durable",
        options: &["enforced-only-with-creation", "enforced", "not-enforced"],
        lasting: true,
    },
    Choice {
        id: "cap.unique-new-only",
        rule: "put-type.keys.unique-new-only",
        options: &["reject", "accept"],
        lasting: true,
    },
    Choice {
        id: "cap.template-overrides",
        rule: "put-type.template.with-fields-keys",
        options: &["reject", "template-wins", "request-wins"],
        lasting: true,
    },
    Choice {
        id: "cap.implicit-visible",
        rule: "implicit.visible",
        options: &["hidden", "visible"],
        lasting: true,
    },
    Choice {
        id: "cap.standard-targets",
        rule: "put-type.fields.target-root-standard",
        options: &["supported", "unsupported"],
        lasting: true,
    },
    Choice {
        id: "cap.unknown-target",
        rule: "put-type.fields.target-unknown-field",
        options: &["reject", "ignore"],
        lasting: true,
    },
    Choice {
        id: "cap.handlebars-validation",
        rule: "put-type.fields.source-handlebars-invalid",
        options: &["reject", "ignore"],
        lasting: true,
    },
    Choice {
        id: "cap.underscore-keys",
        rule: "put-type.keys.name-underscore",
        options: &["accept", "reject"],
        lasting: true,
    },
    Choice {
        id: "cap.key-type-consistency",
        rule: "put-type.keys.content-type-consistency",
        options: &["accept", "reject"],
        lasting: true,
    },
    Choice {
        id: "cap.partial-unique",
        rule: "ingest.unique.part-missing",
        options: &["reject", "accept"],
        lasting: true,
    },
    Choice {
        id: "cap.inferred-autofill",
        rule: "std.inferred.with-targets",
        options: &["yes", "no"],
        lasting: true,
    },
    Choice {
        id: "cap.autofill-indexes",
        rule: "std.inferred.indexed",
        options: &["yes", "no"],
        lasting: true,
    },
    Choice {
        id: "cap.manual-protected",
        rule: "std.profile.match-overwrites",
        options: &["no", "yes"],
        lasting: true,
    },
    Choice {
        id: "cap.email-fold",
        rule: "key.email.case",
        options: &["yes", "no"],
        lasting: true,
    },
    Choice {
        id: "cap.name-fold",
        rule: "key.name.fold",
        options: &["yes", "no"],
        lasting: true,
    },
    Choice {
        id: "cap.handlebars-escape",
        rule: "extract.handlebars.escape",
        options: &["none", "html"],
        lasting: true,
    },
    Choice {
        id: "cap.filter-scope",
        rule: "filter.scope",
        options: &["standard-only", "ignored", "any-type"],
        lasting: true,
    },
    Choice {
        id: "cap.filter-unknown-key",
        rule: "filter.unknown-key",
        options: &["none", "bad", "not-found"],
        lasting: true,
    },
    Choice {
        id: "cap.multi-values",
        rule: "search.multi-values",
        options: &["any-of", "other"],
        lasting: true,
    },
    Choice {
        id: "cap.search-unknown-key",
        rule: "search.unknown-key",
        options: &["none", "bad", "not-found"],
        lasting: true,
    },
    Choice {
        id: "cap.list-unknown-profile",
        rule: "list-objects.profile-unknown",
        options: &["none", "not-found"],
        lasting: true,
    },
    Choice {
        id: "cap.list-unknown-type",
        rule: "list-objects.type-unknown",
        options: &["none", "not-found", "bad"],
        lasting: true,
    },
    Choice {
        id: "cap.duplicate-domain",
        rule: "domain.create.duplicate",
        options: &["reject", "accept-identical"],
        lasting: true,
    },
    Choice {
        id: "cap.tags-on-reput",
        rule: "put-type.replace.tags-present",
        options: &["ignored", "replaced", "merged", "rejected"],
        lasting: true,
    },
    Choice {
        id: "cap.content-type-check",
        rule: "proto.content-type",
        options: &["ignored", "enforced"],
        lasting: true,
    },
    Choice {
        id: "cap.pattern-find",
        rule: "proto.pattern-find",
        options: &["anchored", "find"],
        lasting: true,
    },
    Choice {
        id: "cap.length-unit",
        rule: "proto.length-unit",
        options: &["scalars", "utf16", "bytes"],
        lasting: true,
    },
    Choice {
        id: "cap.auth",
        rule: "proto.auth",
        options: &["ignored", "enforced"],
        lasting: true,
    },
    Choice {
        id: "cap.delete-missing/domain",
        rule: "domain.delete.unknown",
        options: &["not-found", "ok"],
        lasting: true,
    },
    Choice {
        id: "cap.delete-missing/type",
        rule: "delete-type.unknown",
        options: &["not-found", "ok"],
        lasting: true,
    },
    Choice {
        id: "cap.delete-missing/profile",
        rule: "profile.delete.unknown",
        options: &["not-found", "ok"],
        lasting: true,
    },
    Choice {
        id: "domain.name.case",
        rule: "domain.name.case",
        options: &["different", "same"],
        lasting: true,
    },
    Choice {
        id: "proto.content-type/none",
        rule: "proto.content-type",
        options: &["ignored", "enforced"],
        lasting: true,
    },
    Choice {
        id: "put-type.fields.count",
        rule: "put-type.fields.count",
        options: &["accept", "reject"],
        lasting: true,
    },
    Choice {
        id: "put-type.fields.name-first",
        rule: "put-type.fields.name-first",
        options: &["accept", "reject"],
        lasting: true,
    },
    Choice {
        id: "put-type.fields.name-tags",
        rule: "put-type.fields.name-tags",
        options: &["accept", "reject"],
        lasting: true,
    },
    Choice {
        id: "put-type.fields.source-missing",
        rule: "put-type.fields.source-missing",
        options: &["accept", "reject"],
        lasting: true,
    },
    Choice {
        id: "put-type.fields.source-root",
        rule: "put-type.fields.source-root",
        options: &["reject", "accept"],
        lasting: false,
    },
    Choice {
        id: "put-type.fields.target-root-other",
        rule: "put-type.fields.target-root-other",
        options: &["reject", "accept"],
        lasting: false,
    },
    Choice {
        id: "put-type.fields.target-shared",
        rule: "put-type.fields.target-shared",
        options: &["accept", "reject"],
        lasting: true,
    },
    Choice {
        id: "put-type.keys.empty-list",
        rule: "put-type.keys.empty-list",
        options: &["reject", "accept"],
        lasting: true,
    },
    Choice {
        id: "put-type.keys.fieldnames-duplicate",
        rule: "put-type.keys.fieldnames-duplicate",
        options: &["accept", "reject"],
        lasting: true,
    },
    Choice {
        id: "put-type.keys.identifier-duplicate",
        rule: "put-type.keys.identifier-duplicate",
        options: &["accept", "reject"],
        lasting: true,
    },
    Choice {
        id: "put-type.keys.lookup-new",
        rule: "put-type.keys.lookup-new",
        options: &["accept", "reject"],
        lasting: true,
    },
    Choice {
        id: "put-type.keys.name-tags",
        rule: "put-type.keys.name-tags",
        options: &["accept", "reject"],
        lasting: true,
    },
    Choice {
        id: "put-type.keys.quota/keys",
        rule: "put-type.keys.quota",
        options: &["reject", "accept"],
        lasting: true,
    },
    Choice {
        id: "put-type.keys.quota/definitions",
        rule: "put-type.keys.quota",
        options: &["reject", "accept"],
        lasting: true,
    },
    Choice {
        id: "put-type.keys.reserved-lookup-only",
        rule: "put-type.keys.reserved-lookup-only",
        options: &["reject", "accept"],
        lasting: true,
    },
    Choice {
        id: "put-type.keys.secondary-alone",
        rule: "put-type.keys.secondary-alone",
        options: &["reject", "accept"],
        lasting: true,
    },
    Choice {
        id: "put-type.keys.target-needs-identifier",
        rule: "put-type.keys.target-needs-identifier",
        options: &["reject", "accept"],
        lasting: true,
    },
    Choice {
        id: "put-type.keys.unique-twice-same-name",
        rule: "put-type.keys.unique-twice-same-name",
        options: &["reject", "accept"],
        lasting: true,
    },
    Choice {
        id: "put-type.mapping.none-implicit",
        rule: "put-type.mapping.none-implicit",
        options: &["reject", "accept"],
        lasting: true,
    },
    Choice {
        id: "put-type.template.with-allow-creation",
        rule: "put-type.template.with-allow-creation",
        options: &["reject", "accept"],
        lasting: true,
    },
    Choice {
        id: "template.case",
        rule: "template.case",
        options: &["not-found", "ok"],
        lasting: true,
    },
    Choice {
        id: "domain.create.expiration-quota",
        rule: "domain.create.expiration-quota",
        options: &["accept", "reject"],
        lasting: true,
    },
    Choice {
        id: "page.token-empty",
        rule: "page.token-empty",
        options: &["reject", "accept"],
        lasting: true,
    },
    Choice {
        id: "put-type.expiration.quota",
        rule: "put-type.expiration.quota",
        options: &["accept", "reject"],
        lasting: true,
    },
    Choice {
        id: "put-type.tags.key-aws-case",
        rule: "put-type.tags.key-aws-case",
        options: &["accept", "reject"],
        lasting: true,
    },
    Choice {
        id: "tag.arn.raw-slash",
        rule: "tag.arn.raw-slash",
        options: &["reject", "accept"],
        lasting: true,
    },
    Choice {
        id: "asset.create",
        rule: "asset.create",
        options: &["one", "none"],
        lasting: true,
    },
    Choice {
        id: "case.as-asset/create",
        rule: "case.as-asset",
        options: &["one", "none"],
        lasting: true,
    },
    Choice {
        id: "profile.create.empty",
        rule: "profile.create.empty",
        options: &["accept", "reject"],
        lasting: true,
    },
    Choice {
        id: "profile.update.attributes",
        rule: "profile.update.attributes",
        options: &["merge", "replace"],
        lasting: true,
    },
    Choice {
        id: "profile.update.address",
        rule: "profile.update.address",
        options: &["merge", "replace"],
        lasting: true,
    },
    Choice {
        id: "profile.key.values-empty",
        rule: "profile.key.values-empty",
        options: &["reject", "accept"],
        lasting: true,
    },
    Choice {
        id: "search.values-empty",
        rule: "search.values-empty",
        options: &["reject", "accept"],
        lasting: true,
    },
    Choice {
        id: "search.profile-id-malformed",
        rule: "search.profile-id-malformed",
        options: &["none", "reject"],
        lasting: true,
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{Level, RuleId};
    use super::*;

    #[test]
    fn every_choice_is_left_by_a_rule_that_leaves_one() {
        let ids: BTreeSet<_> = CHOICES.iter().map(|choice| choice.id).collect();
        assert_eq!(ids.len(), CHOICES.len(), "an id is given twice");
        assert!(CHOICES.len() < usize::from(u8::MAX));
        for choice in CHOICES {
            let rule = RuleId::find(choice.rule)
                .unwrap_or_else(|| panic!("{}: no rule {}", choice.id, choice.rule));
            // A MUST that names a capability leaves a choice as well.
            let left = rule.level() == Level::Probe || rule.rule().expected.contains(choice.id);
            assert!(left, "{}: {rule} is {:?}", choice.id, rule.level());
            assert!((2..=8).contains(&choice.options.len()), "{}", choice.id);
            let named =
                choice.id == choice.rule || choice.id.split('/').next() == Some(choice.rule);
            assert!(named || choice.id.starts_with("cap."), "{}", choice.id);
        }
    }

    #[test]
    fn narrowing_to_nothing_is_noticed() {
        let id = crate::choice!("cap.tags-on-reput");
        let mut choices = Choices::open();
        assert_eq!(choices.get(id).iter().count(), 4);
        assert!(choices.narrow(id, Options::only(1).or(Options::only(2))));
        assert_eq!(choices.get(id).decided(), None);
        assert!(choices.narrow(id, Options::only(2)));
        assert_eq!(choices.get(id).decided(), Some(2));
        assert!(!choices.narrow(id, Options::only(0)));
    }

    #[test]
    fn the_reference_takes_the_first_outcome_its_rules_list() {
        for choice in CHOICES {
            let expected = RuleId::find(choice.rule).map_or("", |rule| rule.rule().expected);
            let refuses = ["BAD", "NF", "ROUTE"]
                .iter()
                .any(|outcome| expected.starts_with(outcome));
            let first = choice.options[0];
            if choice
                .options
                .iter()
                .any(|option| option.starts_with("reject"))
            {
                assert_eq!(
                    first.starts_with("reject"),
                    refuses,
                    "{}: {expected:?}",
                    choice.id
                );
            }
        }
    }
}
