//! Recording: a reverse proxy that turns the traffic of any client into cases.
//!
//! ```text
//! client ⇄ proxy ⇄ upstream            what passes is neither changed nor held back longer than it takes to write it down
//!            │
//!            └ Exchange ─Recorder▶ Group of its domain ─▶ Conversation ─print▶ DIR/<domain>.case
//! ```
//!
//! * The *proxy* forwards every request as it came, and the answer as it came. Requests about one domain go one after the
//!   other, because only then does a recording say what the target knew at each of them.
//! * A [`Recorder`] sorts exchanges by the domain they are about: what one domain is told makes no difference to another.
//!   What is about none goes into a recording of its own.
//! * A [`Conversation`] makes steps of exchanges. Values that an answer brought and a later request
//!   uses become bindings, the domain and the beginning of ARNs become placeholders; a step is written so only if exactly
//!   the request that was heard follows from it. Of the header fields none stays but the content type, so that no
//!   credential gets into a file.
//! * A recording is written before the client has its answer: whoever is killed loses the request under way at most.
//!
//! What a domain held before the first request that was heard, nobody knows. So a recording counts as one from the
//! beginning ([`Overheard::Whole`](crate::case::transcript::Overheard)) only from where the domain was created before our
//! eyes. What comes before is marked as heard midway, and accuses nobody.

mod conversation;
mod group;
mod proxy;
mod request;
mod upstream;

pub use self::conversation::{Change, Conversation};
pub use self::group::{Recorder, Recording};
pub use self::proxy::{Proxy, ProxySettings};
