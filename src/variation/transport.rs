//! How answers travel, where HTTP leaves a server free.

use std::time::Duration;

use super::{Act, Written};
use crate::rule;

pub(super) const VARIATIONS: &[Written] = &[
    Written {
        id: "chunked-answers",
        rules: &[rule!("proto.success-body")],
        departs: &[],
        about: "sends bodies in chunks, without their length",
        act: Act::Send(|manners| manners.chunked = true),
    },
    Written {
        id: "one-answer-a-connection",
        rules: &[rule!("proto.success-status")],
        departs: &[],
        about: "closes each connection after an answer",
        act: Act::Send(|manners| manners.closes = true),
    },
    Written {
        id: "title-case-headers",
        rules: &[rule!("proto.error-type-header")],
        departs: &[],
        about: "writes the names of headers in title case",
        act: Act::Send(|manners| manners.title_case = true),
    },
    Written {
        id: "slow-first-byte",
        rules: &[rule!("time.request-limit")],
        departs: &[],
        about: "begins each answer 20 ms after it is known",
        act: Act::Send(|manners| manners.first_byte = Duration::from_millis(20)),
    },
];
