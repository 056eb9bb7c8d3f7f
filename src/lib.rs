//! Contract tests and fuzzing for implementations of the Amazon Connect Customer Profiles API.
//!
//! Plain values flow one way, from the contract to a report:
//!
//! ```text
//! Contract ─▶ Case ─replay(Target)▶ Transcript ─judge▶ Verdict ─collect▶ Report ─render▶ bytes
//! ```
//!
//! A [case](case) is a conversation, written down as it goes over the wire. [Replayed](replay::replay) against a
//! [target](replay::Target) it becomes a [transcript](case::transcript), and a transcript is [judged](judge::judge)
//! against what the [model] of the contract allows, answer by answer:
//!
//! ```
//! use profile_contract::case::{bind::Values, text};
//! use profile_contract::judge::{Outcome, judge};
//! use profile_contract::model::Model;
//! use profile_contract::replay::{Local, Next, Settings, replay};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let case = text::parse(
//!     r#"# A domain comes back as it was created.
//!
//! > POST /domains/${domain}
//! | {"DefaultExpirationDays": 30}
//!
//! > GET /domains/${domain}
//! "#,
//!     "example.case",
//! )?;
//! // The built-in reference, in this process; `replay::Endpoint` is an address instead.
//! let target = Local::new(Model::reference());
//! let mut watch = |_, _: &_| Next::Go;
//! let replayed = replay("example", &case, &target, Values::new(), &Settings::default(), &mut watch).await;
//! let verdict = judge(&replayed.transcript);
//! assert_eq!(verdict.outcome(), Outcome::Conforms);
//! # Ok::<(), profile_contract::case::Problem>(())
//! # }).unwrap();
//! ```
//!
//! `docs/case-format.md` describes the text of cases, `ARCHITECTURE.md` how the parts fit together.

mod bend;
pub mod case;
pub mod check;
pub mod cli;
pub mod contract;
pub mod defect;
pub mod fuzz;
pub mod generate;
pub mod judge;
pub mod model;
pub mod record;
pub mod replay;
pub mod report;
pub mod serve;
pub mod shrink;
pub mod snapshot;
pub mod variation;
pub mod wire;
