//! Cases against the endpoint at `PROFILE_CONTRACT_ENDPOINT`, guided by its answers.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_crossover, fuzz_mutator, fuzz_target};
use profile_contract::fuzz::{self, Conformance, ENDPOINT};
use profile_contract::replay::Endpoint;
use profile_contract_fuzz::{guide, mutate};

static CONFORMANCE: LazyLock<Conformance<Endpoint>> = LazyLock::new(|| {
    let address = std::env::var(ENDPOINT).unwrap_or_else(|_| {
        panic!("{ENDPOINT} is not set; expected something like http://127.0.0.1:4000")
    });
    Conformance::of_endpoint(&address).unwrap_or_else(|problem| panic!("{ENDPOINT}: {problem}"))
});

fuzz_target!(|data: &[u8]| -> Corpus {
    match CONFORMANCE.run_noting(data, &mut guide(data)) {
        true => Corpus::Keep,
        false => Corpus::Reject,
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    mutate(&CONFORMANCE, data, size, most, seed)
});

fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
    fuzz::cross_over(one, other, out, seed)
});
