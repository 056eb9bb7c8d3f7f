//! Bodies of JSON, of which each thread reads every one but once.
//!
//! Several look at an answer in turn: whoever replays a case, for the values it brings; the judge; a fuzzer. And where the
//! reference answers in the same thread, what it wrote need not be read at all.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use bytes::Bytes;

use super::Json;
use super::json::JsonError;

/// How many bytes of bodies are remembered beside the last.
const REMEMBERED: usize = 1 << 16;

thread_local! {
    static RECENT: RefCell<Recent> = RefCell::default();
}

/// The bodies that were written or read lately, the last one at the end.
#[derive(Default)]
struct Recent {
    bodies: VecDeque<(Bytes, Rc<Json>)>,
    /// How long they are together.
    bytes: usize,
}

impl Recent {
    /// What these bytes hold. The very same bytes are looked for, not bytes alike: they are kept, so no others can lie in their place.
    fn find(&self, bytes: &Bytes) -> Option<&Rc<Json>> {
        let mut lately = self.bodies.iter().rev();
        let found = lately.find(|(known, _)| std::ptr::eq::<[u8]>(&**known, &**bytes));
        found.map(|(_, json)| json)
    }

    fn remember(&mut self, bytes: Bytes, json: Rc<Json>) {
        self.bytes += bytes.len();
        self.bodies.push_back((bytes, json));
        while self.bytes > REMEMBERED && self.bodies.len() > 1 {
            let forgotten = self.bodies.pop_front();
            self.bytes -= forgotten.map_or(0, |(bytes, _)| bytes.len());
        }
    }
}

/// Writes a body.
pub(crate) fn write(json: Rc<Json>) -> Bytes {
    let bytes = Bytes::from(json.to_text());
    debug_assert!(Json::parse(&bytes).is_ok_and(|read| read.same(&json)));
    RECENT.with_borrow_mut(|recent| recent.remember(bytes.clone(), json));
    bytes
}

/// Reads a body.
///
/// # Errors
///
/// If it is not JSON.
pub(crate) fn read(bytes: &Bytes) -> Result<Rc<Json>, JsonError> {
    if let Some(json) = RECENT.with_borrow(|recent| recent.find(bytes).map(Rc::clone)) {
        return Ok(json);
    }
    let json = Rc::new(Json::parse(bytes)?);
    RECENT.with_borrow_mut(|recent| recent.remember(bytes.clone(), Rc::clone(&json)));
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Bytes {
        Bytes::copy_from_slice(text.as_bytes())
    }

    #[test]
    fn a_body_is_read_once() {
        let bytes = body("[1]");
        let (first, again) = (read(&bytes).unwrap(), read(&bytes.clone()).unwrap());
        assert!(Rc::ptr_eq(&first, &again));
        // Nobody sees from bytes alike that they are.
        assert!(!Rc::ptr_eq(&first, &read(&body("[1]")).unwrap()));
        let written = write(Rc::clone(&first));
        assert!(Rc::ptr_eq(&first, &read(&written).unwrap()));
        assert!(read(&body("[1")).is_err());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let text = format!("\"{}\"", "a".repeat(REMEMBERED / 2));
        for _ in 0..9 {
            read(&body(&text)).unwrap();
        }
        let (count, bytes) = RECENT.with_borrow(|recent| (recent.bodies.len(), recent.bytes));
        assert_eq!((count, bytes), (1, text.len()));
    }
}
