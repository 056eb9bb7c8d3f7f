//! The shape of the tree: who may import whom, and whether every part still has a use.

use std::fs;
use std::path::{Path, PathBuf};

use profile_contract::contract::{Level, RuleId};

/// What each module may import from the crate (ARCHITECTURE.md, "Modules"). `None` is everything.
const IMPORTS: &[(&str, Option<&[&str]>)] = &[
    ("wire", Some(&[])),
    ("contract", Some(&["wire"])),
    ("case", Some(&["wire", "contract"])),
    ("model", Some(&["contract", "wire"])),
    ("replay", Some(&["case", "contract", "wire", "model"])),
    ("judge", Some(&["contract", "model", "case", "wire"])),
    (
        "report",
        Some(&["judge", "contract", "case", "wire", "model"]),
    ),
    ("generate", Some(&["case", "contract", "model", "wire"])),
    ("shrink", Some(&["case", "contract", "model", "wire"])),
    ("snapshot", Some(&["case", "contract", "wire"])),
    (
        "check",
        Some(&[
            "case", "contract", "generate", "judge", "model", "replay", "report", "shrink", "wire",
        ]),
    ),
    ("record", Some(&["case", "contract", "replay", "wire"])),
    ("bend", Some(&["contract", "wire"])),
    ("defect", Some(&["bend", "contract", "model", "wire"])),
    (
        "variation",
        Some(&["bend", "contract", "model", "serve", "wire"]),
    ),
    ("serve", Some(&["wire"])),
    (
        "fuzz",
        Some(&[
            "case", "check", "contract", "generate", "judge", "model", "replay", "report", "serve",
            "shrink", "wire",
        ]),
    ),
    ("cli", None),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for (module, allowed) in IMPORTS {
        let Some(allowed) = allowed else { continue };
        let folder = root().join("src").join(module);
        let sources = match folder.is_dir() {
            true => files(&folder, "rs"),
            false => vec![folder.with_extension("rs")],
        };
        for file in sources {
            let text = fs::read_to_string(&file).expect("a source file");
            // Tests may use whatever helps them.
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for (at, line) in code
                .lines()
                .enumerate()
                .filter(|(_, line)| !line.trim_start().starts_with("//"))
            {
                for (start, _) in line.match_indices("crate::") {
                    let rest = &line[start + "crate::".len()..];
                    let names: Vec<&str> = match rest.strip_prefix('{') {
                        Some(list) => list.split([',', '}']).map(str::trim).collect(),
                        None => vec![rest],
                    };
                    for name in names {
                        let name = name
                            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                            .next()
                            .unwrap_or_default();
                        let is_module = IMPORTS.iter().any(|(known, _)| *known == name);
                        if is_module && name != *module && !allowed.contains(&name) {
                            wrong.push(format!(
                                "{}:{}: {module} imports {name}",
                                file.display(),
                                at + 1
                            ));
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_command_line_prints() {
    let mut wrong = Vec::new();
    for file in files(&root().join("src"), "rs") {
        if file.components().any(|part| part.as_os_str() == "cli") || file.ends_with("src/main.rs")
        {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a source file");
        for (at, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            if line.contains("println!(") || line.contains("print!(") {
                wrong.push(format!("{}:{}", file.display(), at + 1));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "printing outside cli/: {}",
        wrong.join(", ")
    );
}

#[test]
fn every_rule_is_cited_by_the_code() {
    let mut cited = String::new();
    for module in ["model", "contract", "judge"] {
        for file in files(&root().join("src").join(module), "rs") {
            if !file.components().any(|part| part.as_os_str() == "rules") {
                cited.push_str(&fs::read_to_string(&file).expect("a source file"));
            }
        }
    }
    let missing: Vec<_> = RuleId::all()
        .filter(|rule| rule.level() != Level::Info)
        .map(RuleId::id)
        .filter(|id| !cited.contains(&format!("\"{id}\"")))
        .collect();
    assert!(missing.is_empty(), "no code cites {}", missing.join(", "));
}
