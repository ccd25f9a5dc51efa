//! Changes that could not get in when they were made: putting them into the spool, and taking
//! them in.

use std::path::{Path, PathBuf};

use ledger_core::decide::Command;
use ledger_core::id::{DocumentId, MAX_HEADER_STRING};
use ledger_core::{Actor, Batch, Claim, Context, Plan, Rejection, Time, Verified};
use ledger_store::checkouts::{Checkout, Moment, Rendered, Taking, plain_hash};
use ledger_store::spool::{Spool, Stray, Waiting};
use ledger_store::{Layout, StoreError};
use serde::{Deserialize, Serialize};

use super::commit::{Claims, Committed, Given, Request, carry_out, command_digest, moment_of};
use super::files::FileState;
use super::{Access, Session, place};
use crate::args::Global;
use crate::failure::{Exit, Failure};
use crate::outside;

/// The version of what is put into the spool.
const VERSION: u32 = 2;

/// How many of the files beside a plan that are no changes a command names.
const NAMED: usize = 3;

/// What somebody did and could not record: in the spool's files as JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    version: u32,
    /// When it was done.
    time: Time,
    /// What day that was there.
    today: String,
    actor: Actor,
    cause: Option<String>,
    idem: Option<String>,
    /// The checkout it was done in.
    root: PathBuf,
    /// What was found edited by hand at the time.
    edits: Vec<Edit>,
    /// What of those edits whoever did it claims.
    #[serde(default)]
    claim: Claim,
    /// Whether they claim all of them, as version 1 said it.
    #[serde(default, skip_serializing)]
    claimed: bool,
    /// What was asked for, in order.
    commands: Vec<Given>,
}

/// A plan file that was edited by hand.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    document: DocumentId,
    path: String,
    /// What the edit was made on.
    base: Option<Moment>,
    text: String,
}

/// Puts a change into the spool, with the edits that its plan files have now: what was found,
/// and what `commands` ask for. `claims`: which of the edits are whoever's who asks. `why` is what kept the change out.
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
        version: VERSION,
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
    let spool = Spool::new(&place.layout, config.spool_key, [place.root]);
    let path = spool.put(now, random, &bytes).map_err(|error| {
        Failure::from(error).about(format!("{}; nor can the change wait", why.message()))
    })?;
    let refused = Failure::trouble(format!(
        "{}; the change waits at {}",
        why.message(),
        path.display()
    ))
    .hint("the next command that can write the ledger takes it in: do not repeat it");
    Ok(Committed {
        refused: Some(refused),
        waits: Some(path),
        ..Committed::default()
    })
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
        return (Vec::new(), claims.of(&[], &Plan::default()));
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
            base,
            text: String::from_utf8(bytes).ok()?,
        }),
        _ => None,
    });
    let edits: Vec<Edit> = edits.collect();
    let documents: Vec<&DocumentId> = edits.iter().map(|edit| &edit.document).collect();
    let claim = claims.of(&documents, session.plan());
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

    /// Takes in what waits in the spool, in order; what there is to say of it is said when the
    /// session ends. The session holds the lock.
    ///
    /// What goes wrong with it is no trouble of what is asked for now.
    pub(super) fn take_in(&mut self) {
        let found = spool(self).and_then(|spool| Ok((spool.contents()?, spool)));
        let (contents, spool) = match found {
            Ok(found) => found,
            Err(error) => {
                let failure = Failure::from(error).about("what waits was not taken in");
                self.arrivals.push(failure.message().to_owned());
                return;
            }
        };
        let (inside, beside): (Vec<_>, Vec<_>) =
            contents.strays.iter().partition(|stray| stray.inside);
        for stray in inside.into_iter().chain(beside.iter().copied().take(NAMED)) {
            let arrival = stray_aside(&spool, stray);
            self.arrivals.push(arrival);
        }
        let more = beside.len().saturating_sub(NAMED);
        if more > 0 {
            self.arrivals
                .push(format!("nor are {more} more; `ledger doctor` names them"));
        }
        for waiting in &contents.waiting {
            // One after the other: all of them may be more than fits into memory.
            let bytes = match spool.read(waiting) {
                Ok(bytes) => bytes,
                Err(stray) => {
                    let arrival = stray_aside(&spool, &stray);
                    self.arrivals.push(arrival);
                    continue;
                }
            };
            match self.take_in_one(waiting, &bytes) {
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
                    break;
                }
            }
        }
    }

    fn take_in_one(&mut self, waiting: &Waiting, bytes: &[u8]) -> Result<String, Obstacle> {
        let change: Change =
            serde_json::from_slice(bytes).map_err(|error| Obstacle::Never(error.to_string()))?;
        if change.version > VERSION {
            let what = format!("it is of version {}", change.version);
            return Err(Obstacle::NotNow(
                Failure::trouble(what).hint("a newer version of ledger put it there; use that one"),
            ));
        }
        change.check()?;
        self.read_all()?;
        let mut said = Vec::new();
        if let Some(found) = self.take_in_edits(waiting, &change)? {
            said.push(found);
        }
        if !change.commands.is_empty() {
            said.push(self.take_in_commands(waiting, &change)?);
        }
        let said = match said.is_empty() {
            true => "nothing new".to_owned(),
            false => said.join(", "),
        };
        Ok(format!(
            "a change of {} that had waited since {} was taken in: {said}",
            change.actor.id, change.time
        ))
    }

    fn take_in_edits(
        &mut self,
        waiting: &Waiting,
        change: &Change,
    ) -> Result<Option<String>, Obstacle> {
        if change.edits.is_empty() {
            return Ok(None);
        }
        let digest = command_digest(&change.edits)?;
        let request = change.request(Some((format!("spool/{}/edits", waiting.name), digest)));
        let before = self.repeated(&request)?;
        let tracked = |edit: &&Edit| {
            let mut documents = self.kept.documents();
            documents.any(|document| document.id == edit.document)
        };
        let files: Vec<FileState> = change
            .edits
            .iter()
            .filter(tracked)
            .map(Edit::file)
            .collect();
        if let Some(batch) = before {
            // Whoever recorded it may have been killed before it was noted.
            self.note_taken(&change.root, &files, moment_of(&batch))?;
            return Ok(None);
        }
        let edits = self.edits(&files)?;
        let context = change.context()?;
        let claim = match change.claimed {
            true => Claim::Everything,
            false => change.claim.clone(),
        };
        let decision = self.decide(&context, |tx| tx.observe(&edits, &claim));
        let decision = decision.map_err(|rejection| Obstacle::Never(rejection.to_string()))?;
        let batch = self.append(decision, &request, claim.is_some())?;
        if let Some(moment) = self.head_moment() {
            self.note_taken(&change.root, &files, moment)?;
        }
        Ok(batch.map(|batch| format!("event {}, found in the file", batch.head().seq)))
    }

    fn take_in_commands(&mut self, waiting: &Waiting, change: &Change) -> Result<String, Obstacle> {
        let commands: Vec<&Command> = change.commands.iter().map(|(_, command)| command).collect();
        let key = change
            .idem
            .clone()
            .unwrap_or_else(|| format!("spool/{}", waiting.name));
        let request = change.request(Some((key, command_digest(&commands)?)));
        let own = change.request(Some((
            format!("spool/{}", waiting.name),
            command_digest(&commands)?,
        )));
        if let Some(batch) = self.repeated(&own)? {
            return Ok(format!("event {}, recorded before", batch.head().seq));
        }
        match self.repeated(&request) {
            Ok(Some(batch)) => return Ok(format!("event {}, recorded before", batch.head().seq)),
            Ok(None) => {}
            // The key was used for something else meanwhile.
            Err(failure) if failure.exit() == Exit::Findings => {
                let why = Rejection::Nothing(failure.message().to_owned());
                return self.refuse(&own, &change.context()?, &commands, &why);
            }
            Err(failure) => return Err(failure.into()),
        }
        let context = change.context()?;
        let decided = match self.renames_onto_another(&change.commands) {
            Some((_, _, other)) => Err(Rejection::AlreadyTracked(other)),
            None => self.decide(&context, |tx| carry_out(tx, &change.commands)),
        };
        let decision = match decided {
            Ok(decision) => decision,
            Err(rejection) => return self.refuse(&request, &context, &commands, &rejection),
        };
        match self.append(decision, &request, true) {
            Ok(batch) => Ok(event(batch.as_ref())),
            Err(failure) if failure.is_unsealable() => {
                let why = Rejection::Nothing(failure.message().to_owned());
                self.refuse(&request, &context, &commands, &why)
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Records that a change was refused when its turn came.
    fn refuse(
        &mut self,
        request: &Request,
        context: &Context,
        commands: &[&Command],
        rejection: &Rejection,
    ) -> Result<String, Obstacle> {
        let refusal = self.decide(context, |tx| {
            tx.refused(commands, rejection);
            Ok(())
        });
        let refusal = refusal.map_err(|rejection| Obstacle::Never(rejection.to_string()))?;
        let batch = self.append(refusal, request, true)?;
        Ok(format!("{}, refused: {rejection}", event(batch.as_ref())))
    }

    /// Notes for the checkout at `root` which bytes of its plan files the ledger has taken in as
    /// of a moment.
    fn note_taken(
        &mut self,
        root: &Path,
        files: &[FileState],
        moment: Moment,
    ) -> Result<(), Failure> {
        let own = self.checkout.root == root;
        let mut record = match own {
            true => self.checkout.clone(),
            false => {
                let all = self.checkouts.all()?.into_iter();
                let mut records = all.filter_map(|(_, record)| record);
                match records.find(|record| record.root == root) {
                    Some(record) => record,
                    None => return Ok(()),
                }
            }
        };
        let then = match self.head_moment() == Some(moment) {
            true => {
                self.read_plan()?;
                self.kept.plan().clone()
            }
            false => self.plan_at(moment.seq)?,
        };
        for file in files {
            let Some(bytes) = &file.bytes else { continue };
            let known = record.document(&file.document);
            let text = then.document(&file.document).map(|own| own.text.text());
            let taking = Taking {
                document: file.document.clone(),
                path: file.path.clone(),
                bytes: Rendered {
                    moment,
                    hash: plain_hash(bytes),
                    at: outside::now()?,
                    git: known.and_then(|known| known.rendered.git.clone()),
                },
                whole: text.is_some_and(|text| text.as_bytes() == bytes),
            };
            record.taking.push(taking);
        }
        record.settle_taking(|_| Ok::<_, Failure>(true))?;
        self.checkouts.write_durably(&record)?;
        if own {
            self.checkout = record;
        }
        Ok(())
    }
}

/// `event 12`
fn event(batch: Option<&Verified<Batch>>) -> String {
    batch.map_or_else(
        || "nothing new".to_owned(),
        |batch| format!("event {}", batch.head().seq),
    )
}

fn stray_aside(spool: &Spool, stray: &Stray) -> String {
    let (path, what) = (stray.path.display(), &stray.what);
    if !stray.inside {
        return format!("{path} is not taken in: {what}; look at it and remove it");
    }
    let kept = match spool.set_stray_aside(stray) {
        Ok(place) => format!("it is kept at {}", place.display()),
        Err(error) => error.to_string(),
    };
    format!("{path} waited to be recorded, but {what}; {kept}")
}

impl Edit {
    fn file(&self) -> FileState {
        FileState {
            document: self.document.clone(),
            path: self.path.clone(),
            state: Checkout::Edited { base: self.base },
            hash: Some(plain_hash(self.text.as_bytes())),
            bytes: Some(self.text.clone().into_bytes()),
            of: None,
            trouble: None,
            torn: false,
        }
    }
}

impl Change {
    /// Refuses what could not have been put there, so that it does not stay for ever.
    fn check(&self) -> Result<(), Obstacle> {
        let texts = [
            Some(&self.actor.id),
            self.actor.session.as_ref(),
            self.actor.tool.as_ref(),
            self.cause.as_ref(),
            self.idem.as_ref(),
        ];
        let long = |text: &&String| text.len() > MAX_HEADER_STRING;
        if texts.into_iter().flatten().any(|text| long(&text)) {
            return Err(Obstacle::Never("a name in it is too long".to_owned()));
        }
        Ok(())
    }

    fn request(&self, idem: Option<(String, ledger_core::Digest)>) -> Request {
        Request {
            actor: self.actor.clone(),
            cause: self.cause.clone(),
            idem,
            time: Some(self.time),
        }
    }

    fn context(&self) -> Result<Context, Failure> {
        Ok(Context {
            today: self.today.clone(),
            ..outside::context()?
        })
    }
}
