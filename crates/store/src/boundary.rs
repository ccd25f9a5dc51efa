//! Calling sled, which may panic on damaged files.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;
use std::thread;

use crate::error::StoreError;

/// What sled says where somebody has the store open.
pub(crate) const LOCKED: &str = "could not acquire lock";

/// The one boundary: sled's errors and panics become ours.
pub(crate) fn guarded<T>(
    action: &'static str,
    path: &Path,
    work: impl FnOnce() -> sled::Result<T>,
) -> Result<T, StoreError> {
    let damaged = |what: String| StoreError::StoreDamaged {
        path: path.to_owned(),
        what,
    };
    match quietly(work) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(sled::Error::Io(error))) if is_lock(&error) => Err(StoreError::Store {
            action,
            path: path.to_owned(),
            what: error.to_string(),
        }),
        Ok(Err(sled::Error::Io(error))) if is_passing(&error) => {
            Err(StoreError::io(action, path)(error))
        }
        Ok(Err(sled::Error::Io(source))) if !is_damage(&source) => {
            Err(StoreError::StoreUnreadable {
                action,
                path: path.to_owned(),
                source,
            })
        }
        Ok(Err(error)) => Err(damaged(error.to_string())),
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied());
            Err(damaged(text.unwrap_or("sled panicked").to_owned()))
        }
    }
}

thread_local! {
    static IN_SLED: Cell<bool> = const { Cell::new(false) };
}

/// Runs what may panic without the message that a panic prints: it becomes an error, which says
/// what the user needs to know. sled's own threads are silent too.
pub(crate) fn quietly<T>(work: impl FnOnce() -> T) -> thread::Result<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let of_sled = thread::current()
                .name()
                .is_some_and(|name| name.starts_with("sled"));
            if !of_sled && !IN_SLED.get() {
                usual(panic);
            }
        }));
    });
    let before = IN_SLED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    IN_SLED.set(before);
    result
}

/// Whether an error of the system says that the files are wrong, not that it could not work.
fn is_damage(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::UnexpectedEof
            | Kind::InvalidData
            | Kind::InvalidInput
            | Kind::NotFound
            | Kind::IsADirectory
            | Kind::NotADirectory
            | Kind::AlreadyExists
            | Kind::Other
    )
}

/// Whether an error of the system says nothing about the files: another store would meet it too.
fn is_passing(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::PermissionDenied
            | Kind::ReadOnlyFilesystem
            | Kind::StorageFull
            | Kind::QuotaExceeded
            | Kind::Interrupted
            | Kind::OutOfMemory
    )
}

/// Whether another process, or this one a moment ago, has the store open.
fn is_lock(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::Other && error.to_string().contains(LOCKED)
}
