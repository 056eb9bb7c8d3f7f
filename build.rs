//! Lists the files of `corpus/`, so that the binary brings its corpus along.
//!
//! A list of `include_str!` instead of a macro that embeds a folder: cargo rebuilds when a case is added or changed.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=corpus");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?);
    let mut files = Vec::new();
    collect(&root.join("corpus"), &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for file in &files {
        let path = file.strip_prefix(&root).map_err(io::Error::other)?;
        // Forward slashes on every system: the path is what problems and reports show.
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        list += &format!("({:?}, include_str!({:?})),\n", parts.join("/"), file);
    }
    list += "]\n";
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    fs::write(out.join("corpus.rs"), list)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "case")
        {
            files.push(entry.path());
        }
    }
    Ok(())
}
