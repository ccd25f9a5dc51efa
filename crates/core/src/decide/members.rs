//! The members of changes whose types nest, side by side as a line of JSON has them.
//!
//! With `serde(flatten)` an unknown member would be refused without a word on the known ones.

use serde::{Deserialize, Deserializer};

use super::command::{Change, Completion, Placement};

/// The members of a change of status.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusMembers {
    task: String,
    reason: Option<String>,
    #[serde(default, rename = "override")]
    overrides: bool,
    date: Option<String>,
    summary: Option<String>,
    #[serde(default)]
    results: Vec<String>,
    #[serde(default)]
    fields: Vec<(String, String)>,
    #[serde(default)]
    notes: Vec<String>,
}

impl From<StatusMembers> for Change {
    fn from(members: StatusMembers) -> Self {
        Self {
            task: members.task,
            reason: members.reason,
            overrides: members.overrides,
            date: members.date,
            completion: Completion {
                summary: members.summary,
                results: members.results,
                fields: members.fields,
                notes: members.notes,
            },
        }
    }
}

type Add = (String, Option<String>, Placement, Vec<(String, String)>);

/// The members of an addition.
pub(super) fn add<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Add, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Members {
        title: String,
        id: Option<String>,
        plan: Option<String>,
        section: Option<String>,
        after: Option<String>,
        #[serde(default)]
        fields: Vec<(String, String)>,
    }
    let members = Members::deserialize(deserializer)?;
    let place = Placement {
        plan: members.plan,
        section: members.section,
        after: members.after,
    };
    Ok((members.title, members.id, place, members.fields))
}

/// The members of a move.
pub(super) fn relocation<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<(String, Placement), D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Members {
        task: String,
        plan: Option<String>,
        section: Option<String>,
        after: Option<String>,
    }
    let members = Members::deserialize(deserializer)?;
    let place = Placement {
        plan: members.plan,
        section: members.section,
        after: members.after,
    };
    Ok((members.task, place))
}
