//! What a file has besides its bytes, permissions and owner: its access list, and the attributes
//! that somebody gave it.

use std::fs::File;
use std::path::Path;

use rustix::fs::{XattrFlags, fremovexattr, fsetxattr, getxattr, listxattr};
use rustix::io::Errno;

use crate::error::StoreError;

/// The access list.
const ACCESS: &str = "system.posix_acl_access";

/// The most that Linux lets one attribute have, and the names of all of them.
const MOST: usize = 64 << 10;

/// Gives `new` the attributes that the target has. Its permissions are to be set after that: with
/// an access list, those of the group are what the list grants at most.
///
/// # Errors
/// [`StoreError::PlanNotWritable`] for one that cannot be kept.
pub(super) fn keep(target: &Path, new: &File) -> Result<(), StoreError> {
    let mut names = vec![0; MOST];
    match listxattr(target, &mut names[..]) {
        Ok(length) => names.truncate(length),
        // A file system without any.
        Err(Errno::NOTSUP) => return Ok(()),
        Err(error) => return Err(not_kept(target, "extended attributes", error)),
    }
    let names = names
        .split(|byte| *byte == 0)
        .map(String::from_utf8_lossy)
        .filter(|name| *name == ACCESS || name.starts_with("user."));
    let mut listed = false;
    for name in names {
        listed |= name == ACCESS;
        copy(target, &name, new).map_err(|error| not_kept(target, &name, error))?;
    }
    if !listed {
        // One that the folder gives every new file would let in whom the target does not.
        match fremovexattr(new, ACCESS) {
            Ok(()) | Err(Errno::NODATA | Errno::NOTSUP) => {}
            Err(error) => return Err(not_kept(target, ACCESS, error)),
        }
    }
    Ok(())
}

fn copy(target: &Path, name: &str, new: &File) -> Result<(), Errno> {
    let mut value = vec![0; MOST];
    let set = getxattr(target, name, &mut value[..])
        .and_then(|length| fsetxattr(new, name, &value[..length], XattrFlags::empty()));
    match set {
        // Taken away since it was listed, or of a kind that files here cannot have.
        Err(Errno::NODATA | Errno::NOTSUP) => Ok(()),
        done => done,
    }
}

fn not_kept(target: &Path, what: &str, error: Errno) -> StoreError {
    StoreError::PlanNotWritable {
        path: target.to_owned(),
        what: format!("its {what} cannot be kept ({error})"),
    }
}
