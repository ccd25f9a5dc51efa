//! From journal lines to verified batches, in constant memory (ledger-format.md §7, §9).

use ledger_document::Document;

use crate::batch::{Batch, Recorded, Verified};
use crate::chain::document_hash;
use crate::event::{Event, Head, Part};
use crate::examine::Examined;
use crate::fault::Fault;
use crate::id::{Digest, DocumentId, EventId, Seq, parse_hex};
use crate::link::{Links, TimeWarning};

/// Verifies a journal line by line and hands out its batches.
///
/// Holds the head and the events of the batch under way, nothing else. Where the events
/// themselves are not needed, [`Links`] checks as much in half the time.
#[derive(Debug, Clone, Default)]
pub struct Verifier {
    links: Links,
    events: Vec<Recorded>,
}

impl Verifier {
    /// Starts at the beginning of a journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts after an event that was verified before.
    #[must_use]
    pub fn resume(head: Head) -> Self {
        Self::with_links(Links::resume(head))
    }

    /// Starts where `links` are, which must be between two batches; for journals with fork
    /// points ([`Links::watching`]).
    #[must_use]
    pub const fn with_links(links: Links) -> Self {
        Self {
            links,
            events: Vec::new(),
        }
    }

    /// Verifies the next journal line, with its line feed. `Some` when it completes a batch.
    ///
    /// # Errors
    /// The [`Fault`]; the state is then unchanged.
    pub fn line(&mut self, line: &[u8]) -> Result<Option<Verified<Batch>>, Fault> {
        let fault = |defect| self.links.fault(defect);
        let examined = Examined::new(line).map_err(fault)?;
        let event = examined.event().map_err(fault)?;
        let seq = self.links.next_seq();
        let complete = self.links.link(&examined)?;
        self.events.push(Recorded {
            seq,
            event,
            line: line.to_vec(),
        });
        Ok(match self.links.head() {
            Some(head) if complete => Some(Verified(Batch {
                events: std::mem::take(&mut self.events),
                head: head.clone(),
            })),
            _ => None,
        })
    }

    /// How far the lines have linked.
    #[must_use]
    pub const fn links(&self) -> &Links {
        &self.links
    }

    /// The same, to [watch](Links::watch) fork points that become known on the way.
    pub const fn links_mut(&mut self) -> &mut Links {
        &mut self.links
    }

    /// The head after the last complete batch.
    #[must_use]
    pub const fn head(&self) -> Option<&Head> {
        self.links.head()
    }

    /// The position of the next line.
    #[must_use]
    pub fn next_seq(&self) -> Seq {
        self.links.next_seq()
    }

    /// Times that ran backwards against their parent's: worth a word, but no fault.
    #[must_use]
    pub fn warnings(&self) -> &[TimeWarning] {
        self.links.warnings()
    }

    /// How many times ran backwards, those that are not kept included.
    #[must_use]
    pub const fn warned(&self) -> u64 {
        self.links.warned()
    }

    /// Ends the journal; its head, `None` if it is empty.
    ///
    /// # Errors
    /// [`crate::FaultKind::IncompleteBatch`] if a batch is under way.
    pub fn finish(self) -> Result<Option<Head>, Fault> {
        self.links.finish()
    }
}

/// Why a document could not be confirmed as the one an event left behind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentFault {
    /// The event says nothing about this document.
    #[error("event {event} does not commit to document {document}", event = event.short())]
    NotCommitted {
        /// The event.
        event: EventId,
        /// The document.
        document: DocumentId,
    },
    /// There is not the one salt of the hash, perhaps because it was removed.
    #[error(
        "document {document} cannot be checked against event {event}: there is no one salt for it",
        event = event.short()
    )]
    NoSalt {
        /// The event.
        event: EventId,
        /// The document.
        document: DocumentId,
    },
    /// Other bytes than the event commits to.
    #[error(
        "document {document} is not the one event {event} commits to: its hash is {found}, not {expected}",
        event = event.short()
    )]
    Differs {
        /// The event.
        event: EventId,
        /// The document.
        document: DocumentId,
        /// The hash in the event's header.
        expected: Digest,
        /// The hash of the bytes given.
        found: Digest,
    },
}

/// Checks a document against the hash in an event's header (ledger-format.md §6).
///
/// # Errors
/// [`DocumentFault`] if it differs or cannot be checked.
pub fn verify_document(
    event: &Event,
    id: &DocumentId,
    document: &Document,
) -> Result<(), DocumentFault> {
    let (event_id, name) = (event.id, id.clone());
    let Some((_, expected)) = event.header.docs.iter().find(|(own, _)| own == id) else {
        return Err(DocumentFault::NotCommitted {
            event: event_id,
            document: name,
        });
    };
    let Some(salt) = document_salt(&event.body) else {
        return Err(DocumentFault::NoSalt {
            event: event_id,
            document: name,
        });
    };
    let found = document_hash(&salt, document);
    if found == *expected {
        Ok(())
    } else {
        Err(DocumentFault::Differs {
            event: event_id,
            document: name,
            expected: *expected,
            found,
        })
    }
}

/// The name of the part whose value salts an event's document hashes.
pub(crate) const DOCUMENT_SALT: &str = "document_salt";

/// The salt of an event's document hashes, unless it was removed; two are none
/// (ledger-format.md §6.3).
#[must_use]
pub fn document_salt(body: &[Part]) -> Option<[u8; 16]> {
    let mut salts = body.iter().filter_map(|part| match part {
        Part::Open { name, value, .. } if name == DOCUMENT_SALT => Some(value),
        _ => None,
    });
    match (salts.next(), salts.next()) {
        (Some(salt), None) => parse_hex(salt.as_str()?),
        _ => None,
    }
}
