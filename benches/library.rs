//! The library's own work, without processes and files.
//!
//! `cargo bench -p ledger-benches --bench library -- [--large] [GROUP …]`

use std::time::Duration;

use ledger_benches::Outcome;
use ledger_benches::history::{self, History};
use ledger_benches::options::Options;
use ledger_benches::plans::Plan;
use ledger_benches::product::{self, Project};
use ledger_benches::sample::{Sample, repeat};
use ledger_benches::table::Table;
use ledger_core::check::{Around, RULES, Rule, Sheet};
use ledger_core::document::observe::{Side, observe};
use ledger_core::document::{Document, Outline, derived, hunk};
use ledger_core::link::Links;
use ledger_core::{Command, Context, Transaction, Verifier};

const BUDGET: Duration = Duration::from_secs(2);

fn main() -> Outcome<()> {
    let Some(options) = Options::read(&["parse", "observe", "decide", "check", "chain"]) else {
        return Ok(());
    };
    let plans = [Plan::master(), Plan::large()];
    if options.wants("parse") {
        let mut table = Table::new("parse: what a plan says, and its derived text", None);
        plans.iter().for_each(|plan| parse(plan, &mut table));
        table.print();
    }
    if options.wants("observe") {
        let mut table = Table::new("observe: what was edited by hand", None);
        for plan in &plans {
            edits(plan, &mut table)?;
        }
        table.print();
    }
    if options.wants("decide") {
        let mut table = Table::new("decide: one command, without sealing it", None);
        for plan in &plans {
            decide(plan, &mut table)?;
        }
        table.print();
    }
    if options.wants("check") {
        let mut table = Table::new("check: what is wrong with a plan", None);
        plans.iter().for_each(|plan| check(plan, &mut table));
        table.print();
    }
    if options.wants("chain") {
        let events = if options.large { 100_000 } else { 10_000 };
        for plan in &plans {
            chain(plan, events)?;
        }
    }
    Ok(())
}

/// All rules, on a plan whose derived text and outline are at hand.
fn check(plan: &Plan, table: &mut Table) {
    let document = Document::from(plan.text.as_str());
    let outline = Outline::parse(&document);
    let bindings = derived::bind(&document, &outline);
    let Some(today) = derived::Date::read("2026-01-01") else {
        return;
    };
    let around = Around {
        today,
        tomorrow: today,
        exists: &|_, _| Some(true),
        had: None,
    };
    let rules: Vec<&Rule> = RULES.iter().collect();
    let sheet = || Sheet {
        path: "PLAN.md",
        document: &document,
        outline: &outline,
        bindings: &bindings,
        changed: None,
    };
    let all = repeat(BUDGET, || {
        ledger_core::check::check(&[sheet()], &around, &rules)
    });
    let found = ledger_core::check::check(&[sheet()], &around, &rules).len();
    let note = format!("{found} findings");
    table.row(format!("{}: all rules", plan.name), &all, None, note);
}

fn parse(plan: &Plan, table: &mut Table) {
    let document = Document::from(plan.text.as_str());
    let rate = |sample: &Sample| {
        let each = plan.text.len() as f64 / sample.median().as_secs_f64() / (1 << 20) as f64;
        format!("{each:.1} MiB/s")
    };
    let lines = repeat(BUDGET / 4, || Document::from(plan.text.as_str()));
    table.row(format!("{}: lines", plan.name), &lines, None, rate(&lines));
    let outline = repeat(BUDGET, || Outline::parse(&document));
    let note = rate(&outline);
    table.row(format!("{}: outline", plan.name), &outline, None, note);
    let read = Outline::parse(&document);
    for (what, find, put) in [
        ("one box ticked", "- [ ]", "- [x]"),
        ("one line more", "\n- [ ]", "\n- [ ] A new task.\n- [ ]"),
    ] {
        let edited = Document::from(plan.text.replacen(find, put, 1).as_str());
        let hunks = hunk::diff(&document, &edited);
        let again = repeat(BUDGET / 2, || read.reread(&document, &edited, &hunks));
        let note = rate(&again);
        table.row(format!("{}: reread, {what}", plan.name), &again, None, note);
    }
    let bind = repeat(BUDGET, || derived::bind(&document, &read));
    let note = rate(&bind);
    table.row(format!("{}: derived text", plan.name), &bind, None, note);
}

/// Somebody ticked a box, or added a line in front of everything.
fn edits(plan: &Plan, table: &mut Table) -> Outcome<()> {
    let old = Document::from(plan.text.as_str());
    let before = Outline::parse(&old);
    let ticked = plan.text.replacen("- [ ]", "- [x]", 1);
    let shifted = format!("A line in front.\n\n{}", plan.text);
    let many = plan.text.replace("- [ ]", "- [x]");
    for (name, text) in [
        ("one box ticked", ticked),
        ("a line in front", shifted),
        ("every box ticked", many),
    ] {
        let new = Document::from(text.as_str());
        let after = Outline::parse(&new);
        let sides = || {
            let side = |document, outline| Side { document, outline };
            (side(&old, &before), side(&new, &after))
        };
        let sample = repeat(BUDGET, || {
            let (before, after) = sides();
            observe(before, after, &[])
        });
        let (before, after) = sides();
        let changes = observe(before, after, &[]).changes.len();
        let what = format!("{}: {name}", plan.name);
        table.row(what, &sample, None, format!("{changes} changes"));
    }
    Ok(())
}

fn adopted(plan: &Plan) -> Outcome<ledger_core::Plan> {
    let context = Context {
        today: "2025-10-16".to_owned(),
        entropy: [1; 32],
    };
    let mut project = Transaction::new(&EMPTY, &context);
    project.create();
    project.adopt("TODO.md", &Document::from(plan.text.as_str()))?;
    Ok(project.plan().clone())
}

static EMPTY: std::sync::LazyLock<ledger_core::Plan> =
    std::sync::LazyLock::new(ledger_core::Plan::default);

fn decide(plan: &Plan, table: &mut Table) -> Outcome<()> {
    let folded = adopted(plan)?;
    let open = history::open_tasks(&folded);
    let task = open.first().ok_or("the plan has no open task")?;
    let commands = [
        ("start", Command::Start(history::named(task))),
        ("complete", Command::Complete(history::named(task))),
        (
            "note",
            Command::Note {
                task: task.clone(),
                text: "what was found on the way".to_owned(),
            },
        ),
    ];
    for (name, command) in commands {
        history::decide(&folded, &command, 0)?;
        let sample = repeat(BUDGET, || history::decide(&folded, &command, 0));
        table.row(format!("{}: {name}", plan.name), &sample, None, "");
    }
    Ok(())
}

/// A journal of many events, verified and folded.
fn chain(plan: &Plan, events: u64) -> Outcome<()> {
    let project = Project::adopted(&product::binary()?, &plan.text)?;
    history::lengthen(&project, events)?;
    let history = History::read(&project)?;
    let lines: Vec<&[u8]> = history
        .bytes
        .split_inclusive(|byte| *byte == b'\n')
        .collect();
    let title = format!(
        "chain: {} events, {} KiB, {}",
        lines.len(),
        history.bytes.len() >> 10,
        plan.name
    );
    let mut table = Table::new(title, None);
    let note = |sample: &Sample| {
        let seconds = sample.median().as_secs_f64();
        format!(
            "{:.2} µs an event, {:.0} MiB/s",
            seconds * 1e6 / lines.len() as f64,
            history.bytes.len() as f64 / seconds / (1 << 20) as f64
        )
    };
    let links = repeat(BUDGET, || {
        let mut links = Links::new();
        lines.iter().try_for_each(|line| links.line(line).map(drop))
    });
    table.row("verify the chain", &links, None, note(&links));
    let verified = repeat(BUDGET, || {
        let mut verifier = Verifier::new();
        lines
            .iter()
            .try_for_each(|line| verifier.line(line).map(drop))
    });
    table.row("… and give its events", &verified, None, note(&verified));
    let folded = repeat(BUDGET, || {
        let mut plan = ledger_core::Plan::default();
        history
            .batches
            .iter()
            .try_for_each(|batch| plan.evolve(batch))
            .map(|()| plan)
    });
    table.row("fold", &folded, None, note(&folded));
    table.print();
    Ok(())
}
