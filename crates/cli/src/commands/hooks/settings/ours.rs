//! Which hooks in somebody's settings are ours, and what they run.

use jsonc_parser::ast::{Array, Value};

use super::{Entry, HOOKS};

/// What a hook runs: a program and its words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) program: String,
    words: Vec<String>,
}

impl Line {
    fn of(command: &str, args: &[&str]) -> Self {
        let words = command.split_whitespace();
        let mut words = words.chain(args.iter().copied()).map(str::to_owned);
        Self {
            program: words.next().unwrap_or_default(),
            words: words.collect(),
        }
    }

    fn is_ours(&self) -> bool {
        let program = self.program.rsplit(['/', '\\']).next().unwrap_or_default();
        let has = |wanted: &str| self.words.iter().any(|word| word == wanted);
        matches!(program, "ledger" | "ledger.exe") && has("append") && has("--hook")
    }
}

/// Whether an entry, or one of the group that it is, runs this program.
pub(super) fn has_ours(entry: &Value<'_>) -> bool {
    is_ours(entry) || group(entry).is_some_and(|hooks| hooks.elements.iter().any(is_ours))
}

pub(super) fn group<'s, 't>(entry: &'s Value<'t>) -> Option<&'s Array<'t>> {
    entry.as_object()?.get(HOOKS)?.value.as_array()
}

pub(super) fn is_ours(hook: &Value<'_>) -> bool {
    lines(hook).iter().any(Line::is_ours)
}

/// The first hook of ours in an event's list that asks for something else than `wanted` does, and
/// what it runs.
pub(super) fn outdated<'s, 't>(
    list: &'s Array<'t>,
    wanted: &Entry,
) -> Option<(&'s Value<'t>, Line)> {
    let wanted = wanted.lines().next()?;
    let hooks = list.elements.iter().flat_map(|entry| {
        let inner = group(entry).into_iter().flat_map(|hooks| &hooks.elements);
        std::iter::once(entry).chain(inner)
    });
    hooks.filter(|hook| is_ours(hook)).find_map(|hook| {
        let mut lines = lines(hook).into_iter();
        let other = lines.find(|line| line.is_ours() && line.words != wanted.words)?;
        Some((hook, other))
    })
}

/// The command lines of a hook: one, or one for each kind of shell.
fn lines(hook: &Value<'_>) -> Vec<Line> {
    let Some(hook) = hook.as_object() else {
        return Vec::new();
    };
    let args = hook
        .get_array("args")
        .into_iter()
        .flat_map(|args| &args.elements);
    let args: Vec<&str> = args
        .filter_map(|word| word.as_string_lit().map(|word| &*word.value))
        .collect();
    let commands = ["command", "bash", "powershell"]
        .into_iter()
        .filter_map(|name| hook.get_string(name));
    commands
        .map(|command| Line::of(&command.value, &args))
        .collect()
}

impl Entry {
    /// The hook that it is, or that the group has.
    pub(super) fn hook(&self) -> &Self {
        self.hooks.first().unwrap_or(self)
    }

    /// The hook, run by the program that is given.
    pub(super) fn run_by(&self, program: &str) -> Self {
        let mut hook = self.hook().clone();
        let commands = [&mut hook.command, &mut hook.bash, &mut hook.powershell];
        for command in commands.into_iter().flatten() {
            let words = command.split_once(' ').map(|(_, words)| words);
            *command = match words {
                Some(words) => format!("{program} {words}"),
                None => program.to_owned(),
            };
        }
        hook
    }

    fn lines(&self) -> impl Iterator<Item = Line> {
        let hook = self.hook();
        let args: Vec<&str> = hook.args.iter().map(String::as_str).collect();
        let commands = [&hook.command, &hook.bash, &hook.powershell];
        let commands = commands.into_iter().flatten();
        commands.map(move |command| Line::of(command, &args))
    }
}
