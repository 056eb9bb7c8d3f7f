//! Sources against objects: the first line of the input is the source, the rest the object.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use profile_contract::fuzz::{self, Conformance};
use profile_contract::model::Model;
use profile_contract::replay::Local;

static CONFORMANCE: LazyLock<Conformance<Local>> =
    LazyLock::new(|| Conformance::in_process(|| Local::new(Model::reference())));

fuzz_target!(|data: &[u8]| -> Corpus {
    if fuzz::extract(&CONFORMANCE, data) {
        Corpus::Keep
    } else {
        Corpus::Reject
    }
});
