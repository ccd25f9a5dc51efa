//! Edits of front matter give valid YAML that says what was asked for.

use proptest::prelude::*;

use super::super::*;
use super::*;
use crate::outline::Form;

const PLAN: &str = "---\nid: T-9\ntitle: Mend the fence\nstatus: To Do\nowner: 'Kim'\nplace: \"north\" # of the house\ndependencies: [T-1, T-2]\n---\n\nText.\n";

fn retitled(text: &str, title: &str) -> String {
    let (document, outline) = plan(text);
    edited(&document, retitle(&document, &outline, 0, title))
}

#[test]
fn a_title_is_quoted_where_yaml_needs_it_and_keeps_the_quotes_it_had() {
    for (old, new, written) in [
        ("Mend", "Paint it", "Paint it"),
        ("Mend", "He said \"x\": y", "'He said \"x\": y'"),
        ("Mend", "Peas: sow", "\"Peas: sow\""),
        ("Mend", "2031", "\"2031\""),
        ("\"Mend\"", "Paint \"it\"", "\"Paint \\\"it\\\"\""),
        ("'Mend' # so", "Kim's: fence", "'Kim''s: fence' # so"),
        ("Mend # so", "[x] box", "\"[x] box\" # so"),
        (">\n  Mend\n  it", "Paint it", "Paint it"),
    ] {
        let text = format!("---\ntitle: {old}\nstatus: To Do\n---\n");
        let wanted = format!("---\ntitle: {written}\nstatus: To Do\n---\n");
        assert_eq!(retitled(&text, new), wanted);
    }
}

#[test]
fn an_id_is_written_as_a_key_of_its_own() {
    let (document, outline) = plan("---\ntitle: Mend\nstatus: To Do\n---\n");
    let edit = rekey(&document, &outline, 0, "T-3");
    assert_eq!(
        edited(&document, edit),
        "---\ntitle: Mend\nstatus: To Do\nid: T-3\n---\n"
    );
}

#[test]
fn dependencies_in_a_list_on_one_line_stay_one() {
    let (document, outline) = plan(PLAN);
    let edit = add_dependency(&document, &outline, 0, "T-3");
    let longer = PLAN.replace("T-2]", "T-2, T-3]");
    assert_eq!(edited(&document, edit), longer);
    let edit = remove_dependency(&document, &outline, 0, "T-1");
    assert_eq!(edited(&document, edit), PLAN.replace("T-1, ", ""));
}

#[test]
fn a_label_that_cannot_be_a_key_is_refused() {
    let (document, outline) = plan(PLAN);
    let edit = set_field(&document, &outline, Scope::Task(0), "a: b", "c");
    assert!(matches!(edit, Err(EditError::NoPlace { .. })), "{edit:?}");
}

#[test]
fn a_value_takes_the_place_of_the_list_below_its_key() {
    let text = "---\ntitle: Mend\nstatus: To Do\ntags:\n  - a\n  - b\nowner: Kim\n---\n";
    let (document, outline) = plan(text);
    let edit = set_field(&document, &outline, Scope::Task(0), "tags", "c");
    let wanted = text.replace("tags:\n  - a\n  - b\n", "tags: c\n");
    assert_eq!(edited(&document, edit), wanted);
}

proptest! {
    #[test]
    fn any_text_of_one_line_is_read_back(
        words in prop_oneof!["\\PC{1,12}", "[-?:#'\"\\\\ ab,\\[\\]{}&*!|>%@`]{1,8}"],
        label in prop::sample::select(vec!["owner", "place", "priority"]),
    ) {
        let said = one_line(&words);
        prop_assume!(!said.is_empty());
        let (document, outline) = plan(PLAN);
        let set = set_field(&document, &outline, Scope::Task(0), label, &words);
        let (_, after) = plan(&edited(&document, set));
        let field = after.entries[0].fields.iter().find(|field| field.label == label);
        prop_assert_eq!(&field.unwrap().value.text, &said);
        let (_, after) = plan(&retitled(PLAN, &words));
        prop_assert_eq!(&after.entries[0].title.text, &said);
        prop_assert_eq!(after.entries[0].form, Form::FrontMatter);
    }
}
