//! What a text without a prefix may mean, and what to say where it means several moments.

use std::collections::BTreeSet;

use ledger_core::project::Version;
use ledger_core::{DocumentId, Seq};
use ledger_store::Store;

use super::parse::{digits, without_v};
use super::{Moment, Span, nothing, shortened};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::when;
use crate::session::Session;
use crate::session::commits::Known;

/// Fewer digits than this are a seq, not the beginning of an id.
const SHORTEST_PREFIX: usize = 6;
/// Fewer digits than this are no commit's, as git has it.
const SHORTEST_COMMIT: usize = 4;
/// Candidates listed when a text is ambiguous.
const CANDIDATES: usize = 5;

/// What a text may mean.
#[derive(Debug, Clone)]
pub(super) enum Found {
    /// The event with that number.
    Number(Seq),
    /// A time.
    Time(Span),
    /// An event whose id begins with it.
    Event(Seq),
    /// A stretch of a plan's life under that version, its last moment, and whether another one
    /// came after it.
    Version {
        version: Box<Version>,
        last: Moment,
        ended: bool,
    },
    /// A commit.
    Commit(Known),
}

impl Found {
    const fn is_version(&self) -> bool {
        matches!(self, Self::Version { .. })
    }
}

impl Session {
    /// The moment that a text names by an id, a version (of the plan at `path`, if one is asked
    /// about) or a commit, and as many before it as `back` says. `whole` is the text with that
    /// count, for git.
    pub(super) fn of_any(
        &mut self,
        text: &str,
        (whole, back): (&str, u64),
        path: Option<&str>,
    ) -> Result<Moment, Failure> {
        let digits = hex(text);
        let mut found = Vec::new();
        if let Some(digits) = digits.as_deref() {
            found.extend(self.events_called(digits)?.into_iter().map(Found::Event));
        }
        found.extend(self.commits_called(text)?.into_iter().map(Found::Commit));
        // Digits with letters among them are an id sooner than a version.
        let is_id = digits.is_some() && text.bytes().any(|byte| byte.is_ascii_alphabetic());
        if !is_id || found.is_empty() {
            found.extend(self.versions_called(without_v(text), path)?);
        }
        match found.as_slice() {
            [] => Err(match self.of_another_plan(without_v(text), path)? {
                Some(failure) => failure,
                None => unknown(text, digits.is_some(), self.head_seq()),
            }),
            [Found::Commit(_)] if back > 0 => self.of_git_name(whole),
            [Found::Commit(known)] => self.of_commit(&known.clone()),
            _ => {
                let moment = self.the_one(text, &found)?;
                self.back_from(moment, back)
            }
        }
    }

    /// The moment of a text that is an event's number or a time, and as many before it as `back`
    /// says, unless a version or a name in git is written alike. Hardly any is, so git is asked
    /// only where its files have such a name.
    pub(super) fn of_figures(
        &mut self,
        text: &str,
        own: Found,
        back: u64,
        path: Option<&str>,
    ) -> Result<Moment, Failure> {
        let mut found = vec![own];
        found.extend(self.versions_called(without_v(text), path)?);
        if let Some(commit) = self.commit_of_ref(text) {
            found.push(Found::Commit(self.known(commit)?));
        }
        let moment = self.the_one(text, &found)?;
        self.back_from(moment, back)
    }

    /// The moment of the event whose id begins with these digits.
    pub(super) fn of_id(&mut self, id: &str) -> Result<Moment, Failure> {
        let digits = id.to_ascii_lowercase();
        let events = self.store.find_id(&digits, CANDIDATES)?;
        match events.as_slice() {
            [] => Err(Failure::trouble(format!(
                "no event's id begins with {}",
                shortened(id)
            ))),
            [seq] => self.moment(*seq),
            _ => {
                let found: Vec<Found> = events.into_iter().map(Found::Event).collect();
                self.the_one(id, &found)
            }
        }
    }

    /// The event that a text names and says that it does: `event:12`, `seq:12`, `id:ab12`.
    pub(crate) fn event_named(&mut self, text: &str) -> Result<Seq, Failure> {
        let (prefix, name) = text.split_once(':').unwrap_or(("event", text));
        let position = digits(name).filter(|_| prefix != "id").map(Seq);
        // A number beyond the last event is hardly the beginning of an id.
        let may_be_id = position.is_none() || name.len() >= SHORTEST_PREFIX;
        let found = match (position, self.head_seq()) {
            (Some(seq), Some(head)) if seq <= head => vec![seq],
            _ if prefix != "seq" && may_be_id && is_id(name) => {
                self.store.find_id(&name.to_ascii_lowercase(), CANDIDATES)?
            }
            _ => Vec::new(),
        };
        match found.as_slice() {
            [seq] => Ok(*seq),
            [] if name.is_empty() => Err(Failure::trouble("no event is named")
                .hint("give its number or the beginning of its id, as in event:12")),
            [] => Err(
                Failure::trouble(format!("there is no event {}", shortened(name))).maybe_hint(
                    self.head_seq().map(|head| {
                        format!("the last one is {head}; `ledger audit` lists them with their ids")
                    }),
                ),
            ),
            _ => {
                let found: Vec<Found> = found.into_iter().map(Found::Event).collect();
                Err(self.ambiguous(name, &found)?)
            }
        }
    }

    /// The event that a text would name if it named no task.
    pub(crate) fn event_called(&mut self, text: &str) -> Result<Option<Seq>, Failure> {
        let position = digits(text).map(Seq);
        if let Some(seq) = position.filter(|seq| self.head_seq().is_some_and(|head| *seq <= head)) {
            return Ok(Some(seq));
        }
        let Some(id) = hex(text) else { return Ok(None) };
        let found = self.events_called(&id)?;
        match found.as_slice() {
            [] => Ok(None),
            [seq] => Ok(Some(*seq)),
            _ => {
                let found: Vec<Found> = found.into_iter().map(Found::Event).collect();
                Err(self.ambiguous(text, &found)?)
            }
        }
    }

    /// The last moment at which a plan had a version.
    pub(super) fn of_version(
        &mut self,
        version: &str,
        path: Option<&str>,
    ) -> Result<Moment, Failure> {
        let found = self.versions_called(version, path)?;
        if found.is_empty()
            && let Some(failure) = self.of_another_plan(version, path)?
        {
            return Err(failure);
        }
        match found.is_empty() {
            true => Err(Failure::trouble(format!(
                "no plan had version {} on the way to now",
                shortened(version)
            ))
            .hint("ledger history lists the versions")),
            false => self.the_one(version, &found),
        }
    }

    /// Where a plan that was asked for never had a version, and another one had: that it is so.
    fn of_another_plan(
        &mut self,
        version: &str,
        path: Option<&str>,
    ) -> Result<Option<Failure>, Failure> {
        let Some(path) = path else { return Ok(None) };
        Ok((!self.versions_called(version, None)?.is_empty()).then(|| {
            let version = shortened(version);
            Failure::trouble(format!("{} never had version {version}", plain(path)))
                .hint("another plan had it; ledger history lists the versions of each")
        }))
    }

    /// The moment of the commit that has this name.
    pub(super) fn of_commit_named(&mut self, name: &str) -> Result<Moment, Failure> {
        let commits = self.commits_called(name)?;
        match commits.as_slice() {
            [] => Err(no_commit(name)),
            [known] => self.of_commit(&known.clone()),
            _ => {
                let found: Vec<Found> = commits.into_iter().map(Found::Commit).collect();
                self.the_one(name, &found)
            }
        }
    }

    /// The moment of a commit that only git can find, such as `main~2`.
    fn of_git_name(&mut self, name: &str) -> Result<Moment, Failure> {
        match self.commit_in_git(name) {
            Some(commit) => {
                let known = self.known(commit)?;
                self.of_commit(&known)
            }
            None => Err(no_commit(name)),
        }
    }

    fn events_called(&mut self, digits: &str) -> Result<Vec<Seq>, Failure> {
        match digits.len() >= SHORTEST_PREFIX {
            true => Ok(self.store.find_id(digits, CANDIDATES)?),
            false => Ok(Vec::new()),
        }
    }

    /// The commits whose ids begin with a text, and the one that git calls so.
    fn commits_called(&mut self, text: &str) -> Result<Vec<Known>, Failure> {
        let mut commits = match hex(text) {
            Some(digits) if digits.len() >= SHORTEST_COMMIT => self.commits_known(&digits)?,
            _ => Vec::new(),
        };
        // A whole id is git's word for itself.
        let is_one = commits.iter().any(|known| known.commit == text);
        let named = (!is_one).then(|| self.commit_in_git(text)).flatten();
        if let Some(commit) = named
            && commits.iter().all(|known| known.commit != commit)
        {
            commits.push(self.known(commit)?);
        }
        Ok(commits)
    }

    /// The stretches under a version of all plans, or of the one that has or had this path, each
    /// with its last moment; the latest first.
    fn versions_called(
        &mut self,
        version: &str,
        path: Option<&str>,
    ) -> Result<Vec<Found>, Failure> {
        // What no plan can say is not looked for in all that they said.
        let may_be_one = version.starts_with(|c: char| c.is_ascii_digit())
            && !version.contains(char::is_whitespace);
        let Some(head) = self.head_seq().filter(|_| may_be_one) else {
            return Ok(Vec::new());
        };
        let history = self.history_at(head)?;
        let asked = |document: &DocumentId| {
            let mut all = history.documents().iter();
            let own = all.find(|own| own.id == *document);
            own.is_some_and(|own| path.is_none_or(|path| own.was_called(path)))
        };
        let mut found = Vec::new();
        for (at, own) in history.versions().iter().enumerate().rev() {
            if !asked(&own.document) {
                continue;
            }
            let written = own.version.as_deref();
            if !written.is_some_and(|written| written.eq_ignore_ascii_case(version)) {
                continue;
            }
            let later = history.versions().iter().skip(at + 1);
            let next = later
                .filter(|next| next.document == own.document)
                .map(|next| next.first.seq)
                .next();
            let mut documents = history.documents().iter();
            let dropped = documents.any(|all| all.id == own.document && all.dropped);
            let last = match next {
                Some(seq) => self.back_from(Moment { seq }, 1)?,
                None if dropped => Moment { seq: own.last.seq },
                None => Moment { seq: head },
            };
            let version = Box::new(own.clone());
            found.push(Found::Version {
                version,
                last,
                ended: next.is_some() || dropped,
            });
        }
        Ok(found)
    }

    /// The moment that all that was found are of.
    fn the_one(&mut self, text: &str, found: &[Found]) -> Result<Moment, Failure> {
        let mut moments = BTreeSet::new();
        for one in found {
            let moment = match one {
                Found::Number(seq) | Found::Event(seq) => self.moment(*seq),
                Found::Time(span) => self.at_time(span.end, text),
                Found::Version { last, .. } => Ok(*last),
                // To look for each of many would take longer than to say that they are many.
                Found::Commit(_) if found.len() > CANDIDATES => continue,
                Found::Commit(known) => self.of_commit(&known.clone()),
            };
            match moment {
                Ok(moment) => moments.insert(Some(moment.seq)),
                Err(failure) if found.len() == 1 => return Err(failure),
                Err(_) => moments.insert(None),
            };
        }
        match (moments.len(), moments.first()) {
            (1, Some(Some(seq))) if found.len() <= CANDIDATES => Ok(Moment { seq: *seq }),
            _ => Err(self.ambiguous(text, found)?),
        }
    }

    fn ambiguous(&mut self, text: &str, found: &[Found]) -> Result<Failure, Failure> {
        let versions = found.iter().filter(|one| one.is_version()).count();
        let mut list = Vec::new();
        for one in found.iter().take(CANDIDATES) {
            list.push(match one {
                Found::Number(seq) | Found::Event(seq) => {
                    let id = self.store.event(*seq)?.map(|recorded| recorded.event.id);
                    let id = id.as_ref().map(ledger_core::EventId::short);
                    format!("event:{seq} ({})", id.unwrap_or_default())
                }
                Found::Time(span) => format!("time:{text} (to {})", when::utc(span.end)),
                Found::Version {
                    version,
                    last,
                    ended,
                } => format!(
                    "{} ({} from {} to {})",
                    match versions {
                        1 => format!("version:{}", without_v(text)),
                        _ => format!("event:{}", last.seq),
                    },
                    version.path,
                    when::utc(version.first.time),
                    match ended {
                        true => when::utc(version.last.time),
                        false => "now".to_owned(),
                    }
                ),
                Found::Commit(known) => format!("commit:{}", known.commit),
            });
        }
        if found.len() > CANDIDATES {
            list.push("others".to_owned());
        }
        let all = |is: fn(&Found) -> bool| found.iter().all(is);
        let mut several = found.iter().filter_map(|one| match one {
            Found::Version { version, .. } => Some(&version.document),
            Found::Number(_) | Found::Time(_) | Found::Event(_) | Found::Commit(_) => None,
        });
        let first = several.next();
        let of_several_plans = several.any(|own| Some(own) != first);
        let text = shortened(text);
        let message = match () {
            () if all(|one| matches!(one, Found::Event(_))) => {
                format!("several events' ids begin with {text}")
            }
            () if all(|one| matches!(one, Found::Event(_) | Found::Commit(_)))
                && hex(&text).is_some() =>
            {
                format!("several ids begin with {text}")
            }
            () if all(Found::is_version) => match of_several_plans {
                true => format!("version {text} names several moments, of several plans"),
                false => format!("the plan was version {text} more than once"),
            },
            () => format!("'{text}' names several moments"),
        };
        Ok(Failure::trouble(message).hint(format!("say which one: {}", list.join(", "))))
    }
}

/// A text as the beginning of an id, in lower case.
fn hex(text: &str) -> Option<String> {
    let is_hex = (SHORTEST_COMMIT..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| text.to_ascii_lowercase())
}

/// Whether a text may be the beginning of an event's id, however short.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn no_commit(name: &str) -> Failure {
    Failure::trouble(format!(
        "git has no commit '{}' here, and the ledger knows none",
        shortened(name)
    ))
}

fn unknown(text: &str, is_hex: bool, head: Option<Seq>) -> Failure {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    match head {
        Some(head) if is_number && text.len() < SHORTEST_PREFIX => {
            Failure::trouble(format!("there is no event {}", shortened(text)))
                .hint(format!("the last one is {head}"))
        }
        _ if is_hex => Failure::trouble(format!(
            "no event's id begins with {text}, and no commit's that the ledger knows"
        )),
        _ if without_v(text).starts_with(|c: char| c.is_ascii_digit()) && text.contains('.') => {
            Failure::trouble(format!("'{}' names no moment", shortened(text))).hint(
                "no plan had that version, and git has nothing of that name; ledger history lists the versions",
            )
        }
        _ => nothing(text),
    }
}
