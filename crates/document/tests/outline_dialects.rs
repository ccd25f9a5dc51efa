//! What the grammar reads in each dialect, on small plans of our own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use ledger_document::outline::{Entry, Site};
use ledger_document::{Document, Outline, Status};

fn parse(plan: &str) -> (Document, Outline) {
    let document = Document::from(plan);
    let outline = Outline::parse(&document);
    (document, outline)
}

/// One line an entry: `form status id | title`, with steps as `+2/3` and `<parent` behind it.
fn said(plan: &str) -> Vec<String> {
    let (_, outline) = parse(plan);
    outline
        .entries
        .iter()
        .map(|entry| {
            let id = entry.id.as_ref().map_or("-", |id| id.text.as_str());
            let ticked = entry.steps.iter().filter(|step| step.checked).count();
            let steps = match entry.steps.len() {
                0 => String::new(),
                all => format!(" +{ticked}/{all}"),
            };
            let parent = entry.parent.map_or(String::new(), |parent| {
                let parent = &outline.entries[parent];
                let name = parent.id.as_ref().unwrap_or(&parent.title);
                format!(" <{}", name.text)
            });
            format!(
                "{:?} {} {id} | {}{steps}{parent}",
                entry.form, entry.status, entry.title.text
            )
        })
        .collect()
}

fn assert_said(plan: &str, want: &[&str]) {
    assert_eq!(said(plan), want, "\n{plan}");
}

/// The places that write an entry's status, as they are written.
fn sites(document: &Document, entry: &Entry) -> Vec<String> {
    entry
        .sites
        .iter()
        .map(|site| match site {
            Site::Section(section) => format!("Section {section}"),
            Site::Box(span)
            | Site::Field(span)
            | Site::Mark(span)
            | Site::Word(span)
            | Site::Cell(span)
            | Site::Strike(span)
            | Site::Yaml(span) => {
                let kind = format!("{site:?}");
                let kind = kind.split('(').next().unwrap();
                let text = &document.content(span.line)[span.columns.clone()];
                format!("{kind} \"{text}\"")
            }
        })
        .collect()
}

#[test]
fn boxes_with_ids_fields_and_a_dated_mark() {
    let plan = "\
# Orchard

- [x] **APPLE-001**: Prune the old trees ✅ 2031-03-02
  - **Tools**: saw, ladder
  - **Results**:
    - ✅ 12 trees pruned
    - [x] no branch left on the ground
- [ ] **APPLE-002**: Graft `Boskoop`
  - Status: 🔄 In progress (since Monday)
  - Needs: APPLE-001
";
    assert_said(
        plan,
        &[
            "Checkbox completed APPLE-001 | Prune the old trees +1/1",
            "Checkbox in_progress APPLE-002 | Graft `Boskoop`",
        ],
    );
    let (document, outline) = parse(plan);
    assert_eq!(
        sites(&document, &outline.entries[0]),
        ["Box \"x\"", "Mark \" ✅ 2031-03-02\""]
    );
    assert_eq!(
        sites(&document, &outline.entries[1]),
        ["Field \"🔄 In progress (since Monday)\"", "Box \" \""]
    );
    let results = outline.entries[0].field("results").unwrap();
    assert_eq!(results.lines, 4..7);
    assert_eq!(results.items[0].text, "✅ 12 trees pruned");
    assert_eq!(
        outline.entries[0].field("TOOLS").unwrap().value.text,
        "saw, ladder"
    );
    assert_eq!(
        outline.entries[1].field("Needs").unwrap().value.text,
        "APPLE-001"
    );
}

#[test]
fn every_kind_of_box() {
    assert_said(
        "\
- [ ] open
- [x] done
- [X] also done
- [~] begun
- [/] half way
- [>] on its way
- [-] given up
- [!] stuck
- [P] no box
- [link](x) no box
1. [x] numbered list
",
        &[
            "Checkbox pending - | open",
            "Checkbox completed - | done",
            "Checkbox completed - | also done",
            "Checkbox in_progress - | begun",
            "Checkbox in_progress - | half way",
            "Checkbox in_progress - | on its way",
            "Checkbox cancelled - | given up",
            "Checkbox blocked - | stuck",
            "Checkbox completed - | numbered list",
        ],
    );
}

#[test]
fn ids_without_a_colon_and_names_before_a_dash() {
    assert_said(
        "\
- [x] T001 [P] Measure the field in `north.map`
- [ ] T002 [US1] Buy posts
- [x] **B3. Gate** — of oak, with a latch
- [x] **Task:** Paint the `gate`. [a1b2c3d]
- [ ] **Roof** — new shingles
",
        &[
            "Checkbox completed T001 | [P] Measure the field in `north.map`",
            "Checkbox pending T002 | [US1] Buy posts",
            "Checkbox completed B3 | Gate",
            "Checkbox completed - | Paint the `gate`.",
            "Checkbox pending - | Roof",
        ],
    );
}

#[test]
fn nested_numbered_boxes_are_tasks_and_others_are_steps() {
    assert_said(
        "\
## 1. Cellar
- [ ] 1.1 Dig
  - [x] 1.1.1 Mark the corners
  - [ ] borrow a spade
- [x] 1.2 Pump
",
        &[
            "Checkbox pending 1.1 | Dig +0/1",
            "Checkbox completed 1.1.1 | Mark the corners <1.1",
            "Checkbox completed 1.2 | Pump",
        ],
    );
}

#[test]
fn headings_with_a_status_field_own_their_boxes() {
    let plan = "\
# House plan

**Status**: Active
**Last Updated**: 2031-01-05

## Phase 1: Ground (In Progress)

### HOUSE-012: Pour the floor
**Priority**: High
**Status**: ⏳ Pending

**Done when**:
- [ ] level
- [x] dry

**Output**:
- `floor.pdf`

---

### HOUSE-013: Walls ✅
**Status**: ✅ Completed (2031-01-04)

---

**Next**: HOUSE-012
";
    assert_said(
        plan,
        &[
            "Heading in_progress Phase 1 | Ground",
            "Heading pending HOUSE-012 | Pour the floor +1/2 <Phase 1",
            "Heading completed HOUSE-013 | Walls <Phase 1",
        ],
    );
    let (document, outline) = parse(plan);
    assert_eq!(
        sites(&document, &outline.entries[2]),
        ["Field \"✅ Completed (2031-01-04)\"", "Mark \" ✅\""]
    );
    assert_eq!(outline.entries[1].lines, 7..17);
    let output = outline.entries[1].field("output").unwrap();
    assert_eq!(
        (output.lines.clone(), output.items[0].text.as_str()),
        (15..17, "`floor.pdf`")
    );
    let labels: Vec<&str> = outline
        .fields
        .iter()
        .map(|field| field.label.as_str())
        .collect();
    assert_eq!(labels, ["Status", "Last Updated", "Next"]);
}

#[test]
fn headings_speak_other_languages() {
    assert_said(
        "\
# 計画

### P1-7: 屋根の修理
- **担当**: 花子
- **状態**: [x] 完了 (2031-04-12)

### P1-8: 壁の塗装
- **状態**：進行中
",
        &[
            "Heading completed P1-7 | 屋根の修理",
            "Heading in_progress P1-8 | 壁の塗装",
        ],
    );
    assert_said(
        "\
# Plan
## Aufgabe 3: Zaun streichen
**Zustand**: erledigt
## Aufgabe 4: Tor ölen
**Status:** in Arbeit
",
        &[
            "Heading completed 3 | Zaun streichen",
            "Heading in_progress 4 | Tor ölen",
        ],
    );
    assert_said(
        "# Tâches\n### T-1: Peindre\n**État** : terminé\n### T-2: Poncer\n**Statut** : à faire\n",
        &[
            "Heading completed T-1 | Peindre",
            "Heading pending T-2 | Poncer",
        ],
    );
    assert_said(
        "# План\n### ДОМ: крыша\n**Статус**: в работе\n",
        &["Heading in_progress - | ДОМ: крыша"],
    );
}

#[test]
fn headings_with_a_word_a_tag_a_mark_or_a_line_through_them() {
    let plan = "\
# Plan
### Sow the rye (DONE!)
### [WIP] Mow the lawn
### YARD-3: Sweep - ✅ COMPLETED 2031-02-03
### ⏳ YARD-4: Rake
### 7.2 ~~Feed the geese~~ (Deferred)
### ~~YARD-5: Water~~
";
    assert_said(
        plan,
        &[
            "Heading completed - | Sow the rye",
            "Heading in_progress - | Mow the lawn",
            "Heading completed YARD-3 | Sweep",
            "Heading pending YARD-4 | Rake",
            "Heading blocked 7.2 | Feed the geese",
            "Heading cancelled YARD-5 | Water",
        ],
    );
    let (document, outline) = parse(plan);
    assert_eq!(
        sites(&document, &outline.entries[2]),
        ["Word \" - ✅ COMPLETED 2031-02-03\""]
    );
    assert_eq!(
        sites(&document, &outline.entries[4]),
        ["Word \" (Deferred)\"", "Strike \"~~Feed the geese~~\""]
    );
}

#[test]
fn decoration_is_no_status() {
    assert_said(
        "\
# Guide
## ⚠️ Read this first
- mind the step
## 1. Tools
## 1.1 ✅ Checklist
- [ ] sharpen the axe
## Completed so far, a summary
- the shed
",
        &["Checkbox pending - | sharpen the axe"],
    );
}

#[test]
fn tables_with_a_status_column() {
    let plan = "\
| # | Task | Owner | Status |
|---|:-----|-------|--------|
| 007 | Hang the **door** | Ada | ✅ Done |
| 008 | Fit locks | - | ⏸️ **Deferred** until May |
| 009 | Bell | Ben | ~ |
|  |  |  | Todo |
";
    assert_said(
        plan,
        &[
            "Row completed 007 | Hang the **door**",
            "Row blocked 008 | Fit locks",
        ],
    );
    let (document, outline) = parse(plan);
    assert_eq!(
        sites(&document, &outline.entries[1]),
        ["Cell \"⏸️ **Deferred** until May\""]
    );
    assert_eq!(outline.entries[0].field("Owner").unwrap().value.text, "Ada");
    assert_said(
        "| Etapa | Estado |\n|-|-|\n| 2. Puertas | hecho |\n| 3. Ventanas | en curso |\n",
        &["Row completed 2 | Puertas", "Row in_progress 3 | Ventanas"],
    );
}

#[test]
fn items_with_a_mark() {
    let plan = "\
# Now

**To build:**
- BARN-040: Frame (oak, 3 days) ⏳
- BARN-041: Door ✅ 2031-07-01
- BARN-042 and BARN-043 can wait
- Phase 0: Complete ✅ (survey)
- **Phase 1: In progress 🔄 (frame)**
- Phase 2: Next (roof)
";
    assert_said(
        plan,
        &[
            "Mark pending BARN-040 | Frame (oak, 3 days)",
            "Mark completed BARN-041 | Door",
            "Mark completed Phase 0 | survey",
            "Mark in_progress Phase 1 | frame",
            "Mark pending Phase 2 | roof",
        ],
    );
    assert_said(
        "# Milestones\n- ✅ Shell\n- ⏳ Inside\n# Praise\n- ✅ fine work\n",
        &["Mark completed - | Shell", "Mark pending - | Inside"],
    );
}

#[test]
fn columns_of_a_board() {
    let plan = "\
## Ideas
- a moat
    * [ ] ask around
## Next
- weed
## In Progress
- mow
    * [x] front
    * [ ] back
## ✅ Done (2)
- rake
- ~~sweep~~
";
    assert_said(
        plan,
        &[
            "Bullet pending - | weed",
            "Bullet in_progress - | mow +1/2",
            "Bullet completed - | rake",
            "Bullet completed - | sweep",
        ],
    );
    // Nothing is a board without a column that surely is one.
    assert_said("## Next\n- weed\n## Later\n- mow\n", &[]);
    assert_said(
        "## Erledigt\n- Dach\n## In Arbeit\n- Tür\n",
        &["Bullet completed - | Dach", "Bullet in_progress - | Tür"],
    );
}

#[test]
fn boxes_on_a_board_that_nobody_ticks_say_nothing() {
    assert_said(
        "## To do\n- [ ] a\n## Doing\n- [ ] b\n- [x] c\n## Done\n- [ ] d\n- [ ] e\n",
        &[
            "Checkbox pending - | a",
            "Checkbox in_progress - | b",
            "Checkbox completed - | c",
            "Checkbox completed - | d",
            "Checkbox completed - | e",
        ],
    );
    // Where boxes are ticked in the done column, an empty one is a task reopened.
    assert_said(
        "## Done\n- [x] d\n- [x] e\n- [ ] f\n",
        &[
            "Checkbox completed - | d",
            "Checkbox completed - | e",
            "Checkbox pending - | f",
        ],
    );
}

#[test]
fn front_matter_makes_the_document_a_task() {
    let plan = "---\nid: shed-7\ntitle: \"Move the shed\"\nstatus: In Progress # since May\nlabels:\n  - wood\n---\n\n## Criteria\n- [x] #1 level ground\n- [ ] #2 four friends\n";
    assert_said(
        plan,
        &["FrontMatter in_progress shed-7 | Move the shed +1/2"],
    );
    let (document, outline) = parse(plan);
    assert_eq!(
        sites(&document, &outline.entries[0]),
        ["Yaml \"In Progress\""]
    );
    assert_eq!(
        outline.entries[0].field("labels").unwrap().items[0].text,
        "wood"
    );
    // Two rules further down are no front matter.
    assert_said(
        "# A\n---\n## T-1: x (done)\n---\n",
        &["Heading completed T-1 | x"],
    );
}

#[test]
fn nothing_in_fences_comments_or_legends_is_a_task() {
    let plan = "\
# Plan
```
- [ ] T-1: in a fence
```
<!--
- [ ] T-2: in a comment
-->
- [ ] T-3: real

    - [ ] T-4: in an indented block? no, nested

## Status Legend
- 🌱 Pending
- 🌳 Completed
- ⏸️ Cancelled

| Symbol | Status |
|--------|--------|
| `Todo` | Not started |

---
- [ ] T-5: behind the legend
- T-6: grown 🌳
";
    assert_said(
        plan,
        &[
            "Checkbox pending T-3 | real",
            "Checkbox pending T-4 | in an indented block? no, nested <T-3",
            "Checkbox pending T-5 | behind the legend",
            "Mark completed T-6 | grown",
        ],
    );
    let (_, outline) = parse(plan);
    assert_eq!(
        *outline.legend,
        [
            ("🌱".to_owned(), Status::Pending),
            ("🌳".to_owned(), Status::Completed),
            ("⏸️".to_owned(), Status::Cancelled),
        ]
    );
    assert_said(
        "**Legend**: `[ ]` open · `[>]` blocked · `[x]` done\n\n- [>] wait\n",
        &["Checkbox blocked - | wait"],
    );
}

#[test]
fn a_part_of_the_plan_keeps_its_tasks() {
    assert_said(
        "\
## Phase 1: Setup - ✅ COMPLETED
- [x] dig
- [ ] fill
## Sprint 2
**Status**: 🔄 In Progress
### S2-1: Pump
**Status**: Blocked
## Checks (Done)
- [x] level
",
        &[
            "Heading completed Phase 1 | Setup",
            "Checkbox completed - | dig <Phase 1",
            "Checkbox pending - | fill <Phase 1",
            "Heading in_progress Sprint 2 | ",
            "Heading blocked S2-1 | Pump <Sprint 2",
            "Heading completed - | Checks +1/1",
        ],
    );
}

#[test]
fn one_task_written_twice_is_one_and_two_with_one_id_are_two() {
    let plan = "\
**Next up:**
- MILL-9: Wheel of elm (3 weeks) ⏳
- MILL-8: Sluice ⏳

## Work
### MILL-9: Build the wheel of elm with new paddles
**Status**: ⏳ Pending
### MILL-8: Repaint the millers house
**Status**: ✅ Completed
";
    let (_, outline) = parse(plan);
    assert_eq!(*outline.tasks, [vec![1], vec![2, 0], vec![3]]);
    assert_eq!(outline.tasks_with_id("mill-9").collect::<Vec<_>>(), [1]);
    assert_eq!(outline.tasks_with_id("MILL-8").collect::<Vec<_>>(), [0, 2]);
    assert_eq!(outline.task_of_entry(0), Some(1));
    assert_eq!(outline.section_path(0), ["Work"]);

    // Without ids: a box and a row are one, two boxes are two.
    let plan = "\
- [x] Phase 1: Walls (2/2)
- [ ] tidy up

| Phase | Status |
|-------|--------|
| 1. Walls | Complete |

# Other
- [ ] tidy up
";
    let (_, outline) = parse(plan);
    assert_eq!(*outline.tasks, [vec![0, 2], vec![1], vec![3]]);
}

#[test]
fn contradictions_stay() {
    let plan = "- [x] C-1: a\n  - **Status**: ⏳ Pending\n- [ ] C-2: b ✅\n- [x] C-3: c\n  - Status: ⚠️ Issues Found\n";
    let (document, outline) = parse(plan);
    let statuses: Vec<Status> = outline.entries.iter().map(|entry| entry.status).collect();
    assert_eq!(
        statuses,
        [Status::Completed, Status::Pending, Status::IssuesFound]
    );
    assert_eq!(
        sites(&document, &outline.entries[1]),
        ["Box \" \"", "Mark \" ✅\""]
    );
}

#[test]
fn line_ends_of_every_kind_read_the_same() {
    let plan = "\u{feff}# Plan\n\n### E-1: Ends\n**Status**: done\n- [x] one\n\n| ID | Task | Status |\n|-|-|-|\n| E-2 | x | todo |\n";
    let want = said(plan);
    assert_eq!(want.len(), 2);
    assert_eq!(said(&plan.replace('\n', "\r\n")), want);
    assert_eq!(said(plan.trim_end()), want);
}

#[test]
fn a_plain_list_of_ideas_has_no_tasks() {
    assert_said(
        "# Ideas\n### TODO and wishes\n- a pond\n- `fish`?\n1. frogs\n#### Done when\n> quote\n",
        &[],
    );
}

#[test]
fn fields_of_the_document_are_read_wherever_they_stand() {
    let (_, outline) = parse(
        "# Plan\nLast updated: 2031-01-01\n\n## Now\n**Progress**: 4/5 rooms (80%)\n**Order**: A ✅ → B ⏳\n\n- **Owner**: Ada\n",
    );
    let fields: Vec<(&str, &str)> = outline
        .fields
        .iter()
        .map(|field| (field.label.as_str(), field.value.text.as_str()))
        .collect();
    assert_eq!(
        fields,
        [
            ("Last updated", "2031-01-01"),
            ("Progress", "4/5 rooms (80%)"),
            ("Order", "A ✅ → B ⏳"),
            ("Owner", "Ada"),
        ]
    );
    assert_eq!(outline.field("progress").unwrap().lines, 4..5);
}

#[test]
fn a_rule_right_below_a_field_makes_no_heading() {
    assert_said(
        "# Plan\n### G-1: Gate\n**Status**: done\n---\n### G-2: Post\n**Owner**: Ada\n**Status**: todo\n---\n- [ ] else\n",
        &[
            "Heading completed G-1 | Gate",
            "Heading pending G-2 | Post",
            "Checkbox pending - | else",
        ],
    );
}
