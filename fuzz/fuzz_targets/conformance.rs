//! Cases against the reference in this process, or against a server that is wrong (`PROFILE_CONTRACT_DEFECT=id`, see
//! `profile-contract serve --defect list`) or right in other ways (`PROFILE_CONTRACT_VARIATION=id,id` or `mixture-7`).

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_crossover, fuzz_mutator, fuzz_target};
use profile_contract::fuzz::{self, Conformance};
use profile_contract::replay::Local;
use profile_contract::wire::Respond;
use profile_contract_fuzz::{guide, mutate, servers};

static CONFORMANCE: LazyLock<Conformance<Local<Box<dyn Respond>>>> = LazyLock::new(|| {
    let new = servers();
    Conformance::in_process(move || Local::new(new()))
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
