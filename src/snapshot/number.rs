//! Answers whose ids have no numbers yet, and the numbers.
//!
//! Numbers follow the order of lists, and the order of lists follows their content, which holds ids. So ids are ranked first by
//! where they occur in the whole conversation, each by what stands around it, again and again until that tells no two more
//! apart (the refinement of colours known from graph isomorphism). Then lists are sorted by content and ranks, and numbers
//! are given out in that order. Ids that are still alike afterwards are alike in all they do, and their numbers may be
//! exchanged.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::placeholder::ID;
use super::tree::within_text;
use super::{Answer, Body, Heard, Tree};
use crate::wire::NoAnswerKind;

/// How often ids are ranked anew at most; each round sees one step further.
const ROUNDS: usize = 6;

/// An answer whose ids have no numbers yet.
pub(super) enum Draft {
    Answer {
        status: u16,
        error: Option<String>,
        content_type: Option<String>,
        body: DraftBody,
    },
    Silence(NoAnswerKind),
    Varies,
    Unsent,
}

pub(super) enum DraftBody {
    Nothing,
    Opaque,
    Json(Node),
}

/// A JSON value whose ids have no numbers yet.
pub(super) enum Node {
    Leaf(String),
    Id(usize),
    /// `true` if the order does not count.
    List(bool, Vec<Self>),
    Object(BTreeMap<String, Self>),
    /// JSON within a text.
    Within(Box<Self>),
}

/// Gives ids their numbers.
pub(super) struct Numbering {
    /// The rank of each id: the same for ids that nothing tells apart.
    ranks: Vec<usize>,
    numbers: HashMap<usize, usize>,
}

impl Numbering {
    /// Ranks so many ids by where they occur; `uses` holds the ids that requests use, with the step.
    pub(super) fn of(ids: usize, uses: &[(usize, usize)], drafts: &[Draft]) -> Self {
        let mut numbering = Self {
            ranks: vec![0; ids],
            numbers: HashMap::new(),
        };
        let mut distinct = 1;
        for _ in 0..ROUNDS {
            let mut places = vec![Vec::new(); numbering.ranks.len()];
            for (id, step) in uses {
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

    /// The answers with numbered ids.
    pub(super) fn number(mut self, drafts: Vec<Draft>) -> Vec<Heard> {
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
