//! The words that state a status, in a few languages.
//!
//! A modest table, not a dictionary: a plan in another language is read by its boxes and marks.

use std::sync::LazyLock;

use super::table::WordMap;
use super::{LONGEST, Set, plain, set};
use crate::status::Status;

/// Words that state a status wherever a status is expected, and as a tag in a title.
const STATUS_WORDS: &[(Status, &str)] = &[
    (
        Status::Pending,
        "pending|todo|to do|not started|not yet started|unstarted|planned|queued|not done|\
         incomplete|not complete|not completed|ready to start|\
         offen|ausstehend|geplant|zu erledigen|nicht begonnen|\
         à faire|en attente|prévu|planifié|non commencé|pendiente|por hacer|planificado|sin empezar|\
         pendente|a fazer|planejado|da fare|in attesa|te doen|gepland|do zrobienia|\
         ожидает|запланировано|к выполнению|не начато|\
         未着手|未完了|未対応|予定|待办|待辦|待处理|未开始|未開始|计划中|대기|예정|할 일",
    ),
    (
        Status::InProgress,
        "in progress|wip|work in progress|doing|ongoing|underway|under way|in work|in review|\
         in testing|in development|partial|partially complete|partially completed|partially done|\
         in arbeit|in bearbeitung|laufend|läuft|en cours|en progreso|en curso|en proceso|\
         em andamento|em progresso|in corso|bezig|w toku|w trakcie|\
         в работе|в процессе|выполняется|進行中|作業中|対応中|进行中|处理中|진행 중|진행중",
    ),
    (
        Status::Blocked,
        "blocked|on hold|paused|stuck|deferred|postponed|shelved|parked|\
         blockiert|pausiert|zurückgestellt|bloqué|bloquée|en pause|reporté|bloqueado|bloqueada|\
         en espera|em espera|bloccato|geblokkeerd|zablokowane|wstrzymane|\
         заблокировано|отложено|приостановлено|ブロック|保留|保留中|ブロック中|阻塞|受阻|已阻塞|暂停|차단됨|보류",
    ),
    (
        Status::IssuesFound,
        "issues found|issue found|has issues|failed|failing|needs fixes|needs fixing|needs work|\
         needs rework|probleme gefunden|fehlgeschlagen|fehlerhaft|problèmes trouvés|échoué|\
         problemas encontrados|fallido|problemi trovati|найдены проблемы|問題あり|要修正|有问题|发现问题|문제 발견",
    ),
    (
        Status::Completed,
        "completed|complete|done|finished|closed|resolved|merged|shipped|delivered|implemented|\
         implementation complete|fully complete|fully implemented|all done|\
         fertig|erledigt|abgeschlossen|terminé|terminée|fait|fini|achevé|\
         completado|completada|hecho|hecha|terminado|terminada|concluído|concluída|feito|\
         completato|completata|fatto|finito|klaar|gereed|afgerond|voltooid|\
         zrobione|ukończone|gotowe|готово|выполнено|завершено|сделано|\
         完了|完了済み|済|済み|完成|已完成|완료|완료됨",
    ),
    (
        Status::Cancelled,
        "cancelled|canceled|abandoned|won't do|wont do|won't fix|wontfix|rejected|obsolete|\
         skipped|superseded|dropped|decomposed|\
         abgebrochen|verworfen|storniert|entfällt|annulé|annulée|abandonné|cancelado|cancelada|\
         annullato|annullata|geannuleerd|anulowane|отменено|中止|キャンセル|取消|已取消|취소|취소됨",
    ),
];

/// Words too common to be a tag in a title, but plain as the value of a status field.
const VALUE_WORDS: &[(Status, &str)] = &[
    (
        Status::Pending,
        "open|new|next|ready|backlog|upcoming|scheduled|proposed|draft|neu|bereit|nuevo",
    ),
    (
        Status::InProgress,
        "active|started|working|review|testing|current|aktiv|activo|actif|ativo",
    ),
    (Status::Blocked, "waiting|hold|wartet"),
    (Status::IssuesFound, "issues|broken|failure|bug"),
    (
        Status::Completed,
        "released|fixed|passed|verified|approved|published|deployed|ok|gelöst|listo|готов",
    ),
    (Status::Cancelled, "removed|deprecated|duplicate|invalid"),
];

/// Headings that are a column of a board only where another heading is surely one.
const COLUMN_WORDS: &[(Status, &str)] = &[
    (
        Status::Pending,
        "backlog|next|up next|next up|upcoming|later|open|ready|new",
    ),
    (Status::InProgress, "review|testing|active|current"),
];

/// Words of a status heading that say nothing: `Completed Tasks`, `Recently Done`.
const NOISE: &str = "task|tasks|item|items|recently|work|stories|tickets|cards|list|currently|\
    aufgaben|tâches|tareas|tarefas|attività|taken|задачи|タスク|任务|任務|작업|the|of";

/// What stands where a result is to come.
const TO_COME: &str = "tbd|tba|tbc|to be determined|to be decided|to be announced|to be confirmed|\
    to be added|to be done|to come|not yet available";

type Words = WordMap<Status>;

static TAGS: LazyLock<Words> = LazyLock::new(|| table(STATUS_WORDS));
static VALUES: LazyLock<Words> = LazyLock::new(|| table(VALUE_WORDS));
static COLUMNS: LazyLock<Words> = LazyLock::new(|| table(COLUMN_WORDS));
static NOISE_WORD: Set = LazyLock::new(|| set(NOISE));
static OUTSTANDING: Set = LazyLock::new(|| set(TO_COME));

fn table(rows: &[(Status, &'static str)]) -> Words {
    let mut table = Words::with_capacity_and_hasher(256, Default::default());
    for &(status, words) in rows {
        table.extend(words.split('|').map(|word| (word, status)));
    }
    table
}

/// The status a tag in a title states: `(Pending)`, `- DONE`.
pub(crate) fn tag(text: &str) -> Option<Status> {
    if text.len() > LONGEST {
        return None;
    }
    TAGS.get(plain(text).as_str()).copied()
}

/// The status a whole phrase states where a status is expected.
#[must_use]
pub fn phrase(text: &str) -> Option<Status> {
    if text.len() > LONGEST {
        return None;
    }
    let plain = plain(text);
    TAGS.get(plain.as_str())
        .or_else(|| VALUES.get(plain.as_str()))
        .copied()
}

/// Whether a result is nothing but a word for one that is still to come: `TBD`, `pending`.
#[must_use]
pub fn is_outstanding(text: &str) -> bool {
    tag(text) == Some(Status::Pending) || to_come(text)
}

/// The same without the words that state a status: `TBD`.
#[must_use]
pub fn to_come(text: &str) -> bool {
    text.len() <= LONGEST && OUTSTANDING.contains(plain(text).as_str())
}

/// The status of a heading that is one; with `weakly`, also words that need company.
pub(crate) fn column(text: &str, weakly: bool) -> Option<Status> {
    let plain = plain(text);
    if plain.len() > LONGEST {
        return None;
    }
    let find = |key: &str| {
        TAGS.get(key)
            .or_else(|| weakly.then(|| COLUMNS.get(key)).flatten())
            .copied()
    };
    find(&plain).or_else(|| {
        let words: Vec<&str> = plain
            .split(' ')
            .filter(|word| !NOISE_WORD.contains(word))
            .collect();
        find(&words.join(" "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_status_words_in_several_languages() {
        assert_eq!(tag("**DONE**"), Some(Status::Completed));
        assert_eq!(tag("In-Progress"), Some(Status::InProgress));
        assert_eq!(tag("COMPLETE!"), Some(Status::Completed));
        assert_eq!(phrase("erledigt"), Some(Status::Completed));
        assert_eq!(phrase("進行中"), Some(Status::InProgress));
        assert_eq!(tag("new"), None);
        assert_eq!(phrase("new"), Some(Status::Pending));
    }

    #[test]
    fn a_heading_is_a_column_only_as_a_whole() {
        assert_eq!(
            column("Recently Completed Tasks", false),
            Some(Status::Completed)
        );
        assert_eq!(column("Completed Work Summary", false), None);
        assert_eq!(column("TODO and ideas", true), None);
        assert_eq!(column("Next", false), None);
        assert_eq!(column("Next", true), Some(Status::Pending));
    }
}
