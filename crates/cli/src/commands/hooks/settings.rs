//! Hooks in an agent's settings: JSON, with comments where the agent has them.
//!
//! The text is edited, never printed anew, so everything around our entries stays as somebody
//! wrote it. Entries are put at the end of their list. What they need around them is made with
//! them and goes with them; where an empty object or list was there already, a blank line before
//! its end remembers that it was, so that taking the entries out gives back every byte.

mod layout;
mod ours;

use std::ops::Range;

use jsonc_parser::ast::{Array, Object, Value};
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde::Serialize;

use layout::{Gap, indentation, starts_its_line, unit};
use ours::{group, has_ours, is_ours, outdated};

/// The object that all agents keep their hooks in.
const HOOKS: &str = "hooks";
/// What some agents demand beside it.
const VERSION: &str = "version";

/// An entry: a hook, or a group of hooks for some tools.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) matcher: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) hooks: Vec<Entry>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) command: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) args: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) powershell: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timeout: Option<u32>,
    #[serde(rename = "timeoutSec", skip_serializing_if = "Option::is_none")]
    pub(super) timeout_seconds: Option<u32>,
}

/// The entries an agent needs, each with its event.
pub(super) type Wanted = [(&'static str, Entry)];

/// Puts entries into settings that are there. Where an event has one of ours, all that changes is
/// what that asks for, if it is something else: an earlier version put it there.
///
/// # Errors
/// Why the settings are not understood.
pub(super) fn install(text: &str, wanted: &Wanted) -> Result<String, String> {
    // In the order of the text, and out again from its end: what stands before an entry, which
    // says how it is indented, is then the same both times.
    let mut wanted: Vec<_> = wanted.iter().collect();
    let parsed = Settings::read(text)?;
    if let Some(events) = parsed.events() {
        wanted.sort_by_key(|(event, _)| position(events.object, event).unwrap_or(usize::MAX));
    }
    let mut now = text.to_owned();
    for (event, entry) in wanted {
        now = with(&now, event, entry, "\n\n")?;
    }
    // The promise is kept by construction; settings that would break it are not touched.
    if now != text && uninstall(&now)? != uninstall(text)? {
        return Err("it is written in a way that could not be given back".to_owned());
    }
    Ok(now)
}

/// Settings with nothing but these entries.
pub(super) fn made(wanted: &Wanted, version: Option<u32>) -> Result<String, String> {
    let mut now = "{}\n".to_owned();
    for (event, entry) in wanted {
        now = with(&now, event, entry, "\n")?;
    }
    // Behind the hooks, where nobody else puts it: so it is known to have come with them.
    Ok(match (version, now.strip_suffix("\n}\n")) {
        (Some(version), Some(start)) => format!("{start},\n  \"{VERSION}\": {version}\n}}\n"),
        _ => now,
    })
}

/// Takes our entries out. `None` if nothing is left that somebody else wrote.
///
/// # Errors
/// Why the settings are not understood.
pub(super) fn uninstall(text: &str) -> Result<Option<String>, String> {
    let mut now = text.to_owned();
    while mentions_us(&now) {
        let parsed = Settings::read(&now)?;
        let Some(path) = parsed.events().and_then(|events| last_of_ours(&events)) else {
            break;
        };
        match without(&now, &path) {
            Some(less) => now = less,
            None => return Ok(None),
        }
    }
    Ok(Some(now))
}

/// The events that have an entry of ours.
///
/// # Errors
/// Why the settings are not understood.
pub(super) fn installed(text: &str) -> Result<Vec<String>, String> {
    if !mentions_us(text) {
        return Ok(Vec::new());
    }
    let parsed = Settings::read(text)?;
    let Some(events) = parsed.events() else {
        return Ok(Vec::new());
    };
    let ours = events.object.properties.iter().filter(|event| {
        let list = event.value.as_array();
        list.is_some_and(|list| list.elements.iter().any(|entry| has_ours(entry)))
    });
    Ok(ours.map(|event| event.name.as_str().to_owned()).collect())
}

/// Whether there can be anything of ours in a text.
fn mentions_us(text: &str) -> bool {
    text.contains("--hook")
}

/// Settings that were understood.
struct Settings<'t> {
    root: Object<'t>,
}

/// The object with the events, and how to get there.
struct Events<'s, 't> {
    object: &'s Object<'t>,
    root: Level,
}

impl<'t> Settings<'t> {
    fn read(text: &'t str) -> Result<Self, String> {
        let options = ParseOptions {
            allow_comments: true,
            allow_trailing_commas: true,
            allow_loose_object_property_names: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        let parsed = parse_to_ast(text, &CollectOptions::default(), &options);
        let parsed = parsed.map_err(|error| {
            format!(
                "line {} is not JSON: {}",
                error.line_display(),
                error.kind()
            )
        })?;
        let root = match parsed.value {
            Some(Value::Object(root)) => root,
            Some(other) => return Err(not(text, &other, "the settings", "an object")),
            None => return Err("there is no JSON in it".to_owned()),
        };
        let settings = Self { root };
        if let Some(hooks) = only(text, &settings.root, HOOKS)? {
            let Some(hooks) = hooks.as_object() else {
                return Err(not(text, hooks, "\"hooks\"", "an object"));
            };
            for event in &hooks.properties {
                only(text, hooks, event.name.as_str())?;
            }
        }
        Ok(settings)
    }

    fn events(&self) -> Option<Events<'_, 't>> {
        let at = position(&self.root, HOOKS)?;
        Some(Events {
            object: self.root.properties[at].value.as_object()?,
            root: Level::of_object(&self.root, at),
        })
    }
}

/// The one value of a member. Agents take the last of two, and people see the first.
fn only<'s, 't>(
    text: &str,
    object: &'s Object<'t>,
    name: &str,
) -> Result<Option<&'s Value<'t>>, String> {
    let mut all = object
        .properties
        .iter()
        .filter(|member| member.name.as_str() == name);
    let first = all.next();
    match all.next() {
        Some(second) => Err(format!(
            "line {} has \"{name}\" a second time",
            line_of(text, second.range.start)
        )),
        None => Ok(first.map(|member| &member.value)),
    }
}

fn position(object: &Object<'_>, name: &str) -> Option<usize> {
    let mut members = object.properties.iter();
    members.position(|member| member.name.as_str() == name)
}

fn not(text: &str, value: &Value<'_>, what: &str, kind: &str) -> String {
    let line = line_of(text, value.range().start);
    format!("line {line}: {what} should be {kind}")
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// An object or list: where it is, and where its items are.
#[derive(Debug, Clone)]
struct Level {
    range: Range<usize>,
    items: Vec<Range<usize>>,
    /// Which item leads on.
    at: usize,
    /// The names of an object's members.
    names: Vec<String>,
}

impl Level {
    fn of_object(object: &Object<'_>, at: usize) -> Self {
        let members = object.properties.iter();
        Self {
            range: object.range.start..object.range.end,
            items: members
                .clone()
                .map(|own| own.range.start..own.range.end)
                .collect(),
            names: members.map(|own| own.name.as_str().to_owned()).collect(),
            at,
        }
    }

    fn of_array(array: &Array<'_>, at: usize) -> Self {
        let items = array.elements.iter().map(|own| own.range());
        Self {
            range: array.range.start..array.range.end,
            items: items.map(|own| own.start..own.end).collect(),
            names: Vec::new(),
            at,
        }
    }
}

/// The way to the last entry of ours, from the outside in.
fn last_of_ours(events: &Events<'_, '_>) -> Option<Vec<Level>> {
    let lists = events.object.properties.iter().enumerate().rev();
    let mut found = lists.filter_map(|(event, member)| {
        let list = member.value.as_array()?;
        let at = list.elements.iter().rposition(has_ours)?;
        let mut path = vec![
            events.root.clone(),
            Level::of_object(events.object, event),
            Level::of_array(list, at),
        ];
        // A group that holds somebody else's hooks too stays.
        if let Some((entry, hooks)) = list.elements[at].as_object().zip(group(&list.elements[at]))
            && !is_ours(&list.elements[at])
            && !hooks.elements.iter().all(is_ours)
        {
            path.push(Level::of_object(entry, position(entry, HOOKS)?));
            path.push(Level::of_array(
                hooks,
                hooks.elements.iter().rposition(is_ours)?,
            ));
        }
        Some(path)
    });
    found.next()
}

/// A text with an entry for an event. `close` is what stands before the end of a root that had
/// nothing in it.
fn with(text: &str, event: &str, entry: &Entry, close: &str) -> Result<String, String> {
    let parsed = Settings::read(text)?;
    let Some(at) = position(&parsed.root, HOOKS) else {
        let root = Level::of_object(&parsed.root, 0);
        let events = Member(event, [entry]);
        return insert(text, &root, Some(HOOKS), &events, close);
    };
    let Some(hooks) = parsed.root.properties[at].value.as_object() else {
        return Ok(text.to_owned());
    };
    let Some(list) = hooks.get(event) else {
        return insert(
            text,
            &Level::of_object(hooks, 0),
            Some(event),
            &[entry],
            "\n\n",
        );
    };
    let what = format!("\"{event}\"");
    let Some(array) = list.value.as_array() else {
        return Err(not(text, &list.value, &what, "a list"));
    };
    match array.elements.iter().any(has_ours) {
        true => match renewed(text, array, entry)? {
            Some(now) => with(&now, event, entry, close),
            None => Ok(text.to_owned()),
        },
        false => insert(text, &Level::of_array(array, 0), None, entry, "\n\n"),
    }
}

/// A text in which one more hook of ours asks for what the entry does; `None` if all do.
fn renewed(text: &str, list: &Array<'_>, entry: &Entry) -> Result<Option<String>, String> {
    let Some((hook, line)) = outdated(list, entry) else {
        return Ok(None);
    };
    let range = hook.range().start..hook.range().end;
    let unit = text[range.clone()].contains('\n').then(|| unit(text));
    let inner = indentation(text, range.start);
    let hook = printed(&entry.run_by(&line.program), unit)?;
    let hook = hook.replace('\n', &format!("{}{inner}", newline(text)));
    let (before, behind) = (&text[..range.start], &text[range.end..]);
    Ok(Some(format!("{before}{hook}{behind}")))
}

fn newline(text: &str) -> &'static str {
    match text.contains("\r\n") {
        true => "\r\n",
        false => "\n",
    }
}

/// An object with one member.
struct Member<'n, T>(&'n str, T);

impl<T: Serialize> Serialize for Member<'_, T> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map([(self.0, &self.1)])
    }
}

/// A text with one more item at the end of an object or list.
fn insert(
    text: &str,
    level: &Level,
    name: Option<&str>,
    value: &impl Serialize,
    close: &str,
) -> Result<String, String> {
    let newline = newline(text);
    let outer = indentation(text, level.range.start);
    let unit = unit(text);
    let last = level.items.last();
    let gap = Gap::after(text, last.map_or(level.range.start + 1, |last| last.end));
    let one_line = last.is_some() && !text[level.range.clone()].contains(['\n', '\r']);
    let inner = match last {
        Some(last) if starts_its_line(text, last.start) => indentation(text, last.start).to_owned(),
        _ => format!("{outer}{unit}"),
    };
    let name = name.map(|name| format!("\"{name}\": ")).unwrap_or_default();
    let item = match one_line {
        true => format!(" {name}{}", printed(value, None)?),
        false => {
            let value = printed(value, Some(unit))?.replace('\n', &format!("{newline}{inner}"));
            format!("{newline}{inner}{name}{value}")
        }
    };
    let mut now = text[..gap.end].to_owned();
    now.push_str(&item);
    match (last, gap.comma) {
        (Some(_), Some(_)) => now.push(','),
        (Some(last), None) => now.insert(last.end, ','),
        (None, _) => now.push_str(&format!("{}{outer}", close.replace('\n', newline))),
    }
    now.push_str(&text[gap.end..]);
    Ok(now)
}

fn printed(value: &impl Serialize, unit: Option<&str>) -> Result<String, String> {
    let mut out = Vec::new();
    let done = match unit {
        None => value.serialize(&mut serde_json::Serializer::new(&mut out)),
        Some(unit) => {
            let pretty = serde_json::ser::PrettyFormatter::with_indent(unit.as_bytes());
            value.serialize(&mut serde_json::Serializer::with_formatter(
                &mut out, pretty,
            ))
        }
    };
    done.map_err(|error| error.to_string())?;
    String::from_utf8(out).map_err(|error| error.to_string())
}

/// A text without the item that a path leads to; `None` if nothing of the text is left then.
fn without(text: &str, path: &[Level]) -> Option<String> {
    let (level, around) = path.split_last()?;
    let item = level.items[level.at].clone();
    let before = text[..item.start].trim_end().len();
    let gap = Gap::after(text, item.end);
    let is_alone = level.items.len() == 1;
    if !is_alone {
        let came_with_it = around.is_empty()
            && level.at == 0
            && level.names.len() == 2
            && level.names[1] == VERSION;
        if came_with_it {
            return None;
        }
        let comma = match gap.comma {
            Some(own) => Some(own),
            None => (level.at.checked_sub(1))
                .and_then(|previous| Gap::after(text, level.items[previous].end).comma),
        };
        return Some(cut(text, before..item.end, comma));
    }
    let rest = &text[item.end..level.range.end];
    let outer = indentation(text, level.range.start);
    let closes = ["\n\n", "\r\n\r\n"].map(|close| format!("{close}{outer}"));
    let was_there = closes.iter().find(|close| rest.starts_with(&***close));
    if let Some(close) = was_there {
        return Some(cut(text, before..item.end + close.len(), None));
    }
    let inside = level.range.start + 1..before;
    let outside = [&text[..level.range.start], &text[level.range.end..]];
    let has_more = gap.has_comments
        || !text.get(inside).unwrap_or_default().trim().is_empty()
        || around.is_empty() && outside.iter().any(|text| !text.trim().is_empty());
    match has_more {
        true => Some(cut(text, before..item.end, gap.comma)),
        false => without(text, around),
    }
}

/// A text without a range, and without a comma before or behind it.
fn cut(text: &str, range: Range<usize>, comma: Option<usize>) -> String {
    let kept = text
        .char_indices()
        .filter(|(at, _)| !range.contains(at) && Some(*at) != comma);
    kept.map(|(_, c)| c).collect()
}

#[cfg(test)]
mod tests;
