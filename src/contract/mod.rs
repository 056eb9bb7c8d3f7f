//! What the API promises, as data: operations, shapes, rules, choices and templates.
//!
//! This module and the files of [`crate::model`] are the only places that know the API. Everything else asks here.

pub mod choice;
pub mod free;
pub mod operation;
mod operations;
mod pattern;
pub mod rule;
mod rules;
pub mod shape;
mod shapes;
pub mod template;
pub mod validate;

pub use choice::{Choice, ChoiceId, Choices, Options};
pub use operation::{Operation, Route};
pub use rule::{Level, Rule, RuleId, Section, Side, Sides};
pub use validate::{Flaw, Refusals, Strength, Tells};
