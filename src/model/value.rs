//! Key values: when two texts are the same value of a key (contract 3.13).
//!
//! Set-valued for the observer ([`likeness`]) and definite for the reference ([`canonical`]).

use unicode_normalization::UnicodeNormalization;

use crate::contract::{ChoiceId, Choices, Options, RuleId};
use crate::{choice, rule};

/// How the values of a field are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentType {
    String,
    Number,
    Phone,
    Email,
    Name,
}

/// How sure it is that two texts are the same value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// They are.
    Same,
    /// They ought to be, by this SHOULD.
    Should(RuleId),
    /// They may be; where a choice decides, the options under which they are, and are not.
    Open(Option<(ChoiceId, Options, Options)>),
    /// They ought not to be, by this SHOULD.
    ShouldNot(RuleId),
    /// They are not.
    Different,
}

impl ContentType {
    /// Reads a `ContentType`; anything unknown is a STRING.
    pub(super) fn parse(name: &str) -> Self {
        match name {
            "NUMBER" => Self::Number,
            "PHONE_NUMBER" => Self::Phone,
            "EMAIL_ADDRESS" => Self::Email,
            "NAME" => Self::Name,
            _ => Self::String,
        }
    }
}

/// How sure it is that two texts are the same value of a field of that content type.
pub(super) fn likeness(a: &str, b: &str, content: ContentType, choices: &Choices) -> Likeness {
    if a == b {
        return Likeness::Same;
    }
    if a.trim() == b.trim() || !a.is_ascii() && are_folded_alike(a, b) {
        // Blanks at the ends, and normal forms of Unicode, are nobody's promise.
        return Likeness::Open(None);
    }
    match content {
        ContentType::String => match are_bare_alike(a, b) {
            true => Likeness::ShouldNot(rule!("key.string.differs")),
            false => Likeness::Different,
        },
        ContentType::Number => match (number(a), number(b)) {
            (Some(a), Some(b)) if a == b => Likeness::Open(None),
            _ => loosely(a, b),
        },
        ContentType::Phone => phones(a, b),
        ContentType::Email => {
            let fold = choice!("cap.email-fold");
            if a.to_lowercase() != b.to_lowercase() {
                return loosely(a, b);
            }
            decide(fold, choices)
        }
        ContentType::Name => {
            let fold = choice!("cap.name-fold");
            let words = |text: &str| {
                let lower = text.to_lowercase();
                lower.split_whitespace().collect::<Vec<_>>().join(" ")
            };
            if words(a) != words(b) {
                return loosely(a, b);
            }
            decide(fold, choices)
        }
    }
}

/// What a choice between folding and not folding makes of two texts.
fn decide(fold: ChoiceId, choices: &Choices) -> Likeness {
    match choices.get(fold).decided() {
        Some(0) => Likeness::Same,
        Some(_) => Likeness::Different,
        None => Likeness::Open(Some((fold, Options::only(0), Options::only(1)))),
    }
}

/// Texts that differ in more than their type allows for: where they hold the same but for blanks or case they ought to differ as
/// strings do, unless another normal form makes them equal, or no blanks at their ends.
fn loosely(a: &str, b: &str) -> Likeness {
    match are_folded_alike(a, b) {
        true if !a.is_ascii() || !b.is_ascii() => Likeness::Open(None),
        // Without the blanks at their ends only the choice about case tells.
        true if a.trim().eq_ignore_ascii_case(b.trim()) => Likeness::Open(None),
        true => Likeness::ShouldNot(rule!("key.string.differs")),
        false => Likeness::Different,
    }
}

/// Whether the same is left without case, blanks and normal forms.
fn are_folded_alike(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        let [a, b] = [a, b].map(|text| {
            let kept = text.chars().filter(|c| !c.is_whitespace());
            kept.map(|c| c.to_ascii_lowercase())
        });
        return a.eq(b);
    }
    let folded = |text: &str| -> String {
        let lower: String = text.nfkc().flat_map(char::to_lowercase).collect();
        lower.nfkc().filter(|c| !c.is_whitespace()).collect()
    };
    folded(a) == folded(b)
}

/// Whether the same is left without case, blanks and punctuation.
fn are_bare_alike(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        let [a, b] = [a, b].map(|text| {
            let kept = text.chars().filter(char::is_ascii_alphanumeric);
            kept.map(|c| c.to_ascii_lowercase())
        });
        return a.eq(b);
    }
    let bare = |text: &str| -> String {
        let lower = text.nfkc().flat_map(char::to_lowercase);
        lower.filter(|c| c.is_alphanumeric()).collect()
    };
    bare(a) == bare(b)
}

fn number(text: &str) -> Option<f64> {
    let digits = text.trim();
    let plain = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE,_ ".contains(&byte));
    plain.then(|| digits.parse().ok()).flatten()
}

/// A phone number as far as the contract speaks of it.
struct Phone {
    /// Ten digits of the US plan, without the country code.
    us: Option<String>,
    digits: String,
    /// In which of the two forms of the guide it is written, if any.
    documented: Option<Written>,
}

/// The forms of one number of which the guide says that they match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    /// `+15551234567`
    Whole,
    /// `(555)-123-4567`
    Grouped,
}

impl Phone {
    fn read(text: &str) -> Self {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let written = |c: char| c.is_ascii_digit() || "+()-. ".contains(c);
        let plus = text.trim_start().starts_with('+');
        let misplaced = text.trim_start().chars().skip(1).any(|c| c == '+');
        let us = match digits.strip_prefix('1') {
            Some(rest) if rest.len() == 10 => Some(rest.to_owned()),
            _ if digits.len() == 10 && !plus => Some(digits.clone()),
            _ => None,
        };
        let sound = text.chars().all(written) && !misplaced;
        Self {
            us: us.filter(|_| sound),
            digits,
            documented: written_as(text),
        }
    }
}

fn written_as(text: &str) -> Option<Written> {
    let form: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { 'd' } else { c })
        .collect();
    match form.as_str() {
        "+ddddddddddd" if text.starts_with("+1") => Some(Written::Whole),
        "(ddd)-ddd-dddd" => Some(Written::Grouped),
        _ => None,
    }
}

fn phones(a: &str, b: &str) -> Likeness {
    let (a, b) = (Phone::read(a), Phone::read(b));
    match (&a.us, &b.us) {
        (Some(x), Some(y)) if x == y => match (a.documented, b.documented) {
            (Some(one), Some(other)) if one != other => Likeness::Same,
            _ => Likeness::Should(rule!("key.phone.formats")),
        },
        (Some(_), Some(_)) => Likeness::Different,
        _ => {
            // Country codes, extensions, letters: related digits may or may not be the same number.
            let (long, short) = match a.digits.len() >= b.digits.len() {
                true => (&a.digits, &b.digits),
                false => (&b.digits, &a.digits),
            };
            let tail = |digits: &str, count: usize| -> String {
                digits
                    .chars()
                    .skip(digits.len().saturating_sub(count))
                    .collect()
            };
            let related = short.is_empty()
                || long.contains(short.as_str())
                || tail(long, 7) == tail(short, 7);
            match related {
                true => Likeness::Open(None),
                false => Likeness::Different,
            }
        }
    }
}

/// Whether a phone number that was given may be shown so, in a form of the same digits. What becomes of foreign numbers, of
/// extensions and of letters is not specified.
pub(super) fn reforms(given: &str, shown: &str) -> bool {
    let [number, digits] = [given, shown].map(Phone::read);
    let digits = digits.digits;
    match number.us {
        Some(us) if !us.starts_with(['0', '1']) => {
            let whole = digits.trim_start_matches('0');
            whole.strip_prefix('1').unwrap_or(whole) == us
        }
        _ => {
            let local = number.digits.len().clamp(1, 7);
            digits.len() >= local && phones(given, shown) != Likeness::Different
        }
    }
}

/// The reference's normal form: two texts with the same one are the same value.
pub(super) fn canonical(text: &str, content: ContentType, choices: &Choices) -> String {
    let folds = |choice| choices.get(choice).has(0);
    match content {
        ContentType::String => text.to_owned(),
        ContentType::Number => match number(text) {
            // Beyond 2^53 a double no longer tells neighbours apart.
            Some(number) if number.abs() < 9_007_199_254_740_992.0 => number.to_string(),
            _ => text.trim().to_owned(),
        },
        ContentType::Phone => {
            let phone = Phone::read(text);
            match phone.us {
                Some(us) => format!("+1{us}"),
                None => text.to_owned(),
            }
        }
        ContentType::Email if folds(choice!("cap.email-fold")) => text.trim().to_lowercase(),
        ContentType::Email => text.to_owned(),
        ContentType::Name if !folds(choice!("cap.name-fold")) => text.to_owned(),
        ContentType::Name => {
            let lower = text.to_lowercase();
            lower.split_whitespace().collect::<Vec<_>>().join(" ")
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [ContentType; 5] = [
        ContentType::String,
        ContentType::Number,
        ContentType::Phone,
        ContentType::Email,
        ContentType::Name,
    ];

    fn like(a: &str, b: &str, content: ContentType) -> Likeness {
        likeness(a, b, content, &Choices::open())
    }

    #[test]
    fn documented_phone_numbers_match() {
        let phone = ContentType::Phone;
        assert_eq!(
            like("+15551234567", "(555)-123-4567", phone),
            Likeness::Same
        );
        let formats = Likeness::Should(rule!("key.phone.formats"));
        for (a, b) in [
            ("+1 (206) 345-7890", "2063457890"),
            ("+12063457890", "12063457890"),
            ("+12063457890", "(206)345-7890"),
            ("(206)-345-7890", "206-345-7890"),
        ] {
            assert_eq!(like(a, b, phone), formats, "{a} {b}");
        }
        assert_eq!(
            like("+15551234567", "+15551234568", phone),
            Likeness::Different
        );
        assert_eq!(
            like("+445551234567", "+15551234567", phone),
            Likeness::Open(None)
        );
        assert_eq!(like("call me", "+15551234567", phone), Likeness::Open(None));
    }

    #[test]
    fn a_form_of_a_phone_number_has_its_digits() {
        for (given, shown, reforms) in [
            ("+12065550100", "2065550100", true),
            ("(206) 555-0100", "+12065550100", true),
            ("2065550100", "0012065550100", true),
            ("+12065550100", "5550100", false),
            ("+12065550100", "12065550101", false),
            ("+12065550100", "anonymous", false),
            ("+12065550100", "0", false),
            ("+12065550100", "", false),
            ("+442079460018", "2079460018", true),
            ("+44 (0)20 7946 0018", "+442079460018", true),
            ("020 7946 0018", "+442079460018", true),
            ("06 12 34 56 78", "+33612345678", true),
            ("+442079460018", "0", false),
            ("+1 206 555 0100 ext. 7", "+12065550100", true),
            ("1-800-FLOWERS", "+18003569377", true),
            ("call me", "2255", true),
            ("call me", "maybe", false),
        ] {
            assert_eq!(super::reforms(given, shown), reforms, "{given} {shown}");
        }
    }

    #[test]
    fn strings_ought_to_differ_in_case_blanks_and_punctuation() {
        let differs = Likeness::ShouldNot(rule!("key.string.differs"));
        assert_eq!(like("ab-c", "ABC", ContentType::String), differs);
        assert_eq!(like("abc", "abd", ContentType::String), Likeness::Different);
        assert_eq!(like("x", " x", ContentType::String), Likeness::Open(None));
        assert_eq!(
            like("é", "e\u{301}", ContentType::String),
            Likeness::Open(None)
        );
    }

    #[test]
    fn folding_is_a_choice_until_it_is_known() {
        let fold = choice!("cap.email-fold");
        let open = Likeness::Open(Some((fold, Options::only(0), Options::only(1))));
        assert_eq!(like("A@x.org", "a@x.org", ContentType::Email), open);
        let mut choices = Choices::open();
        choices.narrow(fold, Options::only(1));
        let known = likeness("A@x.org", "a@x.org", ContentType::Email, &choices);
        assert_eq!(known, Likeness::Different);
        assert_eq!(
            like("a@x.org", "b@x.org", ContentType::Email),
            Likeness::Different
        );
        assert!(matches!(
            like("Ann  Lee", "ann lee", ContentType::Name),
            Likeness::Open(Some(_))
        ));
    }

    #[test]
    fn equal_numbers_may_match() {
        for (a, b) in [("7", "7.0"), ("7", "007"), ("1e2", "100")] {
            assert_eq!(
                like(a, b, ContentType::Number),
                Likeness::Open(None),
                "{a} {b}"
            );
        }
        assert_eq!(like("7", "8", ContentType::Number), Likeness::Different);
    }

    #[test]
    fn blanks_inside_count() {
        let differs = Likeness::ShouldNot(rule!("key.string.differs"));
        for (a, b, content) in [
            ("12", "1 2", ContentType::Number),
            ("Ann Lee", "AnnLee", ContentType::Name),
            ("a@x.org", "a @x.org", ContentType::Email),
        ] {
            assert_eq!(like(a, b, content), differs, "{a} {b}");
        }
        let outside = like("A@x.org ", "a@x.org", ContentType::Email);
        assert_eq!(outside, Likeness::Open(None));
    }

    proptest! {
        #[test]
        fn likeness_is_symmetric_and_agrees_with_the_reference(
            a in "[aA1-3 .+()é-]{0,12}", b in "[aA1-3 .+()é-]{0,12}",
        ) {
            for content in ALL {
                prop_assert_eq!(like(&a, &a, content), Likeness::Same);
                prop_assert_eq!(like(&a, &b, content), like(&b, &a, content));
                let reference = Choices::reference();
                let same = canonical(&a, content, &reference) == canonical(&b, content, &reference);
                match like(&a, &b, content) {
                    Likeness::Same => prop_assert!(same, "{:?} {:?} {:?}", a, b, content),
                    Likeness::Different | Likeness::ShouldNot(_) => {
                        prop_assert!(!same, "{:?} {:?} {:?}", a, b, content);
                    }
                    Likeness::Should(_) | Likeness::Open(_) => {}
                }
            }
        }
    }
}
