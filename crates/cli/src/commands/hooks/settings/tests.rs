//! Entries go in and come out again, and every byte around them stays.

use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;

fn wanted() -> Vec<(&'static str, Entry)> {
    let hook = Entry {
        kind: Some("command"),
        command: Some("ledger".to_owned()),
        args: ["append", "--hook", "claude-code"]
            .map(str::to_owned)
            .to_vec(),
        timeout: Some(10),
        ..Entry::default()
    };
    let group = Entry {
        matcher: Some("Write|Edit"),
        hooks: vec![hook],
        ..Entry::default()
    };
    ["A", "B", "C"].map(|event| (event, group.clone())).to_vec()
}

#[track_caller]
fn there_and_back(text: &str) -> String {
    let now = install(text, &wanted()).unwrap();
    assert_eq!(installed(&now).unwrap(), sorted_as_in(&now), "{now}");
    assert_eq!(install(&now, &wanted()).unwrap(), now, "twice");
    assert_eq!(uninstall(&now).unwrap().as_deref(), Some(text), "{now}");
    now
}

/// The events in the order of the text.
fn sorted_as_in(text: &str) -> Vec<&'static str> {
    let mut events = vec!["A", "B", "C"];
    let hooks = text.find("\"hooks\"").unwrap_or_default();
    let at = |event: &&str| text[hooks..].find(&format!("\"{event}\":"));
    events.sort_by_key(at);
    events
}

#[test]
fn an_entry_stands_where_somebody_would_write_it() {
    let now = there_and_back("{\n    \"model\": \"m\"\n}\n");
    let start = "{\n    \"model\": \"m\",\n    \"hooks\": {\n        \"A\": [\n            {\n                \"matcher\": \"Write|Edit\",\n";
    assert!(now.starts_with(start), "{now}");
    assert!(now.ends_with("        ]\n    }\n}\n"), "{now}");
}

#[test]
fn a_hook_that_an_earlier_version_put_there_is_brought_up_to_date_in_place() {
    let now = "\"type\": \"command\", \"command\": \"ledger\", \"args\": [\"append\", \"--hook\", \"claude-code\"]";
    let old = "\"command\": \"/opt/ledger append --hook claude --all\", \"timeout\": 3";
    let text = format!(
        "{{\"hooks\": {{\n  \"B\": [{{\"hooks\": [{{\"command\": \"x\"}}, {{{old}}}]}}], // c\n  \"A\": [{{{now}}}],\n  \"C\": [\n    {{\n      {old}\n    }}\n  ]\n}}}}\n"
    );
    let new = install(&text, &wanted()).unwrap();
    assert_eq!(new.matches("claude-code").count(), 3, "{new}");
    assert!(!new.contains("--all") && new.contains("// c"), "{new}");
    assert_eq!(new.matches("\"/opt/ledger\"").count(), 2, "{new}");
    assert!(new.contains(&format!("\"A\": [{{{now}}}]")), "{new}");
    assert!(new.contains("\n      \"type\": \"command\",\n"), "{new}");
    assert_eq!(install(&new, &wanted()).unwrap(), new, "twice");
    assert_eq!(uninstall(&new).unwrap(), uninstall(&text).unwrap());
}

#[test]
fn every_way_to_write_nothing_comes_back() {
    for text in [
        "{}",
        "{}\n",
        "{ }",
        "{\n}\n",
        "{\n\n}",
        "{\r\n}\r\n",
        "\t{\t}",
        "{\"hooks\":{}}",
        "{\"hooks\": {\n  }\n}",
        "{\"hooks\": {\"B\": []}}",
        "{\"hooks\": {\"A\": [\n], \"B\": [ ]}}",
        "// mine\n{}",
        "{ /* c */ }",
        "{ // c  \n }",
        "{\"a\":1,}",
        "{\"a\": 1 // c\n}",
        "{\"a\":[1], // c\n // d \n\n}",
        "{\"hooks\":{\"A\":[{\"command\":\"x\"}]},\"z\":{}}",
    ] {
        there_and_back(text);
    }
}

#[test]
fn what_was_made_goes_whole() {
    for version in [None, Some(1)] {
        let text = made(&wanted(), version).unwrap();
        serde_json::from_str::<Json>(&text).unwrap();
        assert_eq!(uninstall(&text).unwrap(), None);
        assert_eq!(install(&text, &wanted()).unwrap(), text);
        // As somebody's formatter has it.
        let value: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(uninstall(&value.to_string()).unwrap(), None);
    }
    assert_ne!(
        install("{\n  \"version\": 1\n}\n", &wanted()).unwrap(),
        made(&wanted(), Some(1)).unwrap()
    );
}

#[test]
fn what_others_added_meanwhile_stays() {
    let now = install("{\n  \"a\": 1\n}\n", &wanted()).unwrap();
    let theirs = now.replace("\"a\": 1,", "\"a\": 2,\n  \"b\": 3,");
    let left = uninstall(&theirs).unwrap().unwrap();
    assert_eq!(left, "{\n  \"a\": 2,\n  \"b\": 3\n}\n");
    let shared = now.replace(
        "\"hooks\": [\n",
        "\"hooks\": [ {\"command\": \"theirs\"},\n",
    );
    let left = uninstall(&shared).unwrap().unwrap();
    assert_eq!(left.matches("theirs").count(), 3);
    assert!(!left.contains("--hook"), "{left}");
    serde_json::from_str::<Json>(&left).unwrap();
}

#[test]
fn what_is_not_understood_is_said_with_its_line() {
    for (text, said) in [
        (
            "{\n  \"a\": 1\n  \"b\": 2\n}",
            "line 2 is not JSON: Expected comma",
        ),
        ("[]", "line 1: the settings should be an object"),
        ("", "there is no JSON in it"),
        ("{\n\"hooks\": 1}", "line 2: \"hooks\" should be an object"),
        (
            "{\"hooks\": {\n\"B\": {}}}",
            "line 2: \"B\" should be a list",
        ),
        (
            "{\"hooks\": {},\n\"hooks\": {}}",
            "line 2 has \"hooks\" a second time",
        ),
    ] {
        let error = install(text, &wanted()).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<i32>().prop_map(Json::from),
        "[a-z\\\\\"/*,\\[{ é\n]{0,6}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            members(inner).prop_map(Json::Object),
        ]
    })
}

fn members(
    value: impl Strategy<Value = Json>,
) -> impl Strategy<Value = serde_json::Map<String, Json>> {
    prop::collection::vec(("[a-z/]{0,3}", value), 0..4).prop_map(|all| all.into_iter().collect())
}

fn settings() -> impl Strategy<Value = Json> {
    let list = prop::collection::vec(json(), 0..3).prop_map(Json::from);
    let event = prop_oneof![Just("A"), Just("B"), Just("Z")].prop_map(str::to_owned);
    let hooks = prop::collection::vec((event, list), 0..4)
        .prop_map(|all| Json::Object(all.into_iter().collect()));
    (members(json()), prop::option::of(hooks)).prop_map(|(mut all, hooks)| {
        all.extend(hooks.map(|hooks| ("hooks".to_owned(), hooks)));
        Json::Object(all)
    })
}

fn space(spaces: &mut impl Iterator<Item = String>, out: &mut String) {
    out.push_str(&spaces.next().unwrap());
}

/// Prints a value with something between all its tokens.
fn spaced(value: &Json, spaces: &mut impl Iterator<Item = String>, out: &mut String) {
    let (open, close, items): (_, _, Vec<(Option<&String>, &Json)>) = match value {
        Json::Object(all) => ('{', '}', all.iter().map(|(n, v)| (Some(n), v)).collect()),
        Json::Array(all) => ('[', ']', all.iter().map(|v| (None, v)).collect()),
        other => return out.push_str(&other.to_string()),
    };
    out.push(open);
    space(spaces, out);
    let last = items.len();
    for (at, (name, value)) in items.into_iter().enumerate() {
        if let Some(name) = name {
            out.push_str(&Json::from(name.as_str()).to_string());
            space(spaces, out);
            out.push(':');
            space(spaces, out);
        }
        spaced(value, spaces, out);
        space(spaces, out);
        if at + 1 < last || out.len().is_multiple_of(3) {
            out.push(',');
            space(spaces, out);
        }
    }
    out.push(close);
}

proptest! {
    #[test]
    fn to_install_and_uninstall_changes_no_byte(
        value in settings(),
        spaces in prop::collection::vec("([ \t]|\r?\n|//[a-z,{\" ]{0,4}\n|/\\*[a-z,}\" ]{0,4}\\*/){0,3}", 1..40),
        tidy in 0..4,
    ) {
        let text = match tidy {
            0 => value.to_string(),
            1 => serde_json::to_string_pretty(&value).unwrap(),
            _ => {
                let mut text = String::new();
                spaced(&value, &mut spaces.into_iter().cycle(), &mut text);
                text
            }
        };
        let now = install(&text, &wanted()).unwrap();
        prop_assert_eq!(installed(&now).unwrap().len(), 3);
        prop_assert_eq!(install(&now, &wanted()).unwrap(), now.as_str());
        prop_assert_eq!(uninstall(&now).unwrap(), Some(text));
    }

    #[test]
    fn no_text_is_too_odd(text in "[{}\\[\\]\":,a/*\n ]{0,40}|\\PC{0,40}") {
        let _ = install(&text, &wanted());
        let _ = uninstall(&format!("{text}--hook"));
    }
}
