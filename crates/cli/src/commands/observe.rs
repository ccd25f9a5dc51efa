//! `ledger observe`

use std::io::Write;

use super::receipt::{self, Form};
use crate::args::{Global, Observe};
use crate::failure::Failure;
use crate::outside;
use crate::session::{Access, Claims, Committed, Request, Session, postpone};

pub(crate) fn run(global: &Global, args: &Observe) -> Result<(), Failure> {
    let request = Request {
        actor: outside::actor(&args.who, None)?,
        cause: args.cause.clone(),
        idem: None,
        time: None,
    };
    let form = Form::of(args.json, args.quiet);
    let committed = record(global, &request).map_err(Failure::not_recorded)?;
    if committed.found_nothing() && form == Form::Text {
        let mut err = anstream::stderr().lock();
        writeln!(err, "note: every plan file is as the ledger has it")?;
    }
    receipt::print(committed, form)
}

fn record(global: &Global, request: &Request) -> Result<Committed, Failure> {
    match Session::open(global, Access::Write) {
        Err(why) if why.keeps_out() => postpone(global, request, &[], &Claims::All, why),
        opened => opened?.observe(request, &Claims::All),
    }
}
