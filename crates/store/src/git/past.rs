//! A plan's past in git: the commits that touch it, along git's graph.
//!
//! A few processes for any number of commits: git simplifies the graph to the commits that
//! touch the plans' paths and the merges between them, one process says what each of them has,
//! and one hands out the texts as they are asked for. The paths are found by rounds: where a
//! plan came under a path, git is asked what was renamed there, and the graph is read again.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::thread;

use super::names::follow;
use super::{Git, is_object_id};

/// Why git's history could not be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no program.
    #[error("git cannot be run: {0}")]
    Program(#[source] io::Error),
    /// Git refused.
    #[error("git {command}: {said}")]
    Failed {
        /// What it was asked.
        command: &'static str,
        /// What it said.
        said: String,
    },
    /// A text of a commit is not in the clone.
    #[error(
        "this clone lacks a text of {path} that is in its history ({blob}): is it a partial one?"
    )]
    Lacks {
        /// The path it has there.
        path: String,
        /// Its id.
        blob: String,
    },
    /// Git answered something else than it was asked.
    #[error("git {0} gave an answer that cannot be read")]
    Garbled(&'static str),
}

/// What git knows of plans.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Every commit that touches one of them, and the merges between those; parents first.
    pub commits: Vec<Commit>,
    /// Whether git has only the last part of the history.
    pub is_shallow: bool,
}

/// A commit and what it has of the plans.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Its full id.
    pub id: String,
    /// Its nearest ancestors among the commits, by place, the first parent's first.
    pub parents: Vec<usize>,
    /// The author's name.
    pub name: String,
    /// The author's address.
    pub mail: String,
    /// When the author made it, in seconds since 1970, as claimed; where that is not said, when it
    /// was committed.
    pub time: i64,
    /// For each plan what there is of it.
    pub plans: Vec<Option<Version>>,
}

/// A plan file in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its path, relative to the root.
    pub path: Arc<str>,
    /// The id of its text.
    pub blob: Arc<str>,
    /// The length of that.
    pub size: u64,
    /// Whether it is a file with a text, and not a link to one.
    pub is_file: bool,
}

/// A time as git prints it, in seconds.
fn seconds(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// What git calls a path in a tree that is no file of its own.
const LINK: &str = "120000";

impl Git<'_> {
    /// The past of `plans` (paths relative to the root, with `/`) up to `head`.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn past(&self, head: &str, plans: &[String]) -> Result<History, GitError> {
        let is_shallow = self.dirs.common.join("shallow").exists();
        // Git reads paths line by line.
        if plans.is_empty() || plans.iter().any(|plan| plan.contains('\n')) {
            return Ok(History::default());
        }
        let mut names: Vec<Arc<str>> = plans.iter().map(|plan| plan.as_str().into()).collect();
        let paths: Vec<usize> = (0..names.len()).collect();
        let mut renames = Renames::new();
        let mut graph = self.graph(head, &names)?;
        let mut trees = self.trees(&graph, &names)?;
        loop {
            let sources = sources(&graph, &names, &renames);
            let parents: Vec<&[usize]> = graph.iter().map(|own| own.parents.as_slice()).collect();
            let followed = follow(
                &parents,
                &paths,
                |commit, name| file(&trees, commit, name).is_some(),
                |commit, name| sources.get(&(commit, name)).map_or(&[], Vec::as_slice),
            );
            let arrived = followed.arrived.iter().filter_map(|at| graph.get(*at));
            let unknown: Vec<String> = arrived
                .map(|commit| commit.id.clone())
                .filter(|id| !renames.contains_key(id))
                .collect();
            if unknown.is_empty() {
                let written = self.written(&graph, &names)?;
                refuse_gaps(&written, &names, &trees)?;
                let links: HashSet<&str> = written
                    .iter()
                    .filter(|file| file.mode == LINK)
                    .map(|file| file.id.as_str())
                    .collect();
                for (at, (commit, own)) in graph.iter_mut().zip(&followed.names).enumerate() {
                    let version = |name: &Option<usize>| {
                        let name = (*name)?;
                        let (blob, size) = file(&trees, at, name)?;
                        Some(Version {
                            path: Arc::clone(names.get(name)?),
                            is_file: !links.contains(&**blob),
                            blob: Arc::clone(blob),
                            size: *size,
                        })
                    };
                    commit.plans = own.iter().map(version).collect();
                }
                return Ok(History {
                    commits: graph,
                    is_shallow,
                });
            }
            let found = self.renames(&unknown)?;
            let known = |name: &str| names.iter().any(|known| &**known == name);
            let new: BTreeSet<Arc<str>> = found
                .values()
                .flatten()
                .filter(|(from, to)| known(to) && !known(from))
                .map(|(from, _)| from.as_str().into())
                .collect();
            renames.extend(unknown.into_iter().map(|id| (id, Vec::new())));
            renames.extend(found);
            if !new.is_empty() {
                names.extend(new);
                graph = self.graph(head, &names)?;
                trees = self.trees(&graph, &names)?;
            }
        }
    }

    /// The commits that touch one of these paths, and merges.
    fn graph(&self, head: &str, names: &[Arc<str>]) -> Result<Vec<Commit>, GitError> {
        const FIELDS: usize = 6;
        let mut arguments = vec![
            "log",
            "--full-history",
            "--parents",
            "--topo-order",
            "--reverse",
            "--no-show-signature",
            "--no-color",
            "--encoding=UTF-8",
            "-z",
            "--format=%H%x00%P%x00%an%x00%ae%x00%at%x00%ct",
            head,
            "--",
        ];
        arguments.extend(names.iter().map(|name| &**name));
        let output = self.ask("log", &arguments, Vec::new())?;
        let garbled = || GitError::Garbled("log");
        let text = String::from_utf8_lossy(&output);
        let fields: Vec<&str> = text
            .strip_suffix('\0')
            .unwrap_or(&text)
            .split('\0')
            .collect();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut commits = Vec::with_capacity(fields.len() / FIELDS);
        for record in fields.chunks(FIELDS) {
            let [id, parents, name, mail, author, committer] = record else {
                return Err(garbled());
            };
            let parents = parents.split_whitespace();
            commits.push(Commit {
                id: (*id).to_owned(),
                parents: parents
                    .filter_map(|parent| places.get(parent).copied())
                    .collect(),
                name: (*name).to_owned(),
                mail: (*mail).to_owned(),
                // Some of the commits that other tools made have no date, or one that is none.
                time: seconds(author).or_else(|| seconds(committer)).unwrap_or(0),
                plans: Vec::new(),
            });
            places.insert(id, commits.len() - 1);
        }
        Ok(commits)
    }

    /// What each commit has under each path.
    fn trees(&self, graph: &[Commit], names: &[Arc<str>]) -> Result<Trees, GitError> {
        let mut input = Vec::new();
        for commit in graph {
            for name in names {
                input.extend_from_slice(format!("{}:./{name}\n", commit.id).as_bytes());
            }
        }
        let output = self.ask("cat-file", &["cat-file", "--batch-check"], input)?;
        let text = String::from_utf8_lossy(&output);
        // The same text stands in many commits.
        let mut known: HashMap<&str, Arc<str>> = HashMap::new();
        let mut files = text.lines().map(|line| {
            let mut words = line.split(' ');
            match (words.next(), words.next(), words.next(), words.next()) {
                (Some(id), Some("blob"), Some(size), None) if is_object_id(id) => {
                    let blob = known.entry(id).or_insert_with(|| id.into());
                    Some((Arc::clone(blob), size.parse().ok()?))
                }
                _ => None,
            }
        });
        let trees = graph.iter().map(|_| {
            let own = names.iter().map(|_| files.next());
            own.collect::<Option<Vec<_>>>()
        });
        let trees = trees.collect::<Option<Trees>>();
        trees.ok_or(GitError::Garbled("cat-file"))
    }

    /// The files that commits renamed, from and to.
    fn renames(&self, commits: &[String]) -> Result<Renames, GitError> {
        let arguments = [
            "diff-tree",
            "--stdin",
            "-m",
            "-r",
            "-M",
            "--diff-filter=R",
            "--relative",
            "-z",
            "--name-status",
        ];
        let output = self.ask("diff-tree", &arguments, lines(commits))?;
        let mut renames = Renames::new();
        let mut own: Option<String> = None;
        let mut words = output.split(|byte| *byte == 0);
        while let Some(word) = words.next() {
            let text = String::from_utf8_lossy(word);
            if is_object_id(&text) {
                own = Some(text.into_owned());
            } else if let (true, Some(commit)) = (text.starts_with('R'), &own) {
                let (Some(from), Some(to)) = (words.next(), words.next()) else {
                    return Err(GitError::Garbled("diff-tree"));
                };
                // The ledger's paths are text, and git reads them line by line.
                if let (Ok(from), Ok(to)) = (std::str::from_utf8(from), std::str::from_utf8(to))
                    && !from.contains('\n')
                {
                    let known = renames.entry(commit.clone()).or_default();
                    known.push((from.to_owned(), to.to_owned()));
                }
            }
        }
        Ok(renames)
    }

    /// What the commits put under these paths: the mode, the id and the path of each file.
    fn written(&self, graph: &[Commit], names: &[Arc<str>]) -> Result<Vec<Written>, GitError> {
        let mut arguments = vec![
            "diff-tree",
            "--stdin",
            "-m",
            "-r",
            "-z",
            "--root",
            "--raw",
            "--no-renames",
            "--relative",
            "--no-commit-id",
            "--",
        ];
        arguments.extend(names.iter().map(|name| &**name));
        let commits: Vec<String> = graph.iter().map(|commit| commit.id.clone()).collect();
        let output = self.ask("diff-tree", &arguments, lines(&commits))?;
        let text = String::from_utf8_lossy(&output);
        let mut written = Vec::new();
        let mut words = text.split('\0');
        while let (Some(change), Some(path)) = (words.next(), words.next()) {
            // :100644 120000 <id> <id> T
            let mut fields = change.split(' ').skip(1);
            let (Some(mode), Some(id)) = (fields.next(), fields.nth(1)) else {
                return Err(GitError::Garbled("diff-tree"));
            };
            written.push(Written {
                mode: mode.to_owned(),
                id: id.to_owned(),
                path: path.to_owned(),
            });
        }
        Ok(written)
    }

    /// The commits whose ids begin with these hex digits, at least four of them.
    #[must_use]
    pub fn commits(&self, prefix: &str) -> Vec<String> {
        let hex = prefix.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hex || !(4..=64).contains(&prefix.len()) {
            return Vec::new();
        }
        let option = format!("--disambiguate={prefix}");
        let Some(listed) = self.run(&["rev-parse", option.as_str()], 1 << 20) else {
            return Vec::new();
        };
        if listed.is_empty() {
            return Vec::new();
        }
        let kinds = self.ask("cat-file", &["cat-file", "--batch-check"], listed);
        let kinds = kinds.unwrap_or_default();
        let kinds = String::from_utf8_lossy(&kinds);
        let commit = |line: &str| {
            let (id, kind) = line.split_once(' ')?;
            (is_object_id(id) && kind.starts_with("commit ")).then(|| id.to_owned())
        };
        kinds.lines().filter_map(commit).collect()
    }

    /// Hands out texts by their ids.
    ///
    /// # Errors
    /// [`GitError::Program`].
    pub fn texts(&self) -> Result<Texts, GitError> {
        let mut child = self
            .quiet(&["cat-file", "--batch"])
            .stderr(Stdio::null())
            .spawn()
            .map_err(GitError::Program)?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(requests), Some(answers)) => Ok(Texts {
                child,
                requests,
                answers: BufReader::with_capacity(1 << 16, answers),
            }),
            _ => Err(GitError::Garbled("cat-file")),
        }
    }

    fn quiet(&self, arguments: &[&str]) -> Command {
        let mut command = self.command();
        command
            .args(["-c", "log.follow=false", "-c", "core.quotePath=false"])
            .args(arguments)
            .env("GIT_LITERAL_PATHSPECS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        for name in [
            "GIT_GLOB_PATHSPECS",
            "GIT_NOGLOB_PATHSPECS",
            "GIT_ICASE_PATHSPECS",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// What git answers to a question. There is no time limit: nobody waits for a lock meanwhile.
    fn ask(
        &self,
        name: &'static str,
        arguments: &[&str],
        input: Vec<u8>,
    ) -> Result<Vec<u8>, GitError> {
        let mut child = self
            .quiet(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .map_err(GitError::Program)?;
        let requests = child.stdin.take();
        let output = thread::scope(|scope| {
            scope.spawn(move || {
                // What it does not read it has no need of.
                let _ = requests.map(|mut requests| requests.write_all(&input));
            });
            child.wait_with_output()
        });
        let output = output.map_err(GitError::Program)?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(GitError::Failed {
                command: name,
                said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            }),
        }
    }
}

/// For each commit and path the file that is there, and its length.
type Trees = Vec<Vec<Option<(Arc<str>, u64)>>>;

/// For commits the files they renamed, from and to.
type Renames = HashMap<String, Vec<(String, String)>>;

/// A file that a commit put somewhere.
struct Written {
    mode: String,
    id: String,
    path: String,
}

/// Refuses a clone that lacks texts of its own commits: they would seem to have been deleted.
fn refuse_gaps(written: &[Written], names: &[Arc<str>], trees: &Trees) -> Result<(), GitError> {
    let there: HashSet<&str> = trees
        .iter()
        .flatten()
        .flatten()
        .map(|(blob, _)| &**blob)
        .collect();
    let lacks = |file: &&Written| {
        file.mode.starts_with("100")
            && !there.contains(file.id.as_str())
            && names.iter().any(|name| **name == *file.path)
    };
    match written.iter().find(lacks) {
        Some(file) => Err(GitError::Lacks {
            path: file.path.clone(),
            blob: file.id.clone(),
        }),
        None => Ok(()),
    }
}

fn file(trees: &Trees, commit: usize, name: usize) -> Option<&(Arc<str>, u64)> {
    trees.get(commit)?.get(name)?.as_ref()
}

/// For commits and paths the paths that were renamed to them there.
fn sources(
    graph: &[Commit],
    names: &[Arc<str>],
    renames: &Renames,
) -> HashMap<(usize, usize), Vec<usize>> {
    let places: HashMap<&str, usize> = (0..).zip(names).map(|(at, name)| (&**name, at)).collect();
    let mut sources: HashMap<(usize, usize), Vec<usize>> = HashMap::new();
    for (at, commit) in graph.iter().enumerate() {
        for (from, to) in renames.get(&commit.id).into_iter().flatten() {
            if let (Some(from), Some(to)) = (places.get(from.as_str()), places.get(to.as_str())) {
                sources.entry((at, *to)).or_default().push(*from);
            }
        }
    }
    sources
}

fn lines(commits: &[String]) -> Vec<u8> {
    let mut lines = commits.join("\n").into_bytes();
    lines.push(b'\n');
    lines
}

/// A process of git that hands out texts.
#[derive(Debug)]
pub struct Texts {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Texts {
    /// A text by its id; `None` if git does not have it here.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn read(&mut self, blob: &str) -> Result<Option<Vec<u8>>, GitError> {
        let mut read = || -> io::Result<Option<Vec<u8>>> {
            self.requests.write_all(format!("{blob}\n").as_bytes())?;
            self.requests.flush()?;
            let mut header = String::new();
            self.answers.read_line(&mut header)?;
            let mut words = header.split_whitespace().skip(1);
            let (Some("blob"), Some(size)) = (words.next(), words.next()) else {
                return Ok(None);
            };
            let size: usize = size.parse().map_err(io::Error::other)?;
            let mut text = Vec::new();
            let mut answer = self.answers.by_ref().take(size as u64 + 1);
            answer.read_to_end(&mut text)?;
            match text.pop() {
                Some(b'\n') if text.len() == size => Ok(Some(text)),
                _ => Err(io::ErrorKind::UnexpectedEof.into()),
            }
        };
        read().map_err(|_| GitError::Garbled("cat-file"))
    }
}

impl Drop for Texts {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
