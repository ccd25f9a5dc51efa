//! The page: HTML with its style, its script and its numbers in it.
//!
//! Nothing in it is fetched, and its policy (Content Security Policy Level 3) lets nothing be: the
//! one script that may run is known by its hash. All text of plans goes through
//! [`html`](crate::output::escape::html).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger_core::Status;
use ledger_core::project::stats::{Spans, TaskStats, Totals};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{Report, charts, network, tables};
use crate::failure::Failure;
use crate::output::escape::html;
use crate::output::{json, paint, when};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The parts of the page: the name and the title of each.
const PARTS: [(&str, &str); 7] = [
    ("summary", "Summary"),
    ("progress", "Progress"),
    ("tasks", "Tasks"),
    ("dependencies", "Dependencies"),
    ("people", "Who did what"),
    ("history", "Versions"),
    ("audit", "Audit trail"),
];

/// The page of a report.
///
/// # Errors
/// That its numbers cannot be written as JSON.
pub(super) fn of(report: &Report<'_>) -> Result<String, Failure> {
    let title = match report.plans.as_slice() {
        [plan] => format!("Plan report: {plan}"),
        [] => "Plan report".to_owned(),
        several => format!("Plan report: {} plans", several.len()),
    };
    let mut page = String::with_capacity(256 << 10);
    head(&mut page, &title);
    let summary = report.summary;
    let _ = write!(
        page,
        "<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header>\n<h1>{}</h1>\n\
         <p class=\"soft\">After event {}, <time datetime=\"{}\">{}</time>. Days and times are in UTC, \
         as whoever wrote them claimed.</p>\n<nav aria-label=\"Parts of the report\"><ul>",
        html(&title),
        summary.moment,
        summary.time,
        when::utc(summary.time)
    );
    for (name, title) in PARTS {
        let _ = write!(page, "<li><a href=\"#{name}\">{title}</a></li>");
    }
    page.push_str("</ul></nav>\n</header>\n<main id=\"main\" tabindex=\"-1\">\n");
    for (name, title) in PARTS {
        let _ = write!(
            page,
            "<section aria-labelledby=\"{name}\">\n<h2 id=\"{name}\">{title}</h2>\n"
        );
        match name {
            "summary" => facts(&mut page, report),
            "progress" => progress(&mut page, report),
            "tasks" => tasks(&mut page, report),
            "dependencies" => dependencies(&mut page, report),
            "people" => tables::actors(&mut page, report),
            "history" => tables::versions(&mut page, report),
            _ => tables::events(&mut page, report),
        }
        page.push_str("</section>\n");
    }
    page.push_str("</main>\n<footer>");
    if let Some(ledger) = &report.ledger {
        let _ = write!(page, "Ledger {}. ", ledger.short());
    }
    page.push_str(
        "Written by ledger report; the numbers are those of ledger stats --json.</footer>\n",
    );
    let _ = writeln!(
        page,
        "<script type=\"application/json\" id=\"stats\">{}</script>",
        data(summary)?
    );
    let _ = write!(page, "<script>{SCRIPT}</script>\n</body>\n</html>\n");
    Ok(page)
}

fn head(page: &mut String, title: &str) {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; \
         form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n",
        html(title)
    );
}

/// JSON that can stand in a script element: nothing in it ends the element or begins a comment
/// (WHATWG HTML, 4.12.1.3).
fn data(value: &impl Serialize) -> Result<String, Failure> {
    Ok(json::line(value)?
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026"))
}

/// A span of milliseconds, in words.
pub(super) fn span(millis: u64) -> String {
    when::span(i64::try_from(millis).unwrap_or(i64::MAX))
}

fn facts(page: &mut String, report: &Report<'_>) {
    let Some(totals) = &report.summary.totals else {
        return;
    };
    let with = |status: Status| totals.statuses.get(status.name()).copied().unwrap_or(0);
    let done = with(Status::Completed);
    let all = totals.tasks - with(Status::Cancelled);
    let percent = (done * 100).checked_div(all).unwrap_or(0);
    if totals.tasks == 0 {
        page.push_str("<p>The plan has no tasks.</p>\n<dl class=\"facts\">");
    } else {
        let _ = write!(
            page,
            "<p><meter min=\"0\" max=\"{}\" value=\"{done}\" aria-label=\"Completed\"></meter> \
         <strong>{done} of {all}</strong> tasks completed ({percent}%)</p>\n<dl class=\"facts\">",
            all.max(1)
        );
    }
    for status in Status::ALL {
        let _ = write!(
            page,
            "<div><dt>{}</dt><dd id=\"count-{}\">{}</dd></div>",
            paint::words(status),
            status.name(),
            with(status)
        );
    }
    let left = match totals.left_completed {
        0 => String::new(),
        done => format!("<small>{done} of them completed</small>"),
    };
    let _ = write!(
        page,
        "<div><dt>left the plan</dt><dd id=\"count-removed\">{}{left}</dd></div>\
         <div><dt>reopened</dt><dd id=\"count-reopened\">{}</dd></div>",
        totals.removed, totals.reopened
    );
    spans(page, "added to completed", &totals.lead);
    spans(page, "started to completed", &totals.cycle);
    page.push_str("</dl>\n");
    backwards(page, totals);
    tables::phases(page, report);
}

fn spans(page: &mut String, name: &str, spans: &Spans) {
    if let (Some(median), Some(p85)) = (spans.median, spans.p85) {
        let _ = write!(
            page,
            "<div><dt>{name}</dt><dd>{}<small>median of {}; 85% within {}</small></dd></div>",
            span(median),
            spans.count,
            span(p85)
        );
    }
}

fn backwards(page: &mut String, totals: &Totals) {
    if totals.backwards > 0 {
        let _ = writeln!(
            page,
            "<p class=\"soft\">Changes that claim a time before the one before them: {}. They count \
             as of that.</p>",
            totals.backwards
        );
    }
}

fn progress(page: &mut String, report: &Report<'_>) {
    let days = report.summary.days.as_deref().unwrap_or_default();
    if days.is_empty() {
        page.push_str("<p>No task ever stood in the plan.</p>\n");
        return;
    }
    let step = charts::step(days);
    if step > 1 {
        let _ = writeln!(
            page,
            "<p class=\"soft\">Of the {} days on which something changed one in {step} is drawn, \
             and the last.</p>",
            days.len()
        );
    }
    let _ = write!(
        page,
        "<div class=\"pair\"><div><h3>Burn-up</h3>\n\
         <div class=\"wide chart\" tabindex=\"0\" role=\"region\" aria-label=\"Burn-up chart\">{}</div>\n\
         <ul class=\"key\"><li><svg aria-hidden=\"true\" viewBox=\"0 0 16 8\"><path class=\"line s-scope\" d=\"M0 4H16\"/></svg>all tasks but cancelled ones</li>\
         <li><svg aria-hidden=\"true\" viewBox=\"0 0 16 8\"><path class=\"line s-completed\" d=\"M0 4H16\"/></svg>completed</li></ul>{}</div>\n\
         <div><h3>Cumulative flow</h3>\n\
         <div class=\"wide chart\" tabindex=\"0\" role=\"region\" aria-label=\"Cumulative flow chart\">{}</div>\n{}</div></div>\n",
        charts::burn_up(days),
        match days.last().map_or(0, |day| day.left_completed) {
            0 => String::new(),
            left => format!(
                "<p class=\"soft\">Tasks that left the plan completed still count: {left}.</p>"
            ),
        },
        charts::flow(days),
        charts::key(&Status::ALL)
    );
    tables::days(page, days);
}

fn tasks(page: &mut String, report: &Report<'_>) {
    let tasks = &report.summary.tasks;
    if tasks.is_empty() {
        page.push_str("<p>The plan has no tasks.</p>\n");
        return;
    }
    // Of very many the ones that changed last, in the plan's order.
    let mut drawn: Vec<&TaskStats> = tasks.iter().collect();
    if drawn.len() > charts::TASKS {
        let changed = |task: &TaskStats| {
            let life = report.stats.life(&task.key);
            let last = life.and_then(|life| life.stays(report.summary.time).last());
            last.map(|stay| stay.from)
        };
        drawn.sort_by_key(|task| std::cmp::Reverse(changed(task)));
        drawn.truncate(charts::TASKS);
        let keys: std::collections::BTreeSet<_> = drawn.iter().map(|task| &task.key).collect();
        drawn = tasks
            .iter()
            .filter(|task| keys.contains(&task.key))
            .collect();
        let _ = writeln!(
            page,
            "<p class=\"soft\">The {} tasks that changed last are drawn; the table has all {}.</p>",
            drawn.len(),
            tasks.len()
        );
    }
    let _ = write!(
        page,
        "<h3>Timeline</h3>\n{}\n<div class=\"wide tall\" tabindex=\"0\" role=\"region\" aria-label=\"Timeline of the tasks\">{}</div>\n",
        charts::key(&Status::ALL),
        charts::timeline(&drawn, report.stats, report.summary.time)
    );
    tables::tasks(page, report);
}

fn dependencies(page: &mut String, report: &Report<'_>) {
    let nodes = &report.graph.nodes;
    let linked = |at: &&usize| nodes[**at].says_anything();
    let places: Vec<usize> = report.shown.iter().filter(linked).copied().collect();
    if places.is_empty() {
        page.push_str("<p>No task says that it depends on another.</p>\n");
        return;
    }
    let critical = &report.graph.critical;
    if critical.tasks.len() > 1 {
        let keys = critical.tasks.iter();
        let keys: Vec<String> = keys.map(|at| html(nodes[*at].task.key.as_str())).collect();
        let _ = writeln!(
            page,
            "<p>The longest way through open tasks, {}: {}</p>",
            critical.unit.words(critical.total),
            keys.join(" → ")
        );
    }
    for cycle in &report.graph.cycles {
        let keys = cycle.iter();
        let keys: Vec<String> = keys.map(|at| html(nodes[*at].task.key.as_str())).collect();
        let who = match cycle.len() {
            1 => "This waits for itself",
            _ => "These wait for each other",
        };
        let _ = writeln!(page, "<p>{who}: {}</p>", keys.join(", "));
    }
    // Of very many those that are still to be done, in the plan's order.
    let mut drawn = places.clone();
    if drawn.len() > network::TASKS {
        drawn.sort_by_key(|at| nodes[*at].task.status().is_closed());
        drawn.truncate(network::TASKS);
        drawn.sort_unstable();
        let _ = writeln!(
            page,
            "<p class=\"soft\">{} tasks are drawn, open ones before finished ones; the table has all \
             {}.</p>",
            drawn.len(),
            places.len()
        );
    }
    let _ = writeln!(
        page,
        "<div class=\"wide tall\" tabindex=\"0\" role=\"region\" aria-label=\"Dependency graph\">{}</div>",
        network::picture(report.graph, &drawn)
    );
    tables::dependencies(page, report, &places);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_numbers_ends_their_element() {
        let text = data(&["</script><!--<script>", "&amp;\u{2028}\u{202e}"]).unwrap();
        assert!(
            !text.contains(['<', '>', '&', '\u{2028}', '\u{202e}']),
            "{text}"
        );
        let back: Vec<String> = serde_json::from_str(&text).unwrap();
        assert_eq!(back[0], "</script><!--<script>");
    }

    #[test]
    fn the_policy_knows_the_script_by_its_hash() {
        let mut page = String::new();
        head(&mut page, "a");
        let hash = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
        assert!(
            page.contains(&format!("script-src 'sha256-{hash}'")),
            "{page}"
        );
        // An element's text is what is hashed, so it must not be read as anything else.
        assert!(!SCRIPT.contains("</") && !SCRIPT.contains("<!--") && !SCRIPT.contains('\r'));
        assert!(!STYLE.contains('<') && !STYLE.contains("url(") && !STYLE.contains("@import"));
    }
}
