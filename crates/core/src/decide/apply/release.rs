//! A new version of a plan document.

use ledger_document::edit;

use super::record_edit_of;
use super::status::date;
use crate::decide::rejection::Rejection;
use crate::decide::transaction::{Proto, Transaction};
use crate::event::Origin;
use crate::id::MAX_HEADER_STRING;
use crate::plan::wire::part;

pub(super) fn release(
    tx: &mut Transaction<'_>,
    plan: Option<&str>,
    version: &str,
    day: Option<&str>,
) -> Result<(), Rejection> {
    let day = date(day)?.unwrap_or_else(|| tx.context.today.clone());
    let own = tx.which_document(plan)?;
    let document = own.id.clone();
    let said = version.trim();
    let number = said.strip_prefix(['v', 'V']).unwrap_or(said);
    let is = edit::version(&own.text).map(str::to_owned);
    if is.as_deref() == Some(number) {
        return Err(Rejection::Nothing(format!(
            "{} is version {number} already",
            own.path
        )));
    }
    if number.len() > MAX_HEADER_STRING {
        return Err(Rejection::Edit {
            path: own.path.clone(),
            error: edit::EditError::BadVersion(number.chars().take(40).collect()),
        });
    }
    let edited = tx.work_out(&document, |document, outline| {
        edit::set_version(document, outline, number)
    })?;
    let mut proto = Proto::new("version.released", Origin::Commanded);
    proto.from = is.filter(|is| is.len() <= MAX_HEADER_STRING);
    proto.to = Some(number.to_owned());
    proto.parts.text(part::DOCUMENT, document.as_str());
    record_edit_of(tx, &document, edited, proto, day)
}
