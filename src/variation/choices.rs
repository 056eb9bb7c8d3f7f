//! Every other option of every choice, straight from the catalogue.

use super::{Act, Variation};
use crate::choice;
use crate::contract::{ChoiceId, RuleId};

/// Options that leave nothing to be judged: a server that takes no unsigned request.
const MUTE: &[ChoiceId] = &[choice!("cap.auth")];

/// One variation for each option that is not the reference's.
pub(super) fn variations() -> impl Iterator<Item = Variation> {
    ChoiceId::all()
        .filter(|id| !MUTE.contains(id))
        .flat_map(|id| {
            let options = id.choice().options.iter().enumerate().skip(1);
            options.filter_map(move |(at, option)| {
                let choice = id.choice();
                Some(Variation {
                    id: format!("{}={option}", choice.id).into(),
                    rules: vec![RuleId::find(choice.rule)?].into(),
                    departs: &[],
                    about: format!("decides {} as `{option}`", choice.id).into(),
                    act: Act::Choose(id, u8::try_from(at).ok()?),
                })
            })
        })
}
