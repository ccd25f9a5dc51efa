//! How plans name the six statuses together, for writing one that the plan does not show yet.
//!
//! A family is a set of names that go together: a plan that says `To Do` says `Done`, not
//! `Complete`. Every name here is also read as its status ([`super::phrase`]).

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::LazyLock;

use crate::status::Status;

/// One way to name the six statuses, in the order of [`Status::ALL`].
type Family = [&'static [&'static str]; 6];

const FAMILIES: &[Family] = &[
    [
        &["Pending"],
        &["In Progress"],
        &["Blocked"],
        &["Issues Found"],
        &["Completed", "Complete"],
        &["Cancelled", "Canceled"],
    ],
    [
        &["Not Started"],
        &["In Progress"],
        &["Blocked"],
        &["Issues Found"],
        &["Complete", "Completed"],
        &["Cancelled"],
    ],
    [
        &["To Do", "Todo"],
        &["In Progress", "Doing"],
        &["Blocked"],
        &["Issues Found"],
        &["Done"],
        &["Cancelled"],
    ],
    [
        &["Open", "Planned"],
        &["In Progress", "Active", "WIP"],
        &["Blocked", "On Hold"],
        &["Issues Found"],
        &["Done", "Closed", "Finished"],
        &["Cancelled", "Dropped"],
    ],
    [
        &["Offen", "Ausstehend", "Geplant"],
        &["In Arbeit", "In Bearbeitung"],
        &["Blockiert", "Wartet"],
        &["Probleme gefunden", "Fehlerhaft"],
        &["Erledigt", "Abgeschlossen", "Fertig"],
        &["Abgebrochen", "Verworfen"],
    ],
    [
        &["未着手", "未対応", "未完了"],
        &["進行中", "作業中", "対応中"],
        &["保留", "ブロック", "ブロック中"],
        &["問題あり", "要修正"],
        &["完了", "完了済み", "済"],
        &["中止", "キャンセル"],
    ],
    [
        &["待办", "未开始", "待处理"],
        &["进行中"],
        &["阻塞", "已阻塞", "受阻"],
        &["发现问题", "有问题"],
        &["已完成", "完成"],
        &["已取消", "取消"],
    ],
    [
        &["En attente", "À faire"],
        &["En cours"],
        &["Bloqué"],
        &["Problèmes trouvés"],
        &["Terminé", "Fait"],
        &["Annulé"],
    ],
    [
        &["Pendiente"],
        &["En progreso", "En curso"],
        &["Bloqueado"],
        &["Problemas encontrados"],
        &["Completado", "Hecho"],
        &["Cancelado"],
    ],
];

/// By family, all its names in lower case.
static NAMES: LazyLock<Vec<HashSet<String>>> = LazyLock::new(|| {
    let lower = |family: &Family| {
        let names = family.iter().copied().flatten();
        names.map(|name| name.to_lowercase()).collect()
    };
    FAMILIES.iter().map(lower).collect()
});

/// The families' names for one status, those of the families that use more of `words` (lower
/// case, single blanks) first; where that leaves several, those that use more of `also`.
pub(crate) fn families(
    words: &[String],
    also: &[String],
    status: Status,
) -> impl Iterator<Item = &'static [&'static str]> {
    let mut ranked: Vec<(&Family, &HashSet<String>)> = FAMILIES.iter().zip(&*NAMES).collect();
    let hits = |names: &HashSet<String>, words: &[String]| {
        words.iter().filter(|word| names.contains(*word)).count()
    };
    ranked.sort_by_cached_key(|(_, names)| Reverse((hits(names, words), hits(names, also))));
    let place = Status::ALL.iter().position(|own| *own == status);
    ranked
        .into_iter()
        .filter_map(move |(family, _)| family.get(place?).copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::phrase;

    #[test]
    fn the_family_a_plan_uses_comes_first() {
        let words = ["offen".to_owned(), "in arbeit".to_owned()];
        let first = |words: &[String]| families(words, &[], Status::Completed).next().unwrap()[0];
        assert_eq!(first(&words), "Erledigt");
        assert_eq!(first(&[]), "Completed");
    }

    #[test]
    fn every_name_is_read_back_as_its_status() {
        for family in FAMILIES {
            for (names, status) in family.iter().zip(Status::ALL) {
                for name in *names {
                    assert_eq!(phrase(name), Some(status), "{name}");
                }
            }
        }
    }
}
