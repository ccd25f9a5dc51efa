//! What the rules of a project say of an edit: before a tool makes it, and afterwards.
//!
//! Before, the agent asks: the text that the tool would leave is decided like an edit that was
//! found, on a copy, and nothing is recorded. Most projects have no rule that denies anything, so
//! that is looked for first, without a look at the ledger. Whatever is not understood is allowed:
//! what is on disk then is found and recorded all the same.

use std::io::{self, Write as _};
use std::path::Path;

use ledger_core::Rejection;
use ledger_core::document::Document;
use ledger_core::rules::{Breach, Level};
use ledger_store::checkouts::Checkout;

use super::overlooked::Broken;
use super::payload::Occasion;
use super::{Agent, Hook};
use crate::failure::{Failure, cut};
use crate::output::escape::plain;
use crate::session::{Access, Session, rules_file};

impl Hook {
    /// Refuses a tool whose edit of a plan file a rule forbids, in the agent's own form.
    pub(super) fn permit(&self) -> Result<(), Failure> {
        let call = self.call();
        let root = &self.place.root;
        let files = call.files();
        if !files.iter().any(|file| may_deny(root, file)) {
            return Ok(());
        }
        let mut session = Session::open(&self.global, Access::Read)?;
        let seen = session.look()?;
        let mut after = Vec::new();
        for file in &seen {
            if matches!(file.state, Checkout::Unmerged | Checkout::Unreadable) {
                continue;
            }
            let bytes = file.bytes.as_deref().unwrap_or_default();
            let Ok(before) = Document::from_bytes(bytes) else {
                continue;
            };
            if let Some(text) = call.result(&root.join(&file.path), &before)
                && text != before
            {
                after.push((file, before, text));
            }
        }
        if after.is_empty() {
            return Ok(());
        }
        let forbidden = session.would_break(&self.actor(), &seen, &after)?;
        drop(session);
        if forbidden.is_empty() {
            return Ok(());
        }
        let paths: Vec<&str> = after.iter().map(|(file, ..)| &*file.path).collect();
        let (said, advice) = told(forbidden);
        let reason = format!(
            "{} is left as it is: {said}. What to do: {advice}. The rules are in {}.",
            paths.join(", "),
            rules_file::NAME
        );
        answer(
            &self
                .agent
                .denial(&self.payload.event, &plain(&cut(&reason))),
        )
    }

    /// Tells the agent which rules go against what was found in the plan files: after its tool, and
    /// before it rests, where one of them denies it. What was told is not told again, so nobody is
    /// kept from resting twice for the same.
    pub(super) fn give_back(&self, broken: &Broken) -> Result<(), Failure> {
        if !self.can_tell() {
            return Ok(());
        }
        let mut all = broken.own.iter().chain(&broken.overlooked);
        let forbidden = all.any(|breach| breach.level == Level::Deny);
        let rests = self.payload.occasion == Occasion::Rest;
        if let Some(text) = standing(broken, rests).filter(|_| forbidden || !rests) {
            let event = &self.payload.event;
            answer(&match rests {
                true => self.agent.keep_up(&text),
                false => self.agent.feedback(event, &text, forbidden),
            })?;
        }
        self.note_warned(broken);
        Ok(())
    }

    /// Whether the agent has an ear now for what broke a rule.
    pub(super) fn can_tell(&self) -> bool {
        match self.payload.occasion {
            Occasion::SessionStart | Occasion::AfterTool => true,
            Occasion::Rest => !self.payload.was_kept_up && self.agent != Agent::Opencode,
            _ => false,
        }
    }
}

/// What a session is told at its beginning of rules that deny and were broken unheard.
pub(super) fn at_start(broken: &Broken) -> Option<String> {
    let mut denied = Broken::default();
    let all = broken.own.iter().chain(&broken.overlooked);
    let all = all.filter(|breach| breach.level == Level::Deny);
    denied.overlooked.extend(all.cloned());
    standing(&denied, false).map(|text| format!("{text}\n"))
}

/// What is said of edits that are there already; `found`: whether it is not known to come from the
/// tool that was just used.
fn standing(broken: &Broken, found: bool) -> Option<String> {
    let all = broken.own.iter().chain(&broken.overlooked);
    // There is nothing to override any more.
    let all: Vec<Breach> = all
        .cloned()
        .map(|breach| Breach {
            overridable: false,
            ..breach
        })
        .collect();
    if all.is_empty() {
        return None;
    }
    let (said, advice) = told(all);
    let whose = match found || !broken.overlooked.is_empty() {
        true => " Whoever did it: if it was not you, say so to the person you work for.",
        false => "",
    };
    let text = format!(
        "The plan was edited, and that is recorded with the rules of this project that it goes against: {said}. \
         Put it right in the plan, or do what is missing: {advice}. The rules are in {}.{whose}",
        rules_file::NAME
    );
    Some(plain(&cut(&text)).into_owned())
}

/// What is broken and what can be done about it, in words.
fn told(breaches: Vec<Breach>) -> (String, String) {
    let ruled = Rejection::Ruled(breaches);
    let advice = ruled.hint().unwrap_or_default();
    (ruled.to_string(), advice)
}

fn answer(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Whether the rules of a file that a tool may write can deny anything, as far as the project's own
/// files say. Where one of those is not understood, the ledger has to be asked.
fn may_deny(root: &Path, file: &Path) -> bool {
    let below = |file: &Path| {
        let name = file.strip_prefix(root).ok()?.to_str()?;
        Some(name.replace(std::path::MAIN_SEPARATOR, "/"))
    };
    let real = || {
        let root = root.canonicalize().ok()?;
        let name = match file.is_symlink() {
            true => file.canonicalize().ok()?,
            false => file.parent()?.canonicalize().ok()?.join(file.file_name()?),
        };
        Some(name.strip_prefix(root).ok()?.to_str()?.to_owned())
    };
    let name = match file.is_symlink() {
        true => real(),
        false => below(file).or_else(real),
    };
    let files = rules_file::candidates(name.as_deref().unwrap_or_default());
    let mut set = files
        .iter()
        .map(|name| rules_file::read(root, name))
        .filter(|read| !matches!(read, Ok(None)));
    match set.next() {
        None => false,
        Some(Ok(rules)) => rules.is_some_and(|rules| rules.can_deny()),
        Some(Err(_)) => true,
    }
}
