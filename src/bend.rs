//! Requests and answers in a form that is easily bent.

use crate::contract::operation::{Route, route};
use crate::wire::{Headers, Json, Request, Response, percent};

/// A request on its way to the reference.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The operation it is for; empty if it is for none.
    pub(crate) operation: &'static str,
    /// The body; `null` where there is none, or no JSON.
    pub(crate) body: Json,
    /// When it came, in milliseconds since the epoch.
    pub(crate) now_ms: i64,
    labels: Vec<String>,
    sent: Request,
    changed: bool,
}

impl Call {
    /// Takes a request apart.
    pub(crate) fn of(request: &Request, now_ms: i64) -> Self {
        let (operation, labels) = match route(&request.method, request.path()) {
            Route::To { operation, labels } => (operation.name, labels),
            _ => ("", Vec::new()),
        };
        let body = request.body.as_deref().map(Json::parse);
        Self {
            operation,
            labels: labels
                .iter()
                .map(|label| percent::decode(label).unwrap_or_default())
                .collect(),
            body: body.and_then(Result::ok).unwrap_or(Json::Null),
            now_ms,
            sent: request.clone(),
            changed: false,
        }
    }

    /// The request as it is now.
    pub(crate) fn request(&self) -> Request {
        let mut request = self.sent.clone();
        if self.changed {
            request.body = Some(self.body.to_string().into());
        }
        request
    }

    /// The request as it was sent.
    pub(crate) fn sent(&self) -> &Request {
        &self.sent
    }

    /// Whether it is for that operation.
    pub(crate) fn is(&self, operation: &str) -> bool {
        self.operation == operation
    }

    /// A label of its path, decoded.
    pub(crate) fn label(&self, at: usize) -> &str {
        self.labels.get(at).map_or("", String::as_str)
    }

    /// The same request at another target.
    pub(crate) fn at(&self, target: String) -> Self {
        let mut sent = self.request();
        sent.target = target;
        Self::of(&sent, self.now_ms)
    }

    /// The same request with a label replaced, and without its query.
    pub(crate) fn with_label(&self, at: usize, label: &str) -> Self {
        let mut path = String::new();
        let mut labels = 0;
        for (segment, part) in self.sent.path().split('/').skip(1).enumerate() {
            path.push('/');
            // Labels take every other segment.
            let is_label = segment % 2 == 1 && labels < self.labels.len();
            match is_label && labels == at {
                true => path.push_str(&percent::encode(label)),
                false => path.push_str(part),
            }
            labels += usize::from(is_label);
        }
        match self.sent.query() {
            "" => self.at(path),
            query => self.at(format!("{path}?{query}")),
        }
    }

    /// A request of our own at the same moment.
    pub(crate) fn own(&self, method: &str, target: String, body: Option<Json>) -> Self {
        let request = Request {
            method: method.to_owned(),
            target,
            headers: Headers::default(),
            body: body.map(|body| body.to_string().into()),
        };
        Self::of(&request, self.now_ms)
    }

    /// A parameter of the query; U+FFFD stands for one that cannot be decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        percent::query_pairs(self.sent.query())
            .into_iter()
            .find(|(key, _)| key.as_deref() == Some(name))
            .map(|(_, value)| value.unwrap_or_else(|| "\u{fffd}".to_owned()))
    }

    /// The same request with a parameter of the query replaced.
    pub(crate) fn with_parameter(&self, name: &str, value: &str) -> Self {
        let mut pairs = Vec::new();
        for (key, known) in percent::query_pairs(self.sent.query()) {
            let key = key.unwrap_or_default();
            let known = known.unwrap_or_default();
            let value = if key == name { value } else { &known };
            pairs.push(format!(
                "{}={}",
                percent::encode(&key),
                percent::encode(value)
            ));
        }
        self.at(format!("{}?{}", self.sent.path(), pairs.join("&")))
    }

    /// The same request with a parameter of the query set, or taken away; other parameters keep their text.
    pub(crate) fn setting_parameter(&self, name: &str, value: Option<&str>) -> Self {
        let raw = self.sent.query().split('&').filter(|part| {
            let key = part.split_once('=').map_or(*part, |(key, _)| key);
            !part.is_empty() && percent::decode(key).as_deref() != Some(name)
        });
        let mut parts: Vec<String> = raw.map(str::to_owned).collect();
        parts.extend(value.map(|value| format!("{name}={}", percent::encode(value))));
        match parts.is_empty() {
            true => self.at(self.sent.path().to_owned()),
            false => self.at(format!("{}?{}", self.sent.path(), parts.join("&"))),
        }
    }

    /// Bends the body.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Json)) {
        if matches!(self.body, Json::Object(_)) {
            change(&mut self.body);
            self.changed = true;
        }
    }

    /// Sets a member of the body.
    pub(crate) fn set(&mut self, member: &str, value: Json) {
        self.change(|body| set(body, member, value));
    }

    /// Whether the body is an object in which a member is missing or null.
    pub(crate) fn lacks(&self, member: &str) -> bool {
        matches!(self.body, Json::Object(_))
            && matches!(self.body.get(member), None | Some(Json::Null))
    }

    /// A text in the body.
    pub(crate) fn text(&self, member: &str) -> Option<&str> {
        self.body.get(member)?.as_str()
    }
}

/// An answer on its way to the client.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Json,
}

impl Said {
    /// Takes an answer apart.
    pub(crate) fn of(response: Response) -> Self {
        Self {
            status: response.status,
            body: Json::parse(&response.body).unwrap_or(Json::Null),
            headers: response.headers,
        }
    }

    /// The answer as it is now.
    pub(crate) fn into_response(self) -> Response {
        Response {
            status: self.status,
            headers: self.headers,
            body: self.body.to_string().into(),
        }
    }

    /// Success with this body.
    pub(crate) fn served(body: &str) -> Self {
        Self {
            status: 200,
            headers: [("content-type", "application/json")].into_iter().collect(),
            body: json(body),
        }
    }

    /// A refusal of what is wrong.
    pub(crate) fn bad(why: &str) -> Self {
        Self::refused(400, "BadRequestException", why)
    }

    /// A refusal of what is not there.
    pub(crate) fn not_found() -> Self {
        Self::refused(404, "ResourceNotFoundException", "not found")
    }

    /// A refusal.
    pub(crate) fn refused(status: u16, error: &str, why: &str) -> Self {
        Self {
            status,
            headers: [
                ("content-type", "application/json"),
                ("x-amzn-errortype", error),
            ]
            .into_iter()
            .collect(),
            body: Json::Object(vec![("Message".to_owned(), Json::from(why))]),
        }
    }

    /// Whether the request was carried out.
    pub(crate) fn is_served(&self) -> bool {
        self.status == 200
    }

    /// The items of a page.
    pub(crate) fn items(&mut self) -> Option<&mut Vec<Json>> {
        match member(&mut self.body, "Items") {
            Some(Json::Array(items)) => Some(items),
            _ => None,
        }
    }
}

/// JSON that is known to be JSON.
pub(crate) fn json(text: &str) -> Json {
    Json::parse(text.as_bytes()).unwrap_or(Json::Null)
}

/// A member of an object.
pub(crate) fn member<'a>(object: &'a mut Json, name: &str) -> Option<&'a mut Json> {
    match object {
        Json::Object(members) => members
            .iter_mut()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value),
        _ => None,
    }
}

/// Sets a member of an object.
pub(crate) fn set(object: &mut Json, name: &str, value: Json) {
    match member(object, name) {
        Some(known) => *known = value,
        None => {
            if let Json::Object(members) = object {
                members.push((name.to_owned(), value));
            }
        }
    }
}

/// Every value at a path of member names; `*` stands for every entry of a map or list.
pub(crate) fn each(value: &mut Json, path: &[&str], go: &mut impl FnMut(&mut Json)) {
    let Some((first, rest)) = path.split_first() else {
        return go(value);
    };
    match value {
        Json::Array(items) if *first == "*" => {
            items.iter_mut().for_each(|item| each(item, rest, go));
        }
        Json::Object(members) => {
            for (name, value) in members {
                if *first == "*" || name == first {
                    each(value, rest, go);
                }
            }
        }
        _ => {}
    }
}

/// Every text at a path; `@` at its end stands for the names of the members.
pub(crate) fn texts(value: &mut Json, path: &[&str], go: &mut impl FnMut(&mut String)) {
    let (path, of_names) = match path.split_last() {
        Some((&"@", path)) => (path, true),
        _ => (path, false),
    };
    each(value, path, &mut |found| match found {
        Json::String(text) if !of_names => go(text),
        Json::Object(members) if of_names => members.iter_mut().for_each(|(name, _)| go(name)),
        _ => {}
    });
}

/// Takes the last member of a path out, wherever the path leads.
pub(crate) fn remove(value: &mut Json, path: &[&str]) {
    if let Some((last, path)) = path.split_last() {
        each(value, path, &mut |found| {
            if let Json::Object(members) = found {
                members.retain(|(name, _)| name != last);
            }
        });
    }
}
