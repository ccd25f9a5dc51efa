//! The new file: written beside the one it is to replace, with its permissions, owner
//! and attributes.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::swap::set_aside;
use super::{folder_of, not_writable};
use crate::error::StoreError;

/// What the new file is called: the ledger's own name for it, since two ledgers may track one
/// plan, and neither has the other's lock.
fn name(target: &Path, quarantine: &Path) -> OsString {
    let ledger = blake3::hash(quarantine.as_os_str().as_encoded_bytes()).to_hex();
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}.ledger-new", &ledger[..8]));
    name
}

/// Creates the file that is to be swapped in.
fn create(target: &Path, quarantine: &Path) -> Result<NamedTempFile, StoreError> {
    let folder = folder_of(target);
    let name = name(target, quarantine);
    let make = || {
        tempfile::Builder::new()
            .prefix(&name)
            .rand_bytes(0)
            .tempfile_in(folder)
    };
    let made = match make() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let left = folder.join(&name);
            let note = format!("{}: left by a write that was cut short", left.display());
            set_aside(quarantine, &left, &note)?;
            make()
        }
        made => made,
    };
    made.map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => StoreError::PlanNotWritable {
            path: target.to_owned(),
            what: format!("the folder {} is read-only", folder.display()),
        },
        _ => not_writable(target, &error),
    })
}

/// Writes the new bytes beside the target, with what the target has besides its bytes, durably.
pub(super) fn prepare(
    target: &Path,
    new: &[u8],
    quarantine: &Path,
) -> Result<NamedTempFile, StoreError> {
    let mut temporary = create(target, quarantine)?;
    match fs::metadata(target) {
        Ok(meta) => {
            if meta.permissions().readonly() {
                return Err(StoreError::PlanNotWritable {
                    path: target.to_owned(),
                    what: "the file is read-only".to_owned(),
                });
            }
            keep_owner(target, &meta, temporary.as_file())?;
            #[cfg(target_os = "linux")]
            super::attributes::keep(target, temporary.as_file())?;
            temporary
                .as_file()
                .set_permissions(meta.permissions())
                .map_err(StoreError::io("set the permissions of", target))?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            new_file_permissions(temporary.as_file())
                .map_err(StoreError::io("set the permissions of", target))?;
        }
        Err(error) => return Err(StoreError::io("read", target)(error)),
    }
    temporary
        .write_all(new)
        .and_then(|()| temporary.as_file().sync_all())
        .map_err(StoreError::io("write", target))?;
    Ok(temporary)
}

#[cfg(unix)]
fn keep_owner(target: &Path, meta: &Metadata, temporary: &File) -> Result<(), StoreError> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let own = temporary
        .metadata()
        .map_err(StoreError::io("read", target))?;
    if (own.uid(), own.gid()) == (meta.uid(), meta.gid()) {
        return Ok(());
    }
    fchown(temporary, Some(meta.uid()), Some(meta.gid())).map_err(|_| StoreError::PlanNotWritable {
        path: target.to_owned(),
        what: format!(
            "it belongs to user {} and group {}, which this process cannot keep",
            meta.uid(),
            meta.gid()
        ),
    })
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &Metadata, _: &File) -> Result<(), StoreError> {
    Ok(())
}

/// Temporary files are private; a new plan file is as readable as any new file. The process's
/// umask cannot be read without changing it, so its usual value is taken.
#[cfg(unix)]
fn new_file_permissions(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn new_file_permissions(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ledgers_that_write_one_plan_do_not_touch_each_others_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("TODO.md");
        fs::write(&target, "old").unwrap();
        let of = |ledger: &str| folder.path().join(ledger).join("quarantine");
        let one = prepare(&target, b"one's", &of("one")).unwrap();
        let other = prepare(&target, b"the other's", &of("other")).unwrap();
        assert_eq!(fs::read(one.path()).unwrap(), b"one's");
        assert_eq!(fs::read(other.path()).unwrap(), b"the other's");
        assert!(!of("other").exists());
    }
}
