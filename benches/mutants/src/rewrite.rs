//! Finds the places of a source file that can be mutated, and writes the file with all mutants in it.
//!
//! The operators are those of cargo-mutants: bodies, binary and unary operators, guards, arms of a match that has `_`. As there,
//! nothing is mutated within macros, patterns, constants, tests and the arguments of `with_capacity`.

use std::collections::BTreeSet;
use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, GenericArgument, Pat, PathArguments, ReturnType, Type, UnOp};

/// One change of the code that can be switched on.
pub struct Mutant {
    pub number: u32,
    /// Where and what, as in `src/model/page.rs:12:8: replace == with !=`.
    pub name: String,
    /// The same without the number of the line, but with its text: it stays while other code moves.
    pub code: String,
}

/// What a file is replaced by.
pub struct Rewritten {
    pub text: String,
    pub mutants: Vec<Mutant>,
    /// The number after the last.
    pub next: u32,
    /// Which bytes of the text are there for which mutants; the smaller lie within the larger.
    pub regions: Vec<(Range<usize>, Vec<u32>)>,
}

/// A piece of what stands instead of some code.
enum Part {
    Text(String),
    /// Text that is there for one mutant alone.
    Mutant(u32, String),
    /// A part of the code itself, with the mutants inside it.
    Code(Range<usize>),
}

struct Edit {
    range: Range<usize>,
    parts: Vec<Part>,
    mutants: Vec<u32>,
}

/// Rewrites a file. Mutants are numbered from `first`; those whose code is in `unviable` are left out.
pub fn rewrite(
    file: &str,
    source: &str,
    first: u32,
    unviable: &BTreeSet<String>,
) -> syn::Result<Rewritten> {
    let mut finder = Finder {
        file,
        source,
        next: first,
        unviable,
        edits: Vec::new(),
        mutants: Vec::new(),
    };
    finder.visit_file(&syn::parse_file(source)?);
    let Finder {
        mut edits,
        mutants,
        next,
        ..
    } = finder;
    // Stable: of two with the same range the outer one was found first. What is only inserted comes before what begins there.
    edits.sort_by_key(|edit| {
        (
            edit.range.start,
            !edit.range.is_empty(),
            usize::MAX - edit.range.end,
        )
    });
    let mut rewritten = Rewritten {
        text: String::new(),
        mutants,
        next,
        regions: Vec::new(),
    };
    rewritten.render(source, 0..source.len(), &edits);
    Ok(rewritten)
}

impl Rewritten {
    fn render(&mut self, source: &str, range: Range<usize>, edits: &[Edit]) {
        let mut at = range.start;
        for (index, edit) in edits.iter().enumerate() {
            if edit.range.start < at || edit.range.end > range.end {
                continue;
            }
            self.text += &source[at..edit.range.start];
            let began = self.text.len();
            for part in &edit.parts {
                let part_began = self.text.len();
                match part {
                    Part::Text(text) => self.text += text,
                    Part::Mutant(number, text) => {
                        self.text += text;
                        self.regions
                            .push((part_began..self.text.len(), vec![*number]));
                    }
                    Part::Code(code) => self.render(source, code.clone(), &edits[index + 1..]),
                }
            }
            self.regions
                .push((began..self.text.len(), edit.mutants.clone()));
            at = edit.range.end;
        }
        self.text += &source[at..range.end];
    }
}

struct Finder<'a> {
    file: &'a str,
    source: &'a str,
    next: u32,
    unviable: &'a BTreeSet<String>,
    edits: Vec<Edit>,
    mutants: Vec<Mutant>,
}

impl Finder<'_> {
    /// The number of a new mutant, unless it does not compile.
    fn mutant(&mut self, span: Span, what: &str) -> Option<u32> {
        let start = span.start();
        let name = format!("{}:{}:{}: {what}", self.file, start.line, start.column + 1);
        let line = self.source.lines().nth(start.line - 1).unwrap_or_default();
        let indent = line.len() - line.trim_start().len();
        let code = format!(
            "{}:{}: {what}: {}",
            self.file,
            start.column - indent,
            line.trim()
        );
        let number = self.next;
        self.next += 1;
        if self.unviable.contains(&code) {
            return None;
        }
        self.mutants.push(Mutant { number, name, code });
        Some(number)
    }

    fn edit(&mut self, range: Range<usize>, mutants: Vec<u32>, parts: Vec<Part>) {
        if !mutants.is_empty() {
            self.edits.push(Edit {
                range,
                parts,
                mutants,
            });
        }
    }

    /// `before if on(1) { a } else if on(2) { b } else { c } after`, where `form` says what stands for an operator.
    fn choose(
        &mut self,
        expression: Range<usize>,
        operator: (&str, Span),
        others: &[&str],
        (before, after): (Vec<Part>, &str),
        form: impl Fn(&str) -> Vec<Part>,
    ) {
        let mut parts = before;
        let mut numbers = Vec::new();
        for other in others {
            let Some(number) = self.mutant(operator.1, &exchanged(operator.0, other)) else {
                continue;
            };
            numbers.push(number);
            parts.push(Part::Mutant(number, format!("if {} {{ ", on(number))));
            parts.extend(form(other).into_iter().map(|part| match part {
                Part::Text(text) => Part::Mutant(number, text),
                part => part,
            }));
            parts.push(text(" } else "));
        }
        parts.push(text("{ "));
        parts.extend(form(operator.0));
        parts.push(text(after));
        self.edit(expression, numbers, parts);
    }

    /// `((condition) != on(1))`.
    fn negate(&mut self, condition: Range<usize>, operator: (&str, Span), other: &str) {
        if let Some(number) = self.mutant(operator.1, &exchanged(operator.0, other)) {
            let end = text(&format!(") != {})", on(number)));
            let parts = vec![text("(("), Part::Code(condition.clone()), end];
            self.edit(condition, vec![number], parts);
        }
    }

    /// Values that a function returns at once instead of what it works out.
    fn body(
        &mut self,
        signature: &syn::Signature,
        block: &syn::Block,
        attributes: &[syn::Attribute],
    ) {
        if signature.constness.is_some() || block.stmts.is_empty() || is_test(attributes) {
            return;
        }
        let values = match &signature.output {
            ReturnType::Default => vec!["()".to_owned()],
            ReturnType::Type(_, kind) => values(kind),
        };
        let at = block.brace_token.span.open().byte_range().end;
        let (mut numbers, mut parts) = (Vec::new(), Vec::new());
        for value in values {
            let what = format!("replace {} with {value}", signature.ident);
            if let Some(number) = self.mutant(signature.ident.span(), &what) {
                numbers.push(number);
                parts.push(Part::Mutant(
                    number,
                    format!(" if {} {{ return {value}; }} ", on(number)),
                ));
            }
        }
        self.edit(at..at, numbers, parts);
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_trait_item_const(&mut self, _: &'ast syn::TraitItemConst) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}
    fn visit_variant(&mut self, _: &'ast syn::Variant) {}
    fn visit_type(&mut self, _: &'ast Type) {}
    fn visit_pat(&mut self, _: &'ast Pat) {}
    fn visit_generic_argument(&mut self, _: &'ast GenericArgument) {}

    /// How much is set aside in advance changes nothing that can be seen.
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if !self.source[call.func.span().byte_range()].ends_with("with_capacity") {
            visit::visit_expr_call(self, call);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.body(&function.sig, &function.block, &function.attrs);
        if function.sig.constness.is_none() && !is_test(&function.attrs) {
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.body(&function.sig, &function.block, &function.attrs);
        if function.sig.constness.is_none() && !is_test(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.body(&function.sig, block, &function.attrs);
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let range = binary.span().byte_range();
        let left = || Part::Code(binary.left.span().byte_range());
        let right = || Part::Code(binary.right.span().byte_range());
        let span = binary.op.span();
        let source = self.source;
        let operator = &source[span.byte_range()];
        let at = (operator, span);
        let plain = |operator: &str| vec![text(&format!("l {operator} r"))];
        match operator {
            "==" | "!=" => self.negate(range, at, others(operator)[0]),
            // Half of a condition that binds something cannot be left out.
            "&&" | "||" if binds(&binary.left) || binds(&binary.right) => {}
            "&&" | "||" => {
                let other = others(operator)[0];
                if let Some(number) = self.mutant(span, &format!("replace {operator} with {other}"))
                {
                    let sense = if operator == "&&" { "!=" } else { "==" };
                    let then = text(&format!("; if l {sense} {} {{ ", on(number)));
                    let end = text(" } else { l } })");
                    let parts = vec![text("({ let l: bool = "), left(), then, right(), end];
                    self.edit(range, vec![number], parts);
                }
            }
            "<" | ">" | "<=" | ">=" => {
                // Within one statement, so that what the operands borrow lives as long as they are compared.
                let (middle, end) = (text("), &("), text(")) { (l, r) => "));
                let before = vec![text("({ match (&("), left(), middle, right(), end];
                self.choose(range, at, others(operator), (before, " } } })"), plain);
            }
            _ if operator.ends_with('=') => {
                let before = vec![text("({ let r = "), right(), text("; ")];
                let form = |operator: &str| vec![left(), text(&format!(" {operator} r"))];
                self.choose(range, at, others(operator), (before, " } })"), form);
            }
            _ => {
                let before = vec![
                    text("({ let (l, r) = ("),
                    left(),
                    text(", "),
                    right(),
                    text("); "),
                ];
                self.choose(range, at, others(operator), (before, " } })"), plain);
            }
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let (range, span) = (unary.span().byte_range(), unary.op.span());
        match unary.op {
            UnOp::Not(_) => self.negate(range, ("!", span), ""),
            UnOp::Neg(_) => {
                let inner = Part::Code(unary.expr.span().byte_range());
                let before = vec![text("({ let v = "), inner, text("; ")];
                let form = |operator: &str| vec![text(&format!("{operator}v"))];
                self.choose(range, ("-", span), &[""], (before, " } })"), form);
            }
            _ => {}
        }
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_match(&mut self, found: &'ast syn::ExprMatch) {
        let rest = found
            .arms
            .iter()
            .any(|arm| arm.guard.is_none() && matches!(arm.pat, Pat::Wild(_)));
        for arm in &found.arms {
            match &arm.guard {
                Some((_, guard)) if !binds(guard) => {
                    let range = guard.span().byte_range();
                    let held = self.mutant(guard.span(), "replace guard with true");
                    let failed = self.mutant(guard.span(), "replace guard with false");
                    let mut parts = vec![text("("), Part::Code(range.clone()), text(")")];
                    if let Some(number) = held {
                        parts.insert(0, text(&format!("({} || ", on(number))));
                        parts.push(text(")"));
                    }
                    if let Some(number) = failed {
                        parts.push(text(&format!(" && !{}", on(number))));
                    }
                    self.edit(range, held.into_iter().chain(failed).collect(), parts);
                }
                None if rest && !matches!(arm.pat, Pat::Wild(_)) => {
                    let at = arm.pat.span().byte_range().end;
                    if let Some(number) = self.mutant(arm.pat.span(), "delete match arm") {
                        let guard = Part::Mutant(number, format!(" if !{}", on(number)));
                        self.edit(at..at, vec![number], vec![guard]);
                    }
                }
                _ => {}
            }
        }
        visit::visit_expr_match(self, found);
    }
}

fn text(text: &str) -> Part {
    Part::Text(text.to_owned())
}

fn on(number: u32) -> String {
    format!("crate::mutant::on({number})")
}

/// What is done to an operator, in words.
fn exchanged(operator: &str, other: &str) -> String {
    match other {
        "" => format!("delete {operator}"),
        _ => format!("replace {operator} with {other}"),
    }
}

/// What an operator is replaced by, one after the other.
fn others(operator: &str) -> &'static [&'static str] {
    match operator {
        "==" => &["!="],
        "!=" => &["=="],
        "&&" => &["||"],
        "||" => &["&&"],
        "<" => &["==", ">", "<="],
        ">" => &["==", "<", ">="],
        "<=" => &["<", ">"],
        ">=" => &[">", "<"],
        "+" => &["-", "*"],
        "-" => &["+", "/"],
        "*" => &["+", "/"],
        "/" => &["%", "*"],
        "%" => &["/", "+"],
        "<<" => &[">>"],
        ">>" => &["<<"],
        "&" => &["|", "^"],
        "|" => &["&", "^"],
        "^" => &["|", "&"],
        "+=" => &["-=", "*="],
        "-=" => &["+=", "/="],
        "*=" => &["+=", "/="],
        "<<=" => &[">>="],
        ">>=" => &["<<="],
        "|=" => &["&="],
        "&=" => &["|="],
        _ => &[],
    }
}

/// Whether a condition has a `let` that the code after it needs.
fn binds(condition: &Expr) -> bool {
    match condition {
        Expr::Let(_) => true,
        Expr::Binary(binary) => binds(&binary.left) || binds(&binary.right),
        _ => false,
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        meta => meta.path().is_ident("test"),
    })
}

/// Values that a function of a type may return instead.
fn values(kind: &Type) -> Vec<String> {
    let of = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    match kind {
        Type::Never(_) | Type::ImplTrait(_) => Vec::new(),
        Type::Tuple(tuple) => {
            let all = tuple
                .elems
                .iter()
                .fold(vec![String::new()], |firsts, element| {
                    let values = values(element);
                    let pairs = |first: &String| {
                        values
                            .iter()
                            .map(|value| format!("{first}{value}, "))
                            .collect::<Vec<_>>()
                    };
                    firsts.iter().flat_map(pairs).collect()
                });
            all.into_iter().map(|inner| format!("({inner})")).collect()
        }
        Type::Reference(reference) if reference.mutability.is_none() => match &*reference.elem {
            Type::Slice(_) => of(&["&[]"]),
            Type::Path(path) if path.path.is_ident("str") => of(&["\"\"", "\"xyzzy\""]),
            inner => wrapped(values(inner), "Box::leak(Box::new(", "))"),
        },
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else {
                return Vec::new();
            };
            let inner = match &last.arguments {
                PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
                    Some(GenericArgument::Type(kind)) => values(kind),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            };
            match last.ident.to_string().as_str() {
                "bool" => of(&["true", "false"]),
                "String" => of(&["String::new()", "\"xyzzy\".into()"]),
                "u8" | "u16" | "u32" | "u64" | "usize" | "i64" => of(&["0", "1"]),
                "Option" => [of(&["None"]), wrapped(inner, "Some(", ")")].concat(),
                "Result" if inner.is_empty() => of(&["Ok(Default::default())"]),
                "Result" => wrapped(inner, "Ok(", ")"),
                "Vec" => [of(&["Vec::new()"]), wrapped(inner, "vec![", "]")].concat(),
                "Box" | "Arc" | "Rc" => wrapped(inner, &format!("{}::new(", last.ident), ")"),
                "Cow" => of(&["Default::default()", "\"xyzzy\".into()"]),
                _ => of(&["Default::default()"]),
            }
        }
        _ => of(&["Default::default()"]),
    }
}

fn wrapped(values: Vec<String>, before: &str, after: &str) -> Vec<String> {
    let values = values.into_iter();
    values
        .map(|value| format!("{before}{value}{after}"))
        .collect()
}
