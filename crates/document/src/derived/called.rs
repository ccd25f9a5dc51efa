//! What sections are called where a line names one.

use std::collections::HashMap;

use crate::outline::Outline;

/// What the sections of a document are called, and their headings' lines.
pub(super) fn titles(outline: &Outline) -> HashMap<String, Vec<usize>> {
    let mut titles: HashMap<String, Vec<usize>> = HashMap::new();
    for section in &outline.sections {
        for key in keys(&section.title.text) {
            let lines = titles.entry(key).or_default();
            if lines.last() != Some(&section.lines.start) {
                lines.push(section.lines.start);
            }
        }
    }
    titles
}

/// What a section can be called: its title, and the parts around its colon, dash or parentheses.
pub(super) fn keys(title: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let head = title.split(['(', '（']).next().unwrap_or_default();
    let whole = (head.len() < title.len()).then_some(head);
    // A head without one of these is its own only part.
    let colon = head
        .contains([':', '：'])
        .then(|| head.splitn(2, [':', '：']));
    let dashes = [" - ", " – "]
        .into_iter()
        .filter(|dash| head.contains(dash));
    let dashed = dashes.flat_map(|dash| head.splitn(2, dash));
    let parts = colon.into_iter().flatten().chain(dashed);
    for text in std::iter::once(title).chain(whole).chain(parts) {
        let key = key(text);
        if key.chars().count() > 2 && !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// Lower case, words and numbers only.
fn key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    let words = text.split(|c: char| !c.is_alphanumeric());
    for word in words.filter(|word| !word.is_empty()) {
        if !key.is_empty() {
            key.push(' ');
        }
        if word.is_ascii() {
            key.extend(word.chars().map(|c| c.to_ascii_lowercase()));
        } else {
            key.push_str(&word.to_lowercase());
        }
    }
    key
}
