//! From a transcript to its canonical form.
//!
//! What two runs of one server may disagree about falls into three kinds. A value that means nothing by itself (a time, a
//! text for people) becomes a placeholder. A value that means the same wherever it occurs (an id) becomes a numbered one. What
//! comes in an order nobody promised is sorted by its content.
//!
//! The last two depend on each other: see `number`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::number::{Draft, DraftBody, Node, Numbering};
use super::placeholder::{COUNT, PAGE, TEXT, TIME, VARIES};
use super::scrub::{is_secret, scrubbed};
use super::tree::number_text;
use super::{Snapshot, Step, Tree};
use crate::case::bind::{Values, asks_for_next_page, learn, token_of};
use crate::case::transcript::Transcript;
use crate::case::{self, Case, Say, text};
use crate::contract::Operation;
use crate::contract::free::{Free, error_name, free, member_shape};
use crate::contract::operation::addressed;
use crate::contract::shape::{Place, Shape};
use crate::wire::http1::parse_request;
use crate::wire::{self, Exchange, Json, Message, Response};

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
    let numbered = Numbering::of(drafting.ids.len(), &drafting.uses, &drafts).number(drafts);
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
        // How requests were signed is no value that an answer could repeat.
        let values = transcript.with.iter().filter(|(name, _)| *name != "sigv4");
        for (name, value) in values {
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
        let partial = |exchange: &Exchange| {
            let answered = matches!(&exchange.answer, wire::Answer::Response(_));
            answered && asks_for_next_page(&exchange.message)
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
                if !(text.is_empty() || self.inside && self.words.contains(text)) =>
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

#[cfg(test)]
mod tests {
    use super::super::{Heard, compare, parse, print};
    use super::*;
    use crate::case::transcript;

    /// A conversation in which `answers` follow each other; the domain is `pc-run-1`.
    fn heard(text: &str) -> Transcript {
        let text = format!(
            "with arn = arn:aws:profile:eu-west-1:999988887777\nwith domain = pc-run-1\n\n{text}"
        );
        transcript::parse(&text, "test.case").unwrap_or_else(|problem| panic!("{problem}"))
    }

    fn snapshot(text: &str) -> String {
        print(&canonical(&heard(text)).snapshot)
    }

    const SEARCH: &str = "> POST /domains/${domain}/profiles/search\n| {\"KeyName\": \"k\", \"Values\": [\"v\"]}\n~ pages 9\n";

    fn search(pages: &[&str]) -> String {
        let answers: String = pages
            .iter()
            .map(|body| format!("< 200 at 1.000 took 0.001000\n| {body}\n"))
            .collect();
        format!("{SEARCH}{answers}")
    }

    #[test]
    fn the_order_and_the_pages_of_a_listing_and_the_spelling_of_ids_do_not_count() {
        let a = r#"{"ProfileId": "a1", "FirstName": "A", "LastName": "pc-run-1"}"#;
        let b = r#"{"LastName": "pc-run-1", "ProfileId": "b1", "FirstName": "B"}"#;
        let get = |id: &str| {
            format!(
                "\n> POST /domains/${{domain}}/profiles\n| {{}}\n< 200 at 2.000 took 0.001000\n| {{\"ProfileId\": \"{id}\"}}\n"
            )
        };
        let one = snapshot(&(search(&[&format!(r#"{{"Items": [{a}, {b}]}}"#)]) + &get("b1")));
        let other = snapshot(
            &(search(&[
                &format!(
                    r#"{{"Items": [{}], "NextToken": "x"}}"#,
                    b.replace("b1", "77")
                ),
                &format!(
                    r#"{{"Items": [{}], "NextToken": null}}"#,
                    a.replace("a1", "8")
                ),
            ]) + &get("77")),
        );
        assert_eq!(one, other);
        assert!(
            one.contains(r#""FirstName": "A""#) && one.contains(r#""LastName": "${domain}""#),
            "{one}"
        );
        let mixed_up = snapshot(&(search(&[&format!(r#"{{"Items": [{a}, {b}]}}"#)]) + &get("a1")));
        assert_ne!(one, mixed_up, "the id is that of the other profile");
    }

    #[test]
    fn ids_that_look_alike_are_told_apart_by_what_becomes_of_them() {
        let list = |first: &str, second: &str| {
            search(&[&format!(
                r#"{{"Items": [{{"ProfileId": "{first}"}}, {{"ProfileId": "{second}"}}]}}"#
            )])
        };
        let later = "\n> POST /domains/${domain}/profiles/search\n| {}\n< 200 at 2.000 took 0.001000\n| {\"Items\": [{\"ProfileId\": \"x\", \"FirstName\": \"X\"}]}\n";
        assert_eq!(
            snapshot(&(list("x", "y") + later)),
            snapshot(&(list("y", "x") + later))
        );
    }

    #[test]
    fn texts_of_json_are_compared_as_json_and_data_in_them_stays() {
        let item = |object: &str| {
            let object = Json::from(object);
            format!(
                "> POST /domains/${{domain}}/profiles/objects\n| {{\"Object\": \"{{\\\"AssetId\\\": \\\"mine\\\"}}\"}}\n< 200 at 1.000 took 0.001000\n| {{\"Items\": [{{\"Object\": {object}}}]}}\n"
            )
        };
        let told = snapshot(&item(
            r#"{"CreatedAt": 12.0, "AssetId": "mine", "CaseId": "c1"}"#,
        ));
        assert_eq!(
            told,
            snapshot(&item(r#"{ "CaseId":"zz","AssetId":"mine","CreatedAt":12}"#))
        );
        assert!(
            told.contains(r#""AssetId": "mine""#)
                && told.contains(r#""CaseId": "<id 1>""#)
                && told.contains(r#""CreatedAt": 12"#),
            "{told}"
        );
    }

    #[test]
    fn errors_are_the_same_wherever_their_type_is_carried() {
        let refused = |lines: &str| {
            snapshot(&format!(
                "> GET /domains/${{domain}}\n< 404 at 1.000 took 0.001000\n{lines}"
            ))
        };
        let told = refused(
            "< x-amzn-errortype: ResourceNotFoundException:http://x/\n< content-type: application/json\n| {\"Message\": \"no pc-run-1\"}\n",
        );
        assert_eq!(
            told,
            refused(
                "< content-type: Application/JSON; charset=utf-8\n| {\"message\": \"else\", \"__type\": \"com.amazon#ResourceNotFoundException\"}\n"
            )
        );
        assert!(told.contains("< 404 ResourceNotFoundException\n< content-type: application/json\n| {\n|   \"Message\": \"<text>\"\n| }\n"), "{told}");
        assert_ne!(
            told,
            refused(
                "< x-amzn-errortype: BadRequestException\n< content-type: application/json\n| {\"Message\": \"\"}\n"
            )
        );
    }

    #[test]
    fn a_page_that_is_not_all_takes_any_items() {
        let page = |items: &str| {
            format!(
                "> GET /domains/${{domain}}/object-types?max-results=1\n< 200 at 1.000 took 0.001000\n| {items}\n"
            )
        };
        let partial = heard(&page(
            r#"{"Items": [{"ObjectTypeName": "A"}], "NextToken": "t"}"#,
        ));
        let other = heard(&page(r#"{"Items": [], "NextToken": "u"}"#));
        let whole = heard(&page(r#"{"Items": [{"ObjectTypeName": "A"}]}"#));
        let all: Vec<_> = [&partial, &other, &whole]
            .map(|heard| canonical(heard).snapshot)
            .into();
        assert_eq!(all[0], all[1]);
        assert_eq!(
            compare(&all[2], &all[0], usize::MAX),
            super::super::Comparison::Same
        );
        assert_eq!(
            compare(&all[0], &all[2], usize::MAX),
            super::super::Comparison::Same
        );
    }

    #[test]
    fn domains_of_others_are_no_answer() {
        let list = |items: &str| {
            snapshot(&format!(
                "> GET /domains\n~ pages 3\n< 200 at 1.000 took 0.001000\n| {{\"Items\": [{items}]}}\n\n> GET /domains/${{domain}}\n"
            ))
        };
        let own = r#"{"DomainName": "pc-run-1", "CreatedAt": 5}"#;
        assert_eq!(
            list(own),
            list(&format!(
                r#"{{"DomainName": "theirs", "CreatedAt": 7}}, {own}"#
            ))
        );
        assert!(list(own).contains("${domain}"));
    }

    #[test]
    fn what_a_list_without_order_decides_varies() {
        let told = snapshot(&format!(
            "{SEARCH}@ p = /Items/0/ProfileId\n< 200 at 1.000 took 0.001000\n| {{\"Items\": [{{\"ProfileId\": \"x\"}}, {{\"ProfileId\": \"y\"}}]}}\n\n\
             > POST /domains/${{domain}}/profiles/delete\n| {{\"ProfileId\": \"${{p}}\"}}\n< 200 at 1.000 took 0.001000\n| {{}}\n\n\
             > GET /domains/${{domain}}\n< 200 at 1.000 took 0.001000\n| {{}}\n"
        ));
        assert_eq!(told.matches("< <varies>\n").count(), 2, "{told}");
    }

    #[test]
    fn silence_and_throttling_end_what_can_be_told() {
        for answer in [
            "! timeout at 1.000 took 1.000000",
            "< 429 at 1.000 took 0.001000",
            "< 503 at 1.000 took 0.001000",
        ] {
            let told = canonical(&heard(&format!(
                "> GET /domains/${{domain}}\n< 200 at 1.000 took 0.001000\n\n> GET /a\n{answer}\n\n> GET /b\n< 200 at 1.000 took 0.001000\n"
            )));
            assert_eq!(
                told.broken.as_ref().map(|(step, _)| *step),
                Some(1),
                "{answer}"
            );
            assert_eq!(told.snapshot.steps[2].heard, Heard::Unsent);
        }
        // To bytes that are no request, silence is an answer.
        let told = canonical(&heard(
            ">!\n| nonsense\n! closed: reset at 1.000 took 0.001000\n",
        ));
        assert_eq!(
            (told.broken, &told.snapshot.steps[0].heard),
            (None, &Heard::Silence(wire::NoAnswerKind::Closed))
        );
    }

    #[test]
    fn a_snapshot_comes_back_from_its_text() {
        let text = search(&[
            r#"{"Items": [], "Odd": "<varies>", "Empty": {}, "List": [[1, null], {"a": "long text with \" and \\ and \n"}]}"#,
        ]) + "\n>!\n| GET / HTTP/1.1\n|\nx ff\n! malformed: x at 1.000 took 0.001000\n\n> GET /x\n> x-odd: 1\n< 500 at 1.000 took 0.001000\n| <html>\n\n> GET /unsent\n";
        let snapshot = canonical(&heard(&text)).snapshot;
        let printed = print(&snapshot);
        assert_eq!(
            parse(&printed, "test.snap").as_ref(),
            Ok(&snapshot),
            "{printed}"
        );
        assert!(
            printed.contains(r#""Odd": "<<varies>""#),
            "a value of the target is no placeholder: {printed}"
        );
    }
}
