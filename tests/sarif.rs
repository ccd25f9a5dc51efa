//! `ledger check --format sarif`: what SARIF 2.1.0 and those who read it ask for.

use serde_json::Value;

use crate::check::{PLAN, json};
use crate::support::Project;

#[test]
fn sarif_has_what_its_schema_asks_for() {
    let project = Project::empty();
    project.write("a [b].md", PLAN);
    let log = json(&project, &["check", "a [b].md", "--format", "sarif"], 1);
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "ledger");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for rule in rules {
        assert!(rule["id"].is_string() && rule["shortDescription"]["text"].is_string());
        // What GitHub's code scanning asks for.
        assert!(rule["fullDescription"]["text"].is_string() && rule["help"]["text"].is_string());
        let level = rule["defaultConfiguration"]["level"].as_str();
        assert!(matches!(level, Some("error" | "warning")));
    }
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 3);
    for result in results {
        assert!(result["message"]["text"].is_string());
        let index = result["ruleIndex"].as_u64().expect("an index");
        let rule = &rules[usize::try_from(index).expect("a small one")];
        assert_eq!(rule["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20%5Bb%5D.md");
        assert!(place["region"]["startLine"].as_u64() >= Some(1));
        for fix in result["fixes"].as_array().into_iter().flatten() {
            let change = &fix["artifactChanges"][0];
            assert!(change["artifactLocation"]["uri"].is_string());
            let replacement = &change["replacements"][0];
            assert!(replacement["deletedRegion"]["startLine"].is_u64());
            assert!(replacement["insertedContent"]["text"].is_string());
        }
    }
    let fixed = results[0]["fixes"][0]["artifactChanges"][0]["replacements"][0].clone();
    assert_eq!(
        fixed["insertedContent"]["text"],
        "**Last Updated**: 2025-10-02"
    );
    assert_eq!(fixed["deletedRegion"]["endColumn"], 29);
    let clean = Project::empty();
    clean.write("a.md", "# Plan\n");
    let log = json(&clean, &["check", "a.md", "--format", "sarif"], 0);
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
}

/// Checks a region (SARIF 2.1.0, §3.30) of a text, and gives the place of its ends in it, in bytes.
fn ends(text: &str, region: &Value) -> (usize, usize) {
    let number = |name: &str| {
        region[name]
            .as_u64()
            .and_then(|own| usize::try_from(own).ok())
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let content = |line: usize| lines[line - 1].trim_end_matches(['\n', '\r']);
    let place = |line: usize, column: usize| {
        assert!(
            column >= 1 && column <= content(line).chars().count() + 1,
            "{region}"
        );
        let before: usize = lines[..line - 1].iter().map(|line| line.len()).sum();
        let within = content(line).chars().take(column - 1).map(char::len_utf8);
        before + within.sum::<usize>()
    };
    let start = number("startLine").expect("a line");
    let end = number("endLine").expect("its last line");
    assert!(1 <= start && start <= end && end <= lines.len(), "{region}");
    assert_eq!(
        number("startColumn").is_some(),
        number("endColumn").is_some()
    );
    let to = number("endColumn").unwrap_or(content(end).chars().count() + 1);
    (
        place(start, number("startColumn").unwrap_or(1)),
        place(end, to),
    )
}

/// What SARIF 2.1.0 (OASIS) requires of each object that is printed, read off its sections.
#[test]
fn a_sarif_logs_regions_and_fixes_are_those_of_the_text() {
    let folder = "é [1]:x";
    let uri = "%C3%A9%20%5B1%5D%3Ax/a%25%23%3F.md";
    let text = PLAN
        .replace("| Wall |", "| Wäll 🧱 |")
        .replace('\n', "\r\n");
    let project = Project::empty();
    std::fs::create_dir(project.path(folder)).expect("a folder");
    let file = format!("{folder}/a%#?.md");
    project.write(&file, &text);
    let log = json(&project, &["check", &file, "--format", "sarif"], 1);
    assert_eq!(log["version"], "2.1.0");
    let [run] = log["runs"].as_array().expect("runs").as_slice() else {
        panic!("one run");
    };
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let mut fixed = text.clone();
    let mut edits = Vec::new();
    let mut placed = 0;
    for result in run["results"].as_array().expect("results") {
        let beside = result["relatedLocations"].as_array();
        let own = result["locations"].as_array().expect("locations");
        assert_eq!(own.len(), 1);
        for place in own.iter().chain(beside.into_iter().flatten()) {
            let place = &place["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], uri);
            let (from, to) = ends(&text, &place["region"]);
            assert!(from <= to);
        }
        let (from, to) = ends(&text, &own[0]["physicalLocation"]["region"]);
        match result["ruleId"].as_str().expect("a rule") {
            "stale-last-updated" => assert_eq!(&text[from..to], "2025-10-01"),
            "broken-table" => assert_eq!(&text[from..to], "| Wäll 🧱 |"),
            _ => continue,
        }
        placed += 1;
        for fix in result["fixes"].as_array().into_iter().flatten() {
            assert!(fix["description"]["text"].is_string());
            let changes = fix["artifactChanges"].as_array().expect("changes");
            assert!(!changes.is_empty());
            for change in changes {
                assert_eq!(change["artifactLocation"]["uri"], uri);
                let replacements = change["replacements"].as_array().expect("replacements");
                assert!(!replacements.is_empty());
                for one in replacements {
                    let inserted = one["insertedContent"]["text"].as_str().expect("a text");
                    edits.push((ends(&text, &one["deletedRegion"]), inserted.to_owned()));
                }
            }
        }
    }
    assert_eq!((placed, edits.len()), (2, 2));
    edits.sort();
    for ((from, to), inserted) in edits.into_iter().rev() {
        fixed.replace_range(from..to, &inserted);
    }
    // Whoever applies the fixes of the log has what the program itself would write.
    project.run(["check", &file, "--fix"]);
    assert_eq!(project.read(&file), fixed);
    assert_ne!(fixed, text);
}

#[test]
fn a_sarif_log_names_files_from_the_top_of_the_checkout() {
    let project = Project::in_git("- [x] **T-1**: a\n");
    std::fs::create_dir_all(project.path("a/b")).expect("folders");
    project.write("a/b/P.md", PLAN);
    for (folder, file) in [(".", "a/b/P.md"), ("a", "b/P.md"), ("a/b", "../b/P.md")] {
        let log = json(
            &project,
            &["-C", folder, "check", file, "--format", "sarif"],
            1,
        );
        let result = &log["runs"][0]["results"][0];
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(place["uri"], "a/b/P.md", "{folder}");
        assert_eq!(place["uriBaseId"], "%SRCROOT%");
    }
    // What is part of no checkout has the path that it was named by.
    let alone = Project::empty();
    alone.write("P .md", PLAN);
    let path = alone.path("P .md");
    let path = path.to_str().expect("a name");
    let log = json(&alone, &["check", path, "--format", "sarif"], 1);
    let result = &log["runs"][0]["results"][0];
    let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
    let uri = place["uri"].as_str().expect("a URI");
    assert!(
        uri.starts_with("file:///") && uri.ends_with("/P%20.md"),
        "{uri}"
    );
}
