//! `ledger observe`

use std::io::Write;

use ledger_store::checkouts::Checkout;
use ledger_store::locate;
use ledger_store::traces::Traces;

use super::hooks;
use super::receipt::{self, Form};
use crate::args::{Global, Observe};
use crate::failure::Failure;
use crate::outside;
use crate::session::{
    Access, Claims, Committed, FileState, Request, Session, current_folder, postpone,
};

pub(crate) fn run(global: &Global, args: &Observe) -> Result<(), Failure> {
    let request = Request {
        actor: outside::actor(&args.who, None)?,
        cause: args.cause.clone(),
        idem: None,
        time: None,
    };
    if let Some(hook) = git_hook(args.cause.as_deref()) {
        let _ = leave_trace(global, hook);
        if !any_edited(global)? {
            return Ok(());
        }
    }
    let form = Form::of(args.json, args.quiet);
    let committed = record(global, &request).map_err(Failure::not_recorded)?;
    if committed.found_nothing() && form == Form::Text {
        let mut err = anstream::stderr().lock();
        writeln!(err, "note: every plan file is as the ledger has it")?;
    }
    receipt::print(committed, form)
}

/// The hook of git's that a cause names.
fn git_hook(cause: Option<&str>) -> Option<&str> {
    let hook = cause?.strip_prefix("git ")?;
    hooks::in_git().contains(&hook).then_some(hook)
}

/// Notes that a hook of git's works. What cannot be noted is known by nobody.
fn leave_trace(global: &Global, hook: &str) -> Result<(), Failure> {
    let place = locate(&current_folder(global)?, global.ledger.as_deref())?;
    if place.layout.exists() {
        let now = outside::now()?;
        Traces::of(&place.layout).note_fired(&format!("git {hook}"), now)?;
    }
    Ok(())
}

/// Whether somebody edited a plan file. In the middle of a rebase, or after a checkout, a copy
/// that git brought back is left to the next command: git would not go on over a changed file.
fn any_edited(global: &Global) -> Result<bool, Failure> {
    let mut session = Session::open(global, Access::Compare)?;
    let files = session.look()?;
    let is_edited = |file: &FileState| matches!(file.state, Checkout::Edited { .. });
    Ok(files.iter().any(is_edited))
}

fn record(global: &Global, request: &Request) -> Result<Committed, Failure> {
    match Session::open(global, Access::Write) {
        Err(why) if why.keeps_out() => postpone(global, request, &[], &Claims::All, why),
        opened => opened?.observe(request, &Claims::All),
    }
}
