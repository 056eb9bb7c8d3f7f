//! The report for build servers: JUnit XML, one test case for each case.
//!
//! A violation is a failure, a case that could not be judged an error, and warnings stand in the output of a test that
//! passed. The folder of a case is its class. Differences from snapshots are failures of a class of their own.

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use crate::judge::{Outcome, Severity};

use super::human::{self, Manner};
use super::{Line, Report, options_text};

/// The whole report as XML.
///
/// # Errors
/// Whatever the XML writer has to say; it has no reason to when writing to memory.
pub fn render(report: &Report) -> Result<String, quick_junit::SerializeError> {
    let mut suite = TestSuite::new(report.run.target.as_str());
    suite.set_time(report.elapsed);
    suite.add_property(("run", report.run.id.as_str()));
    for (choice, options) in report.capabilities() {
        suite.add_property((choice.choice().id, options_text(choice, options).as_str()));
    }
    for case in &report.cases {
        suite.add_test_case(test_case(case));
    }
    for unmet in &report.unmet {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type("required");
        status.set_message(human::unmet(unmet));
        let mut case = TestCase::new(unmet.pattern.as_str(), status);
        case.set_classname("required");
        suite.add_test_case(case);
    }
    if let Some(gone) = &report.gone {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("unclear");
        status.set_message(human::gone(gone));
        let mut case = TestCase::new("target", status);
        case.set_classname("run");
        suite.add_test_case(case);
    }
    for contradiction in &report.contradictions {
        let choice = contradiction.choice;
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        let (first, second) = (&contradiction.first, &contradiction.second);
        status.set_type(choice.choice().rule);
        status.set_message(format!(
            "{} in {}, {} in {}",
            options_text(choice, first.0),
            first.1,
            options_text(choice, second.0),
            second.1,
        ));
        let mut case = TestCase::new(choice.choice().id, status);
        case.set_classname("choices");
        suite.add_test_case(case);
    }
    for difference in report.snapshots.iter().flat_map(|held| &held.differences) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type("snapshot");
        status.set_message(format!("step {}: {}", difference.step + 1, difference.said));
        status.set_description(format!("{}\nagain {}\n", difference.diff, difference.again));
        let mut case = TestCase::new(difference.case.as_str(), status);
        case.set_classname("snapshots");
        suite.add_test_case(case);
    }
    let mut document = Document::new("profile-contract");
    document.set_time(report.elapsed);
    document.add_test_suite(suite);
    document.to_string()
}

fn test_case(case: &Line) -> TestCase {
    let block = |severity| {
        let chosen = case
            .findings
            .iter()
            .filter(move |finding| finding.severity == severity);
        chosen.map(|finding| {
            human::finding(
                finding,
                &case.name,
                &case.again,
                case.took,
                Manner::default(),
            )
        })
    };
    let status = match case.outcome {
        Outcome::Conforms | Outcome::Warns => TestCaseStatus::success(),
        Outcome::InPart => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("not implemented: {}", case.absent.join(", ")));
            status
        }
        Outcome::Unclear => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            if let Some(unclear) = &case.unclear {
                status.set_type("unclear");
                status.set_message(format!(
                    "step {}: {}: {}",
                    unclear.step + 1,
                    unclear.request,
                    unclear.why
                ));
            }
            status
        }
        Outcome::Violates => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            if let Some(finding) = case
                .findings
                .iter()
                .find(|finding| finding.severity == Severity::Violates)
            {
                status.set_type(finding.rule.id());
                status.set_message(finding.rule.rule().sentence);
            }
            status.set_description(block(Severity::Violates).collect::<String>());
            status
        }
    };
    let (class, name) = case.name.rsplit_once('/').unwrap_or(("", &case.name));
    let mut test = TestCase::new(name, status);
    test.set_classname(class);
    test.set_time(case.took);
    let mut out: String = block(Severity::Warns).collect();
    for rule in &case.known {
        out.push_str(&format!("known deviation: {rule}\n"));
    }
    if let Some(unsent) = &case.unsent {
        out.push_str(unsent);
        out.push('\n');
    }
    if !out.is_empty() {
        test.set_system_out(out);
    }
    test
}
