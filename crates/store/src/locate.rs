//! Where the ledger of a folder is, and which folder its plans are relative to.

use std::fs;
use std::path::{Path, PathBuf};

use crate::checkouts::{CheckoutName, plain_hash};
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

impl GitDirs {
    /// Where the ledger of all checkouts is, where git takes nothing away.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.common.join("ledger")
    }
}

/// A ledger's place, whether or not there is one yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The ledger's directory.
    pub layout: Layout,
    /// The folder plan paths are relative to: the top of the checkout, or the folder that holds
    /// `.ledger/`.
    pub root: PathBuf,
    /// Git's directories, if the root is in a git checkout.
    pub git: Option<GitDirs>,
    /// What a ledger that lies elsewhere belongs to: the directory that all checkouts of a clone
    /// share, or the root. `None` for a ledger whose place says it.
    pub home: Option<PathBuf>,
}

impl Place {
    /// What names this checkout wherever it is moved or mounted: git's own folder for it, as seen
    /// from the one that all checkouts of the clone share; its path only where nothing else does.
    #[must_use]
    pub fn checkout(&self) -> CheckoutName {
        let directory = self.layout.directory();
        if directory.ends_with(".ledger") && directory.parent() == Some(&self.root) {
            return CheckoutName("here".to_owned());
        }
        let hash = |path: &Path| plain_hash(path.as_os_str().as_encoded_bytes());
        let of_git = self.git.as_ref().and_then(|git| {
            let own = git.own.strip_prefix(&git.common).ok()?;
            let own = own.as_os_str().to_str()?;
            let inside = directory.parent() == Some(&git.common);
            // A ledger elsewhere may be named in several clones.
            Some(CheckoutName(match inside {
                true => format!("git {own}"),
                false => format!("git {own} of {}", hash(&git.common)),
            }))
        });
        of_git.unwrap_or_else(|| CheckoutName(format!("path {}", hash(&self.root))))
    }

    /// The tops of all checkouts that may share the ledger, as git lists them, whether or not they
    /// are there now. None without git.
    #[must_use]
    pub fn worktrees(&self) -> Vec<PathBuf> {
        crate::git::checkouts_of(&self.layout)
    }
}

/// Finds the place for `start`, a folder.
///
/// `explicit` (from `--ledger` or `LEDGER_DIR`) wins. Otherwise, with git, it is `ledger/`
/// in the directory that all checkouts of the clone share; without git `.ledger/` in the
/// nearest parent that has one, or in `start` itself if none has. A `.ledger/` made in a checkout
/// before git came along is still found.
///
/// # Errors
/// [`StoreError::Io`] if `start` is not there, [`StoreError::Elsewhere`] if the explicit ledger
/// belongs to another project.
pub fn locate(start: &Path, explicit: Option<&Path>) -> Result<Place, StoreError> {
    let start = fs::canonicalize(start).map_err(StoreError::io("find", start))?;
    let checkout = find_git(&start);
    if let Some(directory) = explicit {
        let directory = start.join(directory);
        let directory = fs::canonicalize(&directory).unwrap_or(directory);
        return named(directory, &start, checkout);
    }
    let inside = |folder: &&Path| {
        let top = checkout.as_ref().map(|(top, _)| top);
        top.is_none_or(|top| folder.starts_with(top))
    };
    let beside = start
        .ancestors()
        .take_while(inside)
        .map(|folder| folder.join(".ledger"))
        .find(|directory| Layout::new(directory).exists());
    if let Some((root, git)) = checkout {
        let shared = git.ledger();
        let shared_is_there = Layout::new(&shared).exists();
        return Ok(match beside.filter(|_| !shared_is_there) {
            Some(beside) => in_its_project(beside, Some(git)),
            None => Place {
                layout: Layout::new(shared),
                root,
                git: Some(git),
                home: None,
            },
        });
    }
    let directory = beside.unwrap_or_else(|| start.join(".ledger"));
    Ok(in_its_project(directory, None))
}

/// The place of a `.ledger` directory: the folder it is in is the root.
fn in_its_project(directory: PathBuf, git: Option<GitDirs>) -> Place {
    Place {
        root: directory.parent().unwrap_or(&directory).to_owned(),
        layout: Layout::new(directory),
        git,
        home: None,
    }
}

/// The place of a ledger that was named. Its plans are those of one project, so it is refused
/// anywhere else: a `TODO.md` there is not the `TODO.md` it knows.
fn named(
    directory: PathBuf,
    start: &Path,
    checkout: Option<(PathBuf, GitDirs)>,
) -> Result<Place, StoreError> {
    let parent = directory.parent().unwrap_or(&directory);
    if directory.ends_with(".ledger") {
        let around = match parent == start {
            true => checkout,
            false => find_git(parent),
        };
        let git = around.map(|(_, git)| git);
        return Ok(in_its_project(directory, git));
    }
    let layout = Layout::new(&directory);
    let in_git = is_git_directory(parent).then(|| parent.to_owned());
    let recorded = in_git.clone().or_else(|| layout.home());
    let own = match &checkout {
        Some((_, git)) => git.common.clone(),
        None => start.to_owned(),
    };
    let home = recorded.unwrap_or_else(|| own.clone());
    let root = match checkout.as_ref().filter(|_| home == own) {
        Some((root, _)) => root.clone(),
        None if start.starts_with(&home) && in_git.is_none() => home.clone(),
        None => {
            return Err(StoreError::Elsewhere {
                ledger: directory,
                home,
                here: own,
            });
        }
    };
    Ok(Place {
        layout,
        root,
        git: checkout.map(|(_, git)| git),
        home: in_git.is_none().then_some(home),
    })
}

/// The checkout `start` is in, found without asking git: its top and its directories.
pub(crate) fn find_git(start: &Path) -> Option<(PathBuf, GitDirs)> {
    start.ancestors().find_map(|folder| {
        let dot_git = folder.join(".git");
        let own = match fs::metadata(&dot_git) {
            Ok(meta) if meta.is_dir() => dot_git,
            Ok(meta) if meta.is_file() => {
                folder.join(read_line(&dot_git)?.strip_prefix("gitdir:")?.trim())
            }
            _ if is_git_directory(folder) => folder.to_owned(),
            _ => return None,
        };
        let own = fs::canonicalize(own).ok()?;
        let common = match read_line(&own.join("commondir")) {
            Some(line) => fs::canonicalize(own.join(line.trim())).ok()?,
            None => own.clone(),
        };
        is_git_directory(&common).then(|| (folder.to_owned(), GitDirs { own, common }))
    })
}

pub(crate) fn is_git_directory(path: &Path) -> bool {
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

#[cfg(test)]
mod tests {
    use ledger_core::{Time, WriterId};

    use super::*;

    fn make(directory: &Path) {
        Layout::new(directory)
            .create(
                WriterId::new("0000000000000000").unwrap(),
                Time::from_millis(0).unwrap(),
                None,
                ledger_core::Digest::from_bytes([7; 32]),
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
    }

    #[test]
    fn a_named_ledger_belongs_to_the_project_it_was_made_for() {
        let folder = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir_all(top.join("one/sub")).unwrap();
        fs::create_dir_all(top.join("two")).unwrap();
        let directory = top.join("kept/ledger-of-one");
        let new = locate(&top.join("one"), Some(&directory)).unwrap();
        assert_eq!(new.layout.directory(), directory);
        assert_eq!(
            (&new.root, &new.home),
            (&top.join("one"), &Some(top.join("one")))
        );
        new.layout
            .create(
                WriterId::new("0000000000000000").unwrap(),
                Time::from_millis(0).unwrap(),
                new.home,
                ledger_core::Digest::from_bytes([7; 32]),
            )
            .unwrap();
        let below = locate(&top.join("one/sub"), Some(&directory)).unwrap();
        assert_eq!(below.root, top.join("one"));
        let other = locate(&top.join("two"), Some(&directory));
        assert!(matches!(other, Err(StoreError::Elsewhere { .. })));

        // A clone's own ledger, named from one of its worktrees and from elsewhere.
        let git = top.join("clone/.git");
        fake_git(&git);
        make(&git.join("ledger"));
        let place = locate(&top.join("clone"), Some(Path::new(".git/ledger"))).unwrap();
        assert_eq!(place, locate(&top.join("clone"), None).unwrap());
        let other = locate(&top.join("two"), Some(&git.join("ledger")));
        assert!(matches!(other, Err(StoreError::Elsewhere { .. })));
        // One beside its plans says itself what they are relative to.
        make(&top.join("two/.ledger"));
        let place = locate(&top.join("one"), Some(&top.join("two/.ledger"))).unwrap();
        assert_eq!(place, locate(&top.join("two"), None).unwrap());
    }

    #[test]
    fn a_ledger_around_a_clone_is_not_the_clones() {
        let folder = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(folder.path()).unwrap();
        make(&top.join(".ledger"));
        fake_git(&top.join("clone/.git"));
        let place = locate(&top.join("clone"), None).unwrap();
        assert_eq!(place.layout.directory(), top.join("clone/.git/ledger"));
    }

    #[test]
    fn a_ledger_made_before_git_is_still_found() {
        let folder = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(folder.path()).unwrap();
        make(&top.join("docs/.ledger"));
        fake_git(&top.join(".git"));
        fs::create_dir(top.join("docs/deep")).unwrap();
        let place = locate(&top.join("docs/deep"), None).unwrap();
        assert_eq!(place.layout.directory(), top.join("docs/.ledger"));
        assert_eq!(place.root, top.join("docs"));
        make(&top.join(".ledger"));
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
}
