//! Files that are written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::failure::Failure;

/// Writes a file, durably, in place of one that is there.
///
/// # Errors
/// That it cannot be written; what was there is still there then.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    // What is said of a temporary file means nothing to whoever named this one.
    write(path, bytes).map_err(|error| {
        let failure = Failure::trouble(format!(
            "{} cannot be written: {}",
            path.display(),
            error.kind()
        ));
        match error.kind() {
            io::ErrorKind::NotFound => failure.hint("the folder that it is to be in is not there"),
            _ => failure,
        }
    })
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // What a link leads to is written, and a pipe or a device gets it as it is.
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&real).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
        return fs::OpenOptions::new()
            .write(true)
            .open(&real)?
            .write_all(bytes);
    }
    let folder = match real.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    // Made for whoever it is handed to, like any other file.
    readable(file.as_file())?;
    file.as_file().sync_all()?;
    file.persist(&real).map_err(|error| error.error)?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(unix)]
fn readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &File) -> io::Result<()> {
    Ok(())
}
