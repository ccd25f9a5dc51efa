//! Which tasks an audit is about.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::document::Outline;
use ledger_core::plan::{PlanDocument, Unresolved};
use ledger_core::project::{Handing, Pattern};
use ledger_core::{Plan, Recorded, Seq, TaskKey};

use crate::args::Audit;
use crate::failure::Failure;
use crate::session::{Life, Session};

/// The tasks that an audit is about.
#[derive(Debug, Clone)]
pub(super) enum About {
    /// All, and what is about no task.
    Everything,
    /// Those that have, or had when it happened, an id like this one.
    Like(Pattern),
    /// These.
    These(Tasks),
}

impl About {
    /// What the options ask for.
    pub(super) fn of(session: &mut Session, args: &Audit) -> Result<Self, Failure> {
        if let Some(under) = &args.under {
            let keys = below(session, under)?.into_iter();
            let head = session.head_seq().unwrap_or(Seq(0));
            let lives = keys.map(|key| session.life_at(key, head));
            return Ok(Self::These(Tasks::of(
                lives.collect::<Result<Vec<_>, _>>()?,
            )));
        }
        let Some(name) = &args.task else {
            return Ok(Self::Everything);
        };
        if Pattern::is_wild(name) && session.plan().resolve(name).is_err() {
            return Ok(Self::Like(Pattern::of_any_case(name)));
        }
        let life = session.life_of(name)?;
        life.note();
        Ok(Self::These(Tasks::of([life])))
    }

    /// Whether a new event is about them, and what they are called from then on.
    pub(super) fn follows(&mut self, recorded: &Recorded) -> bool {
        match self {
            Self::These(tasks) => tasks.follow(recorded),
            Self::Everything | Self::Like(_) => true,
        }
    }
}

/// Tasks, with all that happened to them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tasks {
    /// The events about them so far, in order.
    pub(super) events: BTreeMap<Seq, Recorded>,
    /// The keys of those that the plan holds.
    keys: BTreeSet<TaskKey>,
    /// The last keys of those that left.
    left: BTreeSet<TaskKey>,
}

impl Tasks {
    fn of(lives: impl IntoIterator<Item = Life>) -> Self {
        let mut tasks = Self::default();
        for life in lives {
            let keys = match life.is_there {
                true => &mut tasks.keys,
                false => &mut tasks.left,
            };
            keys.insert(life.key);
            let events = life.events.into_iter();
            tasks.events.extend(events.map(|own| (own.seq, own)));
        }
        tasks
    }

    fn follow(&mut self, recorded: &Recorded) -> bool {
        let Some(task) = &recorded.event.header.task else {
            return false;
        };
        if let Some(handing) = Handing::of(recorded)
            && (self.keys.remove(handing.from()) || self.left.remove(handing.from()))
        {
            self.keys.insert(task.clone());
        }
        if recorded.event.header.kind == "task.removed" && self.keys.remove(task) {
            self.left.insert(task.clone());
            return true;
        }
        self.keys.contains(task)
    }
}

/// A task and all below it, or all tasks of the sections that have a title, and of those below.
fn below(session: &mut Session, name: &str) -> Result<BTreeSet<TaskKey>, Failure> {
    let plan = session.plan();
    match plan.resolve(name) {
        Ok(task) => {
            let (key, document) = (task.key.clone(), task.document.clone());
            let document = plan.document(&document);
            let below = document.map(|document| descendants(plan, document, &key));
            Ok(below.unwrap_or_else(|| BTreeSet::from([key])))
        }
        Err(unresolved @ Unresolved::Ambiguous { .. }) => Err(unresolved.into()),
        Err(unresolved) => {
            let found = of_section(plan, name);
            found.ok_or_else(|| {
                Failure::from(unresolved).hint(format!("no section is called '{name}' either"))
            })
        }
    }
}

/// The tasks at the lines of a document.
fn at_lines<'p>(plan: &'p Plan, document: &PlanDocument) -> BTreeMap<usize, &'p TaskKey> {
    let tasks = plan.tasks_of(&document.id).into_iter();
    tasks
        .flat_map(|task| task.writings.iter().map(|own| (own.line, &task.key)))
        .collect()
}

fn descendants(plan: &Plan, document: &PlanDocument, top: &TaskKey) -> BTreeSet<TaskKey> {
    let outline = document.outline();
    let at_line = at_lines(plan, document);
    let key_of = |entry: usize| {
        let entry = outline.entries.get(entry)?;
        at_line.get(&entry.lines.start).copied()
    };
    let mut found = BTreeSet::from([top.clone()]);
    // Entries are in order, so one comes after the one it stands below.
    for (at, entry) in outline.entries.iter().enumerate() {
        let is_below = entry
            .parent
            .and_then(key_of)
            .is_some_and(|parent| found.contains(parent));
        if is_below && let Some(key) = key_of(at) {
            found.insert(key.clone());
        }
    }
    found
}

/// `None` if no section is called so.
fn of_section(plan: &Plan, title: &str) -> Option<BTreeSet<TaskKey>> {
    let title = title.trim().to_lowercase();
    let mut keys: Option<BTreeSet<TaskKey>> = None;
    for document in plan.documents() {
        let outline = document.outline();
        let inside = sections_below(&outline, &title);
        if inside.is_empty() {
            continue;
        }
        let at_line = at_lines(plan, document);
        let found = keys.get_or_insert_default();
        found.extend(outline.entries.iter().filter_map(|entry| {
            let is_inside = entry.section.is_some_and(|own| inside.contains(&own));
            let key = at_line.get(&entry.lines.start).filter(|_| is_inside)?;
            Some((*key).clone())
        }));
        let titles: Vec<&str> = inside
            .iter()
            .filter_map(|&section| outline.sections.get(section))
            .map(|section| section.title.text.as_str())
            .collect();
        let gone = plan.gone().iter().filter(|gone| {
            let section = gone.section.as_deref();
            gone.document == document.id && section.is_some_and(|own| titles.contains(&own))
        });
        found.extend(gone.map(|gone| gone.key.clone()));
    }
    keys
}

/// The sections called so, and those inside of them.
fn sections_below(outline: &Outline, title: &str) -> BTreeSet<usize> {
    let mut inside = BTreeSet::new();
    for (at, section) in outline.sections.iter().enumerate() {
        let is_called = section.title.text.trim().to_lowercase() == title;
        if is_called
            || section
                .parent
                .is_some_and(|parent| inside.contains(&parent))
        {
            inside.insert(at);
        }
    }
    inside
}
