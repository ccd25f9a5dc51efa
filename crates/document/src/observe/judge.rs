//! Whether two entries are the same task: the evidence and the bars.

/// What is known of a pair.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence {
    /// What their written ids say.
    pub(super) ids: Ids,
    /// Their titles have the same words in the same order.
    pub(super) same_title: bool,
    /// Both titles have words enough to tell the task from others.
    pub(super) distinctive: bool,
    /// Share of title words in common.
    pub(super) title: f64,
    /// Share of the shorter title's words that the longer one has.
    pub(super) contained: f64,
    /// Share of title words in common, with rare words counting more than frequent ones.
    pub(super) title_telling: f64,
    /// Both titles have a number that the other lacks.
    pub(super) other_numbers: bool,
    /// How alike their bodies are; `None` if the old one has none.
    pub(super) body: Option<f64>,
    /// No other task of either side has the title.
    pub(super) unique: bool,
    /// How their places agree.
    pub(super) place: Place,
}

/// How the places of two entries agree, the weakest agreement first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Not at all.
    Apart,
    /// The same section, or the same neighbour on one side.
    Near,
    /// Each is all that stands between the same two neighbours.
    Between,
}

/// What two written ids say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ids {
    /// Both have the same.
    Same,
    /// Each has its own.
    Differ,
    /// At least one has none.
    Open,
}

/// Half of the title's words: under the same id that is a correction; less is another task.
const TITLE_UNDER_ONE_ID: f64 = 0.5;
/// Under the same id a title that holds most of another is its long form.
const LONG_FORM: f64 = 0.75;
/// Shared words that are rare in the plan say more; a little less of them will do.
const TELLING_UNDER_ONE_ID: f64 = 0.4;
/// Where no id speaks for the pair its titles must agree on most of what tells them apart.
const TITLE_ALONE: f64 = 0.7;
/// With a neighbour or a body that speaks for it too, half is enough.
const TITLE_WITH_SUPPORT: f64 = 0.5;
/// What stands alone between the same neighbours was most likely worded anew; still, some of what
/// tells the title from others must be left.
const TITLE_BETWEEN: f64 = 0.4;
/// A body that is mostly kept is the same task's, whatever the title says.
const BODY_KEPT: f64 = 0.7;
/// A body that supports a similar title.
const BODY_SUPPORTS: f64 = 0.5;
/// A body that has next to nothing in common speaks against a match.
const BODY_FOREIGN: f64 = 0.1;

/// How good a pair is, or `None` if these are two tasks. Scores only compare with each other.
///
/// An exact title under another id counts for more than a similar title under the same id: ids
/// shift along a chain when a task is put in before others, and then both are found.
pub(super) fn judge(e: &Evidence) -> Option<f64> {
    let body_at_least = |bar: f64| e.body.is_some_and(|body| body >= bar);
    let near = e.place >= Place::Near;
    let between = e.place == Place::Between && e.title_telling >= TITLE_BETWEEN;
    let foreign = e.body.is_some_and(|body| body <= BODY_FOREIGN);
    let plausible = match e.ids {
        Ids::Same => {
            e.same_title
                || e.title >= TITLE_UNDER_ONE_ID
                || e.title_telling >= TELLING_UNDER_ONE_ID
                || e.contained >= LONG_FORM
                || body_at_least(BODY_KEPT)
        }
        Ids::Differ | Ids::Open if e.same_title => {
            let alone = e.unique && e.ids == Ids::Open;
            alone || e.distinctive || near || body_at_least(BODY_SUPPORTS)
        }
        // A number in the title names what the task is about, as an id does.
        Ids::Differ => {
            !e.other_numbers
                && ((e.title_telling >= TITLE_ALONE && near && !foreign)
                    || (e.title_telling >= TITLE_WITH_SUPPORT && body_at_least(BODY_SUPPORTS)))
        }
        Ids::Open => {
            let supported = near || body_at_least(BODY_SUPPORTS);
            if e.other_numbers {
                e.title_telling >= TITLE_ALONE && near && !foreign
            } else {
                let long_form = e.contained >= 1.0 && e.distinctive;
                ((e.title_telling >= TITLE_ALONE || long_form) && !foreign)
                    || (e.title_telling >= TITLE_WITH_SUPPORT && supported)
                    || (between && !foreign)
            }
        }
    };
    plausible.then(|| {
        let title = if e.same_title {
            1.0
        } else {
            e.title_telling.min(0.95)
        };
        let id = match e.ids {
            Ids::Same => 0.25,
            Ids::Open => 0.1,
            Ids::Differ => 0.0,
        };
        let exact = if e.same_title { 0.25 } else { 0.0 };
        let near = if near { 0.1 } else { 0.0 };
        0.5 * title + exact + id + near + 0.25 * e.body.unwrap_or(0.5)
    })
}
