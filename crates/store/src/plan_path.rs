//! Where a plan is, and what the ledger calls it.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::error::StoreError;

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
    if path.as_os_str().as_encoded_bytes().contains(&0) {
        return Err(not_a_plan("has a NUL in its name"));
    }
    let Some(Component::Normal(file)) = path.components().next_back() else {
        return Err(not_a_plan("does not name a file"));
    };
    let full = base.join(path);
    let folder = full.parent().unwrap_or(base);
    let folder = fs::canonicalize(folder).map_err(StoreError::io("find", folder))?;
    let root = fs::canonicalize(root).map_err(StoreError::io("find", root))?;
    let mut full = folder.join(file);
    let target = target(&full)?;
    let mut outside = false;
    for place in [&full, &target] {
        outside |= !is_inside(&root, place)?;
        if outside && !allow_outside {
            return Err(StoreError::Outside {
                path: place.clone(),
                root,
            });
        }
    }
    if outside {
        // A name below the root never leads out of it, whatever is checked out there later.
        full = target;
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

/// Where a plan that the ledger tracks is on this machine; it need not be there.
///
/// The name was recorded some time, perhaps by somebody else, and links on the way to it may
/// have come with a checkout. So a name below the root must still lead to a place below the
/// root; what was adopted from outside has an absolute name.
///
/// # Errors
/// [`StoreError::Outside`], [`StoreError::NotAPlan`], [`StoreError::Io`].
pub fn tracked_plan_path(root: &Path, name: &str) -> Result<PathBuf, StoreError> {
    let named = Path::new(name);
    let full = root.join(named);
    if named.is_absolute() {
        return Ok(full);
    }
    if !named
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
    {
        return Err(StoreError::Outside {
            path: full,
            root: root.to_owned(),
        });
    }
    let parent = full.parent().unwrap_or(root);
    // Where its folder is missing, or a link leads nowhere, there is nothing to read; and a
    // write follows links again before it does anything.
    let found = fs::canonicalize(parent)
        .map_err(StoreError::io("find", parent))
        .and_then(|folder| target(&folder.join(full.file_name().unwrap_or_default())));
    match found {
        Ok(target) if !is_inside(root, &target)? => Err(StoreError::Outside {
            path: target,
            root: root.to_owned(),
        }),
        Err(StoreError::Io { source, .. })
            if !matches!(
                source.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Err(StoreError::io("find", &full)(source))
        }
        _ => Ok(full),
    }
}

/// Where a path leads if its last component is a symlink.
fn target(path: &Path) -> Result<PathBuf, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_symlink() => {
            fs::canonicalize(path).map_err(StoreError::io("follow", path))
        }
        _ => Ok(path.to_owned()),
    }
}

/// Whether a path without symlinks is below the root.
///
/// # Errors
/// [`StoreError::NotAPlan`] in git's own directory or a ledger's.
fn is_inside(root: &Path, path: &Path) -> Result<bool, StoreError> {
    let inside = path.strip_prefix(root).ok();
    let private = |part: Component<'_>| {
        [".git", ".ledger"]
            .iter()
            .any(|name| part.as_os_str().eq_ignore_ascii_case(name))
    };
    if inside.unwrap_or(path).components().any(private) {
        return Err(StoreError::NotAPlan {
            path: path.to_owned(),
            what: "is inside a directory of git or of a ledger",
        });
    }
    Ok(inside.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

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
