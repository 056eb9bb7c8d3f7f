//! The servers in this process that cases are held against.

use std::env;

use profile_contract::defect::{self, Flawed};
use profile_contract::model::Model;
use profile_contract::variation::{self, Variation, Varied};
use profile_contract::wire::Respond;

/// One of our wrong servers: the id of a defect.
const DEFECT: &str = "PROFILE_CONTRACT_DEFECT";

/// One of our right ones: the ids of variations with commas between them, or `mixture-` and a number.
const VARIATION: &str = "PROFILE_CONTRACT_VARIATION";

/// What makes new servers of the kind that the environment asks for: the reference, unless it asks for another.
///
/// # Panics
///
/// If there is no such server.
pub fn servers() -> Box<dyn Fn() -> Box<dyn Respond> + Send + Sync> {
    match (env::var(DEFECT), env::var(VARIATION)) {
        (Err(_), Err(_)) => copies(Model::reference()),
        (Ok(id), Err(_)) => {
            let defect = defect::named(&id);
            copies(Flawed::new(defect.unwrap_or_else(|| {
                panic!(
                    "{DEFECT}: no defect `{id}`; `profile-contract serve --defect list` names all"
                )
            })))
        }
        (Err(_), Ok(ids)) => copies(Varied::new(&variations(&ids), 0)),
        (Ok(_), Ok(_)) => {
            panic!("{DEFECT} and {VARIATION}: a server is wrong, or right in another way, not both")
        }
    }
}

/// Copied for every case: a server that has to be made takes longer than a case.
fn copies<R: Respond + Clone + Sync + 'static>(
    server: R,
) -> Box<dyn Fn() -> Box<dyn Respond> + Send + Sync> {
    Box::new(move || Box::new(server.clone()))
}

/// Variations that show without a socket and without waiting.
fn variations(ids: &str) -> Vec<&'static Variation> {
    if let Some(number) = ids
        .strip_prefix("mixture-")
        .and_then(|number| number.parse().ok())
    {
        let mut mixture = variation::mixture(number);
        mixture.retain(|one| one.shows_at_once());
        let ids: Vec<&str> = mixture.iter().map(|one| one.id.as_ref()).collect();
        eprintln!("{VARIATION}={}", ids.join(","));
        return mixture;
    }
    let one = |id| {
        variation::named(id)
            .filter(|one| one.shows_at_once())
            .unwrap_or_else(|| panic!("{VARIATION}: no variation `{id}` that shows in process; `profile-contract serve --variation list` names all"))
    };
    ids.split(',').map(one).collect()
}
