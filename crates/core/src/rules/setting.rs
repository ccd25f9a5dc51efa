//! How a project has set its rules.

use std::collections::BTreeMap;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::event::{Actor, ActorKind};
use crate::plan::wire::Malformed;
use crate::plan::wire::part;

/// What comes of breaking a rule.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing: nobody looks.
    #[default]
    Off,
    /// It is said and recorded.
    Warn,
    /// A command that breaks it is refused; an edit that does is recorded as a violation.
    Deny,
}

impl Level {
    /// All levels by name.
    pub const ALL: [(&'static str, Self); 3] = [
        ("off", Self::Off),
        ("warn", Self::Warn),
        ("deny", Self::Deny),
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

impl FromStr for Level {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut all = Self::ALL.into_iter();
        all.find(|(name, _)| *name == text)
            .map(|(_, level)| level)
            .ok_or(())
    }
}

/// How one rule is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// What comes of breaking it.
    pub level: Level,
    /// Who may override it; `None`: anybody. Each is a name, `kind:human` or `human:NAME`.
    pub may_override: Option<Vec<String>>,
    /// The fields that it is about.
    pub fields: Vec<String>,
}

impl Setting {
    /// Whether this actor may override the rule. Where nobody is known, only what anybody may do
    /// is allowed.
    #[must_use]
    pub fn may_be_overridden_by(&self, actor: Option<&Actor>) -> bool {
        match (&self.may_override, actor) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(named), Some(actor)) => named.iter().any(|name| is(name, actor)),
        }
    }
}

/// Whether a name of `override` stands for an actor.
fn is(name: &str, actor: &Actor) -> bool {
    match name.split_once(':') {
        Some(("kind", kind)) => kind_named(kind) == Some(actor.kind),
        Some((kind, id)) if kind_named(kind).is_some() => {
            kind_named(kind) == Some(actor.kind) && id == actor.id
        }
        _ => name == actor.id,
    }
}

fn kind_named(name: &str) -> Option<ActorKind> {
    Some(match name {
        "human" => ActorKind::Human,
        "agent" => ActorKind::Agent,
        "program" => ActorKind::Program,
        "unknown" => ActorKind::Unknown,
        _ => return None,
    })
}

/// Whether `override` can have this name: a name that is not empty, or a kind of actor there is.
#[must_use]
pub fn is_actor(name: &str) -> bool {
    match name.split_once(':') {
        Some(("kind", kind)) => kind_named(kind).is_some(),
        _ => !name.trim().is_empty(),
    }
}

/// The rules that are not off, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules(BTreeMap<String, Setting>);

impl Rules {
    /// Sets a rule; one that is off is as if nobody had set it.
    pub fn set(&mut self, rule: &str, setting: Setting) {
        if setting.level == Level::Off {
            self.0.remove(rule);
        } else {
            self.0.insert(rule.to_owned(), setting);
        }
    }

    /// How a rule is set, unless it is off.
    #[must_use]
    pub fn get(&self, rule: &str) -> Option<&Setting> {
        self.0.get(rule)
    }

    /// All that are not off.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.0
            .iter()
            .map(|(name, setting)| (name.as_str(), setting))
    }

    /// Whether all are off.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether any rule can refuse a command.
    #[must_use]
    pub fn can_deny(&self) -> bool {
        self.0.values().any(|setting| setting.level == Level::Deny)
    }

    /// Their normal form, as events have it (ledger-format.md §8.7).
    #[must_use]
    pub fn to_value(&self) -> Value {
        let of = |setting: &Setting| {
            let mut value = Map::new();
            value.insert("level".to_owned(), json!(setting.level));
            if let Some(named) = &setting.may_override {
                value.insert("override".to_owned(), json!(named));
            }
            if !setting.fields.is_empty() {
                value.insert("fields".to_owned(), json!(setting.fields));
            }
            Value::Object(value)
        };
        let all = self.0.iter();
        Value::Object(all.map(|(name, own)| (name.clone(), of(own))).collect())
    }

    fn from_value(value: &Value) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Members {
            level: Level,
            #[serde(rename = "override")]
            may_override: Option<Vec<String>>,
            #[serde(default)]
            fields: Vec<String>,
        }
        let Value::Object(all) = value else {
            return Err("it is no object".to_owned());
        };
        let mut rules = Self::default();
        for (name, value) in all {
            if !value.is_object() {
                return Err(format!("'{name}' is no object"));
            }
            let own = Members::deserialize(value).map_err(|error| format!("'{name}': {error}"))?;
            let setting = Setting {
                level: own.level,
                may_override: own.may_override,
                fields: own.fields,
            };
            rules.set(name, setting);
        }
        Ok(rules)
    }
}

/// The rules of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFile {
    /// Where it lies, relative to the root, with `/` between names.
    pub path: String,
    /// What it sets.
    pub rules: Rules,
}

impl RuleFile {
    /// What an event says of a file, and of its rules if it is there.
    pub(crate) fn of(event: &crate::event::Event) -> Result<(String, Option<Rules>), Malformed> {
        let path = event
            .text(part::PATH)
            .ok_or(Malformed::Missing(part::PATH))?;
        let value = event
            .values(part::RULES)
            .next()
            .ok_or(Malformed::Missing(part::RULES))?;
        let rules = match value {
            Value::Null => None,
            value => {
                Some(Rules::from_value(value).map_err(|why| Malformed::Value(part::RULES, why))?)
            }
        };
        Ok((path.to_owned(), rules))
    }

    /// The folder that it lies in: empty for the root.
    #[must_use]
    pub fn folder(&self) -> &str {
        folder_of(&self.path)
    }

    /// Whether a plan at this path lies in its folder, or below.
    #[must_use]
    pub fn is_above(&self, plan: &str) -> bool {
        match self.folder() {
            "" => true,
            folder => plan
                .strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with('/')),
        }
    }
}

/// The folder of a path with `/` between names: empty for the root.
pub(crate) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::RULES;

    fn actor(kind: ActorKind, id: &str) -> Actor {
        Actor {
            kind,
            id: id.to_owned(),
            session: None,
            tool: None,
        }
    }

    #[test]
    fn an_override_names_somebody_or_a_kind_of_actor() {
        let alice = actor(ActorKind::Human, "alice");
        let codex = actor(ActorKind::Agent, "codex");
        for (named, may, may_not) in [
            ("alice", &alice, &codex),
            ("kind:human", &alice, &codex),
            ("human:alice", &alice, &codex),
            ("agent:codex", &codex, &alice),
            ("kind:agent", &codex, &alice),
        ] {
            let setting = Setting {
                may_override: Some(vec![named.to_owned()]),
                ..Setting::default()
            };
            assert!(setting.may_be_overridden_by(Some(may)), "{named}");
            assert!(!setting.may_be_overridden_by(Some(may_not)), "{named}");
            assert!(!setting.may_be_overridden_by(None), "{named}");
            assert!(is_actor(named));
        }
        assert!(Setting::default().may_be_overridden_by(None));
        assert!(!is_actor("kind:robot") && !is_actor(" "));
        let nobody = Setting {
            may_override: Some(Vec::new()),
            ..Setting::default()
        };
        assert!(!nobody.may_be_overridden_by(Some(&alice)));
    }

    #[test]
    fn a_file_is_above_what_lies_in_its_folder() {
        let file = |path: &str| RuleFile {
            path: path.to_owned(),
            rules: Rules::default(),
        };
        assert!(file("ledger.toml").is_above("TODO.md"));
        assert!(file("ledger.toml").is_above("a/b/TODO.md"));
        assert!(file("a/ledger.toml").is_above("a/TODO.md"));
        assert!(!file("a/ledger.toml").is_above("ab/TODO.md"));
        assert!(!file("a/ledger.toml").is_above("TODO.md"));
    }

    fn settings() -> impl Strategy<Value = Setting> {
        let level = prop::sample::select(vec![Level::Off, Level::Warn, Level::Deny]);
        let names = prop::collection::vec("[a-z:]{0,6}", 0..3);
        (level, prop::option::of(names.clone()), names).prop_map(|(level, may_override, fields)| {
            Setting {
                level,
                may_override,
                fields,
            }
        })
    }

    proptest! {
        #[test]
        fn rules_come_back_from_their_normal_form(
            set in prop::collection::vec((0..RULES.len(), settings()), 0..8),
        ) {
            let mut rules = Rules::default();
            for (rule, setting) in set {
                rules.set(RULES[rule].name, setting);
            }
            prop_assert_eq!(Rules::from_value(&rules.to_value()), Ok(rules));
        }
    }
}
