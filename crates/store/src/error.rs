//! What can go wrong where a ledger lives, with the place and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use ledger_core::{Head, Seq};

use crate::lock::Holder;

/// A failure of storage. Its text says what failed and where; [`hint`](Self::hint) what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system refused something.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, such as `read`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// No ledger where one was looked for.
    #[error("there is no ledger at {}", .0.display())]
    NoLedger(PathBuf),
    /// The ledger that was named belongs to another project.
    #[error("the ledger at {} belongs to {}, not to {}", ledger.display(), home.display(), here.display())]
    Elsewhere {
        /// The ledger's directory.
        ledger: PathBuf,
        /// What it belongs to.
        home: PathBuf,
        /// Where it was to be used.
        here: PathBuf,
    },
    /// A ledger is already there.
    #[error("there is a ledger at {} already", .0.display())]
    Exists(PathBuf),
    /// The ledger belongs to somebody else.
    #[error("the ledger at {} belongs to user {owner}, and this process runs as user {me}", path.display())]
    ForeignOwner {
        /// The ledger's directory.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// The user of this process.
        me: u32,
    },
    /// A ledger of a form this program does not know.
    #[error("{}: {what}", path.display())]
    Config {
        /// The configuration file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A key that is not as it should be.
    #[error("the key {}: {what}", path.display())]
    Key {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A private key that others can read.
    #[error("the private key {} can be read or changed by others than its owner", .0.display())]
    KeyExposed(PathBuf),
    /// Somebody else held the lock until the deadline.
    #[error("{} is still locked after {waited_ms} ms{}", path.display(), by(.holder.as_ref()))]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long was waited.
        waited_ms: u128,
        /// Who held it, if they said.
        holder: Option<Holder>,
    },
    /// Somebody wrote, or may have, though this process had the lock.
    #[error("{} {what} while this process had the ledger's lock", path.display())]
    Intrusion {
        /// The lock file or the journal.
        path: PathBuf,
        /// What happened to it.
        what: &'static str,
    },
    /// Something was to be written without the lock.
    #[error("{} was opened for reading only", .0.display())]
    ReadOnly(PathBuf),
    /// A plan path leads out of the root.
    #[error("{} is outside {}", path.display(), root.display())]
    Outside {
        /// Where it leads.
        path: PathBuf,
        /// The folder it should be in.
        root: PathBuf,
    },
    /// A plan path that cannot be a plan.
    #[error("{} {what}", path.display())]
    NotAPlan {
        /// The path.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// A plan file that cannot be written as it should.
    #[error("cannot write {}: {what}", path.display())]
    PlanNotWritable {
        /// The file.
        path: PathBuf,
        /// What stands in the way.
        what: String,
    },
    /// A file larger than anything the ledger reads.
    #[error("{} has more than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most it may have.
        limit: u64,
    },
    /// A journal line that does not verify.
    #[error("{} line {line}: {what}", path.display())]
    BadLine {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// Why it does not verify.
        what: String,
    },
    /// The end of the history is gone.
    #[error("{} has lost {}, which {known_by} knows", path.display(), events(*first, *last))]
    Gone {
        /// The journal.
        path: PathBuf,
        /// The first event that is gone.
        first: Seq,
        /// The last event that is known to be gone.
        last: Seq,
        /// What knows of it: `head`, the store, the record of a checkout.
        known_by: String,
    },
    /// Lines of the journal are bad, and other copies of them are good.
    #[error("{} line {line} {}", path.display(), mendable(*in_store))]
    Mendable {
        /// The journal.
        path: PathBuf,
        /// The first such line, from 1.
        line: u64,
        /// Whether the store has what the journal lacks: else the journal has it itself, at
        /// another place.
        in_store: bool,
    },
    /// The journal and the store tell different histories.
    #[error("{} and {} tell different histories from line {line} on", path.display(), store.display())]
    Fork {
        /// The journal.
        path: PathBuf,
        /// The store.
        store: PathBuf,
        /// The first line that is not the same, from 1.
        line: u64,
    },
    /// Something that was derived from the journal knows another event at a position.
    #[error("{} line {line} is not the event that {known_by} knows", path.display())]
    Contradicted {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What knows another one.
        known_by: String,
    },
    /// Damage was found and healed in the middle of a command, which may have read what was there
    /// before.
    #[error("{0}")]
    Healed(String),
    /// The journal changed on the way while it was being read.
    #[error("{} could not be put together: {what}", path.display())]
    NotMended {
        /// The journal.
        path: PathBuf,
        /// What went wrong.
        what: String,
    },
    /// The query store is damaged (it can be rebuilt from the journal).
    #[error("the store at {} is damaged: {what}", path.display())]
    StoreDamaged {
        /// Its directory.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// The query store cannot be read or written, though nothing says what it holds is wrong: a
    /// disk that fails.
    #[error("cannot {action} the store at {}: {source}", path.display())]
    StoreUnreadable {
        /// What was tried.
        action: &'static str,
        /// Its directory.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The query store could not be used, though nothing says it is damaged.
    #[error("cannot {action} the store at {}: {what}", path.display())]
    Store {
        /// What was tried.
        action: &'static str,
        /// Its directory.
        path: PathBuf,
        /// Why it failed.
        what: String,
    },
    /// A batch that does not continue this journal.
    #[error("the batch does not continue the journal: {0}")]
    Unlinked(String),
    /// A change that was put into the spool, and may be lost or taken in.
    #[error("{} may be taken in or not: neither could it be made durable nor removed", .0.display())]
    MayWait(PathBuf),
    /// A write failed, and what it may have left could not be taken back.
    #[error("cannot append to {}: {source}; nor can it be taken back, so the change may be recorded or not", path.display())]
    Undecided {
        /// The journal.
        path: PathBuf,
        /// Why the write failed.
        source: io::Error,
    },
    /// An earlier write failed half way and could not be undone.
    #[error("{} has an unfinished write at its end", .0.display())]
    Unfinished(PathBuf),
}

impl StoreError {
    /// A closure for `map_err` on system calls.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// Whether it only says that this process cannot write here, or not now.
    #[must_use]
    pub fn keeps_out(&self) -> bool {
        matches!(self, Self::Locked { .. }) || self.is_denied()
    }

    /// Whether it says that this process may not do that here.
    pub(crate) fn is_denied(&self) -> bool {
        let Self::Io { source, .. } = self else {
            return false;
        };
        matches!(
            source.kind(),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
        )
    }

    /// What is wrong with the query store, if it is that which failed and trying again is no help.
    ///
    /// # Errors
    /// The error itself, if it is another one.
    pub(crate) fn of_store(self) -> Result<String, Self> {
        match self {
            Self::StoreDamaged { what, .. } => Ok(what),
            Self::StoreUnreadable { source, .. } => Ok(source.to_string()),
            other => Err(other),
        }
    }

    /// What the user can do, if there is anything to say.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => "check who owns it and its permissions",
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "make room on the disk and try again"
                }
                io::ErrorKind::CrossesDevices => {
                    "it would have to go to another disk: move it away by hand and try again"
                }
                io::ErrorKind::ReadOnlyFilesystem => "the file system is mounted read-only",
                io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => {
                    "a file stands where a folder should be, or a folder where a file should; `ledger doctor` says which of the ledger's own"
                }
                _ => return None,
            },
            Self::NoLedger(_) => "start one with `ledger init PLAN.md`",
            Self::Elsewhere { .. } => {
                "use it there; if that project has moved, say so in the ledger's config.json (home), and take its check out"
            }
            Self::Exists(_) => "use it as it is, or name another place with --ledger DIR",
            Self::ForeignOwner { .. } => {
                "run as its owner, or name a ledger of your own with --ledger DIR"
            }
            Self::Config { .. } => {
                "restore it from a copy or see `ledger doctor`, unless a newer version of ledger made it"
            }
            Self::Key { .. } => {
                "put its folder keys/ back from a copy; or move that away, and the next checkpoint makes a new key, which has to be handed out anew"
            }
            Self::KeyExposed(_) => {
                "make it yours alone (chmod 600); if others may have read it, move its folder keys/ away, and the next checkpoint makes a new one"
            }
            Self::Locked { .. } => {
                "wait for that process to end, or end it if it hangs, and try again; do not remove the lock file, which stops nobody by itself"
            }
            Self::Intrusion { .. } => {
                "try again; do not remove the lock file, which stops nobody by itself"
            }
            Self::ReadOnly(_) => "open the ledger for appending",
            Self::Outside { .. } => {
                "plans are kept below the root; ledger init --allow-outside adopts another"
            }
            Self::NotAPlan { .. } => "name a text file",
            Self::PlanNotWritable { .. } => {
                "the event is recorded; make the file writable and run `ledger render`"
            }
            Self::TooLarge { .. } => "a plan of that size is most likely not a plan",
            Self::BadLine { .. } | Self::Contradicted { .. } => {
                "nothing was changed; `ledger doctor` says what is damaged and what can be done"
            }
            Self::Gone { .. } => {
                "nothing was changed; restore journal.jsonl from a copy, or see `ledger doctor`"
            }
            Self::Mendable { .. } => {
                "nothing was changed; `ledger doctor --fix` puts it right and keeps the old journal"
            }
            Self::Fork { .. } => {
                "nothing was changed; `ledger rebuild --accept-loss` goes on with the journal, `ledger rebuild --journal --accept-loss` with the store; each keeps the other in the quarantine"
            }
            Self::Healed(_) => "run the command again",
            Self::NotMended { .. } => "nothing was changed; try again",
            Self::StoreDamaged { .. } => "it can be rebuilt from the journal",
            Self::StoreUnreadable { .. } => {
                "`ledger doctor --fix` moves it to the quarantine and fills a new one, if the journal is whole"
            }
            Self::Store { .. } => "try again",
            Self::Unlinked(_) => "read the ledger again and repeat the command",
            Self::MayWait(_) | Self::Undecided { .. } => {
                "see whether it was recorded before you repeat the command"
            }
            Self::Unfinished(_) => "run any command that writes: it cuts the unfinished part off",
        };
        Some(text.to_owned())
    }
}

const fn mendable(in_store: bool) -> &'static str {
    if in_store {
        "is damaged; the store has it as it was"
    } else {
        "is not the one that follows there; the journal has that one further on"
    }
}

/// `event 7`, `events 7 to 9`
pub(crate) fn events(first: Seq, last: Seq) -> String {
    if first == last {
        format!("event {first}")
    } else {
        format!("events {first} to {last}")
    }
}

fn by(holder: Option<&Holder>) -> String {
    holder.map_or_else(String::new, |holder| {
        format!(", by process {} ({})", holder.pid, holder.command)
    })
}

/// Why a batch was not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else appended first: decide again on the new head.
    #[error("the ledger has moved on: somebody else appended first")]
    Moved {
        /// Where the ledger is now.
        head: Option<Box<Head>>,
    },
    /// The batch is not durable, and not part of the journal, unless the error says that this is
    /// not known.
    #[error(transparent)]
    Store(#[from] StoreError),
}
