//! Whole processes, from start to exit: what somebody who types a command waits for, or an
//! agent whose hook runs one.
//!
//! `cargo bench -p ledger-benches --bench processes -- [--large] [--huge] [--rounds N] [GROUP …]`

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ledger_benches::history::{self, History};
use ledger_benches::options::Options;
use ledger_benches::plans::{self, Plan};
use ledger_benches::product::{self, Project};
use ledger_benches::sample::{Sample, repeat};
use ledger_benches::table::{Table, short};
use ledger_benches::{Outcome, peers};
use ledger_core::document::{Document, Outline};

/// Rounds that are run before any is measured.
const WARM_UP: usize = 10;

/// A batch is not run if a shorter one says that it would take longer than this.
const PATIENCE: Duration = Duration::from_secs(180);

fn main() -> Outcome<()> {
    let Some(options) = Options::read(&[
        "append", "hook", "batch", "render", "import", "at", "verify", "query", "blame", "stats",
    ]) else {
        return Ok(());
    };
    let binary = product::binary()?;
    println!("{}", binary.display());
    let mut sizes = vec![1_000];
    if options.large {
        sizes.push(100_000);
    }
    if options.huge {
        sizes.push(1_000_000);
    }
    if options.wants("append") {
        for &events in &sizes {
            append(&binary, &Plan::master(), events, options.rounds)?;
        }
        append(&binary, &Plan::large(), 1_000, options.rounds.min(40))?;
    }
    if options.wants("hook") {
        for plan in [Plan::master(), Plan::large()] {
            hook(&binary, &plan, options.rounds.min(60))?;
        }
    }
    if options.wants("batch") {
        for plan in [Plan::master(), Plan::large()] {
            batch(&binary, &plan, options.large)?;
        }
    }
    if options.wants("render") {
        let mut table = Table::new("render: another checkout's copy after one change", None);
        for plan in [Plan::master(), Plan::large()] {
            render(&binary, &plan, options.rounds.min(40), &mut table)?;
        }
        table.print();
    }
    if options.wants("import") {
        import(&binary, options.rounds.min(20))?;
    }
    let longest = if options.large { 100_000 } else { 10_000 };
    if options.wants("at") || options.wants("verify") || options.wants("query") {
        let project = Project::adopted(&binary, &Plan::master().text)?;
        history::lengthen(&project, longest)?;
        if options.wants("at") {
            at(&project, options.rounds.min(40))?;
        }
        if options.wants("query") {
            query(&project, options.rounds.min(40))?;
        }
        if options.wants("verify") {
            verify(&project, options.rounds.min(10), true)?;
        }
    }
    if options.wants("blame") || options.wants("stats") {
        let project = Project::adopted(&binary, &Plan::master().text)?;
        history::lengthen(&project, longest)?;
        if options.wants("blame") {
            projected(&project, "blame", options.rounds.min(40))?;
        }
        if options.wants("stats") {
            projected(&project, "stats", options.rounds.min(40))?;
        }
    }
    if options.wants("verify") && options.huge {
        let project = Project::adopted(&binary, &Plan::master().text)?;
        history::lengthen(&project, 1_000_000)?;
        verify(&project, 3, false)?;
    }
    Ok(())
}

/// One change in a process of its own, beside its peers. The contenders take turns, each going
/// first as often as the others, since each leaves the disk something to do for the next.
fn append(binary: &Path, plan: &Plan, events: u64, rounds: usize) -> Outcome<()> {
    let project = Project::adopted(binary, &plan.text)?;
    let open = history::open_tasks(&History::read(&project)?.plan);
    history::lengthen(&project, events)?;
    let [database, redb, bare, payload] =
        ["events.db", "events.redb", "bare", "payload"].map(|name| project.path(name));
    peers::fill_sqlite(&database, &project.journal())?;
    peers::fill_redb(&redb, &project.journal())?;
    fs::copy(project.journal(), &bare)?;

    let tasks = open.get(..open.len().min(8)).unwrap_or_default();
    let mut turns = tasks.iter().cycle().flat_map(|task| {
        [
            vec!["append", "start", task],
            vec!["append", "note", task, "what was found on the way"],
            vec!["append", "complete", task],
            vec!["append", "reopen", task],
        ]
    });
    let mut change = || turns.next().ok_or("the plan has no open task");

    let mut samples: [Sample; 4] = std::array::from_fn(|_| Sample::default());
    let mut ratios = Sample::default();
    let mut grown = 0;
    let mut length = fs::metadata(project.journal())?.len();
    for round in 0..WARM_UP + rounds {
        let mut took = [Duration::ZERO; 4];
        for turn in 0..4 {
            let contender = (turn + round) % 4;
            took[contender] = match contender {
                0 => project.run(change()?, b"")?.0,
                // What the others append is what the ledger appended last.
                _ if round == 0 => continue,
                1 => peer(env!("CARGO_BIN_EXE_peer-sqlite"), &database, &payload)?,
                2 => peer(env!("CARGO_BIN_EXE_peer-redb"), &redb, &payload)?,
                _ => peer(env!("CARGO_BIN_EXE_peer-bare"), &bare, &payload)?,
            };
        }
        let appended = from(&project.journal(), length)?;
        fs::write(&payload, &appended)?;
        length += appended.len() as u64;
        if round >= WARM_UP {
            grown += appended.len();
            for (sample, took) in samples.iter_mut().zip(took) {
                sample.push(took);
            }
            ratios.push(Duration::from_secs_f64(
                took[0].as_secs_f64() / took[1].as_secs_f64(),
            ));
        }
    }
    let [ledger, sqlite, redb, least] = &samples;
    let title = format!(
        "append: one change a process, {} at {events} events, {} bytes a change",
        plan.name,
        grown / rounds
    );
    let mut table = Table::new(title, Some("SQLite"));
    let round = format!(
        "median of the rounds' own ratios: {:.2}; ledger {} KiB, journal {} KiB",
        ratios.median().as_secs_f64(),
        product::size(&project.ledger())? >> 10,
        length >> 10
    );
    table.row("ledger append", ledger, Some(sqlite), round);
    table.row("SQLite, WAL, FULL", sqlite, Some(sqlite), "");
    table.row("redb", redb, Some(sqlite), "");
    table.row("write and fdatasync", least, Some(sqlite), "");
    table.print();
    Ok(())
}

/// An agent's hook in a process of its own, beside a bare append: after a tool that edited the
/// plan, and after one that left it as it was, which is what most hooks find.
fn hook(binary: &Path, plan: &Plan, rounds: usize) -> Outcome<()> {
    let project = Project::adopted(binary, &plan.text)?;
    let open = history::open_tasks(&History::read(&project)?.plan);
    history::lengthen(&project, 1_000)?;
    let task = open.first().ok_or("the plan has no open task")?;
    let hook = ["append", "--hook", "claude-code", "--strict"];
    let mut samples: [Sample; 3] = std::array::from_fn(|_| Sample::default());
    for round in 0..WARM_UP + rounds {
        let mut took = [Duration::ZERO; 3];
        for turn in 0..3 {
            let contender = (turn + round) % 3;
            let text = fs::read_to_string(project.plan())?;
            let last = text.trim_end().lines().last().unwrap_or_default();
            let typed = format!("bench line {round}");
            let payload = serde_json::json!({
                "session_id": "bench", "cwd": project.path("a"),
                "hook_event_name": "PostToolUse", "tool_name": "Edit",
                "tool_use_id": format!("toolu_{round}_{contender}"),
                "tool_input": { "file_path": project.plan(), "old_string": last, "new_string": format!("{last}\n{typed}") },
            });
            took[contender] = match contender {
                0 => {
                    project
                        .run(["append", "note", task, "what was found on the way"], b"")?
                        .0
                }
                1 => {
                    // A line typed at the end of the plan, as an editor saves it.
                    fs::write(project.plan(), format!("{}\n{typed}\n", text.trim_end()))?;
                    project.run(hook, payload.to_string().as_bytes())?.0
                }
                _ => project.run(hook, payload.to_string().as_bytes())?.0,
            };
        }
        if round >= WARM_UP {
            for (sample, took) in samples.iter_mut().zip(took) {
                sample.push(took);
            }
        }
    }
    let [append, edited, unchanged] = &samples;
    let mut table = Table::new(
        format!("hook: after one tool, {} at 1000 events", plan.name),
        Some("append"),
    );
    table.row("append note", append, Some(append), "");
    table.row("hook, the plan was edited", edited, Some(append), "");
    table.row("hook, nothing changed", unchanged, Some(append), "");
    table.print();
    Ok(())
}

/// A plan's past in git taken over, each time into a new ledger.
fn import(binary: &Path, rounds: usize) -> Outcome<()> {
    let (name, texts) = plans::past();
    let project = Project::committed(binary, &texts)?;
    let mut sample = Sample::default();
    for _ in 0..rounds {
        sample.push(project.run(["init", "--git", "TODO.md"], b"")?.0);
        fs::remove_dir_all(project.ledger())?;
    }
    let mut table = Table::new("import: a past in git, by `init --git`", None);
    table.row(name, &sample, None, "");
    table.print();
    Ok(())
}

/// What a file has from a place on.
fn from(path: &Path, place: u64) -> Outcome<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(place))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn peer(binary: &str, target: &Path, payload: &Path) -> Outcome<Duration> {
    let mut command = Command::new(binary);
    Ok(product::run(command.env_clear().arg(target).arg(payload), b"")?.0)
}

/// So many changes of a few tasks, as `append --json` reads them.
fn changes(open: &[String], size: usize) -> Outcome<String> {
    let tasks = open.get(..open.len().min(8)).unwrap_or_default();
    let mut changes = String::new();
    for (task, change) in tasks
        .iter()
        .cycle()
        .flat_map(|task| ["start", "complete", "reopen"].map(|change| (task, change)))
        .take(size)
    {
        let change = serde_json::json!({ "change": change, "task": task });
        writeln!(changes, "{change}")?;
    }
    Ok(changes)
}

/// Many changes in one process and one batch.
fn batch(binary: &Path, plan: &Plan, large: bool) -> Outcome<()> {
    let mut table = Table::new(
        format!("batch: changes as one `append --json -`, {}", plan.name),
        None,
    );
    let sizes: &[usize] = if large {
        &[100, 1_000, 10_000, 100_000]
    } else {
        &[100, 1_000, 10_000]
    };
    let mut last: Option<(usize, Duration)> = None;
    for &size in sizes {
        if let Some((before, took)) = last {
            let likely = took.mul_f64(size as f64 / before as f64);
            if likely > PATIENCE {
                let note = format!("left out: it would take about {}", short(likely));
                table.row(format!("{size} changes"), &Sample::default(), None, note);
                continue;
            }
        }
        let project = Project::adopted(binary, &plan.text)?;
        let open = history::open_tasks(&History::read(&project)?.plan);
        let changes = changes(&open, size)?;
        let before = fs::metadata(project.journal())?.len();
        let (took, _) = project.run(["append", "--json", "-"], changes.as_bytes())?;
        let bytes = fs::metadata(project.journal())?.len() - before;
        last = Some((size, took));
        let mut sample = Sample::default();
        sample.push(took);
        let note = format!(
            "{:.0} events/s, {} bytes an event",
            size as f64 / took.as_secs_f64(),
            bytes / size as u64
        );
        table.row(format!("{size} changes"), &sample, None, note);
    }
    table.print();
    Ok(())
}

/// Two checkouts share a ledger; a change was made in one, and the other is brought forward.
fn render(binary: &Path, plan: &Plan, rounds: usize, table: &mut Table) -> Outcome<()> {
    let project = Project::adopted(binary, &plan.text)?;
    // A ledger that is not in a folder called `.ledger` has the current folder as its root.
    let ledger = project.path("ledger");
    fs::rename(project.ledger(), &ledger)?;
    fs::create_dir(project.path("b"))?;
    // Cargo's folder lies in a checkout, which would be the root of both.
    for folder in ["a", "b"] {
        product::run(
            Command::new("git")
                .args(["init", "-q"])
                .arg(project.path(folder)),
            b"",
        )?;
    }
    fs::copy(project.plan(), project.path("b/TODO.md"))?;
    let open = open_of(plan);
    let task = open.first().ok_or("the plan has no open task")?;
    let at = ["--ledger".to_owned(), ledger.display().to_string()];
    let with = |words: &[&str]| -> Vec<String> {
        let words = words.iter().map(|word| (*word).to_owned());
        at.iter().cloned().chain(words).collect()
    };
    project.run_in("b", with(&["render"]), b"")?;
    let mut sample = Sample::default();
    let mut current = Sample::default();
    for round in 0..rounds + 2 {
        let change = ["start", "complete", "reopen"][round % 3];
        project.run(with(&["append", change, task]), b"")?;
        let (took, _) = project.run_in("b", with(&["render"]), b"")?;
        if fs::read(project.plan())? != fs::read(project.path("b/TODO.md"))? {
            return Err("the other checkout was not brought forward".into());
        }
        let (again, _) = project.run_in("b", with(&["render"]), b"")?;
        if round >= 2 {
            sample.push(took);
            current.push(again);
        }
    }
    table.row(&plan.name, &sample, None, "");
    table.row(format!("{}, current", plan.name), &current, None, "");
    Ok(())
}

/// The labels of a plan's open tasks, without a ledger.
fn open_of(plan: &Plan) -> Vec<String> {
    let document = Document::from(plan.text.as_str());
    let outline = Outline::parse(&document);
    outline
        .tasks
        .iter()
        .filter(|group| group.len() == 1)
        .filter_map(|group| outline.entries.get(*group.first()?))
        .filter(|entry| entry.status == ledger_core::Status::Pending)
        .filter_map(|entry| Some(entry.id.as_ref()?.text.clone()))
        .collect()
}

/// The plan as it was at a moment.
fn at(project: &Project, rounds: usize) -> Outcome<()> {
    let history = History::read(project)?;
    let head = history.head.ok_or("an empty ledger")?.seq.0;
    let mut table = Table::new(
        format!("at: the plan at a moment of {} events", head + 1),
        None,
    );
    for (name, seq) in [
        ("early", head / 100),
        ("in the middle", head / 2),
        ("late", head - 3),
    ] {
        let mut sample = Sample::default();
        for round in 0..rounds + 2 {
            let seq = (seq + round as u64).min(head).to_string();
            let (took, plan) = project.run(["render", "--at", &seq, "--stdout"], b"")?;
            if plan.is_empty() {
                return Err(format!("nothing was printed for moment {seq}").into());
            }
            if round >= 2 {
                sample.push(took);
            }
        }
        table.row(name, &sample, None, "");
    }
    table.print();
    Ok(())
}

/// A projection of all of the history, at the head, where a snapshot of it is kept, and right
/// before it, where that does not help.
fn projected(project: &Project, question: &str, rounds: usize) -> Outcome<()> {
    let head = History::read(project)?.head.ok_or("an empty ledger")?.seq;
    let title = format!("{question}: a plan after {} events", head.0 + 1);
    let mut table = Table::new(title, None);
    let earlier = (head.0 - 1).to_string();
    for (name, words) in [
        ("the moment before", vec![question, "--at", &earlier]),
        ("at the head", vec![question]),
    ] {
        let mut sample = Sample::default();
        for round in 0..rounds + 2 {
            let (took, lines) = project.run(&words, b"")?;
            if lines.is_empty() {
                return Err("nothing was printed".into());
            }
            if round >= 2 {
                sample.push(took);
            }
        }
        table.row(name, &sample, None, "");
    }
    table.print();
    Ok(())
}

/// What is asked of a long history. The task is one with a few events, as most have.
fn query(project: &Project, rounds: usize) -> Outcome<()> {
    let history = History::read(project)?;
    let head = history.head.ok_or("an empty ledger")?.seq.0;
    let open = history::open_tasks(&history.plan);
    let task = open.last().ok_or("the plan has no open task")?;
    drop(history.batches);
    let batch = changes(&open, 2_000)?;
    project.run(["append", "--json", "-"], batch.as_bytes())?;
    let in_batch = History::read(project)?.head.ok_or("an empty ledger")?.seq;
    let (late, early) = (in_batch.to_string(), (in_batch.0 - 1_900).to_string());
    for change in ["start", "complete", "reopen", "start"] {
        project.run(["append", change, task], b"")?;
    }
    let middle = (head / 2).to_string();
    let plan = project.plan().display().to_string();
    let questions: [(&str, Vec<&str>); 12] = [
        ("show EVENT", vec!["show", &middle]),
        ("early in a batch of 2000", vec!["show", &early]),
        ("at its end", vec!["show", &late]),
        ("show event:EVENT", vec!["show", "event:100"]),
        ("audit --task", vec!["audit", "--task", task]),
        ("show TASK", vec!["show", task]),
        ("blame --task", vec!["blame", "--task", task]),
        ("blame --words", vec!["blame", "--words"]),
        ("diff", vec!["diff", "head~50"]),
        ("identify", vec!["identify", &plan]),
        ("history", vec!["history"]),
        ("history --task", vec!["history", "--task", task]),
    ];
    let mut table = Table::new(format!("query: asked of {} events", in_batch.0 + 5), None);
    for (name, words) in questions {
        let mut sample = Sample::default();
        for round in 0..rounds + 2 {
            let (took, answer) = project.run(&words, b"")?;
            if answer.is_empty() {
                return Err(format!("{name} was not answered").into());
            }
            if round >= 2 {
                sample.push(took);
            }
        }
        table.row(name, &sample, None, "");
    }
    table.print();
    Ok(())
}

/// The chain alone, with the tree and what a checkpoint says of it, and with every document, with
/// the most memory it took; and beside them what hashing a document costs, which every moment of a
/// plan adds.
fn verify(project: &Project, rounds: usize, documents: bool) -> Outcome<()> {
    let journal = project.journal();
    let checkpoint = project.path("checkpoint").display().to_string();
    project.run(["checkpoint", "--to", &checkpoint], b"")?;
    let length = fs::metadata(&journal)?.len();
    let events = BufReader::new(File::open(&journal)?).split(b'\n').count();
    let title = format!("verify: {events} events, {} KiB", length >> 10);
    let mut table = Table::new(title, None);
    let journal = journal.display().to_string();
    let ways: [(&str, Vec<&str>); 4] = [
        (
            "the chain",
            vec!["verify", "--chain", "--journal", &journal],
        ),
        (
            "and a checkpoint",
            vec!["verify", "--chain", "--checkpoint", &checkpoint],
        ),
        ("and documents", vec!["verify", "--journal", &journal]),
        ("of the ledger", vec!["verify"]),
    ];
    for (name, words) in ways.iter().take(if documents { 4 } else { 2 }) {
        let mut sample = Sample::default();
        let mut peak = 0;
        for _ in 0..rounds.max(1) {
            let (took, kib) = project.run_watched(words)?;
            sample.push(took);
            peak = peak.max(kib);
        }
        let each = sample.median().as_secs_f64() * 1e6 / events as f64;
        let note = format!("{each:.2} µs an event, {} MiB at most", peak >> 10);
        table.row(*name, &sample, None, note);
    }
    let document = Document::from(fs::read_to_string(project.plan())?.as_str());
    let hashing = repeat(Duration::from_secs(1), || {
        ledger_core::chain::document_hash(&[7; 16], &document)
    });
    let bytes = document.byte_len();
    let each = hashing.median().as_secs_f64() * 1e9 / bytes as f64;
    let note = format!("{each:.2} ns a byte, {bytes} bytes");
    table.row("hashing one document", &hashing, None, note);
    table.print();
    Ok(())
}
