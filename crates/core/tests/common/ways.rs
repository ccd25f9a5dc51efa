//! Other ways to write what a rule must find, each with a like plan in which nothing is wrong.

/// A rule, the lines it must find in the first plan, and the two plans.
pub(super) const WAYS: &[(&str, &[usize], &str, &str)] = &[
    (
        "stale-roll-up",
        &[1],
        "**Progress**: 1 of 3 tasks done\r\n\r\n- [x] a\r\n- [x] b\r\n- [ ] c\r\n",
        "**Progress**: 2 of 3 tasks done\r\n\r\n- [x] a\r\n- [x] b\r\n- [ ] c\r\n",
    ),
    // What has a noun of its own is no count of tasks.
    (
        "stale-roll-up",
        &[1],
        "**Progress**: 1/3 (33%)\n\n- [x] a\n- [x] b\n- [ ] c\n",
        "**Progress**: 3/5 endpoints (60%)\n\n- [x] a\n- [x] b\n- [ ] c\n",
    ),
    // Rows of a table of sections.
    (
        "stale-roll-up",
        &[3, 5],
        "| Phase | Progress |\n|---|---|\n| Walls | 1/3 (33%) |\n| Roof | 0/1 (0%) |\n| Total | 1/4 (25%) |\n\n\
         ## Walls\n- [x] a\n- [x] b\n- [ ] c\n\n## Roof\n- [ ] d\n",
        "| Phase | Done | Pending | Total |\n|---|---|---|---|\n| Walls | 1 | 1 | 3 |\n| Roof | 0 | 1 | 1 |\n\n\
         ## Walls\n- [x] a\n- [~] b\n- [ ] c\n\n## Roof\n- [ ] d\n",
    ),
    (
        "stale-roll-up",
        &[3],
        "| Phase | Done | Total |\n|---|---|---|\n| Walls | 1 | 3 |\n| Roof | 0 | 1 |\n\n\
         ## Walls\n- [x] a\n- [x] b\n- [ ] c\n\n## Roof\n- [ ] d\n",
        "| Phase | Risk | Cost |\n|---|---|---|\n| Walls | 1 | 3 |\n| Roof | 0 | 1 |\n\n\
         ## Walls\n- [x] a\n- [x] b\n- [ ] c\n\n## Roof\n- [ ] d\n",
    ),
    // A list of counts whose total is right.
    (
        "stale-roll-up",
        &[1],
        "- Completed: 1\n- Pending: 1\n- Total: 3\n\n## Tasks\n- [x] a\n- [x] b\n- [ ] c\n",
        "- Completed: 1\n- Pending: 1\n- Total: 3\n\n## Tasks\n- [x] a\n- [~] b\n- [ ] c\n",
    ),
    // Of the section that its label names, where that has as many tasks.
    (
        "stale-roll-up",
        &[1],
        "**Building Progress**: 1/2 batches completed (50%)\n\n## Plans\n- [x] **P-1**: a\n\n\
         ## Building\n- [x] **B-1**: b\n- [x] **B-2**: c\n",
        "**Building Progress**: 1/2 batches completed (50%)\n\n## Plans\n- [x] **P-1**: a\n- [x] **P-2**: b\n\n\
         ## Walls\n- [x] **B-1**: b\n- [x] **B-2**: c\n",
    ),
    (
        "stale-roll-up",
        &[1],
        "**Sequence**: A-1 ✅ → A-2 ⏳ → A-3 ⏳\n\n- [x] A-1: a\n- [x] A-2: b\n- [ ] A-3: c\n",
        "**Sequence**: A-1 ✅ → A-2 ✅ → A-3 ⏳\n\n- [x] A-1: a\n- [x] A-2: b\n- [ ] A-3: c\n",
    ),
    // A task that is written in another section too is one of that section's.
    (
        "stale-roll-up",
        &[1],
        "**Walls**: 2/3 tasks (67%)\n\n## Sprint\n- [x] T-1: Lay the floor\n- [ ] T-2: Paint the walls\n\n\
         ## Walls\n- [x] T-1: Lay the floor\n- [ ] T-3: Wash\n- [ ] T-4: Dry\n",
        "**Walls**: 1/3 tasks (33%)\n\n## Sprint\n- [x] T-1: Lay the floor\n- [ ] T-2: Paint the walls\n\n\
         ## Walls\n- [x] T-1: Lay the floor\n- [ ] T-3: Wash\n- [ ] T-4: Dry\n",
    ),
    (
        "wrong-total",
        &[1],
        "**Total Tasks**: 5\n\n- [x] a\n- [x] b\n- [ ] c\n",
        "**Total Tests**: 5\n\n- [x] a\n- [x] b\n- [ ] c\n",
    ),
    // At the end of a list that is all there is; else it may be about the tasks just above.
    (
        "wrong-total",
        &[4],
        "- [x] a (3 SP)\n- [ ] b (5 SP)\n\n**Total Story Points**: 11 SP (with ~1 SP for tests)\n",
        "## A\n- [x] a (3 SP)\n- [ ] b (5 SP)\n\n## B\n- [ ] c (2 SP)\n- [ ] d (2 SP)\n\n**Total Story Points**: 4 SP\n",
    ),
    (
        "wrong-total",
        &[6],
        "- [x] A-1: a\n  - **Points**: 3\n- [ ] A-2: b\n  - **Points**: 5\n\n**Total Points**: 9\n",
        "- [x] A-1: a\n  - **Points**: 3\n- [ ] A-2: b\n  - **Points**: 5\n\n**Total Points**: 8\n",
    ),
    (
        "wrong-total",
        &[1, 5],
        "## Epic (3 stories, 8 SP)\n- [x] US-1: a (3 SP)\n- [ ] US-2: b (5 SP)\n\n## Other (1 story, 3 SP)\n- [x] US-3: a (2 SP)\n",
        "## Epic (2 stories, 8 SP)\n- [x] US-1: a (3 SP)\n- [ ] US-2: b (5 SP)\n\n## Room (3 stories, 2 doors)\n- [x] US-3: a (2 SP)\n",
    ),
    // Several totals behind one label, and any that is far off where nothing could be meant but
    // these tasks.
    (
        "wrong-total",
        &[1],
        "**Total**: 3 stories, 9 SP\n\n- [x] US-1: a (3 SP)\n- [ ] US-2: b (5 SP)\n",
        "**Total**: 2 stories, 8 SP\n\n- [x] US-1: a (3 SP)\n- [ ] US-2: b (5 SP)\n",
    ),
    (
        "wrong-total",
        &[1, 2],
        "**Total**: 5 tasks\n**Total Story Points**: 20\n\n- [x] a (3 SP)\n- [ ] b (5 SP)\n",
        "**Total**: 9 tasks\n\n- [x] a\n  - [x] of it\n- [ ] b\n\n## Summary\n**Total Tasks**: 40\n- [ ] c\n",
    ),
    // A number that is no count of all, and one that is explained.
    (
        "wrong-total",
        &[1],
        "## Phase 1 (5 tasks)\n- [x] a\n- [x] b\n- [ ] c\n",
        "## Phase 1 (~5 tasks)\n- [x] a\n- [x] b\n- [ ] c\n\n## Phase 2 (5+ tasks)\n- [x] d\n- [ ] e\n\n\
         ## Phase 3 (up to 5 tasks)\n- [ ] f\n- [ ] g\n\n## Phase 4 (2 parallel tasks)\n- [ ] h\n\n\
         ## Phase 5 (2 tasks blocked)\n- [ ] i\n\n## Phase 6 (5 story points)\n- [ ] j\n",
    ),
    (
        "wrong-total",
        &[1, 2],
        "**Total Tasks**: 5 (1 of them hard)\n**Total**: 5 story points\n\n- [x] a (2 SP)\n- [ ] b (4 SP)\n",
        "**Total**: ~5 tasks\n**Total Tasks**: 5 (3 archived)\n**Total**: 6 story points\n**Sprint 1 total**: 7 tasks\n\
         **Target total**: 9 tasks\n\n- [x] a (2 SP)\n- [ ] b (4 SP)\n",
    ),
    // Parts of a plan are tasks where these are called so.
    (
        "wrong-total",
        &[1, 5],
        "## Epic (3 stories)\n- [x] US-1: a\n- [ ] US-2: b\n\n**Total**: 4 stories\n",
        "## Epic (3 stories)\n- [x] T-1: a\n- [ ] T-2: b\n\n**Total**: 4 phases\n",
    ),
    // The last row of a table.
    (
        "wrong-total",
        &[5, 5],
        "| ID | Task | SP | Hours | Status |\n|---|---|---|---|---|\n| A-1 | a | 3 | ~1.5h | done |\n| A-2 | b | 5 | 2h | open |\n\
         | **Total** | | **9** | 3h | |\n",
        "| ID | Task | SP | Hours | Share |\n|---|---|---|---|---|\n| A-1 | a | 3 | 1.5h | 40% |\n| A-2 | b | 5 | 2d | 50% |\n\
         | **Total:** | | **8** | 3h | 100% |\n",
    ),
    (
        "conflicting-status",
        &[2],
        "- [ ] **T-1**: a\n  - **Completed**: 2025-10-15, all criteria met\n",
        "- [ ] **T-1**: a\n  - **Completed**: -\n- [ ] **T-2**: b\n  - **End Date**: 2025-10-15\n",
    ),
    (
        "done-with-open-steps",
        &[1],
        "## ✅ Done\n- [x] a\n- [ ] b\n\n## Doing\n- [ ] c\n",
        "## ✅ Done\n- [ ] a\n- [ ] b\n\n## Doing\n- [ ] c\n",
    ),
    // A status that is spelt wrong makes a heading none of the tasks.
    (
        "unknown-status",
        &[3],
        "### T-1: Build\n\n**Status**: Compelted\n\n### T-2: Ship\n**Status**: Pending\n",
        "## Overview\n**Status**: Alpha\n\n### T-1: Build\n**Status**: Pending\n- **Status of the house**: old\n\n### T-2: Notes\nNo status\n",
    ),
    (
        "unknown-status",
        &[2],
        "- [ ] **T-1**: a\n  - **Status**: Pendign\n- [ ] **T-2**: b\n  - **Status**: Pending\n- [x] **T-3**: c\n  - **Status**: Done\n",
        "- [ ] **T-1**: a\n  - **Status**: of the art\n- [ ] **T-2**: b\n",
    ),
    // What was meant for a box.
    (
        "unknown-status",
        &[1, 2],
        "- [] **T-1**: a\n- [ x] T-2: b\n- [ ] **T-3**: c\n",
        "- [] is an empty list\n- [x](y) **b**\n- [ ] **T-3**: c\n",
    ),
    // One fault is found once.
    (
        "wrong-percentage",
        &[1],
        "Progress: 1/4 (30%)\n\n- [x] T1: a\n- [ ] T2: b\n- [ ] T3: c\n- [ ] T4: d\n",
        "Progress: 1/4 (25%)\n\n- [x] T1: a\n- [ ] T2: b\n- [ ] T3: c\n- [ ] T4: d\n",
    ),
    (
        "done-with-open-steps",
        &[1, 5],
        "## Completed Phase A\n- [x] a\n- [ ] b\n\n## [x] Walls\n- [ ] c\n",
        "## Completed Phase A\n- [x] a\n\n## [ ] Walls\n- [ ] c\n",
    ),
    // A heading that says what became of its part of the plan.
    (
        "done-with-open-steps",
        &[1, 5, 9],
        "## Walls ✅ Completed\n- [x] a\n- [ ] b\n\n## ✅ Phase 2 Done (2025-10-03)\n- [ ] c\n- [ ] d\n\n## Roof ✅ **DONE**\n\n### Tiles\n- [ ] e\n",
        "## Walls ✅ Completed\n- [x] a\n- [-] b\n\n## ✅ Definition of Done\n- [ ] c\n\n## ⏳ Phase 2 Done\n- [ ] d\n\n## Roof ⏳ Pending\n- [ ] e\n",
    ),
    // A result in words.
    (
        "done-with-pending-result",
        &[2, 6],
        "- [x] **T-1**: Roof\n  - **Results**: TBD\n- [x] **T-2**: Wall\n  - **Results**:\n    - height: 3 m\n    - **Strength**: to be determined\n",
        "- [x] **T-1**: Roof\n  - **Results**: pending orders are shown\n- [x] **T-2**: Wall\n  - **Results**:\n    - partial\n    - reads: open, pending\n    - default status: pending\n    - New orders: pending\n    - Badge shown - pending\n",
    ),
    // With a time or a name behind the day.
    (
        "stale-last-updated",
        &[1],
        "**Last Updated**: 2025-10-03 14:30\n\n- [x] a ✅ 2025-10-05\n",
        "**Last Updated**: 2025-10-05T14:30:00Z by Ada\n\n- [x] a ✅ 2025-10-05\n",
    ),
    (
        "stale-last-updated",
        &[1],
        "**Last Updated**: 2025-10-03T14:30:00Z by Ada\n\n- [x] a ✅ 2025-10-05\n",
        "**Last Updated**: 2025-10-03 (before that 2025-10-01)\n\n- [x] a ✅ 2025-10-03\n",
    ),
    // A day in brackets behind a sign.
    (
        "stale-last-updated",
        &[1],
        "**Last Updated**: 2025-10-03\n\n- [x] a ✅ (2025-10-05)\n- [x] b ✅ Done (2025-10-04)\n",
        "**Last Updated**: 2025-10-03\n\n- [x] a ✅ (2025-10-03)\n- [ ] b (2025-10-05)\n- [x] as planned (2025-10-05)\n",
    ),
    // What is struck out, lies elsewhere or is said to be none.
    (
        "done-before-dependency",
        &[2],
        "- [ ] **T-1**: a\n- [x] **T-2**: b\n  - **Dependencies**: ~~T-3~~ T-1\n",
        "- [ ] **T-1**: a\n- [x] **T-2**: b\n  - **Dependencies**: ~~T-1~~\n- [x] **T-3**: c\n  - **Dependencies**: None, T-1 comes later\n\
         - [x] **T-4**: d\n  - **Dependencies**: [T-17](https://example.org/T-17)\n- [x] **T-5**: e\n  - [x] f\n  - [ ] ~~g~~ not needed\n",
    ),
    // Of a family of few tasks too, unless it may be something else.
    (
        "unknown-reference",
        &[3, 5],
        "- [ ] **T-1**: a\n- [ ] **S1**: b\n  - **Dependencies**: T-2 must be there\n- [ ] **S2**: c\n  - **Dependencies**: S1 and S3\n",
        "## M-3: Harvest\n- [ ] **M-1**: a\n  - **Dependencies**: M-3, T-2\n- [ ] **S2**: b\n  - **Dependencies**: an S3 bucket\n",
    ),
    (
        "unknown-reference",
        &[3],
        "- [ ] **T-1**: a\n- [ ] **T-2**: b\n  - **Dependencies**: the roof (T-9)\n",
        "- [ ] **T-1**: a\n- [ ] **T-2**: b\n  - **Dependencies**: None (T-9 comes later)\n",
    ),
    (
        "dependency-cycle",
        &[1],
        "- [ ] **T-1**: a\n  - **Depends on**: T-1\n",
        "- [ ] **T-1**: a\n- [ ] **T-2**: b\n  - **Depends on**: T-1 (T-2 goes on from there)\n",
    ),
    // Another table begins inside one.
    (
        "broken-table",
        &[5, 7],
        "| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |\n| d | e | f |\n|---|---|---|\n| - | - | - |\n| 1 | 2 |\n",
        "| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |\n| - | - | - |\n| 4 | 5 | 6 |\n",
    ),
    // An empty line cuts it in two.
    (
        "broken-table",
        &[5],
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n| 3 | 4 |\n| 5 | 6 |\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n|x| is no row, and neither is |y|\n\n| c | d |\n|---|---|\n| 3 | 4 |\n",
    ),
    // The line of dashes does not fit, or is missing.
    (
        "broken-table",
        &[2, 7],
        "| a | b | c |\n|---|---|\n| 1 | 2 | 3 |\n\nText\n\n| d | e |\n| 1 | 2 |\n",
        "```\n| a | b | c |\n|---|---|\n```\n\n<!--\n| d | e |\n| 1 | 2 |\n-->\n\n    | f | g |\n    | 1 | 2 |\n",
    ),
    // It is part of the item above.
    (
        "broken-table",
        &[3],
        "- [ ] x\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        "- [ ] x\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nText\n| c | d |\n|---|---|\n| 1 | 2 |\n",
    ),
];
