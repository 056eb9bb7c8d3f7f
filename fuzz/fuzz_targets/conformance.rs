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

static CONFORMANCE: LazyLock<Conformance<Local<Box<dyn Respond>>>> = LazyLock::new(|| {
    let defect = std::env::var("PROFILE_CONTRACT_DEFECT").ok();
    let defect = defect.map(|id| defect::named(&id).unwrap_or_else(|| panic!("no defect `{id}`")));
    Conformance::in_process(move || {
        let respond: Box<dyn Respond> = match defect {
            Some(defect) => Box::new(Flawed::new(defect)),
            None => Box::new(Model::reference()),
        };
        Local::new(respond)
    })
});

fuzz_target!(|data: &[u8]| -> Corpus {
    if CONFORMANCE.run(data) {
        Corpus::Keep
    } else {
        Corpus::Reject
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    fuzz::mutate(data, size, most, seed)
});

fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
    fuzz::cross_over(one, other, out, seed)
});
