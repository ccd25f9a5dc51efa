//! From a copy of a plan to the moments that have its text, or to the nearest one.

use std::collections::BTreeSet;

use ledger_core::document::Document;
use ledger_core::project::Nearness;
use ledger_core::{DocumentId, Recorded, Seq};
use ledger_store::Store;
use ledger_store::checkouts::moment_key;
use schemars::JsonSchema;
use serde::Serialize;

use super::Session;
use crate::failure::Failure;

/// In what a copy and a moment's text are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sameness {
    /// In every byte.
    Bytes,
    /// In all but the line feed at the end.
    AllButLastNewline,
    /// In all but the ends of lines.
    AllButLineEnds,
}

/// The moments that have the text of a copy.
pub(crate) struct Found {
    /// The plan.
    pub(crate) document: DocumentId,
    pub(crate) same: Sameness,
    /// All of them, in order; never empty.
    pub(crate) moments: Vec<Seq>,
}

/// The moment whose text is nearest to a copy, the first of several.
pub(crate) struct Near {
    pub(crate) moment: Seq,
    /// The plan's path and text then.
    pub(crate) path: String,
    pub(crate) text: Document,
}

impl Session {
    /// The moments at which a plan had this text, else those at which it had it but for line ends.
    pub(crate) fn moments_with(&mut self, text: &Document) -> Result<Option<Found>, Failure> {
        let documents = self.plan().all_documents();
        let documents: Vec<DocumentId> = documents.iter().map(|own| own.id.clone()).collect();
        for (same, bytes) in variants(&text.text()) {
            let keys: Vec<_> = documents
                .iter()
                .map(|id| moment_key(id, bytes.as_bytes()))
                .collect();
            let moments = self.all_moments_of(&keys)?;
            // The plan that had it last is the likeliest one.
            let found = documents.iter().zip(moments);
            let found = found.max_by_key(|(_, moments)| moments.last().copied());
            if let Some((document, moments)) = found.filter(|(_, moments)| !moments.is_empty()) {
                return Ok(Some(Found {
                    document: document.clone(),
                    same,
                    moments,
                }));
            }
        }
        Ok(None)
    }

    /// The moment whose text shares most lines with this one; `None` if none shares any.
    pub(crate) fn nearest_moment(&mut self, text: &Document) -> Result<Option<Near>, Failure> {
        let Some(head) = self.head_seq() else {
            return Ok(None);
        };
        let mut best: Option<(usize, Seq, DocumentId)> = None;
        self.fold_to(Nearness::new(text), head, |batch, nearness| {
            let last = batch.events().last();
            let docs = last.into_iter().flat_map(|last| &last.event.header.docs);
            for (id, _) in docs {
                if let Some(apart) = nearness.apart(id)
                    && best.as_ref().is_none_or(|(least, ..)| apart < *least)
                    && nearness.shares(id)
                {
                    best = Some((apart, batch.head().seq, id.clone()));
                }
            }
        })?;
        let Some((_, moment, document)) = best else {
            return Ok(None);
        };
        let plan = self.plan_at(moment)?;
        Ok(plan.document(&document).map(|own| Near {
            moment,
            path: own.path.clone(),
            text: own.text.clone(),
        }))
    }

    /// The first and the last of some moments.
    pub(crate) fn ends_of(&mut self, moments: &[Seq]) -> Result<Vec<Recorded>, Failure> {
        let ends: BTreeSet<Seq> = [moments.first(), moments.last()]
            .into_iter()
            .flatten()
            .copied()
            .collect();
        Ok(self.store.events(&ends)?)
    }
}

/// A text as it is, and as an editor, a mail or git may have left it elsewhere: with or without the
/// line feed at its end, and with the line ends of another system.
fn variants(text: &str) -> Vec<(Sameness, String)> {
    let mut variants: Vec<(Sameness, String)> = vec![(Sameness::Bytes, text.to_owned())];
    let mut add = |same, text: String| {
        if variants.iter().all(|(_, known)| *known != text) {
            variants.push((same, text));
        }
    };
    let end = match text.contains("\r\n") {
        true => "\r\n",
        false => "\n",
    };
    add(Sameness::AllButLastNewline, ended_otherwise(text, end));
    let unix = text.replace("\r\n", "\n");
    let dos = unix.replace('\n', "\r\n");
    for (text, end) in [(unix, "\n"), (dos, "\r\n")] {
        let otherwise = ended_otherwise(&text, end);
        add(Sameness::AllButLineEnds, text);
        add(Sameness::AllButLineEnds, otherwise);
    }
    variants
}

/// A text without the line end at its end, or with one if it has none.
fn ended_otherwise(text: &str, end: &str) -> String {
    match text.strip_suffix(end) {
        Some(rest) => rest.to_owned(),
        None => format!("{text}{end}"),
    }
}
