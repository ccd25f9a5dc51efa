//! `ledger observe`

use std::io::Write;

use super::receipt::{self, Form};
use crate::args::{Global, Observe};
use crate::failure::Failure;
use crate::outside;
use crate::session::{Access, Request, Session};

pub(crate) fn run(global: &Global, args: &Observe) -> Result<(), Failure> {
    let request = Request {
        actor: outside::actor(&args.who, None)?,
        cause: args.cause.clone(),
        idem: None,
    };
    let mut session = Session::open(global, Access::Write)?;
    let committed = session.observe(&request, true)?;
    let form = Form::of(args.json, args.quiet);
    if committed.found_nothing() && form == Form::Text {
        let mut err = anstream::stderr().lock();
        writeln!(err, "note: every plan file is as the ledger has it")?;
    }
    receipt::print(committed, form)
}
