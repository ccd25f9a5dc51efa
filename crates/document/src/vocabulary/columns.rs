//! What the columns of a table of tasks are called.

use std::sync::LazyLock;

use super::{LONGEST, Set, plain, set};

const TABLE_IDS: &str = "id|#|no|no.|nr|nr.|num|key|task id|todo id|ticket|n°|№|番号|编号|번호";

const TABLE_TITLES: &str = "task|title|name|item|description|story|feature|todo|milestone|phase|\
    work item|deliverable|aufgabe|titel|beschreibung|tâche|titre|tarea|título|nombre|tarefa|\
    attività|titolo|taak|задача|название|タスク|題名|タイトル|任务|任務|标题|작업|제목";

const SYMBOL_COLUMNS: &str = "symbol|mark|icon|emoji|marker|zeichen|symbole|símbolo|simbolo|\
    значок|記号|マーク|符号|图标|기호";

static TABLE_ID: Set = LazyLock::new(|| set(TABLE_IDS));
static TABLE_TITLE: Set = LazyLock::new(|| set(TABLE_TITLES));
static SYMBOL_COLUMN: Set = LazyLock::new(|| set(SYMBOL_COLUMNS));

/// Whether a table column of this name holds ids.
pub(crate) fn is_id_column(header: &str) -> bool {
    header.len() <= LONGEST && TABLE_ID.contains(plain(header).as_str())
}

/// Whether a table column of this name holds titles.
pub(crate) fn is_title_column(header: &str) -> bool {
    header.len() <= LONGEST && TABLE_TITLE.contains(plain(header).as_str())
}

/// Whether a table with this first column explains marks.
pub(crate) fn is_symbol_column(header: &str) -> bool {
    header.len() <= LONGEST && SYMBOL_COLUMN.contains(plain(header).as_str())
}
