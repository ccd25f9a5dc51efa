//! Where a task stands in its document.

use ledger_core::document::Outline;

/// The titles of a section and of those around it, the outermost first.
pub(crate) fn path_of(outline: &Outline, section: Option<usize>) -> Vec<String> {
    let mut path = Vec::new();
    let mut at = section;
    while let Some(section) = at.and_then(|at| outline.sections.get(at)) {
        path.push(section.title.text.clone());
        // Sections are in order, so an enclosing one comes before what it encloses.
        at = section
            .parent
            .filter(|&parent| at.is_some_and(|at| parent < at));
    }
    path.reverse();
    path
}
