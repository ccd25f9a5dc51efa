//! What is known of the programs that shell commands run: which of the files they are given they
//! write.

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
pub(super) const INTERPRETERS: &[&str] = &[
    "bun", "deno", "ed", "ex", "git", "lua", "node", "nvim", "patch", "perl", "php", "pwsh",
    "ruby", "tclsh", "vi", "vim",
];

const SHELLS: &[&str] = &["ash", "bash", "dash", "ksh", "sh", "zsh"];

/// Words before the command that is meant.
pub(super) const BEFORE: &[&str] = &[
    "!", "builtin", "command", "do", "elif", "else", "env", "exec", "if", "nice", "nohup",
    "stdbuf", "sudo", "then", "time", "timeout", "until", "while", "{", "}",
];

/// Commands of which only the last name is written.
pub(super) const COPIERS: &[&str] = &["cp", "install", "ln", "mv", "rsync"];

/// Commands that print the names of files, which another one may then write.
pub(super) const LISTERS: &[&str] = &[
    "ack", "ag", "egrep", "fgrep", "find", "git", "grep", "ls", "rg",
];

/// What `git` prints names with.
pub(super) const GIT_LISTERS: &[&str] = &["diff", "grep", "ls-files", "ls-tree"];

/// The options of `xargs` whose value is a word of its own.
pub(super) const XARGS_VALUES: &[&str] = &["-E", "-I", "-L", "-P", "-a", "-d", "-n", "-s"];

/// What asks git for the top of the checkout.
pub(super) const TOPLEVEL: &[&str] = &["git", "rev-parse", "--show-toplevel"];

/// The command line that a shell is given.
pub(super) fn script(name: &str, arguments: &[String], input: &str) -> Option<String> {
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
pub(super) fn only_reads(name: &str, arguments: &[String]) -> bool {
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
