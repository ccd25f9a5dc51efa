//! Whether a shell command may have changed a file, told by its words.
//!
//! Who only read a plan did not do what is found in it, so where a command cannot be told to have
//! written the file it is taken not to have.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use super::edits::lexical;
use super::pattern;
use super::programs::{
    BEFORE, COPIERS, GIT_LISTERS, INTERPRETERS, LISTERS, TOPLEVEL, XARGS_VALUES, only_reads, script,
};
use super::shell::{self, DEEPEST, Simple, Step};

/// How many words of a line are taken for patterns.
const MOST_PATTERNS: u32 = 200;

/// The file that is asked about.
pub(super) struct Sought<'f> {
    /// Its path.
    pub(super) path: &'f Path,
    /// The top of the checkout it is in.
    pub(super) root: &'f Path,
    /// Whether another path leads to it.
    pub(super) leads_to: &'f dyn Fn(&Path) -> bool,
}

/// Whether a command line may have changed a file.
pub(super) fn may_write(steps: &[Step], folder: &Path, file: &Sought<'_>) -> bool {
    let mut line = Line {
        file,
        folders: vec![Some(folder.to_owned())],
        held: false,
        filled_in: false,
        listed: false,
        asks_for_top: false,
        patterns: Cell::new(MOST_PATTERNS),
    };
    line.writes(steps, 0) || (line.held && line.filled_in)
}

struct Line<'l> {
    file: &'l Sought<'l>,
    /// The current folder, where it is known, and those of the parts around this one.
    folders: Vec<Option<PathBuf>>,
    /// Whether a variable has the file's name.
    held: bool,
    /// Whether a command that may write is given something that is filled in.
    filled_in: bool,
    /// Whether a command may have printed the file's name.
    listed: bool,
    /// Whether git is asked for the top of the checkout, which is then what is filled in.
    asks_for_top: bool,
    /// How many words may still be taken for patterns.
    patterns: Cell<u32>,
}

impl Line<'_> {
    fn writes(&mut self, steps: &[Step], depth: usize) -> bool {
        self.asks_for_top |= steps
            .iter()
            .any(|step| matches!(step, Step::Simple(command) if command.words == TOPLEVEL));
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
            // What was printed before it, line by line.
            "read" => {
                self.held |= self.listed;
                return false;
            }
            "xargs" => return self.arguments_written(arguments, depth),
            _ => {}
        }
        self.listed |= LISTERS.contains(&name) && self.may_list(name, arguments);
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

    /// Whether `xargs` runs a command that writes files, and was told of this one.
    fn arguments_written(&mut self, words: &[String], depth: usize) -> bool {
        let mut words = words;
        while let Some((word, rest)) = words
            .split_first()
            .filter(|(word, _)| word.starts_with('-'))
        {
            let has_value = XARGS_VALUES.contains(&word.as_str());
            words = rest.get(usize::from(has_value)..).unwrap_or_default();
        }
        let command = Simple {
            words: words.to_vec(),
            ..Simple::default()
        };
        depth < DEEPEST
            && (self.listed && changes_its_files(words, depth)
                || self.command_writes(&command, depth + 1))
    }

    /// Whether a command that prints names of files may print the one of this file.
    fn may_list(&self, name: &str, arguments: &[String]) -> bool {
        if name == "find" {
            let mut named = arguments.windows(2).filter_map(|pair| match pair {
                [option, pattern] if option == "-name" || option == "-iname" => Some(pattern),
                _ => None,
            });
            let is_named = named.all(|pattern| pattern::names_file(pattern, self.file.path));
            let roots = arguments.iter().take_while(|word| !word.starts_with('-'));
            return is_named && self.is_in_any(roots);
        }
        let mut plain = arguments.iter().filter(|word| !word.starts_with('-'));
        let name = match name {
            "git" => match plain.next() {
                Some(word) if GIT_LISTERS.contains(&word.as_str()) => word.as_str(),
                _ => return false,
            },
            name => name,
        };
        if !matches!(name, "ls" | "ls-files" | "ls-tree" | "diff") {
            // What is looked for.
            plain.next();
        }
        self.is_in_any(plain)
    }

    /// Whether the file is one of these or in one of these folders; without any, in the current one.
    fn is_in_any<'w>(&self, words: impl Iterator<Item = &'w String>) -> bool {
        let holds = |word: &str| {
            let folder = self.place(word).map(|path| lexical(&path));
            folder.is_some_and(|folder| self.file.path.starts_with(folder)) || self.is_file(word)
        };
        let mut words = words.peekable();
        match words.peek() {
            None => holds("."),
            Some(_) => words.any(|word| holds(word)),
        }
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
        let plain = to.filter(|word| !word.starts_with(['-', '~']));
        let to = plain.and_then(|word| self.place(word));
        let to = to.filter(|path| !path.to_string_lossy().contains('$'));
        if let Some(folder) = self.folders.last_mut() {
            *folder = to;
        }
    }

    /// Whether a word is the file's path, or an option's value that is.
    fn is_file(&self, word: &str) -> bool {
        let value = word.split_once('=').map(|(_, value)| value);
        [Some(word), value].into_iter().flatten().any(|word| {
            let is_meant = |path: PathBuf| (self.file.leads_to)(&path);
            self.place(word).is_some_and(is_meant) || self.is_pattern_of_file(word)
        })
    }

    fn is_pattern_of_file(&self, word: &str) -> bool {
        if !pattern::is_one(word) {
            return false;
        }
        let Some(left) = self.patterns.get().checked_sub(1) else {
            return false;
        };
        self.patterns.set(left);
        let Some((folder, word)) = self.start_of(word) else {
            return false;
        };
        pattern::matches(word, folder, self.file.path)
    }

    fn place(&self, word: &str) -> Option<PathBuf> {
        let (folder, rest) = self.start_of(word)?;
        Some(folder.join(rest))
    }

    /// The folder from which a word leads on, and the rest of the word.
    fn start_of<'w>(&self, word: &'w str) -> Option<(&Path, &'w str)> {
        let behind = |start: &str| {
            let rest = word.strip_prefix(start)?;
            match rest.strip_prefix('/') {
                Some(rest) => Some(rest.trim_start_matches('/')),
                None => rest.is_empty().then_some(rest),
            }
        };
        if self.asks_for_top
            && let Some(rest) = behind("$")
        {
            return Some((self.file.root, rest));
        }
        if Path::new(word).is_absolute() {
            return Some((Path::new(""), word));
        }
        let folder = self.folders.last()?.as_deref()?;
        let rest = behind("$PWD").or_else(|| behind("${PWD}"));
        Some((folder, rest.unwrap_or(word)))
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
                let name = Path::new(source).file_name().and_then(|name| name.to_str());
                name.is_some_and(|name| self.is_file(&format!("{target}/{name}")))
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

/// Whether a command changes the files that are given to it behind these words.
fn changes_its_files(words: &[String], depth: usize) -> bool {
    let Some((name, arguments)) = words.split_first() else {
        return false;
    };
    let name = Path::new(name).file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or_default();
    match script(name, arguments, "") {
        Some(script) => {
            depth < DEEPEST
                && shell::steps(&script).iter().any(|step| match step {
                    Step::Simple(command) => {
                        !command.written.is_empty() || changes_its_files(&command.words, depth + 1)
                    }
                    Step::Enter | Step::Leave => false,
                })
        }
        None => !COPIERS.contains(&name) && !only_reads(name, arguments),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &str = "/proj/PLAN.md";

    fn writes(line: &str, folder: &str) -> bool {
        let leads_to = |path: &Path| lexical(path) == Path::new(FILE);
        let file = Sought {
            path: Path::new(FILE),
            root: Path::new("/proj"),
            leads_to: &leads_to,
        };
        may_write(&shell::steps(line), Path::new(folder), &file)
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
            "sed -i s/a/b/ *.md",
            "sed -i s/a/b/ P?AN.md [Pp]LAN.m*",
            "sed -i s/a/b/ {PLAN,x}.md",
            "sed -i s/a/b/ **/PLAN.md",
            "for f in *.md; do sed -i s/a/b/ \"$f\"; done",
            "sed -i s/a/b/ $PWD/PLAN.md",
            "sed -i s/a/b/ \"${PWD}/\"*.md",
            "cp /other/*.md .",
            "grep -rl a . | xargs sed -i s/a/b/",
            "grep -rlZ a | xargs -0 -n 1 sed -i s/a/b/",
            "rg -l a . | xargs -I {} sh -c 'sed -i s/a/b/ {}'",
            "find . -name '*.md' | xargs perl -pi -e s/a/b/",
            "find .. -type f | xargs sed -i s/a/b/",
            "git ls-files '*.md' | xargs sed -i s/a/b/",
            "find . -name '*.md' | while read f; do sed -i s/a/b/ \"$f\"; done",
            "cd \"$(git rev-parse --show-toplevel)\" && sed -i s/a/b/ PLAN.md",
            "sed -i s/a/b/ \"$(git rev-parse --show-toplevel)/PLAN.md\"",
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
            "cat *.md {PLAN,x}.md $PWD/PLAN.md",
            "for f in *.md; do cat $f; done",
            "sed -i s/a/b/ *.rs {a,b}.md ../*.md",
            "cp *.md /backup",
            "grep -rl a . | xargs cat",
            "grep -rl a . | xargs cp -t /backup",
            "grep -rl a src | xargs sed -i s/a/b/",
            "find src | xargs sed -i s/a/b/",
            "find . -name '*.rs' | xargs sed -i s/a/b/",
            "find . -name '*.md' | xargs sh -c 'cat \"$@\"'",
            "git ls-files src | xargs sed -i s/a/b/",
            "git log | xargs sed -i s/a/b/",
            "cd /other && grep -rl a . | xargs sed -i s/a/b/",
            "cd \"$(mktemp -d)\" && sed -i s/a/b/ PLAN.md",
            "git -C /other checkout PLAN.md",
            "make",
            "",
        ] {
            assert!(!writes(line, "/proj"), "{line}");
        }
        assert!(!writes("sed -i s/a/b/ PLAN.md", "/proj/sub"));
        let to_top = "cd $(git rev-parse --show-toplevel) && sed -i s/a/b/";
        assert!(writes(&format!("{to_top} PLAN.md"), "/proj/sub"));
        assert!(!writes(&format!("{to_top} sub/PLAN.md"), "/proj/sub"));
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(
            line in "(sh -c |cd |cp |xargs |find |PLAN.md|\\*|\\{|F=|\\$F|[<>|&;()$`'\" \n]|\\PC){0,30}"
        ) {
            writes(&line, "/proj");
        }
    }
}
