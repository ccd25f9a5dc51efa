//! Changes that could not get in when they were made: putting them into the spool, and taking
//! them in.

mod change;
mod entry;

use std::time::{Duration, Instant};

use ledger_core::Claim;
use ledger_core::id::DocumentId;
use ledger_store::checkouts::Checkout;
use ledger_store::spool::{BESIDE_THE_PLAN, Spool, Stray, Waiting};
use ledger_store::{Layout, StoreError};

use super::commit::Committed;
use super::files::FileState;
use super::request::{Claims, Given, Request};
use super::{Access, Session, place};
use crate::args::Global;
use crate::failure::Failure;
use crate::outside;

use change::{Change, Edit, is_newer, version_of};

/// How many of the files beside a plan that are no changes a command names.
const NAMED: usize = 3;

/// How many changes are taken in before the lock is given back, and after how long it is: others
/// who wait for it have a deadline.
const PORTION: usize = 64;
const PORTION_TIME: Duration = Duration::from_millis(500);

/// How far a command has come with what waited when it began.
///
/// It takes in all of that before it does anything of its own, since some of it may be what the
/// same agent did before: going ahead of it would change their order. But it does so in portions,
/// and gives the lock back between them, so that a long spool keeps nobody out for long. Whoever
/// gets the lock then goes on with the next portion, and one that does not get it again in time
/// puts its change into the spool, behind the others.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The last change that it dealt with.
    done: Option<String>,
    /// The last that waited when it began.
    last: Option<String>,
}

/// Puts a change into the spool, with the edits that its plan files have now: what was found,
/// and what `commands` ask for. `claims`: which of the edits are whoever's who asks. `why` is
/// what kept the change out.
///
/// # Errors
/// `why`, if there is nothing that could wait; or why it can wait nowhere.
pub(crate) fn postpone(
    global: &Global,
    request: &Request,
    commands: &[Given],
    claims: &Claims<'_>,
    why: Failure,
) -> Result<Committed, Failure> {
    let now = outside::now()?;
    let place = place(global)?;
    let config = place.layout.open()?;
    let (edits, claim) = edits_now(global, claims);
    if edits.is_empty() && commands.is_empty() {
        return Err(why);
    }
    let change = Change {
        version: version_of(&edits),
        time: now,
        today: outside::context()?.today,
        actor: request.actor.clone(),
        cause: request.cause.clone(),
        idem: request.idem.as_ref().map(|(key, _)| key.clone()),
        root: place.root.clone(),
        edits,
        claim,
        claimed: false,
        commands: commands.to_vec(),
    };
    let bytes = serde_json::to_vec(&change)
        .map_err(|error| Failure::trouble(format!("the change cannot be encoded: {error}")))?;
    let mut random = [0; 8];
    random.copy_from_slice(&outside::entropy()?[..8]);
    let linked = place.git.as_ref().is_some_and(|git| git.own != git.common);
    let spool = Spool::new(&place.layout, config.spool_key, [place.root]);
    let path = spool.put(now, random, &bytes).map_err(|error| {
        Failure::from(error).about(format!("{}; nor can the change wait", why.message()))
    })?;
    let inside = path.starts_with(place.layout.spool());
    let refused = Failure::trouble(format!(
        "{}; the change waits at {}",
        why.message(),
        path.display()
    ))
    .hint("the next command that can write the ledger takes it in: do not repeat it")
    .maybe_hint((!inside).then(|| beside_the_plan(linked)));
    Ok(Committed {
        refused: Some(refused),
        waits: Some(path),
        ..Committed::default()
    })
}

/// What would be the end of a change that waits beside a plan.
fn beside_the_plan(linked: bool) -> String {
    let costs = match linked {
        true => "removing this worktree, or `git clean -x` in it,",
        false => "`git clean -x`, or removing this folder,",
    };
    format!(
        "it waits in {BESIDE_THE_PLAN}/, which git does not keep: {costs} before then loses the change"
    )
}

/// What is edited by hand and not recorded yet, as far as that can be seen from outside. What
/// is not seen stays in the plan file, where the next command finds it.
fn edits_now(global: &Global, claims: &Claims<'_>) -> (Vec<Edit>, Claim) {
    let patience = Global {
        wait: 0.0,
        ledger: global.ledger.clone(),
        directory: global.directory.clone(),
    };
    let Ok(mut session) = Session::open(&patience, Access::Read) else {
        return (Vec::new(), Claim::Nothing);
    };
    let files = session.look().unwrap_or_default();
    let edits = files.into_iter().filter_map(|file| match file {
        FileState {
            document,
            path,
            state: Checkout::Edited { base },
            bytes: Some(bytes),
            ..
        } => Some(Edit {
            document,
            path,
            base: base.map(|base| base.moment),
            taken: base.and_then(|base| base.taken),
            text: String::from_utf8(bytes).ok()?,
        }),
        _ => None,
    });
    let edits: Vec<Edit> = edits.collect();
    let edited: Vec<(&DocumentId, &str)> = edits
        .iter()
        .map(|edit| (&edit.document, &*edit.path))
        .collect();
    let claim = claims.of(&edited, session.plan());
    (edits, claim)
}

/// What the spool of a ledger holds.
pub(super) fn spool(session: &Session) -> Result<Spool, StoreError> {
    let own = session.place.root.clone();
    let known = session.checkouts.all()?;
    let roots = known
        .into_iter()
        .filter_map(|(_, record)| Some(record?.root));
    let layout: &Layout = &session.place.layout;
    Ok(Spool::new(
        layout,
        session.config.spool_key,
        std::iter::once(own).chain(roots),
    ))
}

/// Why a change that waits cannot be taken in by this program, now or later, if it cannot.
pub(crate) fn hindrance(bytes: &[u8]) -> Option<String> {
    is_newer(bytes)
}

/// Why a change was not taken in.
enum Obstacle {
    /// It never can be.
    Never(String),
    /// Not now: the ledger is in trouble, or this program too old.
    NotNow(Failure),
}

impl From<Failure> for Obstacle {
    fn from(failure: Failure) -> Self {
        Self::NotNow(failure)
    }
}

impl Session {
    /// How many changes wait in the spool.
    pub(crate) fn waiting(&self) -> Result<usize, Failure> {
        Ok(spool(self)?.contents()?.waiting.len())
    }

    /// Takes in a portion of what waits in the spool, in order, and gives whether there is more;
    /// what there is to say of it is said when the session ends. The session holds the lock.
    ///
    /// What goes wrong with it is no trouble of what is asked for now.
    pub(super) fn take_in(&mut self, progress: &mut Progress) -> bool {
        let found = spool(self).and_then(|spool| Ok((spool.contents()?, spool)));
        let (contents, spool) = match found {
            Ok(found) => found,
            Err(error) => {
                let failure = Failure::from(error).about("what waits was not taken in");
                self.arrivals.push(failure.message().to_owned());
                return false;
            }
        };
        if progress.last.is_none() {
            self.put_strays_aside(&spool, &contents.strays);
            progress.last = contents.waiting.last().map(|last| last.name.clone());
        }
        // What cannot be read may be what the rest builds on.
        if contents.strays.iter().any(|own| own.inside && own.unread) {
            return false;
        }
        let began = Instant::now();
        let waits = |waiting: &&Waiting| {
            let name = Some(&waiting.name);
            name > progress.done.as_ref() && name <= progress.last.as_ref()
        };
        let left: Vec<Waiting> = contents.waiting.iter().filter(waits).cloned().collect();
        for (nth, waiting) in left.iter().enumerate() {
            if nth == PORTION || (nth > 0 && began.elapsed() > PORTION_TIME) {
                return true;
            }
            progress.done = Some(waiting.name.clone());
            // One after the other: all of them may be more than fits into memory.
            let bytes = match spool.read(waiting) {
                Ok(bytes) => bytes,
                Err(stray) => {
                    let arrival = stray_aside(&spool, &stray);
                    self.arrivals.push(arrival);
                    if stray.unread {
                        return false;
                    }
                    continue;
                }
            };
            match self.take_in_one(&spool, waiting, &bytes) {
                Ok(arrival) => {
                    let left = spool.done(waiting).err();
                    let left = left.map_or_else(String::new, |error| format!("; but {error}"));
                    self.arrivals.push(format!("{arrival}{left}"));
                }
                Err(Obstacle::Never(why)) => {
                    let kept = match spool.set_aside(waiting, &bytes, &why) {
                        Ok(place) => format!("it is kept at {}", place.display()),
                        Err(error) => error.to_string(),
                    };
                    self.arrivals.push(format!(
                        "a change that had waited makes no sense ({why}); {kept}"
                    ));
                }
                Err(Obstacle::NotNow(failure)) => {
                    // Later ones may build on it; what is asked for now does not wait for it.
                    let failure = failure.about(waiting.path.display());
                    self.arrivals
                        .push(format!("{}; it waits on", failure.message()));
                    return false;
                }
            }
        }
        false
    }

    fn put_strays_aside(&mut self, spool: &Spool, strays: &[Stray]) {
        let (inside, beside): (Vec<_>, Vec<_>) = strays.iter().partition(|stray| stray.inside);
        for stray in inside.into_iter().chain(beside.iter().copied().take(NAMED)) {
            let arrival = stray_aside(spool, stray);
            self.arrivals.push(arrival);
        }
        let more = beside.len().saturating_sub(NAMED);
        if more > 0 {
            self.arrivals
                .push(format!("nor are {more} more; `ledger doctor` names them"));
        }
    }
}

fn stray_aside(spool: &Spool, stray: &Stray) -> String {
    let (path, what) = (stray.path.display(), &stray.what);
    if stray.unread {
        return format!("{path} waits to be recorded and cannot be read: {what}; it waits on");
    }
    if !stray.inside {
        return format!("{path} is not taken in: {what}; look at it and remove it");
    }
    let kept = match spool.set_stray_aside(stray) {
        Ok(place) => format!("it is kept at {}", place.display()),
        Err(error) => error.to_string(),
    };
    format!("{path} waited to be recorded, but {what}; {kept}")
}
