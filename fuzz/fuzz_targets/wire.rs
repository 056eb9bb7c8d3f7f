//! Raw bytes against the built-in server: never a panic, never a 5xx.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use profile_contract::fuzz::Wire;

static WIRE: LazyLock<Wire> = LazyLock::new(Wire::new);

fuzz_target!(|data: &[u8]| WIRE.run(data));
