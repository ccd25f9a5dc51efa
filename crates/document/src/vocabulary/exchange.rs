//! What the fields are called that say what a task takes and what it gives.

use std::sync::LazyLock;

use super::{LONGEST, Set, plain, set};

const INPUTS: &str = "input|inputs|input file|input files|reads|source|sources|based on|context|\
    reference|references|eingabe|eingaben|入力|输入|entrée|entrées|entrada|entradas";

const OUTPUTS: &str = "output|outputs|output file|output files|artifact|artifacts|artefact|artefacts|\
    deliverable|deliverables|creates|produces|ausgabe|ausgaben|artefakt|artefakte|成果物|出力|输出|\
    sortie|sorties|livrable|livrables|salida|salidas|entregable|entregables";

static INPUT: Set = LazyLock::new(|| set(INPUTS));
static OUTPUT: Set = LazyLock::new(|| set(OUTPUTS));

/// Whether a field with this label says what a task works from.
#[must_use]
pub fn is_input_label(label: &str) -> bool {
    label.len() <= LONGEST && INPUT.contains(plain(label).as_str())
}

/// Whether a field with this label says what a task leaves behind: the files that it promises.
#[must_use]
pub fn is_output_label(label: &str) -> bool {
    label.len() <= LONGEST && OUTPUT.contains(plain(label).as_str())
}
