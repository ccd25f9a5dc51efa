//! `ledger observe`

use std::io::Write;

use super::receipt::{self, Form};
use crate::args::{Global, Observe};
use crate::failure::Failure;
use crate::outside;
use crate::session::{Access, Request, Session, postpone};

pub(crate) fn run(global: &Global, args: &Observe) -> Result<(), Failure> {
    let request = Request {
        actor: outside::actor(&args.who, None)?,
        cause: args.cause.clone(),
        idem: None,
        time: None,
    };
    let form = Form::of(args.json, args.quiet);
    let mut session = match Session::open(global, Access::Write) {
        Err(why) if why.keeps_out() => {
            let postponed = postpone(global, &request, &[], true, &why)?;
            return receipt::postponed(postponed, form, why);
        }
        opened => opened?,
    };
    let committed = session.observe(&request, true)?;
    if committed.found_nothing() && form == Form::Text {
        let mut err = anstream::stderr().lock();
        writeln!(err, "note: every plan file is as the ledger has it")?;
    }
    receipt::print(committed, form)
}
