//! Words that say what a line of derived text is about.
//!
//! Words only ever decide between readings that the tasks already support, or say which line of a
//! block is meant. A line in another language still binds where its figures leave one reading.

use std::sync::LazyLock;

use super::labels::{Role, labels};
use super::table::WordSet;

/// What a word points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sense {
    /// The task to do next.
    Next,
    /// The task done last.
    Last,
    /// When the document was changed last.
    Updated,
    /// What something waits for: a line about it is never derived.
    Needs,
    /// All of a group.
    Total,
    /// What is completed.
    Done,
    /// What is left.
    Open,
}

impl Sense {
    /// The words, parted by `|`; a `*` stands for any ending.
    const fn words(self) -> &'static str {
        match self {
            Self::Next => {
                "next|up next|current task|nächst*|naechst*|als nächstes|prochain*|suivant*|siguiente*|próxim*|prossim*|volgende|następn*|nästa|следующ*|次|下一*|다음"
            }
            Self::Last => {
                "last completed|last finished|last done|last task|latest|recently completed|most recent|just completed|last closed|zuletzt|letzt*|dernier*|dernière*|últim*|ultim*|laatst*|ostatni*|senast*|последн*|最後|直近|最近|上一*|最新|前回|마지막|최근"
            }
            Self::Updated => {
                "last updated|updated|last update|last modified|last changed|last revised|last edited|modified|revised|as of|stand|aktualisiert|letzte aktualisierung|letzte änderung|zuletzt geändert|mise à jour|mis à jour|maj|màj|dernière modification|actualizado|última actualización|atualizado|última atualização|aggiornato|ultimo aggiornamento|bijgewerkt|zaktualizowano|uppdaterad|обновлено|обновлён*|更新日|最終更新|更新|最后更新|更新日期|업데이트"
            }
            Self::Needs => {
                "block*|depend*|require*|prerequisite*|wait*|needs|after|before|owner|assign*|example|see|abhäng*|blockier*|voraussetz*|benötig*|wartet|dépend*|bloqu*|requis|prérequis|requiere|richiede|dipend*|bloc*|завис*|блок*|依存|前提|ブロック|待ち|依赖|阻塞|의존"
            }
            Self::Total => {
                "total*|all|overall|sum|summe|somme|suma|somma|gesamt*|insgesamt|alle|tous|toutes|todo*|todas|totale|totaal|totalt|razem|всего|итого|全*|合計|総数|总*|共|전체|합계"
            }
            Self::Done => {
                "done|complete*|finish*|closed|implemented|merged|shipped|delivered|erledigt*|fertig*|abgeschlossen*|umgesetzt*|terminé*|fini*|achevé*|fait*|complet*|hech*|terminad*|concluíd*|feit*|fatt*|klaar|gereed|afgerond*|zrobion*|ukończon*|klar*|выполнен*|готов*|завершен*|完了*|済*|完成*|완료*"
            }
            Self::Open => {
                "open|pending|remaining|left|outstanding|todo|to do|to go|offen*|ausstehend*|verbleib*|übrig|restant*|restent|reste|à faire|pendiente*|pendente*|rimanent*|resterend*|pozostał*|осталось|残り|未完了|未着手|未対応|剩余|未完成|待办|남은"
            }
        }
    }

    /// Whether `text` has one of the words.
    pub(crate) fn is_in(self, text: &str) -> bool {
        // Nobody's label is longer.
        if text.len() > 400 || !text.contains(char::is_alphabetic) {
            return false;
        }
        let text = text.to_lowercase();
        TABLES[self as usize].find(&text)
    }
}

/// Whether a label is about the ids that are free: `Next Available Task ID`.
#[must_use]
pub fn announces_next_id(label: &str) -> bool {
    let mut words = label.split(|c: char| !c.is_alphanumeric());
    let is_id = |word: &str| word.eq_ignore_ascii_case("id") || word.eq_ignore_ascii_case("ids");
    words.any(is_id) && Sense::Next.is_in(label)
}

/// Whether a text is one word that stands for all there is: `Total`.
#[must_use]
pub fn is_total(text: &str) -> bool {
    text.chars().all(char::is_alphabetic) && Sense::Total.is_in(text)
}

/// The words of a sense, by how they are looked for.
#[derive(Default)]
struct Table {
    words: WordSet,
    stems: Vec<&'static str>,
    /// Several words in a row.
    phrases: Vec<&'static str>,
    /// Words of scripts that set no blanks between words.
    unspaced: Vec<&'static str>,
}

static TABLES: LazyLock<[Table; 7]> = LazyLock::new(|| {
    [
        Sense::Next,
        Sense::Last,
        Sense::Updated,
        Sense::Needs,
        Sense::Total,
        Sense::Done,
        Sense::Open,
    ]
    .map(Table::new)
});

impl Table {
    fn new(sense: Sense) -> Self {
        let mut table = Self::default();
        let labels = (sense == Sense::Updated).then(|| labels(Role::Updated));
        for word in sense.words().split('|').chain(labels.into_iter().flatten()) {
            let stem = word.trim_end_matches('*');
            if stem.chars().any(|c| u32::from(c) >= 0x2e80) {
                table.unspaced.push(stem);
            } else if stem.contains(' ') {
                table.phrases.push(stem);
            } else if stem == word {
                table.words.insert(word);
            } else {
                table.stems.push(stem);
            }
        }
        table
    }

    fn find(&self, text: &str) -> bool {
        let mut rest = text;
        while let Some(start) = rest.find(char::is_alphabetic) {
            rest = &rest[start..];
            let end = rest.find(|c: char| !c.is_alphabetic());
            let (word, behind) = rest.split_at(end.unwrap_or(rest.len()));
            // A phrase begins where a word does: searching all of the text costs much more.
            let found = self.words.contains(word)
                || self.stems.iter().any(|stem| word.starts_with(stem))
                || self.phrases.iter().any(|phrase| begins(rest, phrase));
            if found {
                return true;
            }
            rest = behind;
        }
        !text.is_ascii() && self.unspaced.iter().any(|word| text.contains(word))
    }
}

/// Whether a phrase stands at the start of a text with no letter right behind it.
fn begins(text: &str, phrase: &str) -> bool {
    text.strip_prefix(phrase)
        .is_some_and(|behind| !behind.starts_with(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Whether a phrase stands in a text with no letter right before or behind it.
    fn has(text: &str, phrase: &str) -> bool {
        let letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
        text.match_indices(phrase).any(|(at, _)| {
            !letter(text[..at].chars().next_back())
                && !letter(text[at + phrase.len()..].chars().next())
        })
    }

    /// [`Table::find`], by searching all of the text for each word.
    fn search(table: &Table, text: &str) -> bool {
        let words = |text: &str| -> Vec<String> {
            let words = text.split(|c: char| !c.is_alphabetic());
            words.map(str::to_owned).collect()
        };
        words(text).iter().any(|word| {
            !word.is_empty()
                && (table.words.contains(word.as_str())
                    || table.stems.iter().any(|stem| word.starts_with(stem)))
        }) || table.phrases.iter().any(|phrase| has(text, phrase))
            || table.unspaced.iter().any(|word| text.contains(word))
    }

    proptest! {
        #[test]
        fn what_is_found_word_by_word_is_what_a_search_finds(
            parts in prop::collection::vec(prop_oneof![
                prop::sample::select(vec![
                    "next", "up next", "up", "last update", "last updated", "last", "to go",
                    "mise à jour", "mise", "à faire", "a", "s", " ", " ", "-", "**", "次", "完了",
                ]).prop_map(str::to_owned),
                "\\PC{0,2}",
            ], 0..8),
        ) {
            let text = parts.concat().to_lowercase();
            for table in &*TABLES {
                prop_assert_eq!(table.find(&text), search(table, &text));
            }
        }
    }

    #[test]
    fn words_are_found_whole_and_in_any_script() {
        assert!(Sense::Next.is_in("**Nächste Aufgabe**"));
        assert!(Sense::Next.is_in("次のタスク"));
        assert!(Sense::Next.is_in("NEXT"));
        assert!(!Sense::Next.is_in("Nextcloud"));
        assert!(Sense::Updated.is_in("Dernière mise à jour"));
        assert!(Sense::Needs.is_in("Blocked by"));
        assert!(!Sense::Done.is_in("Undone"));
    }
}
