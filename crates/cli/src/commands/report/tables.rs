//! The tables of the page: all numbers of its pictures, and what has none.

use std::fmt::Write as _;

use ledger_core::project::Entry;
use ledger_core::project::stats::Day;
use ledger_core::{Status, Time};

use super::Report;
use super::page::span;
use crate::commands::audit::words;
use crate::commands::stats::outlined;
use crate::output::escape::html;
use crate::output::{paint, when};

/// Days that a table has: the last ones.
const DAYS: usize = 400;

/// Steps by which the name of a phase is indented at most; the style has one for each.
const DEEPEST: usize = 4;

/// Begins a table that can be scrolled by itself.
fn begin(page: &mut String, id: &str, caption: &str, heads: &[&str]) {
    let _ = write!(
        page,
        "<div class=\"wide tall\" tabindex=\"0\" role=\"region\" aria-labelledby=\"{id}-caption\">\
         <table id=\"{id}\"><caption id=\"{id}-caption\">{}</caption><thead><tr>",
        html(caption)
    );
    for head in heads {
        let (class, head) = match head.strip_prefix('#') {
            Some(number) => (" class=\"n\"", number),
            None => ("", *head),
        };
        let _ = write!(page, "<th scope=\"col\"{class}>{head}");
    }
    // The ends of cells and rows may be left out (WHATWG HTML, 13.1.2.4).
    page.push_str("</thead><tbody>\n");
}

fn end(page: &mut String) {
    page.push_str("</tbody></table></div>\n");
}

fn row(page: &mut String, name: &str) {
    let _ = write!(page, "<tr><th scope=\"row\" class=\"t\">{}", html(name));
}

fn number(page: &mut String, value: impl std::fmt::Display) {
    let _ = write!(page, "<td class=\"n\">{value}");
}

fn short(page: &mut String, text: &str) {
    let _ = write!(page, "<td class=\"t\">{}", html(text));
}

fn long(page: &mut String, text: &str) {
    let _ = write!(page, "<td class=\"text\">{}", html(text));
}

fn time(page: &mut String, time: Option<Time>) {
    short(page, &time.map_or_else(String::new, when::utc));
}

pub(super) fn phases(page: &mut String, report: &Report<'_>) {
    let phases = report.summary.phases.as_deref().unwrap_or_default();
    if phases.is_empty() {
        return;
    }
    let heads = ["phase", "progress", "#completed", "#tasks"];
    begin(page, "phases", "Progress by section of the plan", &heads);
    for phase in outlined(phases) {
        let (done, all) = (phase.done, phase.all);
        let _ = write!(
            page,
            "<tr><th scope=\"row\" class=\"text in{}\">{}<td><meter min=\"0\" max=\"{}\" value=\"{done}\">{done} of {all}</meter>",
            phase.depth.min(DEEPEST),
            html(&phase.name),
            all.max(1)
        );
        number(page, done);
        number(page, all);
        page.push('\n');
    }
    end(page);
}

pub(super) fn days(page: &mut String, days: &[Day]) {
    let shown = days
        .get(days.len().saturating_sub(DAYS)..)
        .unwrap_or_default();
    let caption = match days.len() - shown.len() {
        0 => "Days on which something changed, with how many tasks had which status at their end"
            .to_owned(),
        more => format!("The last days on which something changed; there are {more} before them"),
    };
    page.push_str("<details><summary>These numbers as a table</summary>\n");
    let mut heads = vec!["day", "#added", "#completed", "#reopened", "#removed"];
    let named = Status::ALL.map(|status| format!("#now {}", paint::words(status)));
    heads.extend(named.iter().map(String::as_str));
    begin(page, "days", &caption, &heads);
    for day in shown {
        row(page, &day.day);
        for count in [day.added, day.completed, day.reopened, day.removed] {
            number(page, count);
        }
        for status in Status::ALL {
            number(page, day.tasks.get(status.name()).copied().unwrap_or(0));
        }
        page.push('\n');
    }
    end(page);
    page.push_str("</details>\n");
}

pub(super) fn tasks(page: &mut String, report: &Report<'_>) {
    let heads = [
        "task",
        "title",
        "status",
        "added",
        "started",
        "completed",
        "lead time",
        "cycle time",
        "blocked",
        "#reopened",
    ];
    page.push_str("<details open><summary>The tasks as a table</summary>\n");
    begin(page, "all-tasks", "Tasks of the plan, in its order", &heads);
    for task in &report.summary.tasks {
        row(page, task.key.as_str());
        long(page, &task.title);
        short(page, paint::words(task.status));
        time(page, task.added);
        time(page, task.started);
        time(page, task.completed);
        short(page, &task.lead.map_or_else(String::new, span));
        short(page, &task.cycle.map_or_else(String::new, span));
        let blocked: u64 = task.blocked.values().sum();
        let reasons: Vec<&str> = task.blocked.keys().map(String::as_str).collect();
        match blocked {
            0 => page.push_str("<td>"),
            blocked => long(page, &format!("{} {}", span(blocked), reasons.join("; "))),
        }
        match task.reopened {
            0 => page.push_str("<td>"),
            times => number(page, times),
        }
        page.push('\n');
    }
    end(page);
    page.push_str("</details>\n");
}

pub(super) fn dependencies(page: &mut String, report: &Report<'_>, places: &[usize]) {
    let heads = ["task", "status", "waits for", "estimate", "#holds up"];
    page.push_str("<details><summary>The dependencies as a table</summary>\n");
    begin(
        page,
        "waits",
        "What each task waits for, and how many open tasks wait for it",
        &heads,
    );
    for at in places {
        let node = &report.graph.nodes[*at];
        row(page, node.task.key.as_str());
        short(page, paint::words(node.task.status()));
        let on = node.on.iter();
        let on: Vec<&str> = on
            .map(|on| report.graph.nodes[*on].task.key.as_str())
            .collect();
        let unknown = node.unknown.iter().map(|id| format!("{id} (no task)"));
        let on: Vec<String> = on.into_iter().map(str::to_owned).chain(unknown).collect();
        long(page, &on.join(", "));
        let estimate = node.estimate.and_then(|own| own.words());
        short(page, &estimate.unwrap_or_default());
        number(page, node.holds_up);
        page.push('\n');
    }
    end(page);
    page.push_str("</details>\n");
}

pub(super) fn actors(page: &mut String, report: &Report<'_>) {
    let actors = report.summary.actors.as_deref().unwrap_or_default();
    if actors.is_empty() {
        page.push_str("<p>Nobody completed or reopened a task yet.</p>\n");
        return;
    }
    let heads = [
        "who",
        "kind",
        "#completed",
        "#reopened",
        "#standing without evidence",
    ];
    let caption =
        "Completions and reopenings, and completions that still stand and have no evidence";
    begin(page, "actors", caption, &heads);
    for actor in actors {
        let _ = write!(
            page,
            "<tr><th scope=\"row\" class=\"text\">{}",
            html(&actor.id)
        );
        short(page, &actor.kind);
        number(page, actor.completed);
        number(page, actor.reopened);
        number(page, actor.unproven);
        page.push('\n');
    }
    end(page);
}

pub(super) fn versions(page: &mut String, report: &Report<'_>) {
    let heads = ["version", "plan", "from", "to", "by", "changes"];
    begin(
        page,
        "versions",
        "Versions of the plan, the newest first",
        &heads,
    );
    for version in report.versions.iter().rev() {
        row(page, version.version.as_deref().unwrap_or("none"));
        short(page, &version.path);
        time(page, Some(version.first.time));
        time(page, Some(version.last.time));
        let by: Vec<String> = version.actors.iter().map(words::actor).collect();
        long(page, &by.join(", "));
        long(page, &version.changes.summary());
        page.push('\n');
    }
    end(page);
}

pub(super) fn events(page: &mut String, report: &Report<'_>) {
    page.push_str(
        "<form id=\"search\" class=\"search\" role=\"search\" hidden><label for=\"words\">Search</label>\
         <input id=\"words\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\">\
         <output id=\"count\" for=\"words\" aria-live=\"polite\"></output></form>\n",
    );
    let whose = if report.is_part { " of this plan" } else { "" };
    let caption = match report.older {
        0 => format!("Events{whose}, the newest first"),
        older => format!("The newest events{whose}; ledger audit has the {older} before them too"),
    };
    let heads = ["#event", "time", "who", "what", "task", "change", "details"];
    begin(page, "events", &caption, &heads);
    for entry in &report.events {
        let _ = write!(page, "<tr><td class=\"n\">{}", entry.seq);
        time(page, Some(entry.time));
        let _ = write!(page, "<td>{}", html(&words::actor(&entry.actor)));
        short(page, &entry.kind);
        short(page, entry.task.as_ref().map_or("", |task| task.as_str()));
        short(page, &words::change(entry));
        long(page, &cut(said(entry)));
        page.push('\n');
    }
    end(page);
}

/// What an event says, with the title of a task that came or went.
fn said(entry: &Entry) -> String {
    let details = words::details(entry);
    match &entry.title {
        Some(title) if entry.kind != "task.retitled" && details.is_empty() => title.clone(),
        Some(title) if entry.kind != "task.retitled" => format!("{title}; {details}"),
        _ => details,
    }
}

/// Details are no longer than this many characters: some are whole files.
const DETAILS: usize = 160;

fn cut(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(DETAILS) {
        text.truncate(at);
        text.push('…');
    }
    text
}
