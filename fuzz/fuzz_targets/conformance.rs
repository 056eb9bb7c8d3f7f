//! Cases against the reference in this process, or against it with one of our own defects
//! (`PROFILE_CONTRACT_DEFECT=id`, see `profile-contract serve --defect list`).

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_crossover, fuzz_mutator, fuzz_target};
use profile_contract::defect::{self, Flawed};
use profile_contract::fuzz::{self, Conformance};
use profile_contract::model::Model;
use profile_contract::replay::Local;
use profile_contract::wire::Respond;
use profile_contract_fuzz::{guide, mutate};

static CONFORMANCE: LazyLock<Conformance<Local<Box<dyn Respond>>>> = LazyLock::new(|| {
    let defect = std::env::var("PROFILE_CONTRACT_DEFECT").ok();
    let defect = defect.map(|id| defect::named(&id).unwrap_or_else(|| panic!("no defect `{id}`")));
    // Copied for every case: a reference that has to be made takes longer than a case.
    let reference = Model::reference();
    let flawed = defect.map(Flawed::new);
    Conformance::in_process(move || {
        let respond: Box<dyn Respond> = match &flawed {
            Some(flawed) => Box::new(flawed.clone()),
            None => Box::new(reference.clone()),
        };
        Local::new(respond)
    })
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
