//! What holds for every plan.

use proptest::prelude::*;

use super::super::*;
use super::*;

/// One section of a generated plan, in one dialect.
fn section(kind: u8, number: usize, rows: &[(u8, bool)]) -> String {
    let id = |row: usize| format!("T-{number}{row:02}");
    let mut text = format!("## Part {number}\n\n");
    if kind == 3 {
        text.push_str("| ID | Task | Status | Updated |\n|----|------|--------|---------|\n");
    }
    for (row, &(status, extra)) in rows.iter().enumerate() {
        let (id, status) = (id(row), usize::from(status % 6));
        let title = [
            "Oil the gate",
            "Sow peas",
            "Paint it",
            "Dig",
            "Weed",
            "Mulch",
        ][row % 6];
        let mark = ["⏳", "🔄", "⏸️", "⚠️", "✅", "❌"][status];
        let word = [
            "Pending",
            "In Progress",
            "Blocked",
            "Issues Found",
            "Completed",
            "Cancelled",
        ][status];
        let wide = [' ', '~', '!', ' ', 'x', '-'][status];
        let german = [
            "Offen",
            "In Arbeit",
            "Blockiert",
            "Probleme gefunden",
            "Erledigt",
            "Abgebrochen",
        ][status];
        match kind {
            0 => {
                let letter = if status == 4 { 'x' } else { ' ' };
                text.push_str(&format!("- [{letter}] **{id}**: {title}"));
                match status {
                    0 => {}
                    4 if extra => text.push_str(" ✅ 2031-01-01\n  - **Completed**: 2031-01-01"),
                    4 => {}
                    _ => text.push_str(&format!(" {mark}")),
                }
                text.push('\n');
                if extra {
                    text.push_str("  - **Size**: 3\n\n");
                }
            }
            1 => {
                text.push_str(&format!("### {id}: {title}\n**Size**: 3\n"));
                text.push_str(&format!("**Status**: {mark} {word}"));
                if extra && status == 4 {
                    text.push_str(" (2031-01-01)");
                }
                text.push_str("\n\nText.\n\n---\n\n");
            }
            2 => {
                let letter = if status == 3 { ' ' } else { wide };
                text.push_str(&format!("* [{letter}] {id} {title}\n"));
            }
            3 => text.push_str(&format!("| {id} | {title} | {mark} {word} | - |\n")),
            4 => text.push_str(&format!("- {id}: {title} {mark}\n")),
            5 => {
                let letter = if status == 3 { ' ' } else { wide };
                text.push_str(&format!("### {id}: {title}\n"));
                text.push_str(&format!("- **Zustand**: [{letter}] {german}\n\n"));
            }
            _ => text.push_str(&format!("### {id}: {title} ({word})\n\nText.\n\n")),
        }
    }
    text.push('\n');
    text
}

fn any_plan() -> impl Strategy<Value = String> {
    let rows = prop::collection::vec((any::<u8>(), any::<bool>()), 1..5);
    (
        prop::collection::vec((0u8..7, rows), 1..4),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(sections, crlf, cut)| {
            let mut text = String::from("# Garden\n\n**Last Updated**: 2031-01-01\n\n");
            for (number, (kind, rows)) in sections.iter().enumerate() {
                text.push_str(&section(*kind, number + 1, rows));
            }
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            if cut {
                text.truncate(text.trim_end().len());
            }
            text
        })
}

/// What an outline says, entry by entry.
fn said(outline: &Outline) -> Vec<(Option<String>, String, Status)> {
    outline
        .entries
        .iter()
        .map(|entry| {
            let id = entry.id.as_ref().map(|id| id.text.clone());
            (id, entry.title.text.clone(), entry.status)
        })
        .collect()
}

/// Every line of the text ends as the text's lines do.
fn ends_alike(before: &str, after: &str) -> bool {
    let crlf = before.contains("\r\n");
    before.ends_with('\n') == after.ends_with('\n')
        && (!crlf || after.matches('\n').count() == after.matches("\r\n").count())
        && (crlf || !after.contains('\r'))
}

/// Sets a status and checks the law; gives the new text.
fn lawful(text: &str, task: usize, to: Status, details: &Details) -> Result<String, EditError> {
    let (document, outline) = plan(text);
    let edit = set_status(&document, &outline, task, to, details)?;
    let mut result = document;
    result.apply_all(&edit.hunks).unwrap();
    let again = Outline::parse(&result);
    let mut wanted = said(&outline);
    for &entry in &outline.tasks[task] {
        wanted[entry].2 = to;
    }
    assert_eq!(
        said(&again),
        wanted,
        "\n{text}\n-- {to} of {task} -->\n{result}"
    );
    assert_eq!(again.tasks, outline.tasks, "\n{result}");
    assert!(ends_alike(text, &result.text()), "{:?}", result.text());
    let repeated = set_status(&result, &again, task, to, &Details::default());
    assert_eq!(repeated, Ok(Edit::default()), "\n{result}");
    Ok(result.text())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_set_status_is_read_back_and_nothing_else_changes(
        text in any_plan(),
        pick in any::<prop::sample::Index>(),
        day in any::<bool>(),
    ) {
        let count = plan(&text).1.tasks.len();
        prop_assert!(count > 0, "{}", text);
        let task = pick.index(count);
        let details = if day { dated("2031-02-03") } else { Details::default() };
        for to in Status::ALL {
            if let Err(error) = lawful(&text, task, to, &details) {
                prop_assert!(false, "{} of {}: {}\n{}", to, task, error, text);
            }
        }
    }

    #[test]
    fn statuses_set_one_after_another_are_all_read_back(
        text in any_plan(),
        steps in prop::collection::vec((any::<prop::sample::Index>(), 0usize..6), 1..6),
    ) {
        let mut text = text;
        for (pick, to) in steps {
            let task = pick.index(plan(&text).1.tasks.len());
            text = match lawful(&text, task, Status::ALL[to], &dated("2031-02-03")) {
                Ok(text) => text,
                Err(error) => return Err(TestCaseError::fail(format!("{error}\n{text}"))),
            };
        }
    }

    #[test]
    fn completing_and_reopening_an_open_task_gives_the_plan_back(
        text in any_plan(),
        pick in any::<prop::sample::Index>(),
    ) {
        let (document, outline) = plan(&text);
        let open: Vec<usize> = (0..outline.tasks.len())
            .filter(|&task| outline.status(task) == Some(Status::Pending))
            .collect();
        // What an open task looks like is learnt from another one of the same section.
        let part = |task: usize| outline.primary(task).unwrap().section.map(|section| {
            let section = &outline.sections[section];
            if section.level == 3 {
                section.parent.map(|parent| outline.sections[parent].lines.start)
            } else {
                Some(section.lines.start)
            }
        });
        let open: Vec<usize> = open
            .iter()
            .copied()
            .filter(|&task| open.iter().any(|&other| other != task && part(other) == part(task)))
            .collect();
        prop_assume!(!open.is_empty());
        let task = open[pick.index(open.len())];
        let done = edited(&document, set_status(&document, &outline, task, Status::Completed, &Details::default()));
        let (changed, outline) = plan(&done);
        let back = edited(&changed, set_status(&changed, &outline, task, Status::Pending, &Details::default()));
        prop_assert_eq!(back, text);
    }

    #[test]
    fn a_task_added_is_read_back_and_removing_it_gives_the_plan_back(
        text in any_plan(),
        status in 0usize..6,
        id in any::<bool>(),
    ) {
        let (document, outline) = plan(&text);
        let task = NewTask {
            id: id.then(|| "Z-900".to_owned()),
            title: "Buy a hose".to_owned(),
            status: Status::ALL[status],
            section: None,
            after: None,
            fields: Vec::new(),
        };
        let result = match add_task(&document, &outline, &task) {
            Ok(edit) => edited(&document, Ok(edit)),
            Err(error) => return Err(TestCaseError::fail(format!("{error}\n{text}"))),
        };
        prop_assert!(ends_alike(&text, &result), "{:?}", result);
        let (longer, more) = plan(&result);
        let new = super::task(&more, "Buy a hose");
        prop_assert_eq!(more.status(new), Some(Status::ALL[status]));
        let back = edited(&longer, remove_task(&longer, &more, new));
        prop_assert_eq!(back, text);
    }

    #[test]
    fn no_edit_of_any_text_fails_badly(
        lines in prop::collection::vec(
            "(- \\[[ x~]\\] |### |\\| |- |  - \\*\\*|> |[0-9]\\. |---|\\*\\*Status\\*\\*: |status: )?(T-[0-9]: )?(Done|✅|⏳ Pending|~~x~~|完了|a \\| b|\\PC{0,6})?( ✅ 2031-01-01| \\(DONE\\))?",
            0..12,
        ),
        newline in prop::sample::select(vec!["\n", "\r\n", "\r\r\n"]),
        to in 0usize..6,
        words in "\\PC{0,8}",
    ) {
        let text = lines.join(newline);
        let (document, outline) = plan(&text);
        let details = Details {
            date: Some("2031-02-03".to_owned()),
            reason: Some(words.clone()),
            fields: vec![(words.clone(), words.clone())],
            results: vec![words.clone()],
            notes: vec![words.clone()],
        };
        for task in 0..outline.tasks.len().min(4) {
            let _ = lawful(&text, task, Status::ALL[to], &Details::default());
            let _ = set_status(&document, &outline, task, Status::ALL[to], &details);
            let _ = set_field(&document, &outline, Scope::Task(task), &words, &words);
            let _ = remove_field(&document, &outline, Scope::Task(task), &words);
            let _ = record_result(&document, &outline, task, &words);
            let _ = record_note(&document, &outline, task, &words);
            let _ = set_step(&document, &outline, task, 0, true);
            let _ = add_dependency(&document, &outline, task, &words);
            let _ = remove_dependency(&document, &outline, task, &words);
            let _ = retitle(&document, &outline, task, &words);
            let _ = rekey(&document, &outline, task, &words);
            let _ = remove_task(&document, &outline, task);
            let _ = move_task(&document, &outline, task, None, Some(0));
            let block = document.lines()[..1.min(document.len())].to_vec();
            let _ = insert_blocks(&document, &outline, &[(block, Place::After(task))]);
        }
        let _ = set_field(&document, &outline, Scope::Document, &words, &words);
        let task = NewTask {
            id: None,
            title: words.clone(),
            status: Status::ALL[to],
            section: None,
            after: None,
            fields: vec![(words.clone(), words)],
        };
        let _ = add_task(&document, &outline, &task);
    }
}
