//! From a transcript to its canonical form.
//!
//! What two runs of one server may disagree about falls into three kinds. A value that means nothing by itself (a time, a
//! text for people) becomes a placeholder. A value that means the same wherever it occurs (an id) becomes a numbered one. What
//! comes in an order nobody promised is sorted by its content.
//!
//! The last two depend on each other: numbers follow the order, and the order follows the content, which holds ids. So ids are
//! ranked first by where they occur in the whole conversation, each by what stands around it, again and again until that
//! tells no two more apart (the refinement of colours known from graph isomorphism). Then lists are sorted by content
//! and ranks, and numbers are given out in that order. Ids that are still alike afterwards are alike in all they do, and
//! their numbers may be exchanged.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::placeholder::{COUNT, ID, PAGE, TEXT, TIME, VARIES};
use super::scrub::{is_secret, scrubbed};
use super::tree::{number_text, within_text};
use super::{Answer, Body, Heard, Snapshot, Step, Tree};
use crate::case::bind::{Values, learn, token_of};
use crate::case::transcript::Transcript;
use crate::case::{self, Case, Say, text};
use crate::contract::Operation;
use crate::contract::free::{Free, error_name, free, member_shape};
use crate::contract::operation::addressed;
use crate::contract::shape::{Place, Shape};
use crate::wire::http1::parse_request;
use crate::wire::{self, Exchange, Json, Message, Response};

/// How often ids are ranked anew at most; each round sees one step further.
const ROUNDS: usize = 6;

/// From this length on a text that a target made up is told from words by chance alone.
const UNMISTAKABLE: usize = 16;

/// A transcript in canonical form, as far as it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canonical {
    /// The steps and their answers.
    pub snapshot: Snapshot,
    /// Where (from 0) a request was answered with silence, throttling or "unavailable", and how: that step and what follows
    /// tell nothing.
    pub broken: Option<(usize, String)>,
}

/// The canonical form of a transcript.
pub fn canonical(transcript: &Transcript) -> Canonical {
    let mut drafting = Drafting::new(transcript);
    let mut drafts: Vec<Draft> = Vec::with_capacity(transcript.case.steps.len());
    let mut broken = None;
    for (at, step) in transcript.case.steps.iter().enumerate() {
        let exchanges = transcript.answers.get(at).map_or(&[][..], Vec::as_slice);
        if let Some(why) = exchanges.last().and_then(unusable) {
            broken = Some((at, why));
        }
        let draft = if broken.is_some() {
            Draft::Unsent
        } else {
            drafting.draft(at, step, exchanges)
        };
        drafts.push(draft);
    }
    let numbered = Numbering::of(&drafting, &drafts).number(drafts);
    let steps = transcript.case.steps.iter().zip(numbered);
    Canonical {
        snapshot: Snapshot {
            name: transcript.name.clone(),
            steps: steps
                .map(|(step, heard)| Step {
                    said: said(step),
                    heard,
                })
                .collect(),
        },
        broken,
    }
}

/// The lines of a step, without comments and claims, and without secrets.
fn said(step: &case::Step) -> String {
    let mut step = case::Step {
        about: Vec::new(),
        claim: None,
        ..step.clone()
    };
    if let Say::Request { headers, .. } = &mut step.say {
        for (name, value) in headers {
            if is_secret(name, value) {
                *value = super::placeholder::SECRET.to_owned();
            }
        }
    }
    let printed = text::print(&Case {
        steps: vec![step],
        ..Case::default()
    });
    scrubbed(&printed).into_owned()
}

/// Why an answer tells nothing of the target, if it does not.
fn unusable(exchange: &Exchange) -> Option<String> {
    match (&exchange.message, &exchange.answer) {
        (Message::Request(_), wire::Answer::None(silence)) => Some(silence.to_string()),
        (_, wire::Answer::Response(response)) if matches!(response.status, 429 | 503) => {
            Some(format!("status {}", response.status))
        }
        _ => None,
    }
}

/// An answer whose ids have no numbers yet.
enum Draft {
    Answer {
        status: u16,
        error: Option<String>,
        content_type: Option<String>,
        body: DraftBody,
    },
    Silence(wire::NoAnswerKind),
    Varies,
    Unsent,
}

enum DraftBody {
    Nothing,
    Opaque,
    Json(Node),
}

/// A JSON value whose ids have no numbers yet.
enum Node {
    Leaf(String),
    Id(usize),
    /// `true` if the order does not count.
    List(bool, Vec<Self>),
    Object(BTreeMap<String, Self>),
    /// JSON within a text.
    Within(Box<Self>),
}

/// Turns answers into drafts.
struct Drafting<'a> {
    case: &'a Case,
    /// Values of the run with what stands for them, the longest first.
    names: Vec<(String, String)>,
    /// Domains of the run.
    domains: Vec<&'a str>,
    /// All that the case says in its own words.
    words: String,
    /// Ids by their value.
    ids: HashMap<String, usize>,
    /// Where requests use ids: (id, step).
    uses: Vec<(usize, usize)>,
    /// What is known at the step that is reached.
    known: Values,
    /// Names whose value was taken from a list of several, in whatever order it came.
    chosen: BTreeSet<String>,
    /// Whether a request with such a value changed something.
    adrift: bool,
    /// Whether a value stands in a JSON text within the answer: there only names tell ids, and data may have any.
    inside: bool,
}

impl<'a> Drafting<'a> {
    fn new(transcript: &'a Transcript) -> Self {
        let mut names = Vec::new();
        for (name, value) in transcript.with.iter() {
            names.push((value.to_owned(), format!("${{{name}}}")));
            names.push((value.to_ascii_uppercase(), format!("${{{name}|upper}}")));
        }
        names.sort_by(|(one, _), (other, _)| other.len().cmp(&one.len()).then(one.cmp(other)));
        names.dedup_by(|(one, _), (other, _)| one == other);
        let is_domain = |name: &str| name.starts_with("domain") || name == "short";
        Self {
            case: &transcript.case,
            names,
            domains: transcript
                .with
                .iter()
                .filter(|(name, _)| is_domain(name))
                .map(|(_, value)| value)
                .collect(),
            words: text::print(&transcript.case),
            ids: HashMap::new(),
            uses: Vec::new(),
            known: transcript.with.clone(),
            chosen: BTreeSet::new(),
            adrift: false,
            inside: false,
        }
    }

    fn draft(&mut self, at: usize, step: &case::Step, exchanges: &[Exchange]) -> Draft {
        // Which of two requests sent at the same time comes first is a matter of chance as well.
        let by_chance = self.adrift
            || self.uses_chosen(step)
            || self.case.sent_together(at)
            || self.case.sent_together(at + 1);
        self.note_uses(at, step);
        let Some(first) = exchanges.first() else {
            return Draft::Unsent;
        };
        let operation = operation(&first.message);
        let draft = self.joined(operation, exchanges);
        self.adrift |= by_chance && !operation.is_some_and(Operation::reads);
        if let wire::Answer::Response(response) = &first.answer {
            self.note_chosen(step, response);
            // A value that is missing shows at the step that needs it.
            let _ = learn(step, response, &mut self.known);
        }
        if by_chance { Draft::Varies } else { draft }
    }

    /// Whether a step speaks of something that was taken from a list without an order.
    fn uses_chosen(&self, step: &case::Step) -> bool {
        let printed = text::print(&Case {
            steps: vec![step.clone()],
            ..Case::default()
        });
        let speaks = |name: &String| {
            printed.contains(&format!("${{{name}}}")) || printed.contains(&format!("${{{name}|"))
        };
        self.chosen.iter().any(speaks)
    }

    fn note_chosen(&mut self, step: &case::Step, response: &Response) {
        let body = Json::parse(&response.body).ok();
        for binding in &step.bindings {
            let several = binding.pointer.strip_prefix("/Items/").is_some_and(|_| {
                let items = body.as_ref().and_then(|body| body.get("Items")?.items());
                items.is_some_and(|items| items.len() > 1)
            });
            if several {
                self.chosen.insert(binding.name.clone());
            } else {
                self.chosen.remove(&binding.name);
            }
        }
    }

    /// An id is also told by the requests that use it.
    fn note_uses(&mut self, at: usize, step: &case::Step) {
        let printed = text::print(&Case {
            steps: vec![step.clone()],
            ..Case::default()
        });
        for (name, value) in self.known.iter() {
            let used = printed.contains(&format!("${{{name}}}"))
                || printed.contains(&format!("${{{name}|"));
            if used && let Some(id) = self.ids.get(value) {
                self.uses.push((*id, at));
            }
        }
    }

    /// The answer to a step: the only one, or all pages joined.
    fn joined(&mut self, operation: Option<&'static Operation>, exchanges: &[Exchange]) -> Draft {
        let [.., last] = exchanges else {
            return Draft::Unsent;
        };
        let response = match &last.answer {
            wire::Answer::Response(response) => response,
            wire::Answer::None(silence) => return Draft::Silence(silence.kind),
        };
        let body = match &response.body[..] {
            [] => DraftBody::Nothing,
            bytes => match Json::parse(bytes) {
                Ok(json) => DraftBody::Json(self.body(operation, response, &json, exchanges)),
                Err(_) => DraftBody::Opaque,
            },
        };
        let content_type = response
            .headers
            .get("content-type")
            .filter(|_| !response.body.is_empty())
            .map(|value| {
                scrubbed(
                    &value
                        .split(';')
                        .next()
                        .unwrap_or_default()
                        .trim()
                        .to_ascii_lowercase(),
                )
                .into_owned()
            });
        Draft::Answer {
            status: response.status,
            error: error_type(response),
            content_type,
            body,
        }
    }

    fn body(
        &mut self,
        operation: Option<&'static Operation>,
        response: &Response,
        json: &Json,
        exchanges: &[Exchange],
    ) -> Node {
        if response.status >= 400 {
            return self.refusal(json);
        }
        let members = operation.map_or(&[][..], |operation| operation.output);
        let Some(found) = json.members() else {
            return self.node(json, None);
        };
        // Where no operation was addressed in the ordinary way, a lenient server may list all domains.
        let is_listing = operation.is_none_or(|operation| {
            operation
                .input
                .iter()
                .any(|member| member.place == Place::Query && member.wire == "next-token")
        });
        let mut node = BTreeMap::new();
        for (name, value) in found {
            let shape = member_shape(members, name);
            match free(name, shape) {
                Some(Free::Token) => {}
                Some(Free::Order) if is_listing && name == "Items" => {
                    node.insert(name.clone(), self.items(operation, value, shape, exchanges));
                }
                freedom => {
                    node.insert(self.named(name), self.member(freedom, value, shape));
                }
            }
        }
        Node::Object(node)
    }

    /// The items of a whole listing; of a page that is none, which items it holds is the target's affair.
    fn items(
        &mut self,
        operation: Option<&'static Operation>,
        last: &Json,
        shape: Option<&'static Shape>,
        exchanges: &[Exchange],
    ) -> Node {
        let partial = |exchange: &Exchange| match (&exchange.message, &exchange.answer) {
            (Message::Request(request), wire::Answer::Response(_)) => request
                .query()
                .split('&')
                .any(|pair| pair == "next-token" || pair.starts_with("next-token=")),
            _ => false,
        };
        let goes_on = exchanges.last().is_some_and(|last| {
            matches!(&last.answer, wire::Answer::Response(response) if token_of(response).is_some())
        });
        if exchanges.first().is_some_and(partial) || goes_on {
            return Node::Leaf(Tree::string(PAGE).text());
        }
        let item_shape = match shape {
            Some(Shape::List { item, .. }) => Some(*item),
            _ => None,
        };
        let mut pages = Vec::new();
        let (_, before) = exchanges.split_last().unwrap_or((&exchanges[0], &[]));
        for exchange in before {
            if let wire::Answer::Response(response) = &exchange.answer
                && let Ok(page) = Json::parse(&response.body)
            {
                pages.push(page);
            }
        }
        let earlier = pages.iter().filter_map(|page| page.get("Items"));
        let Some(all) = earlier
            .chain([last])
            .map(Json::items)
            .collect::<Option<Vec<_>>>()
        else {
            return self.node(last, shape);
        };
        // What others keep on the target is no answer to this case.
        let of_all = operation.is_none_or(|operation| {
            !operation
                .input
                .iter()
                .any(|member| member.place == Place::Label)
        });
        let foreign = |item: &Json| {
            let domain = item.get("DomainName").and_then(Json::as_str);
            of_all && domain.is_some_and(|domain| !self.domains.contains(&domain))
        };
        let own: Vec<&Json> = all
            .into_iter()
            .flatten()
            .filter(|item| !foreign(item))
            .collect();
        Node::List(
            true,
            own.into_iter()
                .map(|item| self.node(item, item_shape))
                .collect(),
        )
    }

    /// The body of a refusal: all but the type of the error, which stands elsewhere, and its message, which is free.
    fn refusal(&mut self, json: &Json) -> Node {
        let Some(members) = json.members() else {
            return self.node(json, None);
        };
        let mut node = BTreeMap::new();
        for (name, value) in members {
            match name.as_str() {
                "__type" | "code" => {}
                "Message" | "message" => {
                    node.insert("Message".to_owned(), Node::Leaf(Tree::string(TEXT).text()));
                }
                _ => {
                    let node_of = self.node(value, None);
                    node.insert(self.named(name), node_of);
                }
            }
        }
        Node::Object(node)
    }

    fn member(
        &mut self,
        freedom: Option<Free>,
        value: &Json,
        shape: Option<&'static Shape>,
    ) -> Node {
        let stands_for = |text: &str| Node::Leaf(Tree::string(text).text());
        match (freedom, value) {
            (Some(Free::Id), Json::String(text))
                if !text.is_empty() && !(self.inside && self.words.contains(text)) =>
            {
                Node::Id(self.id(text))
            }
            (Some(Free::Time), Json::Number(_)) if !self.inside => stands_for(TIME),
            (Some(Free::Text), Json::String(_)) => stands_for(TEXT),
            (Some(Free::Count), Json::Number(_)) => stands_for(COUNT),
            (Some(Free::Token), _) => stands_for(VARIES),
            (Some(Free::WithinText), Json::String(text)) => match Json::parse(text.as_bytes()) {
                Ok(inner @ (Json::Object(_) | Json::Array(_))) => {
                    self.inside = true;
                    let node = self.node(&inner, None);
                    self.inside = false;
                    Node::Within(Box::new(node))
                }
                _ => self.node(value, None),
            },
            (Some(Free::Order), Json::Array(items)) if !self.inside => {
                let item_shape = match shape {
                    Some(Shape::List { item, .. }) => Some(*item),
                    _ => None,
                };
                Node::List(
                    true,
                    items
                        .iter()
                        .map(|item| self.node(item, item_shape))
                        .collect(),
                )
            }
            _ => self.node(value, shape),
        }
    }

    fn node(&mut self, json: &Json, shape: Option<&'static Shape>) -> Node {
        match json {
            Json::Object(members) => {
                let mut node = BTreeMap::new();
                for (name, value) in members {
                    let (shape, freedom) = match shape {
                        Some(Shape::Structure { members, .. }) => {
                            let shape = member_shape(members, name);
                            (shape, free(name, shape))
                        }
                        // The names of a map are data.
                        Some(Shape::Map { value, .. }) => (Some(*value), free("", Some(value))),
                        _ => (None, free(name, None)),
                    };
                    let node_of = self.member(freedom, value, shape);
                    node.insert(self.named(name), node_of);
                }
                Node::Object(node)
            }
            Json::Array(items) => {
                let shape = match shape {
                    Some(Shape::List { item, .. }) => Some(*item),
                    _ => None,
                };
                Node::List(
                    false,
                    items.iter().map(|item| self.node(item, shape)).collect(),
                )
            }
            Json::Number(number) => Node::Leaf(number_text(number)),
            Json::String(text) if self.is_made_up(text) => Node::Id(self.id(text)),
            Json::String(text) => Node::Leaf(Tree::string(&self.named(text)).text()),
            other => Node::Leaf(other.to_string()),
        }
    }

    fn id(&mut self, value: &str) -> usize {
        let next = self.ids.len();
        *self.ids.entry(value.to_owned()).or_insert(next)
    }

    /// Whether a text is an id by the looks of it: one that is known, or 32 hex digits that the case does not say.
    fn is_made_up(&self, text: &str) -> bool {
        let plain = || text.bytes().filter(|byte| *byte != b'-');
        (text.len() >= UNMISTAKABLE && self.ids.contains_key(text))
            || (matches!(text.len(), 32 | 36)
                && plain().count() == 32
                && plain().all(|byte| byte.is_ascii_hexdigit())
                && !self.words.contains(text))
    }

    /// A text with names in place of what they stand for, and nothing that could be taken for a placeholder or a secret.
    fn named(&self, text: &str) -> String {
        let mut out = scrubbed(text).into_owned();
        if out.starts_with('<') && out.ends_with('>') && out == text {
            out.insert(0, '<');
        }
        for (value, name) in &self.names {
            // A name of one character stands in many words by chance.
            if value.len() >= 8 {
                out = out.replace(value, name);
            } else if out == *value {
                out.clone_from(name);
            }
        }
        out
    }
}

impl Tree {
    /// The text of a leaf.
    fn text(self) -> String {
        match self {
            Self::Leaf(text) => text,
            _ => String::new(),
        }
    }
}

/// The operation that a message addresses, if it is a request.
fn operation(message: &Message) -> Option<&'static Operation> {
    match message {
        Message::Request(_) => addressed(message),
        Message::Raw(bytes) => addressed(&Message::Request(parse_request(bytes).ok()?)),
    }
}

/// The type of an error, wherever it is carried.
fn error_type(response: &Response) -> Option<String> {
    if response.status < 400 {
        return None;
    }
    let body = Json::parse(&response.body).ok();
    let member = |name| {
        body.as_ref()
            .and_then(|body| body.get(name))
            .and_then(Json::as_str)
    };
    let carried = response
        .headers
        .get("x-amzn-errortype")
        .or_else(|| member("__type"))
        .or_else(|| member("code"))?;
    let printable = |c: char| {
        if c.is_whitespace() || c.is_control() {
            '_'
        } else {
            c
        }
    };
    let name: String = scrubbed(error_name(carried))
        .chars()
        .map(printable)
        .take(200)
        .collect();
    (!name.is_empty()).then_some(name)
}

/// Gives ids their numbers.
struct Numbering {
    /// The rank of each id: the same for ids that nothing tells apart.
    ranks: Vec<usize>,
    numbers: HashMap<usize, usize>,
}

impl Numbering {
    /// Ranks the ids by where they occur.
    fn of(drafting: &Drafting<'_>, drafts: &[Draft]) -> Self {
        let mut numbering = Self {
            ranks: vec![0; drafting.ids.len()],
            numbers: HashMap::new(),
        };
        let mut distinct = 1;
        for _ in 0..ROUNDS {
            let mut places = vec![Vec::new(); numbering.ranks.len()];
            for (id, step) in &drafting.uses {
                places[*id].push(format!("{step:06} said"));
            }
            for (step, draft) in drafts.iter().enumerate() {
                if let Draft::Answer {
                    body: DraftBody::Json(node),
                    ..
                } = draft
                {
                    numbering.visit(node, &format!("{step:06} "), None, &mut places);
                }
            }
            for places in &mut places {
                places.sort_unstable();
            }
            let order: BTreeSet<&Vec<String>> = places.iter().collect();
            let rank: HashMap<&Vec<String>, usize> = order
                .iter()
                .enumerate()
                .map(|(rank, places)| (*places, rank))
                .collect();
            let ranks = places.iter().map(|places| rank[places]).collect();
            let told_apart = order.len();
            numbering.ranks = ranks;
            if told_apart == distinct && told_apart > 1 || told_apart == numbering.ranks.len() {
                break;
            }
            distinct = told_apart;
        }
        numbering
    }

    /// Notes for every id below a node where it stands, and in which item of a list without an order.
    fn visit<'n>(
        &self,
        node: &'n Node,
        place: &str,
        item: Option<&'n Node>,
        places: &mut [Vec<String>],
    ) {
        match node {
            Node::Leaf(_) => {}
            Node::Id(id) => {
                let around = item
                    .map(|item| self.content(item, true))
                    .unwrap_or_default();
                places[*id].push(format!("{place} in {around}"));
            }
            Node::List(true, items) => {
                for inner in items {
                    self.visit(inner, &format!("{place}/*"), Some(inner), places);
                }
            }
            Node::List(false, items) => {
                for (at, inner) in items.iter().enumerate() {
                    self.visit(inner, &format!("{place}/{at}"), item, places);
                }
            }
            Node::Object(members) => {
                for (name, inner) in members {
                    self.visit(inner, &format!("{place}/{name}"), item, places);
                }
            }
            Node::Within(inner) => self.visit(inner, place, item, places),
        }
    }

    /// What a node holds, with ids by their ranks, or all alike.
    fn content(&self, node: &Node, ranked: bool) -> String {
        let list = |items: &mut dyn Iterator<Item = String>| items.collect::<Vec<_>>().join(",");
        match node {
            Node::Leaf(text) => text.clone(),
            Node::Id(id) if ranked => format!("<{}>", self.ranks[*id]),
            Node::Id(_) => "<>".to_owned(),
            Node::List(unordered, items) => {
                let mut items: Vec<_> = items
                    .iter()
                    .map(|item| self.content(item, ranked))
                    .collect();
                if *unordered {
                    items.sort_unstable();
                }
                format!("[{}]", items.join(","))
            }
            Node::Object(members) => {
                format!(
                    "{{{}}}",
                    list(
                        &mut members
                            .iter()
                            .map(|(name, value)| format!("{name}:{}", self.content(value, ranked)))
                    )
                )
            }
            Node::Within(inner) => format!("({})", self.content(inner, ranked)),
        }
    }

    fn number(mut self, drafts: Vec<Draft>) -> Vec<Heard> {
        drafts.into_iter().map(|draft| self.heard(draft)).collect()
    }

    fn heard(&mut self, draft: Draft) -> Heard {
        match draft {
            Draft::Unsent => Heard::Unsent,
            Draft::Varies => Heard::Varies,
            Draft::Silence(kind) => Heard::Silence(kind),
            Draft::Answer {
                status,
                error,
                content_type,
                body,
            } => Heard::Answer(Answer {
                status,
                error,
                content_type,
                body: match body {
                    DraftBody::Nothing => Body::Nothing,
                    DraftBody::Opaque => Body::Opaque,
                    DraftBody::Json(node) => Body::Json(self.tree(node)),
                },
            }),
        }
    }

    fn tree(&mut self, node: Node) -> Tree {
        match node {
            Node::Leaf(text) => Tree::Leaf(text),
            Node::Id(id) => {
                let next = self.numbers.len() + 1;
                let number = *self.numbers.entry(id).or_insert(next);
                Tree::string(&format!("<{ID} {number}>"))
            }
            Node::List(unordered, mut items) => {
                if unordered {
                    // By what everybody sees first, so that the order is easy to follow.
                    items.sort_by_cached_key(|item| {
                        (self.content(item, false), self.content(item, true))
                    });
                }
                Tree::List(items.into_iter().map(|item| self.tree(item)).collect())
            }
            Node::Object(members) => Tree::Object(
                members
                    .into_iter()
                    .map(|(name, value)| (name, self.tree(value)))
                    .collect(),
            ),
            Node::Within(inner) => within_text(self.tree(*inner)),
        }
    }
}
