//! Whether files that tasks promise are there.

use std::path::{Component, Path, PathBuf};

/// Whether a promised file exists below the root: from there, or from the folder of the plan that
/// promises it. Where the path has a `*`, whether any file fits it.
pub(crate) fn is_there(root: &Path, folder: &Path, promised: &str) -> bool {
    let folders = [Path::new(""), folder];
    let mut places = folders.iter().map(|folder| root.join(folder));
    match promised.contains('*') {
        false => places.any(|place| is_below(root, &place.join(promised))),
        true => places.any(|place| fitting(&place, promised).any(|path| is_below(root, &path))),
    }
}

/// The files below a folder that fit a pattern, of which only `*` is more than a letter.
fn fitting(folder: &Path, promised: &str) -> impl Iterator<Item = PathBuf> {
    // What leads out of the folder is not looked through.
    let is_inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    let inside = Path::new(promised).components().all(is_inside);
    let pattern = folder.to_str().filter(|_| inside).map(|folder| {
        let parts = promised.split('*').map(glob::Pattern::escape);
        let parts: Vec<String> = parts.collect();
        let folder = glob::Pattern::escape(folder);
        format!("{}/{}", folder.trim_end_matches('/'), parts.join("*"))
    });
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let paths = pattern.and_then(|pattern| glob::glob_with(&pattern, options).ok());
    // What cannot be looked into holds nothing that could be seen.
    paths.into_iter().flatten().filter_map(Result::ok)
}

/// Whether there is something at a path, and it is below the root, also by way of links.
fn is_below(root: &Path, path: &Path) -> bool {
    let found = root.join(path).canonicalize();
    found.is_ok_and(|found| {
        root.canonicalize()
            .is_ok_and(|root| found.starts_with(root))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promised_file_is_looked_for_in_the_root_and_beside_the_plan() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("a [1] root");
        std::fs::create_dir_all(root.join("plans/out")).unwrap();
        std::fs::create_dir_all(root.join("app/[id]")).unwrap();
        for file in [
            "plans/out/US-007_door.md",
            "app/[id]/page.tsx",
            "../beside.md",
        ] {
            std::fs::write(root.join(file), "").unwrap();
        }
        let plans = Path::new("plans");
        for (promised, there) in [
            ("plans/out/US-007_door.md", true),
            ("out/US-007_door.md", true),
            ("out/US-007_*.md", true),
            ("plans/*/US-*.md", true),
            ("out/US-008_*.md", false),
            ("out*door.md", false),
            ("app/[id]/*.tsx", true),
            ("app/[id]/page.tsx", true),
            ("../beside.md", false),
            ("../bes*.md", false),
        ] {
            assert_eq!(is_there(&root, plans, promised), there, "{promised}");
        }
    }
}
