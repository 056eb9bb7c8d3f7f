//! Which mutant is on, and which are reached. This file goes into the mutated tree.
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// One more than there are mutants: written in by the tool.
const COUNT: usize = 0;

static ACTIVE: LazyLock<u32> = LazyLock::new(|| {
    let number = std::env::var("MUTANT").ok();
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
});
static FILE: LazyLock<Option<File>> = LazyLock::new(|| {
    let path = std::env::var_os("MUTANTS_REACHED")?;
    OpenOptions::new().append(true).create(true).open(path).ok()
});
static REACHED: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];

pub(crate) fn on(number: u32) -> bool {
    match *ACTIVE {
        0 => reach(number),
        active => active == number,
    }
}

#[cold]
fn reach(number: u32) -> bool {
    if !REACHED[number as usize].swap(true, Ordering::Relaxed)
        && let Some(mut file) = FILE.as_ref()
    {
        let _ = file.write_all(format!("{number}\n").as_bytes());
    }
    false
}
