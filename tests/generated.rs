//! Generated cases: sound, repeatable, and no accusation of the reference.

use profile_contract::case::bind::Values;
use profile_contract::case::text;
use profile_contract::contract::{Choices, Side};
use profile_contract::generate::{Yield, case, name, named, nth};
use profile_contract::judge::{Exercised, Judge, Outcome};
use profile_contract::model::Model;
use profile_contract::replay::{Local, Next, Settings, replay};
use profile_contract::rule;
use sha2::{Digest, Sha256};

#[test]
fn a_case_reads_as_it_was_written() {
    for number in 0..300 {
        let case = nth(1, number).case;
        let text = text::print(&case);
        assert_eq!(
            text::parse(&text, "generated.case").as_ref(),
            Ok(&case),
            "{text}"
        );
        let again = named(&name(1, number)).expect("a case of that name");
        assert_eq!(again.case, case);
    }
    // Without bytes there is still a case, the plainest.
    assert_eq!(case(&[]).case.steps.len(), 2);
}

/// The cases of a seed are part of the interface: reports name them by number, on whatever machine. A change of the
/// generators changes this hash; a change of anything else must not.
#[test]
fn a_seed_gives_the_same_cases_everywhere() {
    let mut hasher = Sha256::new();
    for number in 0..1_000 {
        hasher.update(text::print(&nth(1, number).case));
    }
    let hash = hasher.finalize();
    let hash: String = hash
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(hash, "3be634b6125f46bf");
}

#[test]
fn what_is_meant_to_be_served_mostly_is() {
    let mut yields = Yield::default();
    for number in 0..1_500 {
        yields.add(&nth(2, number).yields);
    }
    for (operation, (meant, served)) in &yields.meant {
        assert!(served * 10 >= meant * 7, "{operation}: {served} of {meant}");
    }
    assert!(yields.meant.len() >= 20, "{:#?}", yields.meant);
    assert!(yields.adversarial > 500, "{}", yields.adversarial);
}

#[test]
fn the_reference_is_not_accused() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let settings = Settings::default();
    let mut exercised = Exercised::default();
    runtime.block_on(async {
        for number in 0..400 {
            let case = nth(3, number).case;
            let target = Local::new(Model::reference());
            let mut judge = Judge::new(&case, &Choices::open());
            replay(
                "generated",
                &case,
                &target,
                Values::new(),
                &settings,
                &mut |step, exchange| {
                    judge.see(step, exchange);
                    Next::Go
                },
            )
            .await;
            let verdict = judge.finish();
            assert!(
                !matches!(verdict.outcome(), Outcome::Violates | Outcome::Warns),
                "case {number}: {:#?}\n{}",
                verdict.findings,
                text::print(&case)
            );
            exercised.merge(&verdict.exercised);
        }
    });
    // What a story has to lead to on purpose: chance would not.
    let aimed_at = [
        (rule!("proto.label-encoding"), Side::Inside),
        (rule!("proto.label-decode-once"), Side::Outside),
        (rule!("proto.query-int-overflow"), Side::Outside),
        (rule!("put-type.keys.multi-entry"), Side::Inside),
        (rule!("extract.handlebars.concat"), Side::Inside),
        (rule!("implicit.ingest"), Side::Inside),
        (rule!("assign.secondary.not-override"), Side::Inside),
        (rule!("assign.primary.several"), Side::Inside),
        (rule!("std.profile.nested"), Side::Inside),
        (rule!("merge.effect"), Side::Inside),
        (rule!("filter.asset-id"), Side::Inside),
    ];
    let missed = aimed_at
        .iter()
        .filter(|(rule, side)| !exercised.contains(*rule, *side));
    let missed: Vec<_> = missed.map(|(rule, _)| rule.rule().id).collect();
    assert!(missed.is_empty(), "{missed:?}");
}
