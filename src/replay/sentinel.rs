//! A domain that stays while a run lasts.
//!
//! A target that dies and comes back between two requests was never seen away, and yet it may have forgotten what it was
//! told. Once it does not know this domain any more, it has.

use std::time::Duration;

use tokio::sync::Mutex;

use super::Settings;
use super::cleanup::{Created, Leftover};
use super::patience::persist;
use super::target::{Target, own_request};
use crate::case::bind::Values;
use crate::wire::Answer;

/// How often the domain is looked for again once it was created, until it shows: not every target shows what it was told at once.
const LOOKS: u32 = 10;

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Stands guard over what a target was told.
#[derive(Debug, Default)]
pub(crate) struct Sentinel(Mutex<Planted>);

#[derive(Debug, Default)]
struct Planted {
    /// The domain that the target should have, if it was ever seen to have one.
    name: Option<String>,
    created: Created,
    /// How often it was gone.
    restarts: u32,
}

impl Sentinel {
    /// Creates the domain. Where it does not show, nothing will ever be known.
    pub(crate) async fn plant(&self, target: &impl Target, settings: &Settings) {
        settings
            .turns
            .lock(&self.0)
            .await
            .plant(target, settings)
            .await;
    }

    /// Looks for the domain; if the target has forgotten it, [notes so](super::Outage::lapses) and creates another.
    pub(crate) async fn look(&self, target: &impl Target, settings: &Settings) {
        let mut planted = settings.turns.lock(&self.0).await;
        if let Some(name) = &planted.name
            && status(name, target, settings).await == Some(404)
        {
            settings.outage.note_lapse();
            planted.restarts += 1;
            planted.plant(target, settings).await;
        }
    }

    /// How often the target was seen to have begun anew.
    pub(crate) async fn restarts(&self, settings: &Settings) -> u32 {
        settings.turns.lock(&self.0).await.restarts
    }

    /// Deletes what was created; returns what could not be deleted, and whether a domain may come to be only now.
    pub(crate) async fn remove(
        &self,
        target: &impl Target,
        settings: &Settings,
    ) -> (Vec<Leftover>, bool) {
        let Planted { created, .. } = std::mem::take(&mut *settings.turns.lock(&self.0).await);
        created.delete(target, settings).await
    }
}

impl Planted {
    async fn plant(&mut self, target: &impl Target, settings: &Settings) {
        let name = settings.run.domain("domain-sentinel");
        let body = br#"{"DefaultExpirationDays":30}"#.as_slice();
        let create = own_request(target, "POST", format!("/domains/{name}"), Some(body));
        let exchange = persist(target, create, settings).await;
        let mut with = Values::new();
        with.set("domain", name.clone());
        self.created.note(&exchange, &with);
        if !matches!(exchange.answer, Answer::Response(response) if response.status < 300) {
            return;
        }
        let mut looks = 0;
        let shows = loop {
            match status(&name, target, settings).await {
                Some(200) => break true,
                Some(404) if looks < LOOKS => tokio::time::sleep(PAUSE).await,
                _ => break false,
            }
            looks += 1;
        };
        // If one showed before, the target may have begun anew once more: the next look will tell.
        if shows || self.name.is_some() {
            self.name = Some(name);
        }
    }
}

/// What the target answers to whoever asks for the domain.
async fn status(name: &str, target: &impl Target, settings: &Settings) -> Option<u16> {
    let get = own_request(target, "GET", format!("/domains/{name}"), None);
    match persist(target, get, settings).await.answer {
        Answer::Response(response) => Some(response.status),
        Answer::None(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use bytes::Bytes;

    use super::*;
    use crate::model::Model;
    use crate::replay::{Local, Run};
    use crate::wire::{Headers, Message, Response};

    /// A server that can be told to begin anew.
    struct Restarted(Mutex<Local>);

    impl Restarted {
        async fn restart(&self) {
            *self.0.lock().await = Local::new(Model::reference());
        }
    }

    impl Target for Restarted {
        async fn send(&self, message: &Message, deadline: Duration) -> Answer {
            self.0.lock().await.send(message, deadline).await
        }

        fn describe(&self) -> String {
            "a server".to_owned()
        }
    }

    /// A server that throttles every other request.
    struct Throttling(Local, AtomicBool);

    impl Target for Throttling {
        async fn send(&self, message: &Message, deadline: Duration) -> Answer {
            if !self.1.fetch_xor(true, Ordering::Relaxed) {
                return self.0.send(message, deadline).await;
            }
            Answer::Response(Response {
                status: 429,
                headers: Headers::default(),
                body: Bytes::new(),
            })
        }

        fn describe(&self) -> String {
            "a server".to_owned()
        }
    }

    #[tokio::test]
    async fn whoever_looks_while_another_case_was_throttled_looking_lets_it_go_on() {
        let target = Throttling(Local::new(Model::reference()), AtomicBool::new(true));
        let settings = Settings::of(Run::named("test"));
        let sentinel = Sentinel::default();
        sentinel.plant(&target, &settings).await;
        settings.turns.allow(1);
        let case = || async {
            let _turn = settings.turns.take().await;
            for _ in 0..3 {
                sentinel.look(&target, &settings).await;
            }
        };
        let cases = async { tokio::join!(case(), case(), case()) };
        let came = tokio::time::timeout(Duration::from_secs(60), cases).await;
        assert!(came.is_ok(), "each waits for the other");
    }

    #[tokio::test]
    async fn a_target_that_began_anew_is_noticed_each_time() {
        let target = Restarted(Mutex::new(Local::new(Model::reference())));
        let settings = Settings::of(Run::named("test"));
        let lapses = || settings.outage.lapses();
        let sentinel = Sentinel::default();
        sentinel.look(&target, &settings).await;
        assert_eq!(lapses(), 0, "nothing is known yet");
        sentinel.plant(&target, &settings).await;
        for restarts in 1..3 {
            sentinel.look(&target, &settings).await;
            assert_eq!(lapses(), restarts - 1);
            target.restart().await;
            sentinel.look(&target, &settings).await;
            assert_eq!(lapses(), restarts);
            assert_eq!(u64::from(sentinel.restarts(&settings).await), restarts);
        }
        assert_eq!(sentinel.remove(&target, &settings).await, (vec![], false));
        let list = own_request(&target, "GET", "/domains", None);
        let Answer::Response(left) = target.send(&list, settings.deadline).await else {
            panic!("no answer");
        };
        assert_eq!(left.body.as_ref(), br#"{"Items":[]}"#);
    }
}
