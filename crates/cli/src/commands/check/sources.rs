//! The plans that are checked, and what is known of them from outside.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use ledger_core::check::Sheet;
use ledger_core::document::derived::{Binding, Date, bind, rebind};
use ledger_core::document::{Document, Hunk, Outline, hunk};
use ledger_core::plan::PlanDocument;
use ledger_core::{DocumentId, Plan};
use ledger_store::checkouts::Checkout;
use ledger_store::{locate, planfile};

use crate::args::{Check, Global};
use crate::commands::drift::FileReport;
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::outside;
use crate::session::{Access, Session, current_folder, is_there, plan_name};

/// A plan that is checked.
pub(super) struct Source {
    /// What it is called.
    pub(super) path: String,
    pub(super) text: Document,
    outline: Outline,
    bindings: Vec<Binding>,
    /// The day its last change of a status was recorded.
    changed: Option<Date>,
    /// The project that it is part of, and its own folder in it; `None` where that is not known.
    project: Option<(PathBuf, PathBuf)>,
    /// What the ledger calls it; none for a file of no ledger.
    pub(super) document: Option<DocumentId>,
    /// Where it lies, if it is a file of no ledger.
    pub(super) file: Option<PathBuf>,
}

/// What standard input is called.
const INPUT: &str = "-";

/// All plans that are checked.
pub(super) struct Sources {
    plans: Vec<Source>,
    /// The plan of the ledger that they are of.
    ledger: Option<Plan>,
    troubles: Vec<Failure>,
}

impl Sources {
    /// Finds what is to be checked.
    pub(super) fn find(global: &Global, args: &Check) -> Result<Self, Failure> {
        if args.plans.is_empty() {
            let mut session = Session::open(global, Access::Read)?;
            return match &args.at {
                Some(at) => Ok(Self::at(session.plan_named(Some(at))?)),
                None => Self::now(&mut session, |_| true),
            };
        }
        let inputs = args.plans.iter().filter(|path| path.as_os_str() == INPUT);
        match inputs.count() {
            0 => {}
            1 if !args.fix => {}
            1 => {
                return Err(Failure::trouble("standard input cannot be put right")
                    .hint("name a file, or leave out --fix"));
            }
            _ => return Err(Failure::trouble("standard input can be read only once")),
        }
        Self::named(global, &args.plans)
    }

    /// The plans of a ledger as their files are, those with these names.
    pub(super) fn now(
        session: &mut Session,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Self, Failure> {
        let files = session.look()?;
        let plan = session.plan_named(None)?;
        let mut sources = Self {
            plans: Vec::new(),
            ledger: None,
            troubles: Vec::new(),
        };
        for file in files.iter().filter(|file| wanted(&file.path)) {
            let Some(own) = plan.document(&file.document) else {
                continue;
            };
            let report = FileReport::of(session, file);
            let missing = || Failure::trouble(format!("{} {}", plain(&file.path), report.says()));
            let text = match (&file.state, &file.bytes) {
                (Checkout::Unreadable, _) | (_, None) => {
                    let hint = report.hint().map(|hint| plain(hint).into_owned());
                    sources.troubles.push(missing().maybe_hint(hint));
                    continue;
                }
                (_, Some(bytes)) => match Document::from_bytes(bytes) {
                    Ok(text) => text,
                    Err(error) => {
                        let failure = Failure::from(error).about(&file.path);
                        sources.troubles.push(failure);
                        continue;
                    }
                },
            };
            let changed = session.last_change(&plan, &own.id)?;
            sources.plans.push(Source {
                changed: changed.and_then(|time| Date::read(&outside::day_of(time))),
                project: Some((session.root().to_owned(), folder_of(&own.path))),
                ..Source::of(own, text)
            });
        }
        sources.ledger = Some(plan);
        Ok(sources)
    }

    /// The plans of an earlier moment. Which files there were then, nobody knows.
    fn at(plan: Plan) -> Self {
        let own = plan.documents();
        Self {
            plans: own.map(|own| Source::of(own, own.text.clone())).collect(),
            ledger: Some(plan),
            troubles: Vec::new(),
        }
    }

    /// Files by their paths. Those that the ledger tracks are its plans.
    fn named(global: &Global, paths: &[PathBuf]) -> Result<Self, Failure> {
        let base = current_folder(global)?;
        let mut tracked = Vec::new();
        let mut rest = Vec::new();
        let mut session = match Session::open_if_any(global) {
            Some(session) => Some(session?),
            None => None,
        };
        for path in paths {
            if path.as_os_str() == INPUT {
                rest.push(path);
                continue;
            }
            let name = match &session {
                Some(session) => {
                    let name = plan_name(global, &path.to_string_lossy())?;
                    Some(name).filter(|name| session.plan().document_at(name).is_some())
                }
                None => None,
            };
            match name {
                Some(name) => tracked.push(name),
                None => rest.push(path),
            }
        }
        let mut sources = match &mut session {
            Some(session) if !tracked.is_empty() => {
                Self::now(session, |path| tracked.iter().any(|name| name == path))?
            }
            _ => Self {
                plans: Vec::new(),
                ledger: None,
                troubles: Vec::new(),
            },
        };
        for path in rest {
            let source = match path.as_os_str() == INPUT {
                true => Source::input(),
                false => Source::file(&base, path),
            };
            match source {
                Ok(source) => sources.plans.push(source),
                Err(failure) => sources.troubles.push(failure),
            }
        }
        Ok(sources)
    }

    /// The plans, by the indices that findings have.
    pub(super) fn get(&self, sheet: usize) -> Option<&Source> {
        self.plans.get(sheet)
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (usize, &Source)> {
        self.plans.iter().enumerate()
    }

    pub(super) fn count(&self) -> usize {
        self.plans.len()
    }

    /// What kept a plan from being checked; all but the first are said at once.
    pub(super) fn trouble(&self) -> Option<Failure> {
        let mut troubles = self.troubles.iter();
        let first = troubles.next()?;
        for further in troubles {
            // There is nowhere to report a failing standard error to.
            let _ = further.report(anstream::stderr());
        }
        Some(first.clone())
    }

    pub(super) fn sheets(&self) -> Vec<Sheet<'_>> {
        let plans = self.plans.iter();
        plans.map(Source::sheet).collect()
    }

    /// Whether a promised file exists: in the project, or beside the plan that promises it.
    pub(super) fn exists(&self, sheet: usize, path: &str) -> Option<bool> {
        let (root, folder) = self.plans.get(sheet)?.project.as_ref()?;
        Some(is_there(root, folder, path))
    }

    /// Whether an id is that of a task of the ledger, be it in a plan that is not checked, or may
    /// have been one's that is no more.
    pub(super) fn had(&self) -> Option<impl Fn(&str) -> bool + '_> {
        let plan = self.ledger.as_ref()?;
        let ids = plan.tasks().values().filter_map(|task| task.id.as_deref());
        let ids: HashSet<&str> = ids.collect();
        Some(move |id: &str| ids.contains(id) || plan.may_have_had(id))
    }
}

impl Source {
    fn sheet(&self) -> Sheet<'_> {
        Sheet {
            path: &self.path,
            document: &self.text,
            outline: &self.outline,
            bindings: &self.bindings,
            changed: self.changed,
        }
    }

    /// A plan of a ledger with this text, which may have been edited since.
    fn of(own: &PlanDocument, text: Document) -> Self {
        let outline = Outline::parse(&text);
        let bindings = match own.text == text {
            true => own.bindings.clone(),
            false => {
                let hunks = hunk::diff(&own.text, &text);
                let carried = Binding::carry_all(&own.bindings, &hunks);
                // The diff's hunks are in the order of their lines.
                let by_hand = hunks.iter().flat_map(Hunk::lines).collect();
                rebind(&text, &outline, &carried, &by_hand)
            }
        };
        Self {
            path: own.path.clone(),
            text,
            outline,
            bindings,
            changed: None,
            project: None,
            document: Some(own.id.clone()),
            file: None,
        }
    }

    /// Where it lies in the project, or as it was named where it is part of none.
    pub(super) fn address(&self) -> Cow<'_, Path> {
        let inside = self.project.as_ref().zip(self.file.as_ref());
        let named = inside.and_then(|((_, folder), file)| Some(folder.join(file.file_name()?)));
        named.map_or(Cow::Borrowed(Path::new(&self.path)), Cow::Owned)
    }

    /// What is on standard input.
    fn input() -> Result<Self, Failure> {
        let mut bytes = Vec::new();
        let mut input = std::io::stdin().lock().take(planfile::MAX_PLAN + 1);
        input.read_to_end(&mut bytes)?;
        if bytes.len() as u64 > planfile::MAX_PLAN {
            let most = planfile::MAX_PLAN >> 20;
            return Err(Failure::trouble(format!("it is larger than {most} MiB")).about(INPUT));
        }
        let text =
            Document::from_bytes(&bytes).map_err(|error| Failure::from(error).about(INPUT))?;
        Ok(Self::alone(INPUT.to_owned(), text))
    }

    /// A plan that is part of nothing that is known.
    fn alone(path: String, text: Document) -> Self {
        let outline = Outline::parse(&text);
        Self {
            bindings: bind(&text, &outline),
            path,
            text,
            outline,
            changed: None,
            project: None,
            document: None,
            file: None,
        }
    }

    /// A file of no ledger.
    fn file(base: &Path, path: &Path) -> Result<Self, Failure> {
        let file = base.join(path);
        let shown = path.to_string_lossy().into_owned();
        let bytes = planfile::read(&file)?
            .ok_or_else(|| Failure::trouble(format!("there is no file {}", plain(&shown))))?;
        let text =
            Document::from_bytes(&bytes).map_err(|error| Failure::from(error).about(&shown))?;
        // In a git checkout a promise is kept or broken; a lone copy of a plan promises nothing.
        let folder = file
            .parent()
            .map_or_else(|| base.to_owned(), Path::to_owned);
        let place = locate(&folder, None)
            .ok()
            .filter(|place| place.git.is_some());
        let project = place.and_then(|place| {
            let folder = folder.canonicalize().ok()?;
            let inside = folder.strip_prefix(&place.root).ok()?.to_owned();
            Some((place.root, inside))
        });
        Ok(Self {
            project,
            file: Some(file),
            ..Self::alone(shown, text)
        })
    }
}

fn folder_of(path: &str) -> PathBuf {
    Path::new(path)
        .parent()
        .map_or_else(PathBuf::new, Path::to_owned)
}

/// Today and tomorrow.
pub(super) fn days() -> Result<(Date, Date), Failure> {
    let read = |day: String| {
        Date::read(&day)
            .ok_or_else(|| Failure::trouble("the system clock is set to a year that no plan has"))
    };
    Ok((read(outside::day_in(0))?, read(outside::day_in(1))?))
}
