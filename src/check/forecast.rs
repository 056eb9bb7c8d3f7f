//! What a check would do, found out by doing it to the reference in this process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::contract::operation::addressed;
use crate::model::Model;
use crate::replay::{Local, Target};
use crate::wire::{Answer, Message};

use super::{Amount, Check, CheckError, Options, USUAL_NUMBER};

/// How many generated cases stand for those of a run whose end is a matter of time.
const SAMPLE: u64 = 500;

/// What a check would do.
///
/// A target that answers otherwise than the reference gets other calls: pages may be smaller, waiting takes reads, and whatever is
/// wrong is looked at again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forecast {
    /// How many cases of the corpus are run.
    pub corpus: usize,
    /// How many are generated; `None` if that is a matter of time.
    pub generated: Option<usize>,
    /// How many generated cases are counted below.
    pub sample: usize,
    /// How many calls of each operation are made.
    pub calls: BTreeMap<&'static str, u64>,
    /// How many messages address no operation, or are no requests.
    pub other_calls: u64,
    /// How many domains are created.
    pub domains: u64,
    /// How many domains exist at a time at most.
    pub domains_at_once: u64,
    /// How many object types are put.
    pub object_types: u64,
    /// How many profiles are created by name; objects create others.
    pub profiles: u64,
    /// How many objects are put.
    pub objects: u64,
    /// Names of cases that are left out, because they name what may be somebody's.
    pub left_out: Vec<String>,
}

/// What a check with these options would do. Nothing is sent.
///
/// # Errors
///
/// As [`Check::new`] and [`Check::run`].
pub async fn forecast(options: Options) -> Result<Forecast, CheckError> {
    let (number, generated) = match options.amount {
        Amount::Usual if options.only.is_empty() && options.corpus.is_none() => {
            (USUAL_NUMBER, Some(USUAL_NUMBER))
        }
        Amount::Usual => (0, Some(0)),
        Amount::Number(number) => (number, Some(number)),
        Amount::Lasting(_) => (SAMPLE, None),
    };
    let options = Options {
        amount: Amount::Number(number),
        ..options
    };
    let counts = Arc::new(Mutex::new(Counts::default()));
    let target = Counted(Local::new(Model::reference()), Arc::clone(&counts));
    let check = Check::new(target, options)?;
    let corpus = check.plan.reported;
    let left_out = check.run().await?.report.left_out;
    let Counts { forecast, .. } = counts
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let whole = |number| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(Forecast {
        corpus,
        generated: generated.map(whole),
        sample: whole(number),
        left_out,
        ..forecast
    })
}

#[derive(Debug, Clone, Default)]
struct Counts {
    forecast: Forecast,
    /// How many domains exist.
    existing: u64,
}

/// The reference, and what it was asked.
struct Counted(Local, Arc<Mutex<Counts>>);

impl Target for Counted {
    async fn send(&self, message: &Message, deadline: Duration) -> Answer {
        let answer = self.0.send(message, deadline).await;
        let served = matches!(&answer, Answer::Response(response) if response.status == 200);
        let mut counts = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        let Counts { forecast, existing } = &mut *counts;
        let Some(operation) = addressed(message) else {
            forecast.other_calls += 1;
            return answer;
        };
        *forecast.calls.entry(operation.name).or_default() += 1;
        match operation.name {
            _ if !served => {}
            "CreateDomain" => {
                forecast.domains += 1;
                *existing += 1;
                forecast.domains_at_once = forecast.domains_at_once.max(*existing);
            }
            "DeleteDomain" => *existing = existing.saturating_sub(1),
            "PutProfileObjectType" => forecast.object_types += 1,
            "CreateProfile" => forecast.profiles += 1,
            "PutProfileObject" => forecast.objects += 1,
            _ => {}
        }
        answer
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_reference_is_asked_what_the_target_would_be() {
        let options = Options {
            only: vec!["domain/name-shortest".to_owned(), "tag/merge".to_owned()],
            fenced: true,
            ..Options::default()
        };
        let forecast = forecast(options).await.unwrap();
        assert_eq!((forecast.corpus, forecast.generated), (1, Some(0)));
        assert_eq!(forecast.left_out, ["domain/name-shortest"]);
        // Probes are played as well.
        assert!(
            forecast.domains > 20 && forecast.domains_at_once >= 1,
            "{forecast:?}"
        );
        assert!(forecast.calls["TagResource"] >= 2, "{forecast:?}");
        assert!(
            forecast.calls["DeleteDomain"] >= forecast.domains,
            "{forecast:?}"
        );
    }
}
