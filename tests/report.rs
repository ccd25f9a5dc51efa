//! `ledger report`, looked at in a browser.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::Project;
use crate::support::commits::{Commit, in_a_row, repository};
use crate::support::real_plans::{all_series, versions};

/// Titles and fields that would run, end an element, or turn a line around.
const HOSTILE: &str = "\
# Plan </title><script>document.title='ran'</script>

**Version**: 1.0\"><img/src=x/onerror=document.title='ran'>

## Part </h2><svg onload=\"document.title='ran'\">

- [ ] **T-1**: </script><script>document.title='ran'</script>
  - **Depends on**: T-2
- [ ] **T-2**: \"><img src=x onerror=\"document.title='ran'\"> \u{202e}exe\u{1b}[2J
- [x] **T-3**: <!--<script> ]]> &lt;b&gt; javascript:alert(1) {{7*7}} ${1}
- [ ] **T-4**: a plain needle
";

/// The browser, if there is one. Where tests may leave nothing out there has to be.
fn browser() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = names.into_iter().find(|name| {
        let output = Command::new(name).arg("--version").output();
        output.is_ok_and(|output| output.status.success())
    });
    assert!(
        found.is_some() || std::env::var_os("CI").is_none(),
        "no chromium"
    );
    if found.is_none() {
        eprintln!("no chromium: the page was looked at by no browser");
    }
    found
}

/// What a page is after its scripts ran, in a window of this width, without a network.
fn dom(browser: &str, page: &Path, width: u32) -> String {
    let profile = tempfile::tempdir().expect("a folder");
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu"])
        .args([
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--hide-scrollbars",
        ])
        .arg("--host-resolver-rules=MAP * ~NOTFOUND")
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={width},900"))
        .args(["--virtual-time-budget=2000", "--dump-dom"])
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("a browser that starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("</html>"), "{said}");
    text
}

/// What a script finds out in a copy of a page that lets it run, in a frame of this width: a
/// window of its own cannot be as narrow as a telephone.
fn probe(browser: &str, project: &Project, page: &str, width: u32, script: &str) -> Value {
    let (before, after) = page.split_once("script-src 'sha256-").expect("a policy");
    let (_, after) = after.split_once('\'').expect("a hash");
    let script = format!(
        "<script>addEventListener('load',()=>{{const found=(()=>{{{script}}})();\
         parent.postMessage(JSON.stringify(found),'*')}})</script></body>"
    );
    let copy = format!("{before}script-src 'unsafe-inline'{after}");
    let copy = copy.replace("</body>", &script);
    let copy = copy.replace('&', "&amp;").replace('"', "&quot;");
    let outer = format!(
        "<!doctype html><html><body><pre id=\"probe\"></pre>\
         <script>addEventListener('message',(said)=>{{\
         document.getElementById('probe').textContent=said.data}})</script>\
         <iframe width=\"{width}\" height=\"900\" style=\"border:0\" srcdoc=\"{copy}\"></iframe></body></html>"
    );
    project.write("probe.html", outer);
    let dom = dom(browser, &project.path("probe.html"), 1800);
    let (_, found) = dom.split_once("<pre id=\"probe\">").expect("what it found");
    let (found, _) = found.split_once("</pre>").expect("its end");
    let found = found.replace("&lt;", "<").replace("&gt;", ">");
    serde_json::from_str(&found.replace("&amp;", "&")).expect("JSON")
}

/// The numbers that a page holds.
fn numbers(page: &str) -> Value {
    let (_, text) = page
        .split_once("<script type=\"application/json\" id=\"stats\">")
        .expect("numbers");
    let (text, _) = text.split_once("</script>").expect("their end");
    serde_json::from_str(text).expect("JSON")
}

fn report(project: &Project) -> String {
    project.ok(["report", "--html", "report.html"]);
    project.read("report.html")
}

/// What holds for every page: its numbers are those of `stats`, and it asks for nothing.
fn is_sound(project: &Project, page: &str) {
    let stats = project.ok(["stats", "--json"]).stdout;
    let stats: Value = serde_json::from_str(&stats).expect("JSON");
    assert_eq!(numbers(page), stats);
    for (status, count) in stats["totals"]["statuses"].as_object().expect("statuses") {
        let shown = format!("<dd id=\"count-{status}\">{count}</dd>");
        assert!(page.contains(&shown), "'{shown}' is not in the page");
    }
    let cells = |row: &str| -> Vec<String> {
        let (_, shown) = page.split_once(row).unwrap_or_else(|| panic!("no {row}"));
        let shown = shown.lines().next().expect("a row");
        let cells = shown.split("<td class=\"n\">").skip(1);
        cells
            .map(|cell| cell.split('<').next().expect("a number").to_owned())
            .collect()
    };
    for day in stats["days"].as_array().expect("days") {
        let name = day["day"].as_str().expect("a day");
        let counts = ["added", "completed", "reopened", "removed"].map(|own| &day[own]);
        let statuses = ledger_statuses().map(|own| &day["tasks"][own]);
        let all: Vec<String> = counts
            .iter()
            .chain(&statuses)
            .map(|own| own.to_string())
            .collect();
        assert_eq!(
            cells(&format!("<tr><th scope=\"row\" class=\"t\">{name}")),
            all
        );
    }
    let table = |id: &str| {
        let table = page.split_once(&format!("<table id=\"{id}\">"));
        let rows = table.expect("a table").1.split_once("</table>");
        let rows = rows
            .expect("its end")
            .0
            .split("<tr><th scope=\"row\"")
            .skip(1);
        let numbers = |row: &str| -> Vec<String> {
            let cells = row.split("<td class=\"n\">").skip(1);
            let cells = cells.map(|cell| cell.split('<').next().expect("a number"));
            cells.map(|cell| cell.trim().to_owned()).collect()
        };
        rows.map(numbers).collect::<Vec<_>>()
    };
    let phases = stats["phases"].as_array().expect("phases").iter();
    let phases = phases.map(|phase| {
        let whole = if phase["whole"].is_null() {
            phase
        } else {
            &phase["whole"]
        };
        let with = |status: &str| whole["statuses"][status].as_u64().expect("a count");
        let all = whole["tasks"].as_u64().expect("a count") - with("cancelled");
        vec![with("completed").to_string(), all.to_string()]
    });
    assert_eq!(table("phases"), phases.collect::<Vec<_>>());
    let actors = stats["actors"].as_array().expect("actors").iter();
    let actors: Vec<Vec<String>> = actors
        .map(|actor| ["completed", "reopened", "unproven"].map(|own| actor[own].to_string()))
        .map(Vec::from)
        .collect();
    if !actors.is_empty() {
        assert_eq!(table("actors"), actors);
    }
    let last = stats["days"]
        .as_array()
        .expect("days")
        .last()
        .expect("a day");
    let count = |of: &Value, name: &str| of[name].as_i64().expect("a count");
    let all: i64 = ledger_statuses()
        .iter()
        .map(|status| count(&last["tasks"], status))
        .sum();
    let left = count(last, "left_completed");
    assert_eq!(left, count(&stats["totals"], "left_completed"));
    let says = format!(
        "of {} tasks {} are completed at the end.",
        all - count(&last["tasks"], "cancelled") + left,
        count(&last["tasks"], "completed") + left
    );
    assert!(page.contains(&says), "'{says}' is not in the page");
    let rows = page
        .split_once("<table id=\"all-tasks\">")
        .expect("tasks")
        .1;
    let rows = rows.split_once("</table>").expect("their end").0;
    let tasks = stats["tasks"].as_array().expect("tasks");
    assert_eq!(rows.matches("<tr><th scope=\"row\"").count(), tasks.len());
    let markup = page.split_once("id=\"stats\"").expect("the numbers").0;
    let tags = markup.split('<').skip(1);
    for tag in tags.filter_map(|tag| tag.split('>').next()) {
        for asks in [" src", "href=\"http", "srcset", "@import", "url("] {
            assert!(!tag.contains(asks), "'{asks}' is in <{tag}>");
        }
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        assert!(
            !["link", "img", "iframe", "object", "embed", "base"].contains(&name),
            "<{tag}>"
        );
        assert!(
            !tag.split(' ').any(|own| own.starts_with("on")),
            "a handler in <{tag}>"
        );
    }
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(
        project.ok(["report", "--html", "-"]).stdout,
        page,
        "another page"
    );
}

fn ledger_statuses() -> [&'static str; 6] {
    [
        "pending",
        "in_progress",
        "blocked",
        "issues_found",
        "completed",
        "cancelled",
    ]
}

const WIDTHS: &str = "return {inner:innerWidth,wide:document.documentElement.scrollWidth,\
    body:document.body.scrollWidth}";

const SEARCH: &str = "const typed=document.getElementById('words');\
    typed.value='NEEDLE added';typed.dispatchEvent(new Event('input'));\
    const rows=[...document.querySelectorAll('#events tbody tr')];\
    const shown=rows.filter(row=>!row.hidden);\
    return {all:rows.length,shown:shown.map(row=>row.textContent),\
    says:document.getElementById('count').textContent}";

#[test]
fn a_page_holds_the_numbers_of_stats_and_asks_for_nothing() {
    let project = Project::adopted(HOSTILE);
    project.ok(["append", "start", "T-4"]);
    project.ok([
        "append",
        "block",
        "T-4",
        "--reason",
        "</table><script>x</script>",
    ]);
    let page = report(&project);
    is_sound(&project, &page);
    assert!(!page.contains(['\u{202e}', '\u{1b}']), "{page}");
    let earlier = project.ok(["report", "--html", "-", "--at", "1"]).stdout;
    assert_eq!(numbers(&earlier)["moment"], 1);
    // A page is written over, and nothing else is left beside it.
    report(&project);
    let files = fs::read_dir(project.folder()).unwrap();
    let pages = files.filter(|file| {
        let name = file.as_ref().unwrap().file_name();
        name.to_string_lossy().contains("report")
    });
    assert_eq!(pages.count(), 1);
    project.fails(["report", "--html", "no/such/folder.html"], 2, &["no/such"]);
    fs::create_dir(project.path("docs")).unwrap();
    project.ok(["-C", "docs", "report", "--html", "there.html"]);
    assert_eq!(project.read("docs/there.html"), page);
    project.fails(
        ["report", "--html", "x.html", "--plan", "NO.md"],
        2,
        &["NO.md", "it tracked TODO.md"],
    );
}

#[test]
fn a_page_of_one_plan_has_its_events_and_its_longest_way_alone() {
    let project = Project::empty();
    project.write(
        "A.md",
        "# A\n\n- [ ] **A-1**: a\n- [ ] **A-2**: b\n  - **Depends on**: A-1\n",
    );
    let long = (2..6).map(|n| format!("- [ ] **B-{n}**: b\n  - **Depends on**: B-{}\n", n - 1));
    let long = long.collect::<String>();
    project.write("B.md", format!("# B\n\n- [ ] **B-1**: b\n{long}"));
    project.ok(["init", "A.md", "B.md"]);
    project.ok(["append", "start", "A-1"]);
    project.ok(["append", "start", "B-1"]);
    let way = |page: &str| {
        let (_, way) = page
            .split_once("The longest way through open tasks, ")
            .expect("a way");
        way.split_once("</p>").expect("its end").0.to_owned()
    };
    let both = project.ok(["report", "--html", "-"]).stdout;
    assert!(
        way(&both).ends_with("B-1 → B-2 → B-3 → B-4 → B-5"),
        "{}",
        way(&both)
    );
    assert!(both.contains("Events, the newest first"));
    let page = project
        .ok(["report", "--html", "-", "--plan", "A.md"])
        .stdout;
    assert!(way(&page).ends_with(": A-1 → A-2"), "{}", way(&page));
    assert!(page.contains("Events of this plan, the newest first"));
    let (_, events) = page.split_once("<table id=\"events\">").expect("events");
    let (events, _) = events.split_once("</table>").expect("their end");
    assert!(
        events.contains("A-1") && events.contains("path: A.md"),
        "{events}"
    );
    assert!(!events.contains("B-1"), "{events}");
    assert!(!events.contains("path: B.md"), "{events}");

    // What left the other plan, in the batch of an edit of both, is not of this one either.
    let without = |name: &str, id: &str| {
        let text = project.read(name);
        let kept = text.split_inclusive('\n').filter(|line| !line.contains(id));
        project.write(name, kept.collect::<String>());
    };
    without("A.md", "A-2");
    without("A.md", "Depends");
    without("B.md", "B-5");
    without("B.md", "B-4");
    project.ok(["observe"]);
    let page = project
        .ok(["report", "--html", "-", "--plan", "A.md"])
        .stdout;
    let (_, events) = page.split_once("<table id=\"events\">").expect("events");
    let (events, _) = events.split_once("</table>").expect("their end");
    assert!(
        events.contains("A-2") && events.contains("task.removed"),
        "{events}"
    );
    assert!(!events.contains("B-"), "{events}");
}

#[test]
fn a_page_says_that_not_every_day_is_drawn() {
    let days = |count: usize| {
        let project = Project::empty();
        let commits: Vec<_> = (0..count)
            .map(|day| {
                format!(
                    "# Plan\n\n- [{}] **T-1**: a\n",
                    if day % 2 == 0 { ' ' } else { 'x' }
                )
            })
            .collect();
        let commits: Vec<Commit> = (commits.iter().enumerate())
            .map(|(day, text)| {
                let before: Vec<usize> = day.checked_sub(1).into_iter().collect();
                Commit::new(24 * day as i64, &before, &[("TODO.md", text)])
            })
            .collect();
        repository(project.folder(), &commits);
        project.ok(["init", "TODO.md", "--git"]);
        project.ok(["report", "--html", "-"]).stdout
    };
    assert!(!days(3).contains("is drawn"));
    let page = days(402);
    assert!(page.contains("Of the 402 days on which something changed one in 2 is drawn"));
}

#[test]
fn of_very_many_dependencies_those_of_open_tasks_are_drawn() {
    let task = |n: usize| {
        let mark = if n < 160 { 'x' } else { ' ' };
        format!("- [{mark}] **T-{n}**: t\n  - **Depends on**: T-{}\n", n - 1)
    };
    let tasks: String = (1..=200).map(task).collect();
    let project = Project::adopted(&format!("# Plan\n\n- [x] **T-0**: t\n{tasks}"));
    let page = project.ok(["report", "--html", "-"]).stdout;
    assert!(
        page.contains(
            "150 tasks are drawn, open ones before finished ones; the table has all 201."
        ),
        "{page}"
    );
    let (_, drawn) = page.split_once("id=\"network-title\"").expect("a picture");
    let (drawn, _) = drawn.split_once("</svg>").expect("its end");
    for (task, is) in [
        ("T-0", true),
        ("T-108", true),
        ("T-109", false),
        ("T-160", true),
        ("T-200", true),
    ] {
        assert_eq!(drawn.contains(&format!(">{task}</text>")), is, "{task}");
    }
}

#[test]
fn no_script_of_a_plan_runs_and_the_search_works_in_a_browser() {
    let Some(browser) = browser() else { return };
    let project = Project::adopted(HOSTILE);
    project.ok(["append", "add", "another needle", "--id", "T-5"]);
    let page = report(&project);
    let dom = dom(browser, &project.path("report.html"), 1600);
    assert!(dom.contains("<title>Plan report: TODO.md</title>"), "{dom}");
    assert!(!dom.contains("<img"), "an element of a title");
    // The page's own script did run: it is the one that the policy knows.
    assert!(dom.contains(">3 of 3 events</output>"), "{dom}");
    let ran = "return {title:document.title,images:document.images.length,\
        scripts:document.scripts.length,handlers:document.querySelectorAll('[onload],[onerror]').length}";
    let found = probe(browser, &project, &page, 1600, ran);
    assert_eq!(found["title"], "Plan report: TODO.md");
    assert_eq!(
        (&found["images"], &found["handlers"]),
        (&0.into(), &0.into())
    );
    assert_eq!(
        found["scripts"], 3,
        "the numbers, the page's own, and the probe"
    );
    let found = probe(browser, &project, &page, 1600, SEARCH);
    assert_eq!(found["shown"].as_array().unwrap().len(), 1, "{found}");
    assert!(
        found["shown"][0].as_str().unwrap().contains("T-5"),
        "{found}"
    );
    assert_eq!(found["says"], "1 of 3 events");
}

/// Checks that the page fits windows of both widths.
fn fits(browser: &str, project: &Project, page: &str) {
    for width in [400, 1600] {
        let found = probe(browser, project, page, width, WIDTHS);
        let inner = found["inner"].as_u64().unwrap();
        assert_eq!(inner, u64::from(width), "{found}");
        for part in ["wide", "body"] {
            assert!(found[part].as_u64().unwrap() <= inner, "{part}: {found}");
        }
    }
}

#[test]
fn the_page_fits_a_narrow_and_a_wide_window() {
    let Some(browser) = browser() else { return };
    let word = "w".repeat(200);
    let project = Project::adopted(&format!(
        "# Plan\n\n## {word}\n\n- [ ] **T-1**: {word}\n- [ ] **T-2**: b\n  - **Depends on**: T-1\n"
    ));
    project.ok(["append", "block", "T-2", "--reason", &word]);
    let page = report(&project);
    fits(browser, &project, &page);
}

#[test]
fn the_page_of_a_real_plan_with_its_history_is_small_and_fits() {
    let Some(series) = all_series()
        .into_iter()
        .find(|own| own.ends_with("master-plan"))
    else {
        return;
    };
    let texts: Vec<String> = (versions(&series).iter())
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let commits = in_a_row(&texts);
    let project = Project::empty();
    repository(project.folder(), &commits);
    project.ok(["init", "TODO.md", "--git"]);
    let page = report(&project);
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    is_sound(&project, &page);
    if let Some(browser) = browser() {
        fits(browser, &project, &page);
    }
}

#[test]
fn an_answer_is_written_over_no_plan_and_nothing_of_the_ledgers() {
    let project = Project::adopted("- [ ] **T-1**: a\n");
    project.ok(["checkpoint"]);
    project.write("TODO.md", "- [ ] **T-1**: a\n- an edit\n");
    let own = [
        ".ledger/journal.jsonl",
        ".ledger/config.json",
        ".ledger/new",
    ];
    let mut names = vec![("TODO.md", "is a plan"), ("./TODO.md", "is a plan")];
    names.extend(own.map(|name| (name, "the ledger's own")));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("TODO.md", project.path("link")).unwrap();
        names.push(("link", "is a plan"));
    }
    let before = project.bytes(".ledger/journal.jsonl");
    for (name, why) in names {
        for command in [
            ["report", "--html", name].as_slice(),
            &["checkpoint", "--to", name],
            &["prove", "1", "--to", name],
        ] {
            project.fails(command, 2, &[name, why, "name "]);
        }
    }
    assert_eq!(project.plan(), "- [ ] **T-1**: a\n- an edit\n");
    assert_eq!(project.bytes(".ledger/journal.jsonl"), before);
    assert!(!project.path(".ledger/new").exists());
}
