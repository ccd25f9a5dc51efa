//! What a tool's own input says that it did to a plan file.
//!
//! Told by the form of the input, not by the tool's name: agents name and rename their tools, and
//! bring others along.

use std::cell::Cell;
use std::path::{Component, Path, PathBuf};

use ledger_core::decide::Edit;
use ledger_core::document::Document;
use serde_json::{Map, Value};

use super::commands;
use super::patch;
use super::shell::{self, Simple, Step};

/// A tool's input, and where its paths begin.
pub(super) struct Call<'p> {
    /// The input.
    pub(super) input: &'p Map<String, Value>,
    /// The folder that the agent works in.
    pub(super) folder: &'p Path,
    /// The top of the checkout.
    pub(super) root: &'p Path,
}

/// The longest text that an edit is followed to.
const LONGEST: usize = 64 << 20;

/// The longest command that is read for what it does: this happens while others wait.
const LONGEST_COMMAND: usize = 1 << 20;

/// How many paths of one call are looked up among the files, of those with the file's own name and
/// of those that may be links of another name.
const MOST_LOOKS: usize = 100;

const PATHS: &[&str] = &[
    "file_path",
    "filePath",
    "path",
    "filename",
    "file",
    "absolute_path",
];
const OLD: &[&str] = &["old_string", "oldString", "old_str"];
const NEW: &[&str] = &["new_string", "newString", "new_str"];
const WHOLE: &[&str] = &["content", "contents", "file_text"];
const COMMANDS: &[&str] = &["command", "cmd", "script"];
const FOLDERS: &[&str] = &["workdir", "dir_path", "directory", "working_directory"];
const PATCHES: &[&str] = &["patch", "patchText", "input"];

fn text<'v>(input: &'v Map<String, Value>, names: &[&str]) -> Option<&'v str> {
    names.iter().find_map(|name| input.get(*name)?.as_str())
}

impl Call<'_> {
    /// What the tool did to the plan at `path`, whose text was `before`; `None` if its input says
    /// nothing of that file.
    pub(super) fn edit(&self, path: &Path, before: &Document) -> Option<Edit> {
        if let Some(named) = text(self.input, PATHS) {
            return match leading_to(path)(&self.folder.join(named)) {
                true => self.written(before),
                false => None,
            };
        }
        if let Some((command, steps)) = self.command() {
            let writes = || self.may_write(&steps, path);
            let patched = patched(&command, &self.names(path));
            return patched.or_else(|| writes().then_some(Edit::All));
        }
        patched(text(self.input, PATCHES)?, &self.names(path))
    }

    /// Whether the tool runs a command.
    pub(super) fn is_command(&self) -> bool {
        COMMANDS.iter().any(|name| self.input.contains_key(*name))
    }

    /// Whether the tool runs a command that may write the plan at `path`, whatever it makes of it.
    pub(super) fn runs_on(&self, path: &Path) -> bool {
        let command = self.command();
        command.is_some_and(|(_, steps)| self.may_write(&steps, path))
    }

    fn may_write(&self, steps: &[Step], path: &Path) -> bool {
        let folder = text(self.input, FOLDERS).unwrap_or_default();
        let file = commands::Sought {
            path,
            root: self.root,
            leads_to: &leading_to(path),
        };
        commands::may_write(steps, &self.folder.join(folder), &file)
    }

    /// What the plan at `path` would say after the tool, where that can be told from its input
    /// alone.
    pub(super) fn result(&self, path: &Path, before: &Document) -> Option<Document> {
        if let Some(named) = text(self.input, PATHS) {
            return match leading_to(path)(&self.folder.join(named)) {
                true => {
                    let (after, somewhere) = self.after(before)?;
                    somewhere.is_empty().then_some(after)
                }
                false => None,
            };
        }
        let command = self.command();
        let command = command.as_ref().map(|(command, _)| &**command);
        let patch = command.or_else(|| text(self.input, PATCHES))?;
        patch::applied(patch, before, self.names(path))
    }

    /// What tells whether a name in a patch is of the plan at `path`.
    fn names(&self, path: &Path) -> impl Fn(&str) -> bool {
        let leads = leading_to(path);
        move |file| {
            let file = Path::new(file.trim());
            path.ends_with(lexical(file)) || leads(&self.folder.join(file))
        }
    }

    /// The files that the tool may write, as far as its input names them.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        if let Some(named) = text(self.input, PATHS) {
            return vec![lexical(&self.folder.join(named))];
        }
        let command = self.command();
        let command = command.as_ref().map(|(command, _)| &**command);
        let patch = command.or_else(|| text(self.input, PATCHES));
        let named = patch.map(patch::files).unwrap_or_default().into_iter();
        named
            .map(|named| lexical(&self.folder.join(named)))
            .collect()
    }

    /// What a file tool made of a text.
    fn written(&self, before: &Document) -> Option<Edit> {
        let (after, somewhere) = self.after(before)?;
        let edit = Edit::between(before, &after);
        Some(edit.and_inserted(somewhere.lines()))
    }

    /// What a file tool makes of a text, and what else it puts in without saying where.
    fn after(&self, before: &Document) -> Option<(Document, String)> {
        if let Some(whole) = text(self.input, WHOLE) {
            return Some((Document::from(whole), String::new()));
        }
        let single = [self.input];
        let listed = self.input.get("edits").and_then(Value::as_array);
        let edits: Vec<&Map<String, Value>> = match listed {
            Some(edits) => edits.iter().filter_map(Value::as_object).collect(),
            None => single.to_vec(),
        };
        let mut after = before.text();
        let mut somewhere = String::new();
        let mut is_one = false;
        for edit in edits {
            let (Some(old), Some(new)) = (text(edit, OLD), text(edit, NEW)) else {
                continue;
            };
            is_one = true;
            if old.is_empty() {
                // It puts something in without saying where; into an empty file, all of it.
                let to = match after.is_empty() {
                    true => &mut after,
                    false => &mut somewhere,
                };
                to.push_str(new);
                continue;
            }
            let places = after.matches(old).count();
            let longer = places.saturating_mul(new.len().saturating_sub(old.len()));
            if after.len().saturating_add(longer) > LONGEST {
                return None;
            }
            // A tool that refuses several places has found one.
            after = after.replace(old, new);
        }
        is_one.then(|| (Document::from(after.as_str()), somewhere))
    }

    /// A shell tool's command and its steps; some agents give its words.
    fn command(&self) -> Option<(String, Vec<Step>)> {
        COMMANDS
            .iter()
            .find_map(|name| match self.input.get(*name)? {
                Value::String(command) => {
                    let read = command.len() <= LONGEST_COMMAND;
                    let steps = if read {
                        shell::steps(command)
                    } else {
                        Vec::new()
                    };
                    Some((command.clone(), steps))
                }
                Value::Array(words) => {
                    let words: Option<Vec<&str>> = words.iter().map(Value::as_str).collect();
                    let words = words?;
                    let command = Simple {
                        words: words.iter().map(|word| (*word).to_owned()).collect(),
                        ..Simple::default()
                    };
                    Some((words.join(" "), vec![Step::Simple(command)]))
                }
                _ => None,
            })
    }
}

/// What tells whether a path leads to a file. A path of another spelling is looked up among the
/// files, but only so many.
fn leading_to(path: &Path) -> impl Fn(&Path) -> bool {
    let (looks, links) = (Cell::new(0), Cell::new(0));
    move |named| {
        let named = lexical(named);
        if named == *path {
            return true;
        }
        let has_its_name = named.file_name() == path.file_name();
        let looked = if has_its_name { &looks } else { &links };
        looked.replace(looked.get() + 1) < MOST_LOOKS
            && (has_its_name || named.is_symlink())
            && named
                .canonicalize()
                .is_ok_and(|named| path.canonicalize().is_ok_and(|path| named == path))
    }
}

/// The lines that a patch in the form of `apply_patch` (`*** Update File: …`) takes out of a file
/// and puts into it; `None` if it has no part for it. `is`: whether a name is the file's.
fn patched(patch: &str, is: &dyn Fn(&str) -> bool) -> Option<Edit> {
    let mut own = false;
    let mut found = false;
    let (mut removed, mut inserted) = (Vec::new(), Vec::new());
    for line in patch.lines() {
        if let Some(head) = line.strip_prefix("*** ") {
            let named = ["Update File: ", "Add File: ", "Delete File: "];
            let file = named.iter().find_map(|word| head.strip_prefix(word));
            own = file.is_some_and(is);
            found |= own;
        } else if own {
            removed.extend(line.strip_prefix('-'));
            inserted.extend(line.strip_prefix('+'));
        }
    }
    found.then(|| Edit::lines(removed, inserted))
}

/// A path without `.` and `..`, without a look at the files.
pub(super) fn lexical(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PLAN: &str = "# Plan\n- [ ] T-1: one\n- [ ] T-2: two\n";

    fn edit(input: &Value) -> Option<Edit> {
        let call = Call {
            input: input.as_object().unwrap(),
            folder: Path::new("/nowhere/proj/sub"),
            root: Path::new("/nowhere/proj"),
        };
        call.edit(Path::new("/nowhere/proj/PLAN.md"), &Document::from(PLAN))
    }

    fn ticked() -> Option<Edit> {
        Some(Edit::lines(["- [ ] T-1: one"], ["- [x] T-1: one"]))
    }

    #[test]
    fn an_edit_is_what_it_makes_of_the_text() {
        for input in [
            json!({"file_path": "/nowhere/proj/PLAN.md", "old_string": "[ ] T-1", "new_string": "[x] T-1"}),
            json!({"path": "../PLAN.md", "old_str": "[ ] T-1", "new_str": "[x] T-1"}),
            json!({"file_path": "../PLAN.md", "content": PLAN.replace("[ ] T-1", "[x] T-1")}),
            json!({"file_path": "../PLAN.md", "edits": [
                {"old_string": "[ ] T-1", "new_string": "[>] T-1"},
                {"old_string": "[>] T-1", "new_string": "[x] T-1"},
            ]}),
            json!({"input": "*** Begin Patch\n*** Update File: PLAN.md\n@@\n # Plan\n-- [ ] T-1: one\n+- [x] T-1: one\n*** Update File: b.md\n-x\n*** End Patch"}),
            json!({"command": ["apply_patch", "*** Begin Patch\n*** Update File: ../proj/PLAN.md\n-- [ ] T-1: one\n+- [x] T-1: one\n"]}),
        ] {
            assert_eq!(edit(&input), ticked(), "{input}");
        }
    }

    #[test]
    fn what_is_put_in_without_a_place_is_claimed_beside_the_rest() {
        let put = json!({"old_string": "", "new_string": "- [ ] T-3: three\n"});
        let tick = json!({"old_string": "[ ] T-1", "new_string": "[x] T-1"});
        assert_eq!(
            edit(&json!({"file_path": "../PLAN.md", "edits": [put, {}, tick]})),
            Some(Edit::lines(
                ["- [ ] T-1: one"],
                ["- [x] T-1: one", "- [ ] T-3: three"]
            ))
        );
    }

    #[test]
    fn a_command_that_may_write_the_file_is_all_of_its_edit() {
        for input in [
            json!({"command": "sed -i s/a/b/ ../PLAN.md"}),
            json!({"command": ["bash", "-lc", "sed -i s/a/b/ '../PLAN.md'"]}),
            json!({"command": ["./tick.sh", "/nowhere/proj/PLAN.md"]}),
            json!({"cmd": "sed -i s/a/b/ PLAN.md", "workdir": "/nowhere/proj"}),
        ] {
            assert_eq!(edit(&input), Some(Edit::All), "{input}");
        }
        let long = format!("sed -i s/a/b/ ../PLAN.md{}", " x".repeat(1 << 20));
        for input in [
            json!({"command": long}),
            json!({"command": "cat ../PLAN.md"}),
            json!({"command": ["bash", "-lc", "cat ../PLAN.md"]}),
            json!({"command": "sed -i s/a/b/ PLAN.md"}),
            json!({"command": "make"}),
        ] {
            assert_eq!(edit(&input), None);
        }
    }

    #[test]
    fn another_file_is_no_edit_of_the_plan() {
        for input in [
            json!({"file_path": "/nowhere/other/PLAN.md", "content": "x"}),
            json!({"file_path": "/etc/passwd", "old_string": "a", "new_string": "b"}),
            json!({"file_path": "../PLAN.md"}),
            json!({"file_path": "../PLAN.md", "edits": [{"old_string": "[ ]"}]}),
            json!({"input": "*** Begin Patch\n*** Update File: b.md\n-x\n"}),
            json!({"file_path": 7, "command": {"a": 1}}),
            json!({}),
        ] {
            assert_eq!(edit(&input), None, "{input}");
        }
    }
}
