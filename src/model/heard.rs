//! A message taken apart, once for all worlds.

use std::cell::{OnceCell, RefCell};
use std::hash::BuildHasher;
use std::rc::Rc;

use foldhash::fast::FixedState;

use crate::contract::validate::{self, Input};
use crate::contract::{Operation, Route, operation};
use crate::wire::{Message, Request, http1};

use super::mapping;

/// What a message says whatever the state of the target.
pub(super) struct Heard {
    /// The request; `None` for bytes that are none.
    said: Option<Rc<Said>>,
    /// What bytes that are no request, or a target that is none, are for whoever puts up with them.
    guess: Option<Rc<Said>>,
    /// Whether it was sent as bytes.
    raw: bool,
}

/// What a request says. Its parts are read when somebody asks.
struct Said {
    request: Request,
    route: Route,
    /// Where it goes if its path holds an ARN of a tag operation whose slashes were sent as they are.
    spread_arn: Option<Route>,
    input: OnceCell<Input>,
    put: OnceCell<mapping::Request>,
}

thread_local! {
    /// The requests of a moment ago. Where the reference answers and a judge listens in one thread, both hear each; and who
    /// changes one step of a conversation to see what becomes of it says all the others once more.
    static RECENT: RefCell<Recent> = RefCell::default();
}

/// How many requests are remembered.
const SLOTS: usize = 256;

/// The longest request that is remembered beside others: target, header fields and body, in bytes.
const SHORT: usize = 4096;

/// Requests that were heard, each in a slot that follows from what it says.
struct Recent {
    slots: Box<[Option<Rc<Said>>]>,
    /// The last that was too long.
    long: Option<Rc<Said>>,
}

impl Default for Recent {
    fn default() -> Self {
        Self {
            slots: vec![None; SLOTS].into(),
            long: None,
        }
    }
}

impl Recent {
    /// Where a request is, if it is remembered.
    fn slot(&mut self, request: &Request) -> &mut Option<Rc<Said>> {
        let body = request.body.as_deref().unwrap_or_default();
        let fields = request.headers.iter();
        let fields: usize = fields.map(|(name, value)| name.len() + value.len()).sum();
        if request.target.len() + fields + body.len() > SHORT {
            return &mut self.long;
        }
        let hash = FixedState::default().hash_one((request.target.as_bytes(), body));
        &mut self.slots[hash as usize % SLOTS]
    }
}

impl Heard {
    /// Takes a message apart.
    pub(super) fn of(message: &Message) -> Self {
        match message {
            Message::Request(request) => Self::request(request),
            Message::Raw(bytes) => {
                let said = http1::parse_request(bytes).ok();
                let guess = match said {
                    Some(_) => None,
                    None => http1::guess_request(bytes),
                };
                Self {
                    said: said.as_ref().map(Said::read),
                    guess: guess.as_ref().map(Said::read),
                    raw: true,
                }
            }
        }
    }

    /// Takes a request apart.
    pub(super) fn request(request: &Request) -> Self {
        // Some servers cut a target off where a fragment begins (RFC 9112, 3.2 knows none).
        let cut = request.target.find('#').map(|end| {
            let mut cut = request.clone();
            cut.target.truncate(end);
            Said::read(&cut)
        });
        Self {
            said: Some(Said::read(request)),
            guess: cut,
            raw: false,
        }
    }

    /// The request, if it is one.
    pub(super) fn content(&self) -> Option<&Request> {
        self.said.as_deref().map(|said| &said.request)
    }

    /// What it is for whoever puts up with what need not be understood: `None` if nothing.
    pub(super) fn guess(&self) -> Option<Self> {
        let said = self.guess.clone().or_else(|| self.said.clone())?;
        Some(Self {
            said: Some(said),
            guess: None,
            raw: self.raw,
        })
    }

    /// The operation that an answer in success may be the answer of.
    pub(super) fn presumed(&self) -> Option<&'static Operation> {
        match self.guess.as_deref().map(|said| &said.route) {
            Some(Route::To { operation, .. } | Route::Slashes { operation, .. }) => Some(operation),
            _ => self.operation(),
        }
    }

    /// Whether it was sent as bytes.
    pub(super) fn is_raw(&self) -> bool {
        self.raw
    }

    /// Where it goes.
    pub(super) fn route(&self) -> &Route {
        self.said
            .as_deref()
            .map_or(&Route::Unknown, |said| &said.route)
    }

    /// Where it goes if its path holds an ARN of a tag operation whose slashes were sent as they are.
    pub(super) fn spread_arn(&self) -> Option<&Route> {
        self.said.as_deref()?.spread_arn.as_ref()
    }

    /// The operation it addresses, if it is well-formed enough to address one.
    pub(super) fn operation(&self) -> Option<&'static Operation> {
        match (self.route(), self.spread_arn()) {
            (Route::To { operation, .. } | Route::Slashes { operation, .. }, _) => Some(operation),
            (Route::Unknown, Some(Route::To { operation, .. })) if !self.raw => Some(operation),
            _ => None,
        }
    }

    /// The request along the shapes of its operation; `None` of what addresses none.
    pub(super) fn input(&self) -> Option<&Input> {
        let said = self.said.as_deref()?;
        match said.spread_arn.as_ref().unwrap_or(&said.route) {
            Route::To { operation, labels } | Route::Slashes { operation, labels } => {
                let read = || validate::input(operation, labels, &said.request);
                Some(said.input.get_or_init(read))
            }
            _ => None,
        }
    }

    /// The type that the request puts; `None` of what addresses no operation.
    pub(super) fn put(&self) -> Option<&mapping::Request> {
        let input = self.input()?;
        let said = self.said.as_deref()?;
        Some(said.put.get_or_init(|| mapping::Request::read(input)))
    }

    /// Whether it is a request that addresses an operation in the ordinary way.
    pub(super) fn is_addressed_well(&self) -> bool {
        !self.raw && matches!(self.route(), Route::To { .. })
    }

    /// Whether it may change anything.
    pub(super) fn writes(&self) -> bool {
        self.raw || self.content().is_none_or(|request| request.method != "GET")
    }

    /// Whether HTTP itself lets a server answer with 501 or 505: an unknown method, or no HTTP at all.
    pub(super) fn is_beyond_http(&self) -> bool {
        let known = |method: &str| matches!(method, "GET" | "POST" | "PUT" | "DELETE");
        self.content().is_none_or(|request| !known(&request.method))
    }
}

impl Said {
    /// Reads a request, unless that was done a moment ago.
    fn read(request: &Request) -> Rc<Self> {
        RECENT.with_borrow_mut(|recent| match recent.slot(request) {
            Some(said) if said.request == *request => Rc::clone(said),
            other => Rc::clone(other.insert(Rc::new(Self::new(request.clone())))),
        })
    }

    fn new(request: Request) -> Self {
        let route = operation::route(&request.method, request.path());
        let spread_arn = match route {
            Route::Unknown => raw_arn(&request)
                .map(|arn| operation::route(&request.method, &format!("/tags/{arn}"))),
            _ => None,
        };
        Self {
            request,
            route,
            spread_arn,
            input: OnceCell::new(),
            put: OnceCell::new(),
        }
    }
}

/// The label of a tag operation whose ARN was sent with its slashes as they are.
fn raw_arn(request: &Request) -> Option<String> {
    let arn = request
        .path()
        .strip_prefix("/tags/")
        .filter(|arn| arn.contains('/') && arn.starts_with("arn"))?;
    Some(arn.replace('/', "%2F"))
}
