//! Nouns that plans number their parts by, and those that say what a heading is about.

use std::sync::LazyLock;

use super::{LONGEST, Set, plain, set};

/// Nouns that number a part of the plan rather than one task.
const CONTAINERS: &str = "phase|sprint|milestone|wave|stage|epic|iteration|batch|step|part|\
    track|week|day|release|story|etappe|schritt|meilenstein|étape|jalon|etapa|fase|hito|passo|\
    tappa|этап|фаза|шаг|フェーズ|ステップ|阶段|階段|步骤|단계";

/// Nouns that just say "task" before a number.
const GENERIC: &str = "task|todo|item|ticket|issue|aufgabe|tâche|tache|tarea|tarefa|attività|\
    taak|zadanie|задача|タスク|課題|任务|任務|작업";

/// Nouns that make a heading one of work to be done.
const WORK: &str = "task|tasks|todo|todos|milestone|milestones|roadmap|plan|backlog|checklist|\
    progress|aufgaben|fortschritt|meilensteine|tâches|jalons|avancement|tareas|hitos|progreso|\
    tarefas|attività|taken|zadania|задачи|план|タスク|進捗|任务|任務|计划|进度|작업";

/// What tasks are counted by where a number stands before it.
const COUNTED: &str = "task|tasks|todo|todos|item|items|ticket|tickets|card|cards|story|stories|\
    batch|batches|step|steps|aufgabe|aufgaben|schritte|tâches|étapes|tareas|\
    pasos|tarefas|passos|attività|taken|zadania|zadań|задач|タスク|任务|任務|작업";

/// Parts of a plan of which there are several.
const PARTS: &str = "phases|sprints|milestones|waves|stages|epics|iterations|batches|parts|tracks|\
    stories|plans|releases|etappen|meilensteine|étapes|jalons|etapas|fases|hitos|этапов|フェーズ|阶段";

/// Words that announce a legend.
const LEGEND_WORDS: &str = "legend|legende|légende|leyenda|legenda|легенда|凡例|图例|圖例|범례";

static CONTAINER: Set = LazyLock::new(|| set(CONTAINERS));
static GENERIC_NOUN: Set = LazyLock::new(|| set(GENERIC));
static WORK_NOUN: Set = LazyLock::new(|| set(WORK));
static COUNTED_NOUN: Set = LazyLock::new(|| set(COUNTED));
static PART_NOUNS: Set = LazyLock::new(|| set(PARTS));
static LEGEND: Set = LazyLock::new(|| set(LEGEND_WORDS));

/// Whether this noun numbers a part of the plan (`Phase`).
pub(crate) fn is_container(word: &str) -> bool {
    word.len() <= LONGEST && CONTAINER.contains(word.to_lowercase().as_str())
}

/// Whether a text has a noun for what tasks are counted by. Story points are no stories.
pub(crate) fn is_counted(text: &str) -> bool {
    let points = text.to_lowercase().contains("story point");
    !points && words_of(text, &COUNTED_NOUN)
}

/// Whether a text counts what an id numbers by its own noun: `3 stories` those of `US-1` and
/// `Story 2`, `phases` those of `Phase 3`.
pub(crate) fn is_counted_as(id: &str, text: &str) -> bool {
    let noun = id.split(|c: char| !c.is_alphabetic()).next();
    let noun = match noun.unwrap_or_default().to_lowercase() {
        short if short == "us" => "story".to_owned(),
        noun => noun,
    };
    let several = match noun.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    };
    !noun.is_empty()
        && plain(text)
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| word == noun || word == several)
}

/// Whether a text has a noun for several parts of a plan.
pub(crate) fn is_parts(text: &str) -> bool {
    words_of(text, &PART_NOUNS)
}

/// Whether this noun only says "task".
pub(crate) fn is_generic(word: &str) -> bool {
    word.len() <= LONGEST && GENERIC_NOUN.contains(word.to_lowercase().as_str())
}

/// The unspaced noun a text starts with, before a number: `フェーズ1`. True if it is a container.
pub(crate) fn unspaced_noun(text: &str) -> Option<(&'static str, bool)> {
    if !text.starts_with(starts_unspaced) {
        return None;
    }
    let find = |set: &Set, container: bool| {
        set.iter()
            .find(|noun| is_unspaced(noun) && text.starts_with(**noun))
            .map(|noun| (*noun, container))
    };
    find(&CONTAINER, true).or_else(|| find(&GENERIC_NOUN, false))
}

/// Whether a heading speaks of work to be done.
pub(crate) fn is_work(text: &str) -> bool {
    words_of(text, &WORK_NOUN)
}

/// Whether a label or heading announces a legend.
pub(crate) fn is_legend(text: &str) -> bool {
    words_of(text, &LEGEND)
}

fn words_of(text: &str, set: &Set) -> bool {
    text.len() <= 4 * LONGEST
        && (plain(text)
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| set.contains(word))
            || (text.contains(starts_unspaced)
                && set
                    .iter()
                    .any(|word| is_unspaced(word) && text.contains(word))))
}

/// Scripts that put no blanks between words.
fn is_unspaced(word: &str) -> bool {
    word.chars().all(starts_unspaced)
}

fn starts_unspaced(c: char) -> bool {
    c >= '\u{2e80}'
}
