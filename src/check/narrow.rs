//! Cases without what a target does not have.

use crate::case::{Case, Say};
use crate::contract::{Operation, Route, operation};
use crate::shrink::needs_any;

/// The case without the steps that ask for some operations, and without those that need their answers; and those
/// operations, each once.
pub(super) fn without_operations(
    case: &Case,
    gone: &dyn Fn(&Operation) -> bool,
) -> (Case, Vec<&'static Operation>) {
    let mut dropped: Vec<&'static Operation> = Vec::new();
    let mut lost: Vec<String> = Vec::new();
    let mut steps = Vec::with_capacity(case.steps.len());
    let mut alone = false;
    for step in &case.steps {
        let asked = asked_for(&step.say).filter(|asked| gone(asked));
        if let Some(asked) = asked
            && !dropped.contains(&asked)
        {
            dropped.push(asked);
        }
        let names = step.bindings.iter().map(|binding| binding.name.clone());
        if asked.is_some() || needs_any(step, &lost) {
            lost.extend(names);
            alone = true;
            continue;
        }
        lost.retain(|name| !names.clone().any(|bound| bound == *name));
        let mut step = step.clone();
        // What it was to be sent together with has gone.
        step.manner.beside &= !alone;
        alone = false;
        steps.push(step);
    }
    let case = Case {
        steps,
        ..case.clone()
    };
    (case, dropped)
}

/// The operation a step asks for, whatever its placeholders stand for.
fn asked_for(say: &Say) -> Option<&'static Operation> {
    let Say::Request { method, target, .. } = say else {
        return None;
    };
    let path = target.split('?').next().unwrap_or_default();
    match operation::route(method, path) {
        Route::To { operation, .. } => Some(operation),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::text;

    #[test]
    fn what_needs_the_answer_of_what_goes_goes_too() {
        let case = "> POST /domains/${domain}\n\n> POST /domains/${domain}/profiles\n@ a = /ProfileId\n\n\
                    > POST /domains/${domain}/profiles/search\n| {\"KeyName\": \"_profileId\", \"Values\": [\"${a}\"]}\n~ beside\n\n\
                    > GET /domains/${domain}/object-types\n~ beside\n";
        let case = text::parse(case, "a").expect("a case");
        let (left, dropped) =
            without_operations(&case, &|operation| operation.name == "CreateProfile");
        let lines: Vec<_> = left.steps.iter().map(|step| step.say.to_string()).collect();
        assert_eq!(
            lines,
            [
                "POST /domains/${domain}",
                "GET /domains/${domain}/object-types"
            ]
        );
        assert!(!left.sent_together(1));
        assert_eq!(dropped.len(), 1);
        let (same, none) =
            without_operations(&case, &|operation| operation.name == "MergeProfiles");
        assert_eq!((same, none.len()), (case, 0));
    }
}
