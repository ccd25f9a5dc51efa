//! `ledger observe`

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
    let committed = session.observe(&request)?;
    if committed.observed.is_empty() && !args.quiet && !args.json {
        eprintln!("nothing to record: every plan file is as the ledger has it");
    }
    receipt::print(committed, Form::of(args.json, args.quiet))
}
