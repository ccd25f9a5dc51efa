//! Why a command leads to no event.

use ledger_document::Status;
use ledger_document::edit::EditError;

use super::command::Act;
use crate::id::TaskKey;
use crate::plan::{Near, Unresolved};
use crate::rules::Breach;

/// A command that is refused; nothing is recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The command names no single task.
    #[error(transparent)]
    Unresolved(#[from] Unresolved),
    /// The task's status does not allow it.
    #[error("{task} cannot go from {from} to {to}: {why}")]
    Forbidden {
        /// The task.
        task: TaskKey,
        /// What it is.
        from: Status,
        /// What was asked for.
        to: Status,
        /// Why not.
        why: &'static str,
        /// What has to come first.
        instead: Option<Act>,
    },
    /// A task that is not blocked cannot be unblocked.
    #[error("{task} is not blocked: it is {status}")]
    NotBlocked {
        /// The task.
        task: TaskKey,
        /// What it is.
        status: Status,
    },
    /// The ledger's plans were read by rules that this program does not have.
    #[error("this ledger reads plans by grammar {ledger}, and this program knows grammar {known}")]
    NewerGrammar {
        /// The ledger's grammar.
        ledger: u32,
        /// The newest one known.
        known: u32,
    },
    /// Blocking needs a reason.
    #[error("blocking {task} needs a reason")]
    ReasonMissing {
        /// The task.
        task: TaskKey,
    },
    /// The plan's form has no place for the change.
    #[error("{path}: {error}")]
    Edit {
        /// The document.
        path: String,
        /// Why not.
        error: EditError,
    },
    /// A task would wait for itself.
    #[error("{} would wait for itself: {}", members.first().map_or("", TaskKey::as_str), chain(members))]
    Cycle {
        /// The tasks in the order in which each waits for the next; the first closes the ring.
        members: Vec<TaskKey>,
    },
    /// The id is another task's.
    #[error("the id '{id}' is already {title}")]
    IdTaken {
        /// The id.
        id: String,
        /// The title of the task that has it.
        title: String,
    },
    /// The name is none for a family of ids, or it has no numbers left.
    #[error("'{name}' is no family of ids that can be counted on")]
    NoFamily {
        /// The name.
        name: String,
    },
    /// More was asked for than is given at once.
    #[error("{what} come in numbers from 1 to {most}")]
    TooMany {
        /// What was asked for.
        what: &'static str,
        /// The most of it.
        most: usize,
    },
    /// Evidence that shows nothing.
    #[error("there is nothing that speaks for {task}")]
    NoEvidence {
        /// The task.
        task: TaskKey,
    },
    /// No removed task is called so.
    #[error("no task called '{name}' was removed from this plan")]
    NotRemoved {
        /// What was typed.
        name: String,
        /// Removed tasks that may be meant.
        nearest: Vec<Near>,
    },
    /// The ledger tracks several documents and the command names none of them.
    #[error("{}", which_of(paths))]
    WhichDocument {
        /// Their paths.
        paths: Vec<String>,
    },
    /// The ledger tracks no such document.
    #[error("the ledger does not track '{path}'")]
    UnknownDocument {
        /// The path that was given.
        path: String,
    },
    /// The plan would no longer, or not yet, write a task as one of its own.
    #[error("the plan would then not read '{0}' as a task of its own")]
    NoTaskOfItsOwn(String),
    /// A status is not set as a field is.
    #[error("'{label}' is the status of {task}, and has changes of its own")]
    StatusByField {
        /// The task.
        task: TaskKey,
        /// The label.
        label: String,
    },
    /// The change would put a line without an end before others.
    #[error("{path} does not end with a line feed, and this change would run two lines together")]
    OpenLine {
        /// The document.
        path: String,
    },
    /// A task is to go to another plan file.
    #[error("{task} is in {path}; a command moves a task within its plan only")]
    OtherDocument {
        /// The task.
        task: TaskKey,
        /// The document that holds it.
        path: String,
    },
    /// The document is tracked already.
    #[error("the ledger tracks '{0}' already")]
    AlreadyTracked(String),
    /// No step is called so.
    #[error("{task} has no step '{step}'")]
    UnknownStep {
        /// The task.
        task: TaskKey,
        /// The step asked for.
        step: String,
        /// The steps it has.
        steps: Vec<String>,
    },
    /// A text that cannot be a date.
    #[error("'{0}' is not a date")]
    BadDate(String),
    /// The value is already what the command asks for.
    #[error("{0}")]
    Nothing(String),
    /// The written plan and the ledger's facts would part; a defect of this program.
    #[error("this change would leave the plan reading otherwise than recorded: {0}")]
    Disagrees(crate::plan::Disagreement),
    /// Rules of the project forbid it.
    #[error("{}", forbidden(.0))]
    Ruled(Vec<Breach>),
    /// Rules are to be overridden, and nobody says why.
    #[error("overriding a rule for {task} needs a reason")]
    NoReasonToOverride {
        /// The task.
        task: String,
    },
    /// A command of a batch is refused, and with it the whole batch.
    #[error("line {line}: {source}")]
    InBatch {
        /// Its line in the batch.
        line: usize,
        /// Why it is refused.
        source: Box<Rejection>,
    },
}

/// How many broken rules are said in words.
const SAID: usize = 5;

/// That one of several plans has to be named, or that there is none.
fn which_of(paths: &[String]) -> String {
    match paths {
        [] => "the ledger tracks no plan".to_owned(),
        several => format!(
            "the ledger tracks {} plans; say which one is meant: {}",
            several.len(),
            several.join(", ")
        ),
    }
}

/// Each rule and what is missing, and who alone may override it where somebody else tried.
fn forbidden(breaches: &[Breach]) -> String {
    let said = breaches.iter().take(SAID).map(|breach| {
        let tried = breach.reason.is_some();
        match breach.overriders().filter(|_| tried) {
            Some(who) => format!("{breach}, and {who} may override it"),
            None => breach.to_string(),
        }
    });
    let mut said: Vec<String> = said.collect();
    if breaches.len() > SAID {
        said.push(format!("and {} more like that", breaches.len() - SAID));
    }
    said.join("; ")
}

/// What can be done about broken rules.
fn way_out(breaches: &[Breach]) -> Option<String> {
    let mut advice: Vec<String> = Vec::new();
    for breach in breaches.iter().take(SAID) {
        if !advice.contains(&breach.advice) {
            advice.push(breach.advice.clone());
        }
    }
    let can = |breach: &Breach| {
        breach.overridable && breach.reason.is_none() && breach.may_override != Some(Vec::new())
    };
    if breaches.iter().all(can) {
        let mut who: Vec<String> = breaches.iter().filter_map(Breach::overriders).collect();
        who.dedup();
        advice.push(match who.is_empty() {
            true => "or override it by command: `--override --reason TEXT`".to_owned(),
            false => format!(
                "or override it by command ({} may): `--override --reason TEXT`",
                who.join(", ")
            ),
        });
    }
    (!advice.is_empty()).then(|| advice.join("; "))
}

fn chain(members: &[TaskKey]) -> String {
    members
        .iter()
        .chain(members.first())
        .map(TaskKey::as_str)
        .collect::<Vec<_>>()
        .join(" → ")
}

impl Rejection {
    /// The rules of the project that forbid it, if some do.
    #[must_use]
    pub fn breaches(&self) -> &[Breach] {
        match self {
            Self::Ruled(breaches) => breaches,
            Self::InBatch { source, .. } => source.breaches(),
            _ => &[],
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unresolved(unresolved) => unresolved.hint(),
            Self::Forbidden {
                task,
                instead: Some(act),
                ..
            } => Some(format!("ledger append {} {task} first", act.word())),
            Self::ReasonMissing { task } => Some(format!(
                "ledger append block {task} --reason \"what it waits for\""
            )),
            Self::IdTaken { .. } => Some("choose another id, or rekey that task first".to_owned()),
            Self::NoFamily { .. } => {
                Some("a family is what stands before the number: US for US-041".to_owned())
            }
            Self::NoEvidence { .. } => Some("name a command or a file".to_owned()),
            Self::NotRemoved { nearest, .. } if !nearest.is_empty() => {
                Some(format!("removed were {}", Near::list(nearest)))
            }
            Self::WhichDocument { paths } => Some(format!("for example --plan {}", paths.first()?)),
            Self::UnknownDocument { path } => Some(format!("ledger init {path} adopts it")),
            Self::NoTaskOfItsOwn(_) => Some(
                "another task may say the same; word the title otherwise, or use add and remove"
                    .to_owned(),
            ),
            Self::NewerGrammar { .. } => Some(
                "change it with the newer program that wrote it; queries still answer".to_owned(),
            ),
            Self::Edit {
                error: EditError::Misread { .. },
                ..
            } => Some(
                "word it otherwise (a new task may need an --id, as its neighbours have one), or change the file by hand: ledger observe records it"
                    .to_owned(),
            ),
            Self::Edit {
                error: EditError::NoVersion,
                ..
            } => Some(
                "ledger append set \"Document Version\" 1.0 writes a first one".to_owned(),
            ),
            Self::StatusByField { task, .. } => Some(format!(
                "use `ledger append start|complete|block|reopen|flag|cancel {task}`"
            )),
            Self::OpenLine { .. } => Some("end the file with a line feed first".to_owned()),
            Self::OtherDocument { .. } => Some(
                "move its lines by hand in both files; ledger observe records that as one move"
                    .to_owned(),
            ),
            Self::UnknownStep { steps, .. } if steps.is_empty() => {
                Some("it has no steps".to_owned())
            }
            Self::UnknownStep { steps, .. } => Some(format!(
                "its steps are: {}",
                steps
                    .iter()
                    .enumerate()
                    .map(|(at, step)| format!("{}. {step}", at + 1))
                    .collect::<Vec<_>>()
                    .join("; ")
            )),
            Self::Ruled(breaches) => way_out(breaches),
            Self::NoReasonToOverride { .. } => {
                Some("say why: --override --reason TEXT".to_owned())
            }
            Self::BadDate(_) => Some("write it as 2025-10-15".to_owned()),
            Self::Disagrees(_) => {
                Some("please report this with the plan file; nothing was recorded".to_owned())
            }
            Self::InBatch { source, .. } => source
                .hint()
                .map(|hint| format!("{hint} (nothing of the batch was recorded)"))
                .or_else(|| Some("nothing of the batch was recorded".to_owned())),
            _ => None,
        }
    }
}
