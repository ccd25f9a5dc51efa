//! Git repositories made of commits that a test lists: all at once, with any parents and dates.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use super::real_plans::versions;
use super::{Project, git_command, git_in, succeeded};

/// A commit to be made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Commit {
    /// By their places in the list; without any, it is a first one.
    pub(crate) parents: Vec<usize>,
    /// Every file it has.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Seconds since 1970.
    pub(crate) authored: i64,
    pub(crate) committed: i64,
}

impl Commit {
    /// One with these files, made `n` hours after the first of all.
    pub(crate) fn new(n: i64, parents: &[usize], files: &[(&str, &str)]) -> Self {
        let files = files.iter();
        Self {
            parents: parents.to_vec(),
            files: files
                .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
                .collect(),
            authored: 1_700_000_000 + n * 3_600,
            committed: 1_700_000_000 + n * 3_600,
        }
    }
}

/// Commits that follow one another, each with the next of these texts as `TODO.md`.
pub(crate) fn in_a_row(texts: &[String]) -> Vec<Commit> {
    let numbered = (0..).zip(texts).map(|(n, text)| {
        let parents: Vec<usize> = usize::try_from(n - 1).into_iter().collect();
        Commit::new(n, &parents, &[("TODO.md", text)])
    });
    numbered.collect()
}

/// Makes a repository of these commits, with the last one checked out, and gives their ids.
pub(crate) fn repository(folder: &Path, commits: &[Commit]) -> Vec<String> {
    git_in(folder, ["init", "-q", "-b", "main"]);
    let mut stream = Vec::new();
    for (at, commit) in commits.iter().enumerate() {
        let mut say = |text: String| stream.extend_from_slice(text.as_bytes());
        say(format!("commit refs/heads/main\nmark :{}\n", at + 1));
        say(format!(
            "author Ann <ann@example.org> {} +0100\n",
            commit.authored
        ));
        say(format!(
            "committer Bob <bob@example.org> {} +0000\n",
            commit.committed
        ));
        say("data 6\nchange\n".to_owned());
        match commit.parents.split_first() {
            Some((first, others)) => {
                say(format!("from :{}\n", first + 1));
                for other in others {
                    say(format!("merge :{}\n", other + 1));
                }
            }
            // Nothing is taken from the commit before.
            None if at > 0 => say("from 0000000000000000000000000000000000000000\n".to_owned()),
            None => {}
        }
        say("deleteall\n".to_owned());
        for (name, bytes) in &commit.files {
            stream.extend_from_slice(format!("M 100644 inline {name}\n").as_bytes());
            stream.extend_from_slice(format!("data {}\n", bytes.len()).as_bytes());
            stream.extend_from_slice(bytes);
            stream.push(b'\n');
        }
    }
    let marks = folder.join(".git/marks");
    let export = format!("--export-marks={}", marks.display());
    let mut child = git_command(folder, ["fast-import", "--quiet", "--force", &export])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("git");
    let mut stdin = child.stdin.take().expect("its standard input");
    stdin.write_all(&stream).expect("a read stream");
    drop(stdin);
    succeeded(&child.wait_with_output().expect("its end"));
    let mut ids = vec![String::new(); commits.len()];
    for line in fs::read_to_string(marks).expect("the marks").lines() {
        let (mark, id) = line.split_once(' ').expect("a mark and an id");
        let at: usize = mark.trim_start_matches(':').parse().expect("a number");
        ids[at - 1] = id.to_owned();
    }
    git_in(folder, ["checkout", "-q", "-f", "main"]);
    ids
}

/// A ledger of a real plan's repository; the texts of its versions, and their commits.
pub(crate) fn taken_over(series: &Path) -> (Project, Vec<String>, Vec<String>) {
    let texts: Vec<String> = (versions(series).iter())
        .map(|path| String::from_utf8(fs::read(path).unwrap()).unwrap())
        .collect();
    let project = Project::empty();
    let ids = repository(project.folder(), &in_a_row(&texts));
    project.ok(["init", "TODO.md", "--git"]);
    (project, texts, ids)
}
