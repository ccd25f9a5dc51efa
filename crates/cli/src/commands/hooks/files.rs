//! Files that are changed for hooks: read whole, replaced at once, links kept.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The largest file that is read.
const LARGEST: u64 = 4 << 20;

/// What is to become of a file.
#[derive(Debug)]
pub(super) struct Edit {
    /// The file, as it was named.
    pub(super) path: PathBuf,
    /// Its text, if it is there.
    pub(super) before: Option<String>,
    /// Its text afterwards, if it is there then.
    pub(super) after: Option<String>,
    /// Whether a new file is one to run.
    pub(super) executable: bool,
    /// The folder that stays, of those above a file that goes.
    pub(super) keep: PathBuf,
}

/// The text of a file, if it is there.
///
/// # Errors
/// That it cannot be read, or is no text.
pub(super) fn read(path: &Path) -> Result<Option<String>, Failure> {
    let trouble = |why: &dyn std::fmt::Display| {
        Failure::trouble(format!("{} was left alone: {why}", path.display()))
    };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(trouble(&"a folder above it is a file").hint("move that file away"));
        }
        Err(error) => return Err(trouble(&error)),
        Ok(_) => {}
    }
    let meta = fs::metadata(path).map_err(|error| {
        trouble(&format!("it is a link that leads nowhere ({error})"))
            .hint("remove the link, or make what it leads to")
    })?;
    if !meta.is_file() {
        return Err(trouble(&"it is no file").hint("move it away"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| trouble(&error))?;
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| trouble(&error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(trouble(&"it is too long").hint("settings of more than 4 MiB are not edited"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let read = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = read.iter().filter(|&&byte| byte == b'\n').count() + 1;
        trouble(&format!("line {line} is not UTF-8")).hint("save it as UTF-8")
    })?;
    Ok(Some(text))
}

impl Edit {
    /// Whether nothing is to be done.
    pub(super) fn is_nothing(&self) -> bool {
        self.before == self.after
    }

    /// Does it.
    ///
    /// # Errors
    /// That it cannot be done, with the file as it was.
    pub(super) fn carry_out(&self) -> Result<(), Failure> {
        let done = match (&self.before, &self.after) {
            (_, None) => self.remove(),
            (Some(_), Some(after)) => replace(&self.path, after),
            (None, Some(after)) => self.make(after),
        };
        done.map_err(|error| {
            Failure::trouble(format!(
                "{} cannot be written: {error}",
                self.path.display()
            ))
        })
    }

    fn make(&self, text: &str) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create_new(&self.path)?;
        file.write_all(text.as_bytes())?;
        if self.executable {
            make_executable(&file)?;
        }
        file.sync_all()
    }

    /// Removes the file, and the folders above it that are empty then.
    fn remove(&self) -> io::Result<()> {
        fs::remove_file(fs::canonicalize(&self.path)?)?;
        let above = self.path.ancestors().skip(1);
        for folder in above.take_while(|folder| **folder != *self.keep) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Replaces what a name leads to, which keeps its permissions.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let permissions = fs::metadata(&path)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "it is read-only",
        ));
    }
    let folder = path.parent().unwrap_or(&path);
    let mut file = tempfile::Builder::new()
        .prefix(".ledger-")
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}

#[cfg(unix)]
fn make_executable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata()?.permissions().mode();
    // Who may read it may run it.
    file.set_permissions(fs::Permissions::from_mode(mode | (mode & 0o444) >> 2))
}

#[cfg(not(unix))]
fn make_executable(_: &File) -> io::Result<()> {
    Ok(())
}
