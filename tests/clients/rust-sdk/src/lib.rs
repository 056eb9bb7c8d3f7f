//! AWS's Rust client speaks to an implementation of the Customer Profiles API; see `tests/`.
