//! What a field's label says its value is.

use std::sync::LazyLock;

use super::table::WordMap;
use super::{LONGEST, plain};
use crate::lookup::same_label;

/// What a label is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The day a task was finished.
    Finished,
    /// The day a task was begun.
    Begun,
    /// The day of the last change.
    Updated,
    /// A day that no change of status moves: due, created.
    Fixed,
    /// What came of a task.
    Results,
    /// Notes.
    Notes,
    /// Why a task is blocked.
    Reason,
    /// What a task waits for.
    Dependencies,
    /// The status itself.
    Status,
    /// What a task is held against before it counts as done.
    Criteria,
}

/// The labels of each role, parted by `|`. A label may stand in several rows (`Stand` is a
/// status or a day): [`role`] takes the first.
const ROLES: &[(Role, &str)] = &[
    (
        Role::Finished,
        "completed|completed on|completed at|completed date|completion date|date completed|\
         complete|done|done on|finished|finished on|finished at|closed|closed on|resolved|\
         end date|erledigt|erledigt am|abgeschlossen|abgeschlossen am|fertig|fertig am|完了|完了日|\
         完了日時|完成|完成日期|完成时间|terminé|terminé le|hecho|completado|fecha de finalización",
    ),
    (
        Role::Begun,
        "started|started on|started at|start|start date|begun|begonnen|begonnen am|gestartet|\
         開始|開始日|开始|开始日期|commencé|début|iniciado|inicio",
    ),
    (
        Role::Updated,
        "updated|updated at|updated on|updated date|last updated|last update|last changed|\
         last modified|modified|aktualisiert|aktualisiert am|zuletzt aktualisiert|stand|更新|\
         更新日|更新日時|最終更新|最終更新日|更新时间|最后更新|mis à jour|dernière mise à jour|actualizado",
    ),
    (
        Role::Fixed,
        "due|due date|deadline|target|target date|created|created at|created on|created date|\
         added|date|planned|eta|estimate|fällig|fällig am|frist|angelegt|erstellt|erstellt am|\
         期限|締切|作成|作成日|截止|创建|échéance|vencimiento|creado",
    ),
    (
        Role::Results,
        "results|result|outcome|outcomes|completion notes|ergebnisse|ergebnis|resultate|結果|成果|\
         结果|résultats|résultat|resultados|resultado|evidence|resultaten|risultati|результат|\
         результаты|結論|결과",
    ),
    (
        Role::Notes,
        "notes|note|remarks|comments|notizen|notiz|anmerkungen|anmerkung|bemerkungen|備考|メモ|备注|\
         说明|remarques|notas|nota|comment|remark",
    ),
    (
        Role::Reason,
        "reason|blocked reason|block reason|blocking reason|blocker|blockers|blocked|\
         blocked because|grund|blockiert|blockiert durch grund|理由|ブロック理由|原因|阻塞原因|raison|\
         motivo|razón",
    ),
    (
        Role::Dependencies,
        "dependencies|dependency|depends on|depends|deps|blocked by|requires|prerequisites|\
         after|waits for|abhängigkeiten|abhängigkeit|abhängig von|hängt ab von|benötigt|\
         voraussetzungen|依存|依存関係|依存タスク|前提|依赖|前置任务|dépendances|dépend de|dependencias|\
         depende de|prerequisite",
    ),
    (
        Role::Status,
        "status|state|zustand|状態|ステータス|状态|statut|état|estado|task status|stand|stato|situação|\
         stan|статус|состояние|进度状态|狀態|상태",
    ),
    (
        Role::Criteria,
        "acceptance|acceptance criteria|success criteria|definition of done|criteria|\
         verification|akzeptanzkriterien|critères d'acceptation|criterios de aceptación|\
         критерии|检查|验收标准|验收",
    ),
];

const VERSION_LABELS: &str = "version|versión|versão|versione|versie|wersja|версия|バージョン|版|\
    版本|版本号|버전";

/// For each label the rows of [`ROLES`] it stands in, a bit each.
static BY_LABEL: LazyLock<WordMap<u16>> = LazyLock::new(|| {
    let mut by_label = WordMap::with_capacity_and_hasher(512, Default::default());
    for (row, (_, labels)) in ROLES.iter().enumerate() {
        for label in labels.split('|') {
            *by_label.entry(label).or_default() |= 1 << row;
        }
    }
    by_label
});

fn roles(label: &str) -> impl Iterator<Item = Role> {
    let rows = match label.len() {
        0..=LONGEST => BY_LABEL.get(plain(label).as_str()).copied(),
        _ => None,
    };
    let rows = rows.unwrap_or_default();
    let all = ROLES.iter().enumerate();
    all.filter(move |(row, _)| rows & (1 << row) != 0)
        .map(|(_, (role, _))| *role)
}

/// What a label is for, if its words say so, whatever their case and markup.
#[must_use]
pub fn role(label: &str) -> Option<Role> {
    roles(label).next()
}

/// Whether a label may name the status.
pub(crate) fn is_status_label(label: &str) -> bool {
    roles(label).any(|role| role == Role::Status)
}

/// Whether what stands below this label reports on the task and so holds no tasks.
pub(crate) fn is_report_label(label: &str) -> bool {
    let reports = |role| matches!(role, Role::Results | Role::Notes | Role::Criteria);
    roles(label).any(reports)
}

/// The labels of one role, in small letters.
pub(super) fn labels(wanted: Role) -> impl Iterator<Item = &'static str> {
    ROLES
        .iter()
        .filter(move |(role, _)| *role == wanted)
        .flat_map(|(_, labels)| labels.split('|'))
}

/// Whether a label names a version, in any markup: `Version`, `**Document Version`.
#[must_use]
pub fn is_version_label(label: &str) -> bool {
    let symbol = |c: char| !c.is_alphanumeric();
    let last = label.trim_end_matches(symbol).rsplit(symbol).next();
    last.is_some_and(|word| {
        VERSION_LABELS
            .split('|')
            .any(|known| same_label(word, known))
    })
}

/// The words for one role in the language of one label, for a new field.
pub(crate) fn label_like(role: Role, example: Option<&str>) -> &'static str {
    let japanese = example.is_some_and(|text| {
        text.chars().any(|c| ('\u{3040}'..='\u{30ff}').contains(&c))
            || ["状態", "優先度", "依存", "備考"]
                .iter()
                .any(|word| text.contains(word))
    });
    let chinese = !japanese
        && example.is_some_and(|text| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)));
    let german = example.is_some_and(|text| {
        [
            "ä", "ö", "ü", "ß", "Zustand", "Grund", "Notiz", "Ergebnis", "Erledigt", "Aufwand",
        ]
        .iter()
        .any(|piece| text.contains(piece))
    });
    match role {
        Role::Results if german => "Ergebnisse",
        Role::Notes if german => "Notiz",
        Role::Reason if german => "Grund",
        Role::Dependencies if german => "Abhängigkeiten",
        Role::Results if japanese => "結果",
        Role::Notes if japanese => "備考",
        Role::Reason if japanese => "理由",
        Role::Dependencies if japanese => "依存",
        Role::Results if chinese => "结果",
        Role::Notes if chinese => "备注",
        Role::Reason if chinese => "原因",
        Role::Dependencies if chinese => "依赖",
        Role::Results => "Results",
        Role::Notes => "Note",
        Role::Reason => "Reason",
        Role::Dependencies => "Dependencies",
        Role::Finished => "Completed",
        Role::Begun => "Started",
        Role::Updated => "Updated",
        Role::Fixed => "Due",
        Role::Status => "Status",
        Role::Criteria => "Acceptance Criteria",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_known_in_several_languages_and_spellings() {
        assert_eq!(role("Depends On"), Some(Role::Dependencies));
        assert_eq!(role("updated_at"), Some(Role::Updated));
        assert_eq!(role("Abhängigkeiten"), Some(Role::Dependencies));
        assert_eq!(role("状態："), Some(Role::Status));
        assert_eq!(role("Estimated SP"), None);
        assert_eq!(role("Stand"), Some(Role::Updated));
        assert!(is_status_label("Stand"));
        assert!(is_report_label("**Acceptance Criteria:**"));
        assert!(!is_report_label("Tasks"));
    }
}
