//! Selecting cases and rules by name: globs, and the known name nearest to one that means nothing.

/// A pattern for names with `/` between their parts.
///
/// `*` stands for any characters but `/`, `?` for one of them, `**` for any characters at all, and `**/` for any number
/// of leading parts, none included. All else stands for itself; the whole name has to match. Rule ids hold no `/`, so
/// `put-type.*` is every rule of that family.
#[derive(Debug, Clone)]
pub struct Glob(Vec<Token>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Exactly(char),
    One,
    Star,
    Any,
    Parts,
}

impl Glob {
    /// Reads a pattern; every text is one.
    pub fn new(pattern: &str) -> Self {
        let mut tokens = Vec::with_capacity(pattern.len());
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            let begins_part = matches!(
                tokens.last(),
                None | Some(Token::Exactly('/') | Token::Parts)
            );
            let (token, length) = match c {
                '*' if rest.starts_with("**/") && begins_part => (Token::Parts, 3),
                '*' if rest.starts_with("**") => (Token::Any, 2),
                '*' => (Token::Star, 1),
                '?' => (Token::One, 1),
                other => (Token::Exactly(other), other.len_utf8()),
            };
            tokens.push(token);
            rest = &rest[length..];
        }
        Self(tokens)
    }

    /// Whether the whole name matches.
    pub fn matches(&self, name: &str) -> bool {
        // All places of the pattern that can be reached at once, so that no pattern takes more than a step for each
        // of its tokens and each character of the name.
        let mut reached = vec![false; self.0.len() + 1];
        self.reach(&mut reached, 0);
        for c in name.chars() {
            let mut next = vec![false; self.0.len() + 1];
            for (at, token) in self.0.iter().enumerate().filter(|(at, _)| reached[*at]) {
                match *token {
                    Token::Exactly(wanted) if wanted == c => self.reach(&mut next, at + 1),
                    Token::One if c != '/' => self.reach(&mut next, at + 1),
                    Token::Star if c != '/' => self.reach(&mut next, at),
                    Token::Any => self.reach(&mut next, at),
                    // Within a part only the part itself goes on; behind its slash the next token may begin too.
                    Token::Parts if c == '/' => self.reach(&mut next, at),
                    Token::Parts => next[at] = true,
                    _ => {}
                }
            }
            reached = next;
        }
        reached.last().copied().unwrap_or_default()
    }

    /// Marks a place as reached, and those that follow without a character.
    fn reach(&self, reached: &mut [bool], at: usize) {
        reached[at] = true;
        if matches!(
            self.0.get(at),
            Some(Token::Star | Token::Any | Token::Parts)
        ) {
            self.reach(reached, at + 1);
        }
    }
}

/// The known name that somebody who wrote `wanted` probably meant: the nearest by edit distance, if it is near enough
/// to be a slip of the fingers.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let tolerated = wanted.chars().count().div_ceil(5).min(4);
    known
        .into_iter()
        .map(|name| (distance(wanted, name), name))
        .filter(|(distance, _)| *distance <= tolerated)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many characters have to be put in, taken out, replaced or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_names() {
        for (pattern, name, expected) in [
            ("put-type.*", "put-type.name.length", true),
            ("put-type.*", "put-types", false),
            ("create-domain/*", "create-domain/name-64", true),
            ("create-domain/*", "create-domain/names/64", false),
            ("create-domain/**", "create-domain/names/64", true),
            ("**/64", "64", true),
            ("**/64", "a/b/64", true),
            ("**/64", "a/b164", false),
            ("a/**/z", "a/z", true),
            ("a/**/z", "a/b/c/z", true),
            ("a/**/z", "a/bz", false),
            ("a**z", "a/b/z", true),
            ("a?c", "abc", true),
            ("a?c", "a/c", false),
            ("a?c", "aüc", true),
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "a/b", false),
            ("**", "a/b", true),
            ("*a*b*c", "xaxbxcxc", true),
            ("[a]", "a", false),
        ] {
            assert_eq!(
                Glob::new(pattern).matches(name),
                expected,
                "{pattern} against {name}"
            );
        }
    }

    #[test]
    fn no_pattern_is_slow() {
        let pattern = "*a".repeat(200);
        assert!(!Glob::new(&pattern).matches(&"a".repeat(199)));
    }

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let known = [
            "put-type.name.length",
            "put-type.name.case",
            "tag.key.length",
        ];
        assert_eq!(
            nearest("put-type.nmae.lenght", known),
            Some("put-type.name.length")
        );
        assert_eq!(
            nearest("put-type.names.case", known),
            Some("put-type.name.case")
        );
        assert_eq!(nearest("domain.create.echo", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("", "abc"), 3);
    }
}
