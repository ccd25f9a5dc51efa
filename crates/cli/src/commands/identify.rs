//! `ledger identify`

mod changes;

use std::io::{Read, Write};

use ledger_core::document::Document;
use ledger_core::document::hunk::regions;
use ledger_core::document::version;
use ledger_core::{Actor, EventId, Recorded, Seq, Time};
use ledger_store::{StoreError, planfile};
use schemars::JsonSchema;
use serde::Serialize;

use super::audit::words;
use crate::args::{Global, Identify};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::{json, screen, unified, when};
use crate::session::{Access, Found, Near, Sameness, Session, current_folder};

use changes::Difference;

/// The largest copy that is read.
const LARGEST: u64 = 16 << 20;

/// Changes that are shown to people.
const SHOWN: usize = 20;

#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// The ledger.
    ledger: Option<EventId>,
    /// Its directory.
    directory: String,
    /// In what the copy and a moment are the same; `None` if there is no such moment.
    found: Option<Sameness>,
    /// The plan whose text it is.
    plan: Option<String>,
    /// The version that the copy says it is.
    version: Option<String>,
    /// Whether the plan is so now.
    is_head: bool,
    /// All moments that have the text.
    moments: Vec<Seq>,
    /// The first of them.
    first: Option<Moment>,
    /// The last of them.
    last: Option<Moment>,
    /// The moment whose text is nearest, where none has it.
    nearest: Option<Nearest>,
}

#[derive(Serialize, JsonSchema)]
struct Moment {
    /// Its last event.
    seq: Seq,
    /// That event's id.
    id: EventId,
    /// When its writer says it happened.
    time: Time,
    /// Who the writer says did it.
    actor: Actor,
}

#[derive(Serialize, JsonSchema)]
struct Nearest {
    /// The plan file.
    plan: String,
    /// The moment.
    #[serde(flatten)]
    moment: Moment,
    /// Lines that only it has.
    lines_gone: usize,
    /// Lines that only the copy has.
    lines_came: usize,
    /// What is different in the copy.
    changes: Vec<Difference>,
}

impl Moment {
    fn of(recorded: &Recorded) -> Self {
        let event = &recorded.event;
        Self {
            seq: recorded.seq,
            id: event.id,
            time: event.header.time,
            actor: event.header.actor.clone(),
        }
    }

    fn says(&self) -> String {
        let who = words::actor(&self.actor);
        format!(
            "event {} ({}), {}, by {}",
            self.seq,
            self.id.short(),
            when::local(self.time),
            plain(&who)
        )
    }
}

pub(crate) fn run(global: &Global, args: &Identify) -> Result<(), Failure> {
    let name = args.file.display().to_string();
    let text = read(global, args).map_err(|failure| failure.about(&name))?;
    let mut session = Session::open(global, Access::Read)?;
    let found = session.moments_with(&text)?;
    let near = match found {
        Some(_) => None,
        None => session.nearest_moment(&text)?,
    };
    let answer = answer(&mut session, &text, found, near.as_ref())?;
    session.release();
    if args.json {
        let mut out = screen::raw();
        json::print(&mut out, &answer)?;
        out.flush()?;
    } else {
        print(&answer)?;
        if let Some(near) = near.as_ref().filter(|_| args.diff) {
            let was = format!("{} at event {}", near.path, near.moment);
            unified::print([&was, &name], &near.text, &text)?;
        }
    }
    match (answer.found, near) {
        (Some(_), _) => Ok(()),
        (None, near) => {
            let unknown = Failure::finding(format!("{name} is no moment of this ledger"));
            let hint = "ledger identify --diff prints how it differs from the nearest one";
            Err(unknown.maybe_hint(
                near.filter(|_| !args.diff && !args.json)
                    .map(|_| hint.to_owned()),
            ))
        }
    }
}

fn answer(
    session: &mut Session,
    text: &Document,
    found: Option<Found>,
    near: Option<&Near>,
) -> Result<Answer, Failure> {
    let mut answer = Answer {
        ledger: session.plan().ledger(),
        directory: session.directory().display().to_string(),
        found: found.as_ref().map(|found| found.same),
        plan: None,
        version: version::written(text),
        is_head: false,
        moments: Vec::new(),
        first: None,
        last: None,
        nearest: None,
    };
    if let Some(found) = found {
        let ends = session.ends_of(&found.moments)?;
        answer.first = ends.first().map(Moment::of);
        answer.last = ends.last().map(Moment::of);
        if let Some(last) = found.moments.last() {
            let then = session.plan_at(*last)?;
            let document = then.document(&found.document);
            answer.plan = document.map(|own| own.path.clone());
            let now = session.plan().document(&found.document);
            let tracked = now.filter(|own| !own.dropped).map(|own| &own.text);
            answer.is_head = tracked == document.map(|own| &own.text);
        }
        answer.moments = found.moments;
    }
    if let Some(near) = near {
        let recorded = session.ends_of(&[near.moment])?;
        let regions = regions(&near.text, text);
        answer.nearest = recorded.first().map(|recorded| Nearest {
            plan: near.path.clone(),
            moment: Moment::of(recorded),
            lines_gone: regions.iter().map(|region| region.before.len()).sum(),
            lines_came: regions.iter().map(|region| region.after.len()).sum(),
            changes: changes::between(&near.text, text),
        });
    }
    Ok(answer)
}

fn print(answer: &Answer) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    let version = match &answer.version {
        Some(version) => format!(", version {}", plain(version)),
        None => String::new(),
    };
    if let (Some(same), Some(plan), Some(last)) = (answer.found, &answer.plan, &answer.last) {
        let how = match same {
            Sameness::Bytes => "is",
            Sameness::AllButLastNewline => "is, but for the line feed at its end,",
            Sameness::AllButLineEnds => "is, but for its line ends,",
        };
        writeln!(out, "it {how} {}{version}", plain(plan))?;
        match (&answer.first, answer.moments.len()) {
            (Some(first), count @ 2..) => {
                writeln!(out, "  first at    {}", first.says())?;
                writeln!(out, "  last at     {}", last.says())?;
                writeln!(out, "  in all      {count} moments")?;
            }
            _ => writeln!(out, "  as of       {}", last.says())?,
        }
        if answer.is_head {
            writeln!(out, "  which is    the plan as it is now")?;
        }
    } else if let Some(near) = &answer.nearest {
        writeln!(out, "nearest is {}", plain(&near.plan))?;
        writeln!(out, "  as of       {}", near.moment.says())?;
        let (came, gone) = (near.lines_came, near.lines_gone);
        writeln!(out, "  but for     +{came} -{gone} lines")?;
        for change in near.changes.iter().take(SHOWN) {
            writeln!(out, "    {}", plain(&change.says()))?;
        }
        let more = near.changes.len().saturating_sub(SHOWN);
        if more > 0 {
            writeln!(out, "    and {more} more")?;
        }
    }
    if let (Some(ledger), true) = (
        &answer.ledger,
        answer.found.is_some() || answer.nearest.is_some(),
    ) {
        let directory = plain(&answer.directory);
        writeln!(out, "  in ledger   {} at {directory}", ledger.short())?;
    }
    Ok(out.flush()?)
}

/// Reads the copy. It may lie anywhere, and is never written.
fn read(global: &Global, args: &Identify) -> Result<Document, Failure> {
    let bytes = match args.file.as_os_str() == "-" {
        true => {
            let mut bytes = Vec::new();
            let input = std::io::stdin().lock();
            input.take(LARGEST + 1).read_to_end(&mut bytes)?;
            bytes
        }
        false => {
            let path = current_folder(global)?.join(&args.file);
            match planfile::read(&path) {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Err(Failure::trouble("there is no such file")),
                Err(StoreError::NotAPlan { .. }) => {
                    return Err(Failure::trouble("it is not a file"));
                }
                Err(error) => return Err(error.into()),
            }
        }
    };
    if bytes.len() as u64 > LARGEST {
        let most = LARGEST >> 20;
        return Err(Failure::trouble(format!("it is larger than {most} MiB")));
    }
    Ok(Document::from_bytes(&bytes)?)
}
