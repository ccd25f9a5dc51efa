//! `ledger schema`: what commands print with `--json`, as JSON Schemas.
//!
//! They are made from the types that are printed, in the dialect of
//! <https://json-schema.org/draft/2020-12/schema>. Objects have no members but those that are
//! described.

use std::io::Write;

use clap::ValueEnum;
use ledger_core::project::Entry;
use ledger_core::project::stats::Summary;
use schemars::consts::meta_schemas;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::audit::cloud::CloudEvent;
use super::receipt::Told;
use crate::args::{self, Described};
use crate::failure::{self, Failure};
use crate::output::screen::{self, Screen};
use crate::output::{columns, json};

pub(crate) fn run(args: &args::Schema) -> Result<(), Failure> {
    let Some(of) = args.of else {
        return list();
    };
    if let Some(below) = &args.below
        && of.typed().split(' ').nth(1) != Some(below)
    {
        let (of, below) = (of.typed(), failure::cut(below));
        return Err(
            Failure::trouble(format!("'{of}' has no '{below}' that prints JSON"))
                .hint("ledger schema lists what is described"),
        );
    }
    let mut out = screen::raw();
    json::print(&mut out, &schema(of))?;
    Ok(out.flush()?)
}

fn list() -> Result<(), Failure> {
    let mut out = Screen::new();
    let all = Described::value_variants();
    let names = all.iter().map(|own| columns::width(&own.name()));
    let widest = names.max().unwrap_or(0);
    for of in all {
        writeln!(out, "{:widest$}  {}", of.name(), of.about())?;
    }
    Ok(out.flush()?)
}

/// What a command prints, in the form or the forms that it has.
fn schema(of: Described) -> Value {
    use super::*;
    let forms = Forms::default();
    let forms = match of {
        Described::Append => forms.or::<Told<'_>>("Each line."),
        Described::Audit => forms
            .or::<Vec<Entry>>("With --json.")
            .or::<Entry>("Each line, with --format ndjson.")
            .or::<CloudEvent<'_>>("Each line, with --format cloudevents."),
        Described::Blame => forms.or::<blame::Answer<'_>>(""),
        Described::Check => forms
            .or::<check::report::Report<'_>>("Findings.")
            .or::<Vec<check::RuleItem>>("With --rules."),
        Described::Checkpoint => forms
            .or::<checkpoint::Printed<'_>>("A checkpoint.")
            .or::<checkpoint::PublicKey>("With --show-key."),
        Described::Diff => forms.or::<diff::Shown<'_>>(""),
        Described::Doctor => forms.or::<doctor::Report>(""),
        Described::Graph => forms.or::<graph::Report<'_>>(""),
        Described::History => forms
            .or::<Vec<history::Shown<'_>>>("Versions.")
            .or::<history::Life<'_>>("With --task."),
        Described::HooksStatus => forms.or::<Vec<hooks::status::Report>>(""),
        Described::Identify => forms.or::<identify::Answer>(""),
        Described::IdsReserve => forms.or::<ids::Reserved<'_>>(""),
        Described::Import => forms.or::<import::Imported>(""),
        Described::Init => forms
            .or::<Told<'_>>("Each line.")
            .or::<init::past::Report<'_>>("With --git."),
        Described::List => forms.or::<Vec<list::Item<'_>>>(""),
        Described::Next => forms.or::<next::Report<'_>>(""),
        Described::Observe => forms.or::<Told<'_>>("Each line."),
        Described::Redact => forms.or::<redact::Report>(""),
        Described::Render => forms.or::<Vec<drift::FileReport>>("With --check."),
        Described::Show => forms
            .or::<show::detail::Detail<'_>>("A task.")
            .or::<show::event::Shown<'_>>("An event."),
        Described::Stats => forms.or::<Summary>(""),
        Described::Status => forms.or::<status::Report<'_>>(""),
        Described::Verify => forms.or::<verify::check::Report>(""),
        Described::VerifyProof => forms.or::<verify_proof::Report>(""),
    };
    forms.described(of)
}

/// The forms of what a command prints.
struct Forms {
    generator: SchemaGenerator,
    forms: Vec<Schema>,
}

impl Default for Forms {
    fn default() -> Self {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        Self {
            generator: settings.into_generator(),
            forms: Vec::new(),
        }
    }
}

impl Forms {
    /// One more form; `when` it is printed, where there are several.
    fn or<T: JsonSchema>(mut self, when: &str) -> Self {
        let mut form = self.generator.subschema_for::<T>();
        if !when.is_empty() {
            form.insert("description".to_owned(), when.into());
        }
        self.forms.push(form);
        self
    }

    fn described(mut self, of: Described) -> Value {
        let mut whole = match <[Schema; 1]>::try_from(self.forms) {
            Ok([only]) => only,
            Err(several) => json_schema!({ "anyOf": several }),
        };
        let mut put = |name: &str, value: Value| whole.insert(name.to_owned(), value);
        put("$schema", meta_schemas::DRAFT2020_12.into());
        put("title", format!("ledger {}", of.typed()).into());
        put("$defs", self.generator.take_definitions(true).into());
        Plain.transform(&mut whole);
        whole.into()
    }
}

/// What is made from types, as a schema says it: with objects that have no members but those that
/// are described, and in JSON's own words.
struct Plain;

impl Transform for Plain {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        if let Some(Value::String(said)) = schema.get_mut("description") {
            *said = said.replace('\n', " ").replace("`None`", "`null`");
        }
        if schema.get("properties").is_none() {
            return;
        }
        // The members of such an object are described in several places, none of which has all.
        let several = ["anyOf", "oneOf"]
            .into_iter()
            .find(|name| schema.get(*name).is_some());
        if let Some(Value::Array(places)) = several.and_then(|name| schema.get_mut(name)) {
            for place in places.iter_mut().filter_map(Value::as_object_mut) {
                place.remove("additionalProperties");
            }
            schema.insert("unevaluatedProperties".to_owned(), false.into());
        } else if schema.get("additionalProperties").is_none() {
            schema.insert("additionalProperties".to_owned(), false.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Whether a command can be asked for JSON.
    fn prints_json(command: &clap::Command) -> bool {
        command.get_arguments().any(|argument| {
            let formats = argument.get_possible_values();
            argument.get_long() == Some("json")
                || formats.iter().any(|own| own.matches("json", false))
        })
    }

    /// The commands that can be asked for JSON, but for single changes, which answer as `append`.
    fn printing(command: &clap::Command, words: &str, found: &mut BTreeSet<String>) {
        if prints_json(command) {
            found.insert(words.to_owned());
        }
        for below in command.get_subcommands().filter(|_| words != "append") {
            printing(below, format!("{words} {}", below.get_name()).trim(), found);
        }
    }

    #[test]
    fn whatever_prints_json_has_a_schema() {
        let mut found = BTreeSet::new();
        printing(&args::whole(), "", &mut found);
        let described = Described::value_variants().iter().map(|own| own.typed());
        assert_eq!(found, described.collect());
    }

    /// Members that are not described, and objects that may have others.
    fn gaps(schema: &Value, place: &str, found: &mut Vec<String>) {
        let Value::Object(members) = schema else {
            return;
        };
        if let Some(Value::Object(properties)) = members.get("properties") {
            for (name, own) in properties {
                if own.get("description").is_none() && own.get("const").is_none() {
                    found.push(format!("{place}.{name}"));
                }
                gaps(own, &format!("{place}.{name}"), found);
            }
        }
        for places in ["anyOf", "oneOf", "prefixItems"] {
            let own = members.get(places).and_then(Value::as_array);
            for schema in own.into_iter().flatten() {
                gaps(schema, place, found);
            }
        }
        if let Some(items) = members.get("items") {
            gaps(items, place, found);
        }
    }

    #[test]
    fn every_member_is_described() {
        let mut found = Vec::new();
        for &of in Described::value_variants() {
            let schema = schema(of);
            gaps(&schema, &of.name(), &mut found);
            for (name, own) in schema["$defs"].as_object().unwrap() {
                gaps(own, &format!("{} {name}", of.name()), &mut found);
            }
        }
        assert_eq!(found, Vec::<String>::new());
    }
}
