//! Arguments of a command that are laid out only once the command was typed.
//!
//! Every process parses its command line, and one change is soon recorded: laying out the
//! options of all the other commands took a good part of that.

use std::cell::Cell;

use clap::builder::Resettable;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches};

thread_local! {
    static AT_ONCE: Cell<bool> = const { Cell::new(false) };
}

/// A command with the arguments of all commands below it, for whoever shows all of them.
pub(crate) fn at_once(command: impl FnOnce() -> Command) -> Command {
    AT_ONCE.set(true);
    let command = command();
    AT_ONCE.set(false);
    command
}

/// The arguments `T`, later.
#[derive(Debug)]
pub(crate) struct Later<T>(pub(crate) T);

impl<T: Args> Args for Later<T> {
    fn augment_args(command: Command) -> Command {
        match AT_ONCE.get() {
            true => T::augment_args(command),
            false => command.defer(lay_out::<T>),
        }
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<T: FromArgMatches> FromArgMatches for Later<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches_mut(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// The arguments bring a description of their own, and the command has the better one.
fn lay_out<T: Args>(command: Command) -> Command {
    let about = Resettable::from(command.get_about().cloned());
    let long = Resettable::from(command.get_long_about().cloned());
    T::augment_args(command).about(about).long_about(long)
}
