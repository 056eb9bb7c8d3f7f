//! Writing: every value in the one way in which it is read back.

use std::fmt::Write as _;

use super::parse::is_pointer;
use crate::case::bind::{is_name, is_provided};
use crate::case::line::{HEX_LINE, Place, write_escaped, write_hex, write_text};
use crate::case::{Binding, Body, Case, Claim, Piece, Say, Step};

/// Writes a case.
pub fn print(case: &Case) -> String {
    let mut out = String::with_capacity(128 + 256 * case.steps.len());
    print_head(&mut out, case);
    for step in &case.steps {
        begin_block(&mut out);
        print_step(&mut out, step);
    }
    out
}

/// Appends the empty line between two blocks, where there is one before.
pub(in crate::case) fn begin_block(out: &mut String) {
    if !out.is_empty() {
        out.push('\n');
    }
}

/// Appends the lines before the first step.
pub(in crate::case) fn print_head(out: &mut String, case: &Case) {
    print_comments(out, &case.about);
    if !case.aims.is_empty() {
        out.push_str("aims");
        for rule in &case.aims {
            out.push(' ');
            out.push_str(rule.id());
        }
        out.push('\n');
    }
    if let Some(from) = &case.from {
        print_line(out, "from", from);
    }
    if case.alone {
        out.push_str("alone\n");
    }
}

/// Appends a step, without what was answered.
pub(in crate::case) fn print_step(out: &mut String, step: &Step) {
    print_comments(out, &step.about);
    match &step.say {
        Say::Request {
            method,
            target,
            headers,
            body,
        } => {
            out.push_str("> ");
            write_text(out, method, Place::Word);
            out.push(' ');
            if target.is_empty() {
                write_escaped(out, "", Place::Tail);
            }
            write_text(out, target, Place::Tail);
            out.push('\n');
            for (name, value) in headers {
                print_header(out, ">", name, value);
            }
            match body {
                Body::None => {}
                Body::Text(text) => print_text(out, text),
                Body::Bytes(bytes) => write_hex(out, bytes),
            }
        }
        Say::Raw(pieces) => {
            out.push_str(">!\n");
            for (at, piece) in pieces.iter().enumerate() {
                match piece {
                    Piece::Line(line) => print_line(out, "|", line),
                    Piece::Bytes(bytes) => {
                        write_hex(out, bytes);
                        let full = !bytes.is_empty() && bytes.len() % HEX_LINE == 0;
                        if full && matches!(pieces.get(at + 1), Some(Piece::Bytes(_))) {
                            // Without it the next piece would be read as more of this one.
                            out.push_str("x\n");
                        }
                    }
                }
            }
        }
    }
    // Writing to a String cannot fail, here and below.
    if let Some(pages) = step.manner.pages {
        let _ = writeln!(out, "~ pages {pages}");
    }
    if step.manner.pause_ms > 0 {
        let _ = writeln!(out, "~ pause {}", step.manner.pause_ms);
    }
    if step.manner.beside {
        out.push_str("~ beside\n");
    }
    if let Some(Claim { status, error }) = &step.claim {
        let _ = write!(out, "expect {status}");
        if let Some(error) = error {
            out.push(' ');
            write_text(out, error, Place::Word);
        }
        out.push('\n');
    }
    for Binding { name, pointer } in &step.bindings {
        out.push_str("@ ");
        if is_name(name) && !is_provided(name) {
            out.push_str(name);
        } else {
            write_escaped(out, name, Place::Word);
        }
        out.push_str(" =");
        if !pointer.is_empty() {
            out.push(' ');
        }
        if is_pointer(pointer) {
            write_text(out, pointer, Place::Tail);
        } else {
            write_escaped(out, pointer, Place::Tail);
        }
        out.push('\n');
    }
}

fn print_comments(out: &mut String, about: &[String]) {
    for line in about {
        print_line(out, "#", line);
    }
}

/// Appends a line that holds one text behind its sigil.
pub(in crate::case) fn print_line(out: &mut String, sigil: &str, text: &str) {
    out.push_str(sigil);
    if !text.is_empty() {
        out.push(' ');
        write_text(out, text, Place::Tail);
    }
    out.push('\n');
}

/// Appends a header field.
pub(in crate::case) fn print_header(out: &mut String, sigil: &str, name: &str, value: &str) {
    out.push_str(sigil);
    out.push(' ');
    write_text(out, name, Place::Name);
    print_line(out, ":", value);
}

/// Appends a text as `|` lines, one at least.
pub(in crate::case) fn print_text(out: &mut String, text: &str) {
    for line in text.split('\n') {
        print_line(out, "|", line);
    }
}
