//! Where the ledger of a folder is, and which folder its plans are relative to.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::error::StoreError;
use crate::layout::Layout;

/// Git's directories for one checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitDirs {
    /// The checkout's own: it has the checkout's `HEAD` and index.
    pub own: PathBuf,
    /// The one all checkouts of a clone share.
    pub common: PathBuf,
}

/// A ledger's place, whether or not there is one yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The ledger's directory.
    pub layout: Layout,
    /// The folder plan paths are relative to: the top of the checkout, or the folder that holds
    /// `.ledger/`.
    pub root: PathBuf,
    /// Git's directories, if the root is a git checkout.
    pub git: Option<GitDirs>,
}

/// Finds the place for `start`, a folder.
///
/// `explicit` (from `--ledger` or `LEDGER_DIR`) wins. Otherwise, with git, it is `ledger/`
/// in the directory that all checkouts of the clone share; without git `.ledger/` in the
/// nearest parent that has one, or in `start` itself if none has. A `.ledger/` made before git
/// came along is still found.
///
/// # Errors
/// [`StoreError::Io`] if `start` is not there.
pub fn locate(start: &Path, explicit: Option<&Path>) -> Result<Place, StoreError> {
    let start = fs::canonicalize(start).map_err(StoreError::io("find", start))?;
    let checkout = find_git(&start);
    let beside = start
        .ancestors()
        .map(|folder| folder.join(".ledger"))
        .find(|directory| Layout::new(directory).exists());
    let parent = |directory: &Path| directory.parent().unwrap_or(&start).to_owned();

    if let Some(directory) = explicit {
        let directory = start.join(directory);
        let directory = fs::canonicalize(&directory).unwrap_or(directory);
        let (root, git) = match checkout {
            Some((root, git)) => (root, Some(git)),
            None if directory.ends_with(".ledger") => (parent(&directory), None),
            None => (start, None),
        };
        return Ok(Place {
            layout: Layout::new(directory),
            root,
            git,
        });
    }
    let (directory, root, git) = match (checkout, beside) {
        (Some((root, git)), beside) => {
            let shared = git.common.join("ledger");
            let directory = match beside {
                Some(beside) if !Layout::new(&shared).exists() => beside,
                _ => shared,
            };
            (directory, root, Some(git))
        }
        (None, Some(beside)) => {
            let root = parent(&beside);
            (beside, root, None)
        }
        (None, None) => (start.join(".ledger"), start, None),
    };
    Ok(Place {
        layout: Layout::new(directory),
        root,
        git,
    })
}

/// The checkout `start` is in, found without asking git: its top and its directories.
fn find_git(start: &Path) -> Option<(PathBuf, GitDirs)> {
    start.ancestors().find_map(|folder| {
        let dot_git = folder.join(".git");
        let own = if dot_git.is_dir() {
            dot_git
        } else if dot_git.is_file() {
            folder.join(read_line(&dot_git)?.strip_prefix("gitdir:")?.trim())
        } else if is_git_directory(folder) {
            folder.to_owned()
        } else {
            return None;
        };
        let own = fs::canonicalize(own).ok()?;
        let common = match read_line(&own.join("commondir")) {
            Some(line) => fs::canonicalize(own.join(line.trim())).ok()?,
            None => own.clone(),
        };
        is_git_directory(&common).then(|| (folder.to_owned(), GitDirs { own, common }))
    })
}

fn is_git_directory(path: &Path) -> bool {
    path.join("HEAD").exists() && path.join("objects").is_dir() && path.join("refs").is_dir()
}

/// The first line of a small file, if it is one.
pub(crate) fn read_line(path: &Path) -> Option<String> {
    use std::io::Read;
    let mut text = String::new();
    fs::File::open(path)
        .ok()?
        .take(8192)
        .read_to_string(&mut text)
        .ok()?;
    Some(text.lines().next()?.to_owned())
}

/// A plan path that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanPath {
    /// As the ledger names it: relative to the root, with `/`; absolute for a plan outside it.
    pub name: String,
    /// Where it is on this machine; its last component may be a symlink.
    pub path: PathBuf,
}

/// Resolves a plan path typed by a user or sent by a hook, relative to `base`.
///
/// The file itself need not be there, its folder must. Symlinks are followed before it is
/// decided whether the path is inside `root`; git's own directory and the ledger's never are.
///
/// # Errors
/// [`StoreError::Outside`] for a path that leads out of the root without `allow_outside`,
/// [`StoreError::NotAPlan`] for a name that cannot be one, [`StoreError::Io`].
pub fn resolve_plan_path(
    root: &Path,
    base: &Path,
    path: &Path,
    allow_outside: bool,
) -> Result<PlanPath, StoreError> {
    let not_a_plan = |what| StoreError::NotAPlan {
        path: path.to_owned(),
        what,
    };
    let full = base.join(path);
    let Some(Component::Normal(file)) = full.components().next_back() else {
        return Err(not_a_plan("does not name a file"));
    };
    let folder = full.parent().unwrap_or(base);
    let folder = fs::canonicalize(folder).map_err(StoreError::io("find", folder))?;
    let root = fs::canonicalize(root).map_err(StoreError::io("find", root))?;
    let full = folder.join(file);
    let target = match fs::symlink_metadata(&full) {
        Ok(meta) if meta.is_symlink() => {
            fs::canonicalize(&full).map_err(StoreError::io("follow", &full))?
        }
        _ => full.clone(),
    };
    for place in [&full, &target] {
        let inside = place.strip_prefix(&root).ok();
        if inside.is_none() && !allow_outside {
            return Err(StoreError::Outside {
                path: place.clone(),
                root,
            });
        }
        let private = |part: Component<'_>| {
            [".git", ".ledger"]
                .iter()
                .any(|name| part.as_os_str().eq_ignore_ascii_case(name))
        };
        if inside.unwrap_or(place).components().any(private) {
            return Err(not_a_plan("is inside a directory of git or of a ledger"));
        }
    }
    let name = full.strip_prefix(&root).unwrap_or(&full);
    let name = name
        .to_str()
        .ok_or_else(|| not_a_plan("has a name that is not UTF-8"))?;
    let name = if std::path::MAIN_SEPARATOR == '/' {
        name.to_owned()
    } else {
        name.replace(std::path::MAIN_SEPARATOR, "/")
    };
    Ok(PlanPath { name, path: full })
}

#[cfg(test)]
mod tests {
    use ledger_core::{Time, WriterId};

    use super::*;

    fn make(directory: &Path) {
        Layout::new(directory)
            .create(
                WriterId::new("0000000000000000").unwrap(),
                Time::from_millis(0).unwrap(),
            )
            .unwrap();
    }

    fn fake_git(directory: &Path) {
        fs::create_dir_all(directory.join("objects")).unwrap();
        fs::create_dir_all(directory.join("refs")).unwrap();
        fs::write(directory.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    }

    #[test]
    fn worktrees_share_the_ledger_in_gits_common_directory() {
        let folder = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(folder.path()).unwrap();
        let git = top.join("clone/.git");
        fake_git(&git);
        let own = git.join("worktrees/tree");
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("commondir"), "../..\n").unwrap();
        fs::create_dir_all(top.join("tree/sub")).unwrap();
        fs::write(
            top.join("tree/.git"),
            format!("gitdir: {}\n", own.display()),
        )
        .unwrap();

        let clone = locate(&top.join("clone"), None).unwrap();
        let tree = locate(&top.join("tree/sub"), None).unwrap();
        assert_eq!(clone.layout, tree.layout);
        assert_eq!(clone.layout.directory(), git.join("ledger"));
        assert_eq!(tree.root, top.join("tree"));
        assert_eq!(tree.git.unwrap().own, own);
        // Standing in git's directory itself, as in a bare clone.
        let bare = locate(&git, None).unwrap();
        assert_eq!(bare.layout, clone.layout);
    }

    #[test]
    fn without_git_the_nearest_parent_that_has_one_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(folder.path()).unwrap();
        let deep = top.join("a/b/c");
        fs::create_dir_all(&deep).unwrap();
        let none = locate(&deep, None).unwrap();
        assert_eq!(none.layout.directory(), deep.join(".ledger"));
        assert!(!none.layout.exists());
        make(&top.join("a/.ledger"));
        let found = locate(&deep, None).unwrap();
        assert_eq!(found.root, top.join("a"));
        assert!(found.layout.exists());
        let named = locate(&deep, Some(Path::new("../elsewhere"))).unwrap();
        assert_eq!(named.layout.directory(), deep.join("../elsewhere"));
        assert_eq!(named.root, deep);
    }

    #[test]
    fn a_ledger_made_before_git_is_still_found() {
        let folder = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(folder.path()).unwrap();
        make(&top.join(".ledger"));
        fake_git(&top.join(".git"));
        assert_eq!(
            locate(&top, None).unwrap().layout.directory(),
            top.join(".ledger")
        );
        make(&top.join(".git/ledger"));
        assert_eq!(
            locate(&top, None).unwrap().layout.directory(),
            top.join(".git/ledger")
        );
    }

    #[test]
    fn plan_paths_stay_inside_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(folder.path()).unwrap();
        let root = top.join("root");
        fs::create_dir_all(root.join("docs")).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::write(root.join("docs/TODO.md"), "x").unwrap();
        fs::write(top.join("secret"), "x").unwrap();
        let resolve = |path: &str, outside| {
            resolve_plan_path(&root, &root.join("docs"), Path::new(path), outside)
        };
        assert_eq!(resolve("TODO.md", false).unwrap().name, "docs/TODO.md");
        assert_eq!(resolve("../new.md", false).unwrap().name, "new.md");
        assert_eq!(
            resolve(root.join("docs/TODO.md").to_str().unwrap(), false)
                .unwrap()
                .name,
            "docs/TODO.md"
        );
        for outside in ["../../secret", "/etc/passwd"] {
            let error = resolve(outside, false).unwrap_err();
            assert!(matches!(error, StoreError::Outside { .. }), "{error}");
        }
        assert_eq!(
            resolve("../../secret", true).unwrap().path,
            top.join("secret")
        );
        for wrong in ["../.git/config", "..", "/"] {
            assert!(resolve(wrong, true).is_err(), "{wrong}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_symlink_out_of_the_root_is_outside() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(folder.path()).unwrap();
        let root = top.join("root");
        fs::create_dir_all(root.join("docs")).unwrap();
        fs::write(top.join("secret"), "x").unwrap();
        fs::write(root.join("docs/real.md"), "x").unwrap();
        symlink(top.join("secret"), root.join("bad.md")).unwrap();
        symlink("docs/real.md", root.join("good.md")).unwrap();
        symlink(&top, root.join("up")).unwrap();
        let resolve = |path: &str| resolve_plan_path(&root, &root, Path::new(path), false);
        assert_eq!(resolve("good.md").unwrap().name, "good.md");
        assert!(matches!(resolve("bad.md"), Err(StoreError::Outside { .. })));
        assert!(matches!(
            resolve("up/secret"),
            Err(StoreError::Outside { .. })
        ));
    }
}
