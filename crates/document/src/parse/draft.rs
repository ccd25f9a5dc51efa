//! What is being read, before it is an outline.

use std::ops::Range;

use super::group;
use crate::outline::{Entry, Field, Outline, Section};
use crate::status::Status;

/// An outline in the making.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) entries: Vec<Entry>,
    pub(super) sections: Vec<Section>,
    pub(super) fields: Vec<Field>,
    pub(super) legend: Vec<(String, Status)>,
    pub(super) opaque: Vec<Range<usize>>,
}

impl Draft {
    /// The outline, its entries grouped into tasks.
    pub(super) fn finish(self) -> Outline {
        Outline {
            tasks: group::tasks(&self.entries).into(),
            entries: self.entries.into(),
            sections: self.sections.into(),
            fields: self.fields.into(),
            legend: self.legend.into(),
            opaque: self.opaque.into(),
            ..Outline::default()
        }
    }
}
