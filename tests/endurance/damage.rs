//! Bytes that flip, files that are cut short, emptied or gone: each is healed, or refused with the
//! place named. The history is never a shorter or another one without a word.

mod harm;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use serde_json::Value;

use super::{Frozen, Random, id, plan_of, save, text_at};
use crate::support::limits::{self, Input};
use crate::support::{Project, Run, lines_of_json};

use harm::{Case, Harm};

const LEDGER: &str = ".ledger";
const JOURNAL: &str = "journal.jsonl";
const WAITER: &str = "agent:waiter";

/// A ledger with a history of which everything is known.
struct Subject {
    project: Project,
    /// Whether the store has every event too.
    absorbed: bool,
    /// How many it has.
    stored: u64,
    whole: Frozen,
    files: BTreeMap<String, Vec<u8>>,
    ids: Vec<String>,
    plan: Vec<u8>,
    /// Moments, each with its text.
    texts: Vec<(u64, Vec<u8>)>,
    status: Value,
}

impl Subject {
    /// A ledger whose store has every event, or lacks the last ones; a change waits in its spool,
    /// and whoever had the lock, or was next, was killed.
    fn new(absorbed: bool) -> Self {
        let project = Project::adopted(&plan_of(80)).kept();
        let batch: String = (1..=70)
            .map(|n| format!("{{\"change\":\"complete\",\"task\":\"T-{n}\"}}\n"))
            .collect();
        project.write("batch.ndjson", batch);
        project.ok(["append", "--json", "batch.ndjson"]);
        // The store has what came so far.
        project.ok(["render", "--stdout", "--at", "1"]);
        let mut stored = project.events().len();
        for n in 71..=74 {
            project.ok(["append", "complete", &format!("T-{n}")]);
        }
        let by_hand = project.plan().replace("A second", "Quite another");
        save(&project, &by_hand);
        project.ok(["append", "note", "T-3", "heard"]);
        if absorbed {
            project.ok(["render", "--stdout", "--at", "1"]);
            stored = project.events().len();
        }
        shut_out(&project, &["append", "complete", "T-75", "--actor", WAITER]);
        for name in ["lock", "lock.turn"] {
            project.write(&format!("{LEDGER}/{name}"), "4194000 ledger append\n");
        }
        let status = json(&project.ok(["status", "--json"]).stdout);
        let ids = project.events();
        let ledger = project.path(LEDGER);
        let mut files = BTreeMap::new();
        collect(&ledger, &ledger, &mut files);
        let whole = Frozen::of(&project);
        // The last one of the batch, which the store has a text of, and the first.
        let texts = [1, 71].map(|at| (at, text_at(&project, Some(at))));
        whole.restore(&project);
        Self {
            whole,
            files,
            ids: ids.iter().map(|event| id(event).to_owned()).collect(),
            plan: project.bytes("TODO.md"),
            texts: texts.into(),
            status,
            project,
            absorbed,
            stored: stored as u64,
        }
    }

    /// A place in a file, twice as often among the bytes that say something.
    fn place(&self, random: &mut Random, file: &str) -> Option<usize> {
        let bytes = &self.files[file];
        if bytes.is_empty() {
            return None;
        }
        let said: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
        Some(match random.below(3) {
            0 => random.index(bytes.len()),
            _ if said.is_empty() => random.index(bytes.len()),
            _ => said[random.index(said.len())],
        })
    }

    /// A file; every third time the journal, and as often one of sled's.
    fn file(&self, random: &mut Random) -> String {
        let names = self.files.keys();
        let names: Vec<&String> = match random.below(3) {
            0 => return JOURNAL.to_owned(),
            1 => names.filter(|name| name.starts_with("store/")).collect(),
            _ => names.collect(),
        };
        names[random.index(names.len())].clone()
    }

    fn flips(&self, random: &mut Random, count: usize) -> Vec<Case> {
        let journal = &self.files[JOURNAL];
        let flip = |file: &str, at: usize, bit: u8| Case {
            file: file.to_owned(),
            harm: Harm::Flip { at, bit },
        };
        let mut cases = vec![flip(JOURNAL, journal.len() - 1, 0), flip(JOURNAL, 0, 3)];
        while cases.len() < count {
            let file = self.file(random);
            let bit = u8::try_from(random.below(8)).unwrap();
            cases.extend(self.place(random, &file).map(|at| flip(&file, at, bit)));
        }
        cases
    }

    fn cuts(&self, random: &mut Random, count: usize) -> Vec<Case> {
        let journal = &self.files[JOURNAL];
        let cut = |file: &str, to: usize| Case {
            file: file.to_owned(),
            harm: Harm::Cut { to },
        };
        let mut ends: Vec<usize> = (1..journal.len())
            .filter(|at| journal[at - 1] == b'\n')
            .collect();
        // All line ends where there is room for them, always the last ones.
        ends.reverse();
        ends.truncate(count / 2);
        let mut cases: Vec<Case> = ends.iter().map(|end| cut(JOURNAL, *end)).collect();
        cases.push(cut(JOURNAL, journal.len() - 1));
        while cases.len() < count {
            let file = self.file(random);
            cases.extend(self.place(random, &file).map(|to| cut(&file, to)));
        }
        cases
    }

    fn gone(&self) -> Vec<Case> {
        let harms = [Harm::Empty, Harm::Missing];
        let of = |file: &String| {
            harms.clone().map(|harm| Case {
                file: file.clone(),
                harm,
            })
        };
        self.files.keys().flat_map(of).collect()
    }

    /// Strikes, and sees what the commands make of it: how it ended, or what is wrong with that.
    /// `turn`: the number of the case, which decides who is the first to open sled.
    fn suffer(&self, case: &Case, turn: usize) -> Result<&'static str, String> {
        let project = &self.project;
        self.whole.restore(project);
        case.strike(&project.path(LEDGER));
        let run = |words: &[&str]| limits::judged(&project.command(words), Input::None);
        let mut refused = false;

        let status = run(&["status", "--json"])?;
        if self.spoke(case, &status, &mut refused)? {
            let (mut said, mut wanted) = (json(&status.stdout), self.status.clone());
            if case.class() == "spool" {
                said["waiting"].take();
                wanted["waiting"].take();
            }
            if said != wanted {
                return Err(format!("status says something else: {said}"));
            }
        }
        let audit = run(&["audit", "--format", "ndjson"])?;
        if self.spoke(case, &audit, &mut refused)? {
            self.same(&audit, case, None)?;
        }
        let render = run(&["render", "--stdout"])?;
        if self.spoke(case, &render, &mut refused)? && render.bytes != self.plan {
            return Err("render gives another text".to_owned());
        }
        // These open sled. The first one only looks, the other one absorbs.
        if turn.is_multiple_of(2) {
            let deep = run(&["verify", "--deep"])?;
            self.spoke(case, &deep, &mut false)?;
        }
        self.looks_back(case, turn, &mut refused)?;
        let append = run(&["append", "note", "T-9", "after the damage", "--json"])?;
        self.spoke(case, &append, &mut refused)?;
        // What was printed as recorded is, also where something else went wrong after it.
        let recorded: Vec<String> = lines_of_json(&append.stdout)
            .iter()
            .map(|receipt| id(receipt).to_owned())
            .collect();
        if recorded.len() > 1 {
            return Err(format!("an edit that nobody made: {}", append.stdout));
        }
        let verify = run(&["verify"])?;
        let mut verified = self.spoke(case, &verify, &mut refused)?;
        let in_journal = case.file == JOURNAL;
        let flipped = matches!(case.harm, Harm::Flip { .. });
        if !verified && self.absorbed && in_journal {
            // The store has it all: what is short is put back, what differs is once it is asked.
            if !flipped {
                return Err(format!("not put back from the store: {}", verify.stderr));
            }
            let doctor = run(&["doctor", "--fix"])?;
            verified = doctor.code == 0 && run(&["verify"])?.code == 0;
            if !verified {
                let said = format!("{}{}", doctor.stdout, doctor.stderr);
                // Nothing follows the last event that would tell which of its two headers is right.
                if self.is_in_last_line(case) && said.contains("different histories") {
                    return Ok("refused");
                }
                return Err(format!("not put back by the doctor: {said}"));
            }
        }
        if !verified {
            return Ok("refused");
        }
        // What waited is in now, or comes in with the next command.
        let observe = run(&["observe"])?;
        let audit = run(&["audit", "--format", "ndjson"])?;
        if observe.code != 0 || audit.code != 0 {
            let said = format!("{}{}", observe.stderr, audit.stderr);
            return Err(format!("verified, and then: {said}"));
        }
        let said = format!("{}{}", append.stderr, observe.stderr);
        self.same(&audit, case, Some((&recorded, &said)))?;
        self.is_whole_in_both_copies(case, turn)?;
        Ok(match (refused, self.absorbed && in_journal && flipped) {
            (false, _) => "healed",
            (true, true) => "healed by doctor",
            (true, false) => "healed by a change",
        })
    }

    /// The text of an earlier moment, which is asked of sled.
    fn looks_back(&self, case: &Case, turn: usize, refused: &mut bool) -> Result<(), String> {
        let (at, text) = &self.texts[turn / 2 % self.texts.len()];
        let words = ["render", "--stdout", "--at", &at.to_string()];
        let render = limits::judged(&self.project.command(words), Input::None)?;
        let was_refused = !self.spoke(case, &render, refused)?;
        if was_refused && case.is_in_store() {
            return Err(format!("not filled anew: {}", render.stderr));
        }
        match was_refused || render.bytes == *text {
            true => Ok(()),
            false => Err(format!("another text at {at}: {}", render.stdout)),
        }
    }

    /// Whether sled has every event in the end; the doctor may have to see to it where damage is in
    /// what no command has read.
    fn is_whole_in_both_copies(&self, case: &Case, turn: usize) -> Result<(), String> {
        let run = |words: &[&str]| limits::judged(&self.project.command(words), Input::None);
        let deep = ["verify", "--deep", "--json"];
        self.looks_back(case, turn + 2, &mut false)?;
        let mut verified = run(&deep)?;
        if !self.spoke(case, &verified, &mut false)? {
            let doctor = run(&["doctor", "--fix"])?;
            verified = run(&deep)?;
            if doctor.code != 0 || verified.code != 0 {
                let said = format!("{}{}", doctor.stderr, verified.stderr);
                return Err(format!("not put right by the doctor: {said}"));
            }
        }
        let report = json(&verified.stdout);
        match report["deep"]["store"] == report["events"] {
            true => Ok(()),
            false => Err(format!("the store lacks some: {report}")),
        }
    }

    /// Whether a command did its work; else it has to name the place.
    fn spoke(&self, case: &Case, run: &Run, refused: &mut bool) -> Result<bool, String> {
        if run.code == 0 {
            return Ok(true);
        }
        *refused = true;
        let named = lines_named(&run.stderr);
        let well = match self.struck(case) {
            Some(line) => self.names(case, line, &named, &run.stderr),
            None => {
                let name = Path::new(&case.file).file_name().unwrap_or_default();
                let name = name.to_string_lossy();
                // sled is one place.
                let places = match case.is_in_store() {
                    true => ["/store"; 2],
                    false => [&*name, JOURNAL],
                };
                places.iter().any(|place| run.stderr.contains(place))
            }
        };
        if well {
            return Ok(false);
        }
        Err(format!(
            "refused, and its place is not named: {}",
            run.stderr
        ))
    }

    /// Whether the lines that a refusal names lead to the line of the journal that was struck.
    fn names(&self, case: &Case, line: u64, named: &[u64], said: &str) -> bool {
        let also = match case.harm {
            // A header that changed and is still well-formed shows only in the one after it.
            Harm::Flip { .. } => said.contains("what stands before it").then_some(line + 1),
            // The last one that is there.
            _ if said.contains("ends before its last batch") => line.checked_sub(1),
            // The first one that the store has not either.
            _ => Some(line.max(self.stored + 1)),
        };
        named.iter().any(|n| *n == line || Some(*n) == also)
    }

    /// The line of the journal, from 1, that was struck: the first that is not as it was.
    fn struck(&self, case: &Case) -> Option<u64> {
        let at = match case.harm {
            _ if case.file != JOURNAL => return None,
            Harm::Flip { at, .. } => at,
            Harm::Cut { to } => to,
            Harm::Empty | Harm::Missing => 0,
        };
        let before = &self.files[JOURNAL][..at];
        Some(1 + before.iter().filter(|byte| **byte == b'\n').count() as u64)
    }

    fn is_in_last_line(&self, case: &Case) -> bool {
        let journal = &self.files[JOURNAL];
        let before = &journal[..journal.len() - 1];
        let start = before.iter().rposition(|byte| *byte == b'\n');
        let start = start.map_or(0, |end| end + 1);
        matches!(case.harm, Harm::Flip { at, .. } if at >= start)
    }

    /// Whether an audit has exactly the history that there was; once somebody has written, also
    /// the change that waited and what was `recorded`. `said`: what was said meanwhile.
    fn same(
        &self,
        audit: &Run,
        case: &Case,
        written: Option<(&[String], &str)>,
    ) -> Result<(), String> {
        let given = lines_of_json(&audit.stdout);
        let (waited, given): (Vec<&Value>, Vec<&Value>) = given
            .iter()
            .partition(|event| event["actor"]["id"] == "waiter");
        let (more, said) = written.unwrap_or((&[], ""));
        let due = usize::from(written.is_some());
        // A waiting change that is damaged itself is kept aside, with a word.
        let aside =
            case.class() == "spool" && (case.harm == Harm::Missing || said.contains("quarantine"));
        if waited.len() != due && !aside {
            return Err(format!("{} changes that had waited: {said}", waited.len()));
        }
        let given: Vec<&str> = given.into_iter().map(id).collect();
        let wanted: Vec<&str> = self.ids.iter().chain(more).map(String::as_str).collect();
        if given == wanted {
            return Ok(());
        }
        let same = given
            .iter()
            .zip(&wanted)
            .take_while(|(a, b)| a == b)
            .count();
        Err(format!(
            "{} events instead of {}, other from {same} on, and no word of it",
            given.len(),
            wanted.len()
        ))
    }
}

/// Makes a change that has to wait.
fn shut_out(project: &Project, words: &[&str]) {
    let lock = fs::File::open(project.path(".ledger/lock")).unwrap();
    lock.lock().unwrap();
    let run = project.run(words.iter().chain(&["--wait", "0"]));
    assert!(run.stderr.contains("waits at"), "{}", run.stderr);
}

/// Every line of the journal, from 1, that a message speaks of, as a line or as the event there.
fn lines_named(text: &str) -> Vec<u64> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let number = |at: usize| -> Option<u64> {
        let word = words.get(at)?;
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
        digits.parse().ok()
    };
    let mut lines = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match *word {
            "line" => lines.extend(number(at + 1)),
            "event" | "events" => lines.extend(number(at + 1).map(|event| event + 1)),
            _ => {}
        }
    }
    lines
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// The files below a folder, with what they hold.
fn collect(top: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(top, &path, files);
        } else {
            let name = path.strip_prefix(top).unwrap().to_str().unwrap().to_owned();
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}

/// How many cases of each kind ended how.
type Ends = BTreeMap<(String, &'static str, &'static str), usize>;

/// So many flips and cuts, and every file emptied and removed, on one ledger.
fn sweep(random: &mut Random, absorbed: bool, flips: usize, cuts: usize) -> (Ends, Vec<String>) {
    let subject = Subject::new(absorbed);
    let mut cases = subject.flips(random, flips);
    cases.extend(subject.cuts(random, cuts));
    cases.extend(subject.gone());
    let mut ends = Ends::new();
    let mut wrong = Vec::new();
    for (turn, case) in cases.into_iter().enumerate() {
        let end = subject.suffer(&case, turn).unwrap_or_else(|why| {
            wrong.push(format!("store has all = {absorbed}, {case}: {why}"));
            "WRONG"
        });
        let key = (case.class().to_owned(), case.kind(), end);
        *ends.entry(key).or_default() += 1;
    }
    // The folder is to be whole again when it is dropped.
    subject.whole.restore(&subject.project);
    (ends, wrong)
}

#[track_caller]
fn all_is_well(swept: Vec<(Ends, Vec<String>)>) {
    let mut sums = Ends::new();
    let mut wrong = Vec::new();
    for (ends, more) in swept {
        for (key, count) in ends {
            *sums.entry(key).or_default() += count;
        }
        wrong.extend(more);
    }
    for ((file, kind, end), count) in &sums {
        println!("{file:16} {kind:8} {end:18} {count}");
    }
    for why in &wrong {
        println!("{why}");
    }
    assert!(wrong.is_empty(), "{} cases went wrong", wrong.len());
}

#[test]
fn a_damaged_file_is_healed_or_refused_by_its_name() {
    let mut random = Random::seeded("damage");
    let absorbed = random.below(2) == 0;
    all_is_well(vec![sweep(&mut random, absorbed, 12, 8)]);
}

#[test]
#[ignore = "1,300 damaged ledgers take a minute or two"]
fn a_thousand_flips_and_three_hundred_cuts_are_healed_or_refused() {
    let mut random = Random::seeded("damage");
    let mut other = random.fork();
    let swept = thread::scope(|scope| {
        let one = scope.spawn(|| sweep(&mut random, true, 500, 150));
        let two = scope.spawn(|| sweep(&mut other, false, 500, 150));
        vec![one.join().unwrap(), two.join().unwrap()]
    });
    all_is_well(swept);
}
