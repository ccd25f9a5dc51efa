//! What was worked out of something and is kept beside it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Something that can always be worked out anew from what it is kept beside; so it makes no
/// difference between two of these, and is not serialized with them.
pub(crate) struct Kept<T>(Mutex<Option<Arc<T>>>);

impl<T> Kept<T> {
    /// What is kept, if anything is.
    pub(crate) fn get(&self) -> Option<Arc<T>> {
        self.lock().clone()
    }

    /// What is kept; else what is worked out now, which is kept from here on.
    pub(crate) fn get_or(&self, work_out: impl FnOnce() -> T) -> Arc<T> {
        let mut kept = self.lock();
        Arc::clone(kept.get_or_insert_with(|| Arc::new(work_out())))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Arc<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> From<Option<T>> for Kept<T> {
    fn from(kept: Option<T>) -> Self {
        Self(Mutex::new(kept.map(Arc::new)))
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.get()))
    }
}

impl<T> PartialEq for Kept<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Kept<T> {}

impl<T> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("kept")
    }
}
