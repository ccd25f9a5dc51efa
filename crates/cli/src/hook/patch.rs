//! What a patch in the form of `apply_patch` (`*** Update File: …`) makes of a text.

use ledger_core::document::Document;
use ledger_core::document::text::content;

const UPDATE: &str = "Update File: ";
const ADD: &str = "Add File: ";
const DELETE: &str = "Delete File: ";
const MOVE: &str = "Move to: ";

/// How many lines are looked through for the places of all of a patch's pieces.
const MOST: usize = 1 << 25;

/// The files that a patch names.
pub(super) fn files(patch: &str) -> Vec<&str> {
    let heads = patch.lines().filter_map(|line| line.strip_prefix("*** "));
    let named = heads.filter_map(|head| {
        [UPDATE, ADD, DELETE, MOVE]
            .iter()
            .find_map(|word| head.strip_prefix(word))
    });
    named.map(str::trim).collect()
}

/// What a text is after a patch; `is` says whether a name in it is the text's. `None` where it has
/// no part for it, or one that does not fit, does something else to the file, or takes too long.
pub(super) fn applied(
    patch: &str,
    before: &Document,
    is: impl Fn(&str) -> bool,
) -> Option<Document> {
    let mut lines: Vec<String> = before.lines().iter().map(|line| line.to_string()).collect();
    let mut part = Part::None;
    let mut found = false;
    let mut chunk = Chunk::default();
    let mut from = 0;
    let mut left = MOST;
    for line in patch.lines() {
        let head = line.strip_prefix("*** ").map(str::trim_end);
        if part == Part::Update && (head.is_some() || line.starts_with("@@")) {
            left = left.checked_sub(lines.len())?;
            from = std::mem::take(&mut chunk).apply(&mut lines, from)?;
        }
        if let Some(head) = head {
            if head == "End of File" {
                continue;
            }
            if head.starts_with(MOVE) && part != Part::None {
                return None;
            }
            let named = |word: &str| head.strip_prefix(word).is_some_and(&is);
            part = Part::None;
            if named(DELETE) {
                return None;
            } else if named(UPDATE) {
                (part, found, from) = (Part::Update, true, 0);
            } else if named(ADD) {
                (part, found) = (Part::Add, true);
                lines.clear();
            }
            continue;
        }
        match part {
            Part::None => {}
            Part::Add => lines.push(format!("{}\n", line.strip_prefix('+')?)),
            Part::Update => match line.strip_prefix("@@") {
                Some(context) => {
                    let context = context.trim().trim_end_matches("@@").trim();
                    // A line number of another form of patch says nothing of the text.
                    if !context.is_empty() && !context.starts_with('-') {
                        let at = lines.iter().skip(from);
                        let at = at
                            .map(|line| line.trim())
                            .position(|line| line == context)?;
                        from += at + 1;
                    }
                }
                None => chunk.take(line)?,
            },
        }
    }
    if part == Part::Update {
        chunk.apply(&mut lines, from)?;
    }
    found.then(|| Document::from(lines.concat().as_str()))
}

/// What the lines of a patch are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Another file.
    None,
    /// The text is changed.
    Update,
    /// The text is made.
    Add,
}

/// Lines that stand together, and what comes for them.
#[derive(Debug, Default)]
struct Chunk<'p> {
    old: Vec<&'p str>,
    new: Vec<&'p str>,
}

impl<'p> Chunk<'p> {
    fn take(&mut self, line: &'p str) -> Option<()> {
        match line.chars().next() {
            None => {
                self.old.push("");
                self.new.push("");
            }
            Some(' ') => {
                self.old.push(&line[1..]);
                self.new.push(&line[1..]);
            }
            Some('-') => self.old.push(&line[1..]),
            Some('+') => self.new.push(&line[1..]),
            Some(_) => return None,
        }
        Some(())
    }

    /// Puts the new lines in the place of the old ones, the first from `from` on, and gives where
    /// they end.
    fn apply(mut self, lines: &mut Vec<String>, from: usize) -> Option<usize> {
        if self.old.is_empty() && self.new.is_empty() {
            return Some(from);
        }
        if self.old.is_empty() {
            let at = if from == 0 { lines.len() } else { from };
            return put(lines, at, 0, &self.new);
        }
        if let Some(at) = place(lines, &self.old, from) {
            return put(lines, at, self.old.len(), &self.new);
        }
        // A last blank line may stand for the end of the text.
        if self.old.last() == Some(&"") {
            self.old.pop();
            if self.new.last() == Some(&"") {
                self.new.pop();
            }
            let at = place(lines, &self.old, from)?;
            return put(lines, at, self.old.len(), &self.new);
        }
        None
    }
}

/// Where lines stand in a text: exactly, else but for blanks at their ends.
fn place(lines: &[String], sought: &[&str], from: usize) -> Option<usize> {
    let find = |same: fn(&str, &str) -> bool| {
        let mut places = lines.windows(sought.len().max(1)).enumerate().skip(from);
        let is = |window: &[String]| {
            window.len() >= sought.len()
                && window
                    .iter()
                    .zip(sought)
                    .all(|(line, sought)| same(content(line), sought))
        };
        places.find(|(_, window)| is(window)).map(|(at, _)| at)
    };
    find(|line, sought| line == sought)
        .or_else(|| find(|line, sought| line.trim() == sought.trim()))
}

fn put(lines: &mut Vec<String>, at: usize, removed: usize, new: &[&str]) -> Option<usize> {
    let end = at.checked_add(removed).filter(|end| *end <= lines.len())?;
    if let Some(last) = at.checked_sub(1).and_then(|at| lines.get_mut(at))
        && !new.is_empty()
        && !last.ends_with('\n')
    {
        last.push('\n');
    }
    let new: Vec<String> = new.iter().map(|line| format!("{line}\n")).collect();
    let count = new.len();
    lines.splice(at..end, new);
    Some(at + count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "# Plan\n\n- [ ] T-1: one\n- [ ] T-2: two\n\n## Later\n- [ ] T-1: one\n";

    fn patched(body: &str) -> Option<String> {
        let patch = format!("*** Begin Patch\n{body}\n*** End Patch\n");
        let text = applied(&patch, &Document::from(TEXT), |file| {
            file.trim() == "TODO.md"
        });
        text.map(|text| text.text())
    }

    #[test]
    fn a_patch_makes_of_a_text_what_the_tool_makes_of_it() {
        let done = "- [x] T-1: one";
        for (body, expected) in [
            (
                "*** Update File: TODO.md\n@@\n-- [ ] T-1: one\n+- [x] T-1: one",
                TEXT.replacen("- [ ] T-1: one", done, 1),
            ),
            (
                "*** Update File: a.md\n@@\n-x\n+y\n*** Update File: TODO.md\n@@ ## Later\n-- [ ] T-1: one\n+- [x] T-1: one\n*** Add File: b.md\n+z",
                "# Plan\n\n- [ ] T-1: one\n- [ ] T-2: two\n\n## Later\n- [x] T-1: one\n".to_owned(),
            ),
            (
                "*** Update File: TODO.md\n # Plan\n \n-- [ ] T-1: one\n- [ ] T-2: two",
                "none".to_owned(),
            ),
            (
                "*** Update File: TODO.md\n # Plan\n\n-- [ ] T-1: one\n@@\n - [ ] T-2: two\n+- [ ] T-3: three",
                "# Plan\n\n- [ ] T-2: two\n- [ ] T-3: three\n\n## Later\n- [ ] T-1: one\n"
                    .to_owned(),
            ),
            (
                "*** Update File: TODO.md\n@@\n+- [ ] T-9: end\n*** End of File",
                format!("{TEXT}- [ ] T-9: end\n"),
            ),
            (
                "*** Add File: TODO.md\n+# New\n+- [ ] T-1: one",
                "# New\n- [ ] T-1: one\n".to_owned(),
            ),
        ] {
            let found = patched(body).unwrap_or("none".to_owned());
            assert_eq!(found, expected, "{body}");
        }
    }

    #[test]
    fn a_patch_that_does_not_fit_or_does_something_else_tells_nothing() {
        for body in [
            "*** Update File: other.md\n@@\n-a\n+b",
            "*** Delete File: TODO.md",
            "*** Update File: TODO.md\n*** Move to: b.md\n@@\n-- [ ] T-1: one\n+x",
            "*** Update File: TODO.md\n@@\n-no such line\n+x",
            "*** Update File: TODO.md\n@@ ## Never\n-- [ ] T-1: one\n+x",
            "*** Update File: TODO.md\nno patch at all",
            "",
        ] {
            assert_eq!(patched(body), None, "{body}");
        }
    }

    #[test]
    fn a_patch_of_very_many_pieces_is_given_up() {
        let body = "@@\n-- [ ] T-2: two\n+- [ ] T-2: two\n".repeat(100);
        let head = "*** Begin Patch\n*** Update File: TODO.md\n";
        let long = "- [ ] T-1: one\n".repeat(1 << 20);
        let text = Document::from(format!("{long}- [ ] T-2: two\n").as_str());
        assert_eq!(applied(&format!("{head}{body}"), &text, |_| true), None);
    }

    #[test]
    fn the_files_of_a_patch_are_named() {
        let patch =
            "*** Begin Patch\n*** Update File: a.md\n*** Move to: b.md\n*** Add File:  c.md \n+x\n";
        assert_eq!(files(patch), ["a.md", "b.md", "c.md"]);
    }

    proptest! {
        #[test]
        fn no_patch_makes_it_panic(
            body in "((\\*\\*\\* (Update|Add|Delete) File: TODO.md|@@( # Plan)?|[-+ ]?(- \\[ \\] T-1: one|é|))\n){0,12}",
        ) {
            let _ = patched(&body);
        }
    }
}
