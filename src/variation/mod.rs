//! Servers that are right in other ways than the reference: what the absence of false alarms is checked with.
//!
//! The contract leaves a lot open, and an implementation may do all of it differently. A [`Variation`] is one such way. A
//! [`Varied`] server combines any number of them: its core is a reference that decides some choices in another way
//! ([`Manner`]), around it lie layers that read requests or write answers in another way. `tests/variations.rs` shows that
//! nobody is accused, whatever the combination; `serve --variation ID,…` shows a newcomer that server.
//!
//! The counterpart is [`crate::defect`]: servers that are wrong.

mod answers;
mod choices;
mod errors;
mod late;
mod lists;
mod outcomes;
mod protocol;
mod random;
mod shapes;
mod spelling;
mod transport;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;

use self::late::Late;
use self::random::Random;
use crate::bend::{Call, Said};
use crate::contract::{ChoiceId, RuleId};
use crate::model::{Manner, Model, Refusing};
use crate::serve::Manners;
use crate::wire::{Json, Request, Respond, Response};

/// How many variations are in a mixture.
const MIXED: usize = 5;

/// One way to be right.
#[derive(Debug)]
pub struct Variation {
    /// Its name, as `serve --variation` takes it.
    pub id: Cow<'static, str>,
    /// The rules that leave it open.
    pub rules: Cow<'static, [RuleId]>,
    /// The rules of level SHOULD from which it departs: warnings about them are deserved.
    pub departs: &'static [RuleId],
    /// What the server does, as a sentence without a subject.
    pub about: Cow<'static, str>,
    act: Act,
}

/// How a server differs.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// Takes another option of a choice.
    Choose(ChoiceId, u8),
    /// Takes other outcomes of rules.
    Take(&'static [(RuleId, u8)]),
    /// Refuses in another way where several will do.
    Refuse(Refusing),
    /// Hears another request, or says something without asking.
    Around(fn(&Call, &mut Below<'_>) -> Said),
    /// Says the same in other words.
    Answer(fn(&Call, &mut Said, &mut Memory)),
    /// Writes its answer in another way.
    Print(fn(&mut Response, &mut Memory)),
    /// Sends its answers in another way.
    Send(fn(&mut Manners)),
    /// Shows what it does late.
    Late(Late),
}

impl Variation {
    /// Whether it shows in process, and without waiting.
    pub fn shows_at_once(&self) -> bool {
        !matches!(self.act, Act::Send(_) | Act::Late(_))
    }

    /// The option that is chosen, if that is what it is about.
    pub fn chooses(&self) -> Option<(ChoiceId, u8)> {
        match self.act {
            Act::Choose(choice, option) => Some((choice, option)),
            _ => None,
        }
    }

    /// Whether two of them exclude each other, because they decide the same thing.
    pub fn excludes(&self, other: &Self) -> bool {
        match (self.act, other.act) {
            (Act::Choose(mine, _), Act::Choose(theirs, _)) => mine == theirs,
            (Act::Take(mine), Act::Take(theirs)) => mine
                .iter()
                .any(|(rule, _)| theirs.iter().any(|(other, _)| rule == other)),
            (Act::Refuse(_), Act::Refuse(_)) | (Act::Late(_), Act::Late(_)) => true,
            (Act::Around(_), Act::Around(_)) => match (&*self.rules, &*other.rules) {
                // What one adds to the longest token that there may be is too much.
                (lists::TOKEN, lists::TOKEN) => true,
                // An empty page in front of another takes the token of the other.
                (lists::SHORT, lists::ONCE) | (lists::ONCE, lists::SHORT) => true,
                _ => false,
            },
            _ => false,
        }
    }
}

static ALL: LazyLock<Vec<Variation>> = LazyLock::new(|| {
    let written = [
        errors::VARIATIONS,
        answers::VARIATIONS,
        spelling::VARIATIONS,
        lists::VARIATIONS,
        protocol::VARIATIONS,
        outcomes::VARIATIONS,
        late::VARIATIONS,
        transport::VARIATIONS,
    ];
    let written = written.into_iter().flatten().map(Written::to_variation);
    written.chain(choices::variations()).collect()
});

/// All variations, by group.
pub fn all() -> impl Iterator<Item = &'static Variation> {
    ALL.iter()
}

/// The variation of that name.
pub fn named(id: &str) -> Option<&'static Variation> {
    all().find(|variation| variation.id == id)
}

/// Five variations that go together, the same for the same number.
pub fn mixture(number: u64) -> Vec<&'static Variation> {
    let mut random = Random::new(number);
    let mut taken: Vec<&Variation> = Vec::with_capacity(MIXED);
    while taken.len() < MIXED {
        let one = &ALL[random.below(ALL.len())];
        let fits = |known: &&Variation| known.id != one.id && !known.excludes(one);
        if taken.iter().all(fits) {
            taken.push(one);
        }
    }
    taken
}

/// A variation as it is written down.
#[derive(Debug)]
struct Written {
    id: &'static str,
    rules: &'static [RuleId],
    departs: &'static [RuleId],
    about: &'static str,
    act: Act,
}

impl Written {
    fn to_variation(&self) -> Variation {
        Variation {
            id: self.id.into(),
            rules: self.rules.into(),
            departs: self.departs,
            about: self.about.into(),
            act: self.act,
        }
    }
}

/// A server that is right in its own way.
#[derive(Debug, Clone)]
pub struct Varied {
    core: Core,
    layers: Vec<Layer>,
    printers: Vec<Layer>,
    turning: Option<Turn>,
    manners: Manners,
}

/// What answers at the bottom of all layers.
#[derive(Debug, Clone)]
struct Core {
    model: Model,
    late: Option<late::Queue>,
}

/// A variation with what it remembers.
#[derive(Debug, Clone)]
struct Layer {
    act: Act,
    memory: Memory,
}

/// What a variation keeps from one request to the next.
#[derive(Debug, Clone)]
struct Memory {
    random: Random,
    notes: BTreeMap<String, Json>,
}

/// When a server changes its mind.
#[derive(Debug, Clone)]
struct Turn {
    choice: ChoiceId,
    option: u8,
    requests_left: u64,
}

impl Varied {
    /// A server with these variations, the first the outermost; where two exclude each other, the later one counts.
    /// Whatever it does at random follows from `seed`.
    pub fn new(variations: &[&'static Variation], seed: u64) -> Self {
        let mut manner = Manner::default();
        let mut manners = Manners::default();
        let mut late = None;
        let (mut layers, mut printers) = (Vec::new(), Vec::new());
        for (at, variation) in variations.iter().enumerate() {
            let memory = || Memory {
                random: Random::new(seed.wrapping_add(at as u64)),
                notes: BTreeMap::new(),
            };
            match variation.act {
                Act::Choose(choice, option) => manner = manner.choosing(choice, option),
                Act::Take(outcomes) => {
                    for (rule, outcome) in outcomes {
                        manner = manner.taking(*rule, *outcome);
                    }
                }
                Act::Refuse(refusing) => manner = manner.refusing(refusing),
                Act::Send(change) => change(&mut manners),
                Act::Late(how) => late = Some(late::Queue::new(how, memory().random)),
                act @ Act::Print(_) => printers.push(Layer {
                    act,
                    memory: memory(),
                }),
                act @ (Act::Around(_) | Act::Answer(_)) => layers.push(Layer {
                    act,
                    memory: memory(),
                }),
            }
        }
        Self {
            core: Core {
                model: Model::reference_with(&manner),
                late,
            },
            layers,
            printers,
            turning: None,
            manners,
        }
    }

    /// The same server, which takes another option of a choice once it has answered so many requests. That is what no
    /// implementation may do.
    #[must_use]
    pub fn turning(mut self, choice: ChoiceId, option: u8, after: u64) -> Self {
        self.turning = Some(Turn {
            choice,
            option,
            requests_left: after,
        });
        self
    }

    /// How its answers travel.
    pub fn manners(&self) -> Manners {
        self.manners
    }
}

impl Respond for Varied {
    fn respond(&mut self, request: &Request, now_ms: i64) -> Response {
        if let Some(turn) = &mut self.turning {
            match turn.requests_left.checked_sub(1) {
                Some(left) => turn.requests_left = left,
                None => self.core.model.turn(turn.choice, turn.option),
            }
        }
        let call = Call::of(request, now_ms);
        let said = through(&mut self.layers, &mut self.core, &call);
        let body = match said.body {
            Json::Null => Bytes::new(),
            body => body.to_string().into(),
        };
        let mut response = Response {
            status: said.status,
            headers: said.headers,
            body,
        };
        for printer in &mut self.printers {
            if let Act::Print(print) = printer.act {
                print(&mut response, &mut printer.memory);
            }
        }
        response
    }
}

impl Core {
    fn respond(&mut self, request: &Request, now_ms: i64) -> Response {
        match &mut self.late {
            Some(late) => late.respond(&mut self.model, request, now_ms),
            None => self.model.respond(request, now_ms),
        }
    }
}

/// What the layers make of a request.
fn through(layers: &mut [Layer], core: &mut Core, call: &Call) -> Said {
    let Some((Layer { act, memory }, rest)) = layers.split_first_mut() else {
        return Said::of(core.respond(&call.request(), call.now_ms));
    };
    match act {
        Act::Around(around) => {
            let mut below = Below {
                layers: rest,
                core,
                memory,
            };
            around(call, &mut below)
        }
        Act::Answer(answer) => {
            let mut said = through(rest, core, call);
            answer(call, &mut said, memory);
            said
        }
        _ => through(rest, core, call),
    }
}

/// What a layer has below it.
struct Below<'a> {
    layers: &'a mut [Layer],
    core: &'a mut Core,
    memory: &'a mut Memory,
}

impl Below<'_> {
    /// What is said to a request.
    fn ask(&mut self, call: &Call) -> Said {
        through(self.layers, self.core, call)
    }
}
