//! Whether a shell command may have changed a file, told by its words.
//!
//! Who only read a plan did not do what is found in it, so where a command cannot be told to have
//! written the file it is taken not to have.

use std::path::{Path, PathBuf};

use super::shell::{self, DEEPEST, Simple, Step};

/// Commands that write none of the files they name.
const READERS: &[&str] = &[
    ":",
    "[",
    "[[",
    "ack",
    "ag",
    "awk",
    "b3sum",
    "basename",
    "bat",
    "cat",
    "cksum",
    "cmp",
    "column",
    "comm",
    "cut",
    "diff",
    "dirname",
    "du",
    "echo",
    "egrep",
    "exit",
    "export",
    "false",
    "fgrep",
    "file",
    "find",
    "fmt",
    "fold",
    "gawk",
    "git",
    "grep",
    "head",
    "jq",
    "ledger",
    "less",
    "ls",
    "mawk",
    "md5sum",
    "more",
    "nl",
    "od",
    "paste",
    "printf",
    "pwd",
    "read",
    "readlink",
    "realpath",
    "return",
    "rg",
    "sed",
    "set",
    "sha1sum",
    "sha256sum",
    "shasum",
    "sleep",
    "sort",
    "stat",
    "strings",
    "tac",
    "tail",
    "test",
    "tr",
    "tree",
    "true",
    "type",
    "uniq",
    "wait",
    "wc",
    "which",
    "yq",
];

/// What git does without writing files of the work tree.
const GIT_READERS: &[&str] = &[
    "add",
    "blame",
    "branch",
    "cat-file",
    "commit",
    "describe",
    "diff",
    "fetch",
    "grep",
    "log",
    "ls-files",
    "ls-tree",
    "push",
    "remote",
    "rev-list",
    "rev-parse",
    "shortlog",
    "show",
    "status",
    "tag",
];

/// Commands that are given a program or a patch, in which files are named between other words.
const INTERPRETERS: &[&str] = &[
    "bun", "deno", "ed", "ex", "git", "lua", "node", "nvim", "patch", "perl", "php", "pwsh",
    "ruby", "tclsh", "vi", "vim",
];

const SHELLS: &[&str] = &["ash", "bash", "dash", "ksh", "sh", "zsh"];

/// Words before the command that is meant.
const BEFORE: &[&str] = &[
    "!", "builtin", "command", "do", "elif", "else", "env", "exec", "if", "nice", "nohup",
    "stdbuf", "sudo", "then", "time", "timeout", "until", "while", "{", "}",
];

/// Commands of which only the last name is written.
const COPIERS: &[&str] = &["cp", "install", "ln", "mv", "rsync"];

/// Whether a command line may have changed a file. `leads_to`: whether a path is the file's.
pub(super) fn may_write(steps: &[Step], folder: &Path, leads_to: &dyn Fn(&Path) -> bool) -> bool {
    let mut line = Line {
        leads_to,
        folders: vec![Some(folder.to_owned())],
        held: false,
        filled_in: false,
    };
    line.writes(steps, 0) || (line.held && line.filled_in)
}

struct Line<'l> {
    leads_to: &'l dyn Fn(&Path) -> bool,
    /// The current folder, where it is known, and those of the parts around this one.
    folders: Vec<Option<PathBuf>>,
    /// Whether a variable has the file's name.
    held: bool,
    /// Whether a command that may write is given something that is filled in.
    filled_in: bool,
}

impl Line<'_> {
    fn writes(&mut self, steps: &[Step], depth: usize) -> bool {
        steps.iter().any(|step| match step {
            Step::Enter => {
                let folder = self.folders.last().cloned().flatten();
                self.folders.push(folder);
                false
            }
            Step::Leave => {
                if self.folders.len() > 1 {
                    self.folders.pop();
                }
                false
            }
            Step::Simple(command) => self.command_writes(command, depth),
        })
    }

    fn command_writes(&mut self, command: &Simple, depth: usize) -> bool {
        if command.written.iter().any(|word| self.is_file(word)) {
            return true;
        }
        let words = self.own_words(&command.words);
        let Some((name, arguments)) = words.split_first() else {
            return false;
        };
        let name = Path::new(name).file_name().and_then(|name| name.to_str());
        let name = name.unwrap_or_default();
        if let Some(script) = script(name, arguments, &command.input) {
            return depth < DEEPEST && self.script_writes(&script, depth);
        }
        match name {
            "for" | "select" => {
                self.held |= arguments.iter().any(|word| self.is_file(word));
                return false;
            }
            "cd" | "pushd" => {
                self.change_folder(arguments);
                return false;
            }
            "popd" => {
                self.change_folder(&[]);
                return false;
            }
            _ => {}
        }
        if only_reads(name, arguments) {
            return false;
        }
        self.filled_in |= arguments.iter().any(|word| word.contains('$'));
        if COPIERS.contains(&name) {
            return self.is_target(arguments);
        }
        if name == "git" && arguments.iter().any(|word| word == "-C") {
            // Its paths begin somewhere else.
            return false;
        }
        if INTERPRETERS.contains(&name) || name.starts_with("python") {
            let mut texts = arguments.iter().chain([&command.input]);
            return texts.any(|text| self.is_file(text) || self.is_named_in(text));
        }
        arguments.iter().any(|word| self.is_file(word))
    }

    /// A command's words without what only prepares it.
    fn own_words<'w>(&mut self, words: &'w [String]) -> &'w [String] {
        let mut words = words;
        let mut after_prefix = false;
        while let Some((word, rest)) = words.split_first() {
            let assigned = word.split_once('=').filter(|(name, _)| {
                let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
                !name.is_empty() && name.chars().all(is_of_name)
            });
            if let Some((_, value)) = assigned {
                self.held |= self.is_file(value);
            } else if BEFORE.contains(&word.as_str()) {
                after_prefix = true;
            } else {
                // `timeout 10`, `sudo -n`
                let is_option = |first: char| first == '-' || first.is_ascii_digit();
                if !after_prefix || !word.starts_with(is_option) {
                    break;
                }
            }
            words = rest;
        }
        words
    }

    fn script_writes(&mut self, script: &str, depth: usize) -> bool {
        let folders = self.folders.len();
        let folder = self.folders.last().cloned().flatten();
        self.folders.push(folder);
        let writes = self.writes(&shell::steps(script), depth + 1);
        self.folders.truncate(folders);
        writes
    }

    fn change_folder(&mut self, arguments: &[String]) {
        let to = arguments.iter().find(|word| !word.starts_with("--"));
        let plain = to.filter(|word| !word.starts_with(['-', '~']) && !word.contains('$'));
        if let Some(folder) = self.folders.last_mut() {
            *folder = plain.and_then(|word| Some(folder.as_ref()?.join(word)));
        }
    }

    /// Whether a word is the file's path, or an option's value that is.
    fn is_file(&self, word: &str) -> bool {
        let value = word.split_once('=').map(|(_, value)| value);
        [Some(word), value]
            .into_iter()
            .flatten()
            .any(|word| self.place(word).is_some_and(|path| (self.leads_to)(&path)))
    }

    fn place(&self, word: &str) -> Option<PathBuf> {
        let path = Path::new(word);
        if path.is_absolute() {
            return Some(path.to_owned());
        }
        Some(self.folders.last()?.as_ref()?.join(path))
    }

    /// Whether the file is what `cp` and its like write to.
    fn is_target(&self, arguments: &[String]) -> bool {
        if arguments.iter().any(|word| word.starts_with("-t")) {
            // The target is not the last name.
            return false;
        }
        let mut names = arguments.iter().filter(|word| !word.starts_with('-'));
        let Some(target) = names.next_back() else {
            return false;
        };
        self.is_file(target)
            || names.any(|source| {
                let name = Path::new(source).file_name();
                name.and_then(|name| Some(self.place(target)?.join(name)))
                    .is_some_and(|path| (self.leads_to)(&path))
            })
    }

    /// Whether a program or a patch names the file.
    fn is_named_in(&self, text: &str) -> bool {
        let is_of_path = |letter: char| letter.is_alphanumeric() || "_-./+@%".contains(letter);
        text.split(|letter| !is_of_path(letter)).any(|word| {
            // Git's patches name a file in one of two trees.
            let in_tree = word.strip_prefix("a/").or_else(|| word.strip_prefix("b/"));
            !word.is_empty()
                && (self.is_file(word) || in_tree.is_some_and(|word| self.is_file(word)))
        })
    }
}

/// The command line that a shell is given.
fn script(name: &str, arguments: &[String], input: &str) -> Option<String> {
    if name == "eval" {
        return Some(arguments.join(" "));
    }
    if !SHELLS.contains(&name) {
        return None;
    }
    let is_command = |word: &String| {
        let options = word.strip_prefix('-').filter(|word| !word.starts_with('-'));
        options.is_some_and(|options| options.contains('c'))
    };
    match arguments.iter().position(is_command) {
        Some(at) => arguments.get(at + 1).cloned(),
        None if arguments.iter().all(|word| word.starts_with('-')) => Some(input.to_owned()),
        None => None,
    }
}

/// Whether a command writes none of the files it names.
fn only_reads(name: &str, arguments: &[String]) -> bool {
    let has = |options: &[&str]| {
        arguments
            .iter()
            .any(|word| options.iter().any(|option| word.starts_with(option)))
    };
    let writes = match name {
        "sed" => arguments.iter().any(|word| {
            let short = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
            let is_in_place = |letters: &str| {
                let options = letters.chars().take_while(|letter| !"ef".contains(*letter));
                options.into_iter().any(|letter| letter == 'i')
            };
            word.starts_with("--in-place") || short.is_some_and(is_in_place)
        }),
        "awk" | "gawk" | "mawk" => arguments.iter().any(|word| word == "inplace"),
        "find" => has(&["-delete", "-exec", "-ok", "-fprint"]),
        "sort" => has(&["-o", "--output"]),
        "yq" => has(&["-i", "--inplace"]),
        "git" => {
            let mut words = arguments.iter();
            let mut subcommand = words.next();
            while let Some(word) = subcommand.filter(|word| word.starts_with('-')) {
                if word == "-C" || word == "-c" {
                    words.next();
                }
                subcommand = words.next();
            }
            !subcommand.is_some_and(|word| GIT_READERS.contains(&word.as_str()))
        }
        _ => false,
    };
    READERS.contains(&name) && !writes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &str = "/proj/PLAN.md";

    fn writes(line: &str, folder: &str) -> bool {
        let leads_to = |path: &Path| super::super::edits::lexical(path) == Path::new(FILE);
        may_write(&shell::steps(line), Path::new(folder), &leads_to)
    }

    #[test]
    fn a_command_that_may_write_and_names_the_file_has_done_it() {
        for line in [
            "sed -i s/a/b/ PLAN.md",
            "sed -n -Ei.bak s/a/b/ ./PLAN.md",
            "cat x > PLAN.md",
            "cat x>>/proj/PLAN.md",
            "grep -v a PLAN.md > t && mv t PLAN.md",
            "cd sub && cat x | tee ../PLAN.md",
            "cp /other/PLAN.md .",
            "cat > PLAN.md <<'EOF'\n# Plan\nEOF",
            "python3 - <<'EOF'\nopen('PLAN.md', 'w')\nEOF",
            "python3 -c \"import io; io.open('/proj/PLAN.md','w')\"",
            "perl -pi -e 's/a/b/' 'PLAN.md'",
            "bash -lc 'sed -i s/a/b/ PLAN.md'",
            "bash <<'EOF'\nsed -i s/a/b/ PLAN.md\nEOF",
            "FOO=1 timeout 10 ./tick.sh PLAN.md",
            "F=PLAN.md; sed -i s/a/b/ \"$F\"",
            "for f in PLAN.md; do sed -i s/a/b/ $f; done",
            "if grep -q a PLAN.md; then sed -i s/a/b/ PLAN.md; fi",
            "git checkout -- PLAN.md",
            "git apply <<'EOF'\n--- a/PLAN.md\n+++ b/PLAN.md\nEOF",
            "echo $(sed -i s/a/b/ PLAN.md)",
            "find . -name PLAN.md -exec sed -i s/a/b/ PLAN.md +",
            "dd of=PLAN.md",
        ] {
            assert!(writes(line, "/proj"), "{line}");
        }
    }

    #[test]
    fn a_command_that_only_reads_or_names_another_file_has_not() {
        for line in [
            "cat PLAN.md",
            "git log -p PLAN.md",
            "git -c a=b diff PLAN.md | less",
            "git commit -m 'tick PLAN.md' PLAN.md",
            "sed -n 1,5p PLAN.md",
            "sed -n -e s/i/a/p PLAN.md",
            "head PLAN.md && make",
            "cat PLAN.md 2>&1 | grep -c x > /tmp/PLAN.md",
            "cp PLAN.md backup.md",
            "cp -t /other PLAN.md",
            "cat > notes.txt <<EOF\nsee PLAN.md, sed -i x PLAN.md\nEOF",
            "echo 'sed -i s/a/b/ PLAN.md'",
            "gh pr create --body \"$(cat PLAN.md)\"",
            "gh pr create --body 'ticks PLAN.md'",
            "bash -c 'cat PLAN.md'",
            "F=PLAN.md; cat $F; make",
            "for f in PLAN.md; do cat $f; done",
            "cd /other && sed -i s/a/b/ PLAN.md",
            "(cd /other; sed -i s/a/b/ PLAN.md)",
            "cd \"$DIR\" && sed -i s/a/b/ PLAN.md",
            "sed -i s/a/b/ docs/PLAN.md MY-PLAN.md PLAN.mdx",
            "make # PLAN.md",
            "ledger render PLAN.md",
            "git -C /other checkout PLAN.md",
            "make",
            "",
        ] {
            assert!(!writes(line, "/proj"), "{line}");
        }
        assert!(!writes("sed -i s/a/b/ PLAN.md", "/proj/sub"));
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(
            line in "(sh -c |cd |cp |PLAN.md|F=|\\$F|[<>|&;()$`'\" \n]|\\PC){0,30}"
        ) {
            writes(&line, "/proj");
        }
    }
}
