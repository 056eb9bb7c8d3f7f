//! Cases against a service of one's own, in this process: the example of `docs/fuzzing.md`.

#![no_main]

use std::sync::LazyLock;

use axum::Router;
use libfuzzer_sys::{Corpus, fuzz_crossover, fuzz_mutator, fuzz_target};
use profile_contract::fuzz::{self, Conformance};
use profile_contract::replay::InProcess;

static CONFORMANCE: LazyLock<Conformance<InProcess<Router>>> =
    LazyLock::new(|| Conformance::in_process(|| InProcess::new(own_service::router())));

fuzz_target!(|data: &[u8]| -> Corpus {
    match CONFORMANCE.run(data) {
        true => Corpus::Keep,
        false => Corpus::Reject,
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    CONFORMANCE.mutate(data, size, most, seed)
});

fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
    fuzz::cross_over(one, other, out, seed)
});
