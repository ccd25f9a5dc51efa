//! What was asked for and refused when nobody was there any more to be told.

use super::Transaction;
use super::command::Command;
use super::rejection::Rejection;
use super::transaction::Proto;
use crate::event::Origin;
use crate::plan::wire::part;

/// The most bytes that are kept of what was asked for, and of why it was refused.
const MOST: usize = 1 << 20;

impl Transaction<'_> {
    /// Records that these commands were refused, and why. The transaction must hold nothing of
    /// them.
    pub fn refused(&mut self, commands: &[&Command], rejection: &Rejection) {
        let mut proto = Proto::new("command.rejected", Origin::Commanded);
        let mut names = commands.iter().map(|command| command.task());
        let first = names.next().flatten();
        if let Some(name) = first.filter(|_| names.all(|name| name == first)) {
            proto.task = self.plan().resolve(name).ok().map(|task| task.key.clone());
        }
        // It may repeat what was asked for.
        let mut reason = rejection.to_string();
        let most = reason.len().min(MOST);
        let end = (0..=most).rev().find(|at| reason.is_char_boundary(*at));
        reason.truncate(end.unwrap_or_default());
        proto.parts.text(part::REASON, reason);
        let mut left = MOST;
        for (at, command) in commands.iter().enumerate() {
            let asked = serde_json::to_string(command).unwrap_or_default();
            let Some(less) = left.checked_sub(asked.len()) else {
                let more = commands.len() - at;
                let remark = format!("{more} of {} commands are not shown", commands.len());
                proto.parts.text(part::REMARK, remark);
                break;
            };
            left = less;
            proto.parts.text(part::ASKED, asked);
        }
        self.push(proto);
    }
}
