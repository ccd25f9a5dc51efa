//! `ledger.toml`: what a project asks of every change of its plan.
//!
//! It is read strictly: a rule that is misspelt would else be off without a word. What is wrong is
//! said with its line and with what is allowed there.

use std::ops::Range;
use std::path::Path;

use ledger_core::rules::{Level, RULES, Rule, Rules, Setting, is_actor};
use ledger_store::{StoreError, planfile, tracked_plan_path};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::failure::Failure;

/// What the file is called, beside a plan or in a folder above.
pub(crate) const NAME: &str = "ledger.toml";

/// The largest one that is read.
const MOST: usize = 1 << 20;

/// The files that can set the rules of a plan, the nearest first: beside it and in each folder
/// above, up to the root. Of a plan from outside the root only the root's own can.
pub(crate) fn candidates(plan: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !Path::new(plan).is_absolute() {
        let mut folder = plan;
        while let Some((above, _)) = folder.rsplit_once('/') {
            found.push(format!("{above}/{NAME}"));
            folder = above;
        }
    }
    found.push(NAME.to_owned());
    found
}

/// Reads the rules of a file; `None` where there is no such file.
///
/// # Errors
/// Why it cannot be read, or the first thing in it that is not understood, with its line.
pub(crate) fn read(root: &Path, name: &str) -> Result<Option<Rules>, Failure> {
    let unread = |error: StoreError| Failure::from(error).about(format!("{name} cannot be read"));
    let named = root.join(name);
    // Most projects have none, and every command asks.
    if named.symlink_metadata().is_err_and(|error| {
        matches!(
            error.kind(),
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
        )
    }) {
        return Ok(None);
    }
    let path = tracked_plan_path(root, name).map_err(unread)?;
    let Some(bytes) = planfile::read(&path).map_err(unread)? else {
        return Ok(None);
    };
    let of_size = Some(bytes).filter(|bytes| bytes.len() <= MOST);
    let text = of_size.map(String::from_utf8);
    let Some(Ok(text)) = text else {
        let why = format!(
            "{name} cannot be read: it is no text of at most {} KiB",
            MOST >> 10
        );
        return Err(Failure::trouble(why).hint("write the rules as TOML"));
    };
    parse(&text).map(Some).map_err(|defect| {
        let line = defect.line(&text);
        Failure::trouble(format!("{name}:{line}: {}", defect.what)).hint(defect.allowed)
    })
}

/// What is not understood.
#[derive(Debug, PartialEq, Eq)]
struct Defect {
    at: Range<usize>,
    what: String,
    allowed: String,
}

impl Defect {
    fn new<T>(of: &Spanned<T>, what: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self {
            at: of.span(),
            what: what.into(),
            allowed: allowed.into(),
        }
    }

    /// The line it is on, from 1.
    fn line(&self, text: &str) -> usize {
        let before = text.bytes().take(self.at.start);
        before.filter(|byte| *byte == b'\n').count() + 1
    }
}

fn parse(text: &str) -> Result<Rules, Defect> {
    let table = DeTable::parse(text.trim_start_matches('\u{feff}')).map_err(|error| Defect {
        at: error.span().unwrap_or_default(),
        what: format!("this is no TOML: {}", error.message()),
        allowed: "put that right".to_owned(),
    })?;
    let mut rules = Rules::default();
    for (name, value) in table.get_ref() {
        let DeValue::Table(all) = value.get_ref() else {
            return Err(unknown_member(name));
        };
        if name.get_ref() != "rules" {
            return Err(unknown_member(name));
        }
        for (name, value) in all {
            let Some(rule) = Rule::named(name.get_ref()) else {
                let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
                return Err(Defect::new(
                    name,
                    format!("there is no rule '{}'", name.get_ref()),
                    format!("the rules are {}", names.join(", ")),
                ));
            };
            rules.set(rule.name, setting(rule, name, value)?);
        }
    }
    Ok(rules)
}

fn unknown_member(name: &Spanned<impl AsRef<str>>) -> Defect {
    Defect::new(
        name,
        format!("'{}' is nothing that {NAME} has", name.get_ref().as_ref()),
        "it has a table [rules], such as: [rules] and below it steps-checked = \"deny\"",
    )
}

fn setting(
    rule: &Rule,
    name: &Spanned<impl AsRef<str>>,
    value: &Spanned<DeValue<'_>>,
) -> Result<Setting, Defect> {
    let mut setting = Setting::default();
    let table = match value.get_ref() {
        DeValue::Table(table) => table,
        _ => {
            setting.level = level(value)?;
            return complete(rule, name, setting);
        }
    };
    let mut has_level = false;
    for (member, value) in table {
        match &**member.get_ref() {
            "level" => {
                setting.level = level(value)?;
                has_level = true;
            }
            "override" => setting.may_override = Some(actors(value)?),
            "fields" if rule.takes_fields => setting.fields = fields(value)?,
            other => {
                let mut allowed = vec!["level", "override"];
                allowed.extend(rule.takes_fields.then_some("fields"));
                return Err(Defect::new(
                    member,
                    format!("the rule '{}' takes no '{other}'", rule.name),
                    format!("it takes {}", allowed.join(", ")),
                ));
            }
        }
    }
    if !has_level {
        return Err(Defect::new(
            name,
            format!("the rule '{}' has no level", rule.name),
            format!(
                "give it one: level = \"off\", \"warn\" or \"deny\" ({})",
                rule.about
            ),
        ));
    }
    complete(rule, name, setting)
}

/// A setting that says all that its rule needs.
fn complete(
    rule: &Rule,
    name: &Spanned<impl AsRef<str>>,
    setting: Setting,
) -> Result<Setting, Defect> {
    if rule.takes_fields && setting.fields.is_empty() && setting.level != Level::Off {
        return Err(Defect::new(
            name,
            format!("the rule '{}' has no fields", rule.name),
            format!(
                "say which: {} = {{ level = \"deny\", fields = [\"Priority\"] }}",
                rule.name
            ),
        ));
    }
    Ok(setting)
}

fn level(value: &Spanned<DeValue<'_>>) -> Result<Level, Defect> {
    let said = match value.get_ref() {
        DeValue::String(text) => text.parse().map_err(|()| format!("'{text}' is no level")),
        _ => Err("a level is a text".to_owned()),
    };
    let names = Level::ALL.map(|(name, _)| format!("\"{name}\""));
    said.map_err(|what| Defect::new(value, what, format!("levels are {}", names.join(", "))))
}

fn actors(value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Defect> {
    let allowed = "it is a list of actors: a name, \"kind:human\", \"kind:agent\", \"human:NAME\", \"agent:NAME\"";
    let named = texts(value)
        .ok_or_else(|| Defect::new(value, "'override' is no list of texts", allowed))?;
    match named.iter().find(|name| !is_actor(name)) {
        Some(name) => Err(Defect::new(value, format!("'{name}' is no actor"), allowed)),
        None => Ok(named),
    }
}

fn fields(value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Defect> {
    let allowed = "it is a list of labels, such as [\"Priority\"]";
    let labels = texts(value)
        .filter(|labels| labels.iter().all(|label| !label.trim().is_empty()))
        .ok_or_else(|| Defect::new(value, "'fields' is no list of labels", allowed))?;
    Ok(labels.iter().map(|label| label.trim().to_owned()).collect())
}

fn texts(value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
    let DeValue::Array(items) = value.get_ref() else {
        return None;
    };
    let text = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    };
    items.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rule_is_a_level_or_a_table() {
        let rules = parse(
            "\u{feff}# ours\n[rules]\nsteps-checked = \"deny\"\none-in-progress = \"off\"\n\
             dependencies-completed = { level = \"warn\", override = [\"alice\", \"kind:human\"] }\n\
             [rules.required-fields]\nlevel = \"deny\"\nfields = [\" Priority \", \"Owner\"]\n",
        )
        .unwrap();
        assert_eq!(
            rules.to_value().to_string(),
            "{\"dependencies-completed\":{\"level\":\"warn\",\"override\":[\"alice\",\"kind:human\"]},\
             \"required-fields\":{\"fields\":[\"Priority\",\"Owner\"],\"level\":\"deny\"},\
             \"steps-checked\":{\"level\":\"deny\"}}"
        );
        for empty in ["", "# nothing\n", "[rules]\n"] {
            assert!(parse(empty).unwrap().is_empty());
        }
    }

    #[test]
    fn what_is_not_understood_is_named_with_its_line_and_what_is_allowed() {
        for (text, line, what, allowed) in [
            (
                "[rules]\nsteps = \"deny\"\n",
                2,
                "no rule 'steps'",
                "steps-checked",
            ),
            (
                "[rules]\n\nsteps-checked = \"error\"\n",
                3,
                "'error' is no level",
                "\"warn\"",
            ),
            (
                "[rules]\nsteps-checked = true\n",
                2,
                "a level is a text",
                "\"off\"",
            ),
            (
                "[rule]\nsteps-checked = \"deny\"\n",
                1,
                "'rule' is nothing",
                "[rules]",
            ),
            (
                "steps-checked = \"deny\"\n",
                1,
                "'steps-checked' is nothing",
                "[rules]",
            ),
            ("rules = 1\n", 1, "'rules' is nothing", "[rules]"),
            (
                "[rules]\nsteps-checked = {override=[]}\n",
                2,
                "has no level",
                "deny",
            ),
            (
                "[rules.steps-checked]\nlevel = \"deny\"\nfields = []\n",
                3,
                "takes no 'fields'",
                "level, override",
            ),
            (
                "[rules]\nrequired-fields = \"deny\"\n",
                2,
                "has no fields",
                "Priority",
            ),
            (
                "[rules]\nsteps-checked = {level=\"deny\", override=[\"kind:robot\"]}\n",
                2,
                "'kind:robot' is no actor",
                "kind:human",
            ),
            (
                "[rules]\nsteps-checked = {level=\"deny\", override=\"alice\"}\n",
                2,
                "no list",
                "a list of actors",
            ),
            ("[rules\n", 1, "no TOML", "right"),
            ("[rules]\na = 1\na = 2\n", 3, "no TOML", "right"),
        ] {
            let defect = parse(text).unwrap_err();
            assert_eq!(defect.line(text), line, "{text}");
            assert!(defect.what.contains(what), "{}", defect.what);
            assert!(defect.allowed.contains(allowed), "{}", defect.allowed);
        }
    }

    #[test]
    fn the_nearest_file_comes_first() {
        assert_eq!(candidates("TODO.md"), ["ledger.toml"]);
        assert_eq!(
            candidates("a/b/TODO.md"),
            ["a/b/ledger.toml", "a/ledger.toml", "ledger.toml"]
        );
        assert_eq!(candidates("/else/where.md"), ["ledger.toml"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(\\[rules\\]|steps-checked|level|override|[\\[\\]{}=\"\\n., a]){0,24}") {
            let _ = parse(&text).map_err(|defect| defect.line(&text));
        }
    }
}
