//! A line that repeats what the tasks say.

use serde::{Deserialize, Serialize};

use crate::hunk::Hunk;
use crate::text;

use super::group::{Group, Scope};
use super::template::{self, Part};

/// A bound line. In JSON:
///
/// ```json
/// {"line":12,"subject":{"group":{"of":{"section":92}}},
///  "template":["**Progress**: ",{"slot":"count","of":"done"},"/",{"slot":"count","of":"total"}]}
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The line, from 0.
    pub line: usize,
    /// What its slots are about.
    pub subject: Subject,
    /// The whole line without its terminator.
    pub template: Vec<Part>,
}

/// What a line is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The document itself: when it was changed.
    Document,
    /// The task of a group that was completed last.
    LastCompleted(Group),
    /// The first task of a group that is open and not blocked.
    Next(Group),
    /// A group of tasks.
    Group(Group),
}

impl Subject {
    /// The group it is about or chosen from.
    pub(super) const fn group(&self) -> Option<&Group> {
        match self {
            Self::Document => None,
            Self::LastCompleted(group) | Self::Next(group) | Self::Group(group) => Some(group),
        }
    }

    fn group_mut(&mut self) -> Option<&mut Group> {
        match self {
            Self::Document => None,
            Self::LastCompleted(group) | Self::Next(group) | Self::Group(group) => Some(group),
        }
    }
}

impl Binding {
    /// The binding as it is after an edit: its lines moved along with the text around them.
    /// `None` if the line went, or became something that its template does not fit.
    #[must_use]
    pub fn carry(&self, hunks: &[Hunk]) -> Option<Self> {
        let mut carried = self.clone();
        hunks
            .iter()
            .all(|hunk| carried.follow(hunk))
            .then_some(carried)
    }

    /// [`Binding::carry`] for one hunk, in place; `false` if the binding did not survive.
    pub fn follow(&mut self, hunk: &Hunk) -> bool {
        let line = hunk.carry(self.line);
        let Some(line) = line.or_else(|| self.find_in(hunk, self.line)) else {
            return false;
        };
        self.line = line;
        if let Some(Group {
            of: Scope::Section(line),
            ..
        }) = self.subject.group_mut()
        {
            match hunk.carry(*line).or_else(|| in_place(hunk, *line)) {
                Some(carried) => *line = carried,
                None => return false,
            }
        }
        true
    }

    /// Carries several bindings; those that did not survive are left out.
    #[must_use]
    pub fn carry_all(bindings: &[Self], hunks: &[Hunk]) -> Vec<Self> {
        bindings
            .iter()
            .filter_map(|binding| binding.carry(hunks))
            .collect()
    }

    /// Whether a line (without its terminator) reads as the template says.
    #[must_use]
    pub fn fits(&self, content: &str) -> bool {
        template::lay(&self.template, content).is_some()
    }

    /// Where a hunk that rewrote the line left it: the inserted line that still reads like it.
    fn find_in(&self, hunk: &Hunk, line: usize) -> Option<usize> {
        let fits = |at: usize| {
            hunk.insert
                .get(at)
                .is_some_and(|line| self.fits(text::content(line)))
        };
        let same = line - hunk.at;
        if hunk.remove == hunk.insert.len() && fits(same) {
            return Some(line);
        }
        let mut fitting = (0..hunk.insert.len()).filter(|&at| fits(at));
        match (fitting.next(), fitting.next()) {
            (Some(at), None) => Some(hunk.at + at),
            _ => None,
        }
    }
}

/// A heading whose line was rewritten is still the same heading if the lines around it were
/// replaced one by one.
fn in_place(hunk: &Hunk, line: usize) -> Option<usize> {
    (hunk.remove == hunk.insert.len()).then_some(line)
}
