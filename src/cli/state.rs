//! Where runs keep what is to outlive them.

use std::env;
use std::path::PathBuf;

/// The folder for journals of runs: `--state`, else the user's folder for state (XDG base directories), if there is one.
pub(super) fn journals(given: Option<&PathBuf>) -> Option<PathBuf> {
    let folder = match given {
        Some(folder) => folder.clone(),
        None => usual(&|name| env::var_os(name).map(PathBuf::from))?,
    };
    Some(folder.join("runs"))
}

fn usual(variable: &dyn Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    // A relative path in the variable is to be ignored, says the specification.
    let absolute = |name| variable(name).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME")
        .or_else(|| Some(absolute("HOME")?.join(".local").join("state")))
        .or_else(|| absolute("LOCALAPPDATA"))?;
    Some(state.join("profile-contract"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_follows_the_user() {
        let with = |known: &[(&str, &str)]| {
            usual(&|name| {
                let found = known.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| PathBuf::from(value))
            })
        };
        let home = ("HOME", "/home/a");
        let usual = Some(PathBuf::from("/home/a/.local/state/profile-contract"));
        assert_eq!(with(&[home]), usual);
        assert_eq!(with(&[home, ("XDG_STATE_HOME", "state")]), usual);
        assert_eq!(
            with(&[home, ("XDG_STATE_HOME", "/s")]),
            Some(PathBuf::from("/s/profile-contract"))
        );
        assert_eq!(with(&[]), None);
        assert_eq!(
            journals(Some(&PathBuf::from("x"))),
            Some(PathBuf::from("x/runs"))
        );
    }
}
