//! Contract tests and fuzzing for implementations of the Amazon Connect Customer Profiles API.

pub mod case;
pub mod contract;
pub mod judge;
pub mod model;
pub mod replay;
pub mod report;
pub mod serve;
pub mod wire;
