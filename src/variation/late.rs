//! Servers whose effects show late (contract 3.23).
//!
//! A write to the data of a domain is answered from what the server knows, and carried out some time later. Each write has
//! its own delay, so that one may overtake another.

use super::random::Random;
use super::{Act, Written};
use crate::contract::operation::{Route, route};
use crate::model::Model;
use crate::rule;
use crate::wire::{Request, Response};

/// How late effects show, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Late {
    least: u16,
    most: u16,
    what: What,
}

/// What shows late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// Objects alone: what they do to profiles, keys and standard objects included.
    Objects,
    /// Every write to profiles, objects and keys but the creation of a profile, whose id has to be found.
    Data,
    /// What lists say of domains and types.
    Lists,
    /// Whatever is read about domains, types and tags.
    Settings,
}

/// Writes on their way.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    late: Late,
    random: Random,
    writes: Vec<Write>,
    /// The server as it shows its settings, where those show late.
    replica: Option<Model>,
}

#[derive(Debug, Clone)]
struct Write {
    sent_ms: i64,
    due_ms: i64,
    domain: String,
    request: Request,
}

const INGESTION: &[crate::contract::RuleId] = &[rule!("ingest.async"), rule!("time.settle")];

pub(super) const VARIATIONS: &[Written] = &[
    Written {
        id: "late-objects",
        rules: INGESTION,
        departs: &[],
        about: "shows objects 50 to 300 ms after they were put, each after another time",
        act: Act::Late(Late {
            least: 50,
            most: 300,
            what: What::Objects,
        }),
    },
    Written {
        id: "late-data",
        rules: INGESTION,
        departs: &[],
        about: "shows every write to profiles, objects and keys after 50 to 300 ms, each after another time",
        act: Act::Late(Late {
            least: 50,
            most: 300,
            what: What::Data,
        }),
    },
    Written {
        id: "steadily-late-data",
        rules: INGESTION,
        departs: &[],
        about: "shows every write to profiles, objects and keys after 100 ms",
        act: Act::Late(Late {
            least: 100,
            most: 100,
            what: What::Data,
        }),
    },
    Written {
        id: "late-lists",
        rules: CONTROL,
        departs: CONTROL,
        about: "lists domains and types as they were 100 ms ago",
        act: Act::Late(Late {
            least: 100,
            most: 100,
            what: What::Lists,
        }),
    },
    Written {
        id: "late-settings",
        rules: CONTROL,
        departs: SETTINGS,
        about: "shows domains, types and tags as they were 100 ms ago",
        act: Act::Late(Late {
            least: 100,
            most: 100,
            what: What::Settings,
        }),
    },
];

/// What is compared with a read that comes too early.
const SETTINGS: &[crate::contract::RuleId] = &[
    rule!("time.control-plane"),
    rule!("get-type.after-put"),
    rule!("put-type.response.equals-get"),
    rule!("put-type.timestamps"),
    rule!("tag.consistency"),
    rule!("domain.update.clear"),
];

const CONTROL: &[crate::contract::RuleId] =
    &[rule!("time.control-plane"), rule!("get-type.after-put")];

impl Late {
    /// Whether an operation reads what shows late.
    fn reads_settings(self, operation: &str) -> bool {
        let lists = ["ListDomains", "ListProfileObjectTypes"];
        let others = ["GetDomain", "GetProfileObjectType", "ListTagsForResource"];
        match self.what {
            What::Lists => lists.contains(&operation),
            What::Settings => lists.contains(&operation) || others.contains(&operation),
            What::Objects | What::Data => false,
        }
    }

    /// Whether the effect of an operation shows late.
    fn holds_back(self, operation: &str) -> bool {
        let objects = ["PutProfileObject", "DeleteProfileObject"];
        let others = [
            "UpdateProfile",
            "DeleteProfile",
            "AddProfileKey",
            "DeleteProfileKey",
            "MergeProfiles",
        ];
        objects.contains(&operation) || (self.what == What::Data && others.contains(&operation))
    }
}

impl Queue {
    pub(super) fn new(late: Late, random: Random) -> Self {
        Self {
            late,
            random,
            writes: Vec::new(),
            replica: None,
        }
    }

    /// Answers a request of a server that shows settings late: they are read from a replica that hears of writes later.
    fn respond_by_replica(
        &mut self,
        model: &mut Model,
        request: &Request,
        now_ms: i64,
    ) -> Response {
        let mut replica = self.replica.take().unwrap_or_else(|| model.clone());
        self.carry_out(&mut replica, |write| write.due_ms <= now_ms);
        let operation = match route(&request.method, request.path()) {
            Route::To { operation, .. } => Some(operation),
            _ => None,
        };
        let response = match operation {
            Some(operation) if self.late.reads_settings(operation.name) => {
                replica.respond(request, now_ms)
            }
            _ => model.respond(request, now_ms),
        };
        if response.status == 200 && operation.is_some_and(|operation| !operation.reads()) {
            self.hold_back("", request, now_ms);
        }
        self.replica = Some(replica);
        response
    }

    /// Remembers a write to be carried out later.
    fn hold_back(&mut self, domain: &str, request: &Request, now_ms: i64) {
        let spread = usize::from(self.late.most - self.late.least);
        let delay = usize::from(self.late.least) + self.random.below(spread + 1);
        self.writes.push(Write {
            sent_ms: now_ms,
            due_ms: now_ms + i64::try_from(delay).unwrap_or(0),
            domain: domain.to_owned(),
            request: request.clone(),
        });
    }

    /// Answers a request.
    pub(super) fn respond(
        &mut self,
        model: &mut Model,
        request: &Request,
        now_ms: i64,
    ) -> Response {
        if matches!(self.late.what, What::Lists | What::Settings) {
            return self.respond_by_replica(model, request, now_ms);
        }
        self.carry_out(model, |write| write.due_ms <= now_ms);
        let Route::To { operation, labels } = route(&request.method, request.path()) else {
            return model.respond(request, now_ms);
        };
        let domain = labels.first().map_or("", String::as_str);
        if !self.late.holds_back(operation.name) {
            // What is on its way was meant for the types as they are.
            let changes_types = operation.name.ends_with("ProfileObjectType") && !operation.reads();
            if changes_types || operation.name == "DeleteDomain" {
                self.carry_out(model, |write| write.domain == domain);
            }
            return model.respond(request, now_ms);
        }
        let response = model.clone().respond(request, now_ms);
        if response.status == 200 {
            self.hold_back(domain, request, now_ms);
        }
        response
    }

    /// Carries out some of the writes, the ones that are due first.
    fn carry_out(&mut self, model: &mut Model, which: impl Fn(&Write) -> bool) {
        self.writes.sort_by_key(|write| write.due_ms);
        let due = self.writes.extract_if(.., |write| which(write));
        for write in due {
            model.respond(&write.request, write.sent_ms);
        }
    }
}
