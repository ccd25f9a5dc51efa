//! What an agent's hook says on standard input, in one form for all agents.
//!
//! Agents spell the same few things in different ways: `tool_name` or `toolName`, `PostToolUse`
//! or `AfterTool`. So fields are looked up under every spelling that is known of any of them.

use std::borrow::Cow;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::surrogates::paired;

/// The longest payload that is read.
const MOST: u64 = 16 << 20;

/// How long what is beyond that is read and thrown away, so that whoever writes it can end.
const DRAINING: Duration = Duration::from_secs(2);

/// How many folders are looked into for a ledger.
const MOST_FOLDERS: usize = 16;

/// What happened in the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// A session began, or went on.
    SessionStart,
    /// A tool is about to be used.
    BeforeTool,
    /// A tool was used.
    AfterTool,
    /// The agent rests: what slipped through can be looked for.
    Rest,
    /// The session ends, and little time is left.
    SessionEnd,
    /// The session's list of work changed.
    WorkChanged,
    /// Something that has nothing to do with plans.
    Other,
}

/// What a hook was given.
#[derive(Debug)]
pub(super) struct Payload {
    /// What happened.
    pub(super) occasion: Occasion,
    /// What the agent calls that.
    pub(super) event: String,
    /// The session.
    pub(super) session: Option<String>,
    /// The folders that the agent says it works in, the one it is in first.
    pub(super) folders: Vec<PathBuf>,
    /// The tool.
    pub(super) tool: Option<String>,
    /// What names this use of it.
    pub(super) tool_use: Option<String>,
    /// What the tool was given.
    pub(super) input: Map<String, Value>,
    /// What it gave back.
    pub(super) output: Value,
    /// Whether it failed.
    pub(super) failed: bool,
    /// Whether the agent goes on already because a hook kept it from resting.
    pub(super) was_kept_up: bool,
    /// The whole payload.
    pub(super) whole: Value,
}

/// Reads standard input.
///
/// # Errors
/// That it cannot be read, or is too long; what there is beyond is read and thrown away.
pub(super) fn read(mut input: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = (&mut input).take(MOST + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("standard input cannot be read: {error}"))?;
    if bytes.len() as u64 <= MOST {
        return Ok(bytes);
    }
    drop(bytes);
    let begun = Instant::now();
    let mut piece = vec![0; 1 << 20];
    while begun.elapsed() < DRAINING {
        match input.read(&mut piece) {
            Ok(0) => break,
            Err(error) if error.kind() != io::ErrorKind::Interrupted => break,
            _ => {}
        }
    }
    Err(format!("the payload is longer than {} MiB", MOST >> 20))
}

impl Payload {
    /// Reads a payload. `event`: what happened, where the payload does not say so.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(bytes: &[u8], event: Option<&str>) -> Result<Self, String> {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Err("standard input is empty; it should be the hook's JSON".to_owned());
        }
        let whole: Value = serde_json::from_str(text)
            .or_else(|error| match paired(text) {
                Cow::Borrowed(_) => Err(error),
                Cow::Owned(text) => serde_json::from_str(&text),
            })
            .map_err(|error| format!("it is not JSON: {error}"))?;
        let Some(object) = whole.as_object() else {
            return Err("it is not a JSON object".to_owned());
        };
        // opencode wraps a call into what its plugin function is given.
        let inner = object.get("input").and_then(Value::as_object);
        let wrapped = inner.filter(|inner| inner.contains_key("tool"));
        let properties = object.get("properties").and_then(Value::as_object);
        let levels: Vec<&Map<String, Value>> = [Some(object), wrapped, properties]
            .into_iter()
            .flatten()
            .collect();
        let find = |names: &[&str]| {
            let mut all = names
                .iter()
                .flat_map(|name| levels.iter().filter_map(move |level| level.get(*name)));
            all.find(|value| !value.is_null())
        };
        let text = |names: &[&str]| find(names).and_then(Value::as_str).map(str::to_owned);
        let event = match (
            event,
            text(&["hook_event_name", "hookEventName", "event", "type"]),
        ) {
            (Some(event), _) => event.to_owned(),
            (None, Some(event)) => event,
            (None, None) if wrapped.is_some() => match object.get("output") {
                Some(output) if output.get("output").is_some() => "tool.execute.after".to_owned(),
                _ => "tool.execute.before".to_owned(),
            },
            (None, None) => {
                return Err("it does not say what happened; name it by --event".to_owned());
            }
        };
        // Before a call, opencode hands its arguments out to be changed.
        let handed_out = wrapped.and_then(|_| object.get("output")?.get("args"));
        let input = find(&["tool_input", "toolInput", "toolArgs", "tool_args", "args"])
            .or(handed_out)
            .map(opened)
            .unwrap_or_default();
        let input = match input {
            Value::Object(input) => input,
            // Some events are about one file, and say so beside the event's name.
            _ => object.clone(),
        };
        let output = find(&[
            "tool_response",
            "toolResult",
            "tool_result",
            "tool_output",
            "output",
        ])
        .map(opened)
        .unwrap_or_default();
        let roots = find(&["workspace_roots", "workspaceRoots"]);
        let roots = roots.and_then(Value::as_array).into_iter().flatten();
        let roots = roots.filter_map(Value::as_str).map(str::to_owned);
        let occasion = occasion(&event);
        // A bare `id` is whatever the payload is about; only of a tool it is the use of that.
        let is_of_tool = matches!(occasion, Occasion::BeforeTool | Occasion::AfterTool);
        let bare = || text(&["id"]).filter(|_| is_of_tool);
        Ok(Self {
            occasion,
            session: text(&[
                "session_id",
                "sessionId",
                "sessionID",
                "conversation_id",
                "session",
            ]),
            folders: text(&["cwd", "directory"])
                .into_iter()
                .chain(roots)
                .map(PathBuf::from)
                .filter(|folder| folder.is_absolute())
                .take(MOST_FOLDERS)
                .collect(),
            tool: text(&["tool_name", "toolName", "tool"]),
            tool_use: text(&[
                "tool_use_id",
                "toolUseId",
                "callID",
                "call_id",
                "tool_call_id",
            ])
            .or_else(bare),
            failed: has_failed(object, &output),
            was_kept_up: find(&["stop_hook_active", "stopHookActive"])
                .and_then(Value::as_bool)
                .unwrap_or_default(),
            event,
            input,
            output,
            whole,
        })
    }
}

/// A value that may be JSON in a string.
fn opened(value: &Value) -> Value {
    let inner = value
        .as_str()
        .map(|text| serde_json::from_str(text).or_else(|_| serde_json::from_str(&paired(text))));
    match inner {
        Some(Ok(inner @ (Value::Object(_) | Value::Array(_)))) => inner,
        _ => value.clone(),
    }
}

/// What an agent's event is, by its name.
fn occasion(event: &str) -> Occasion {
    let bare: String = event
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    match bare.as_str() {
        "sessionstart" | "sessioncreated" | "agentspawn" | "start" => Occasion::SessionStart,
        "pretooluse" | "beforetool" | "toolexecutebefore" | "before" => Occasion::BeforeTool,
        "posttooluse"
        | "aftertool"
        | "toolexecuteafter"
        | "afterfileedit"
        | "aftershellexecution"
        | "tool" => Occasion::AfterTool,
        "stop" | "subagentstop" | "afteragent" | "agentstop" | "sessionidle" | "subagentend"
        | "agentturncomplete" | "rest" => Occasion::Rest,
        "sessionend" | "sessiondeleted" | "end" => Occasion::SessionEnd,
        "todoupdated" | "work" => Occasion::WorkChanged,
        _ => Occasion::Other,
    }
}

/// Whether a payload says that the tool failed.
fn has_failed(payload: &Map<String, Value>, output: &Value) -> bool {
    let says = |value: &Value| {
        let is =
            |name: &str, wanted: bool| value.get(name).and_then(Value::as_bool) == Some(wanted);
        let kind = value.get("resultType").or_else(|| value.get("result_type"));
        let kind = kind.and_then(Value::as_str);
        names_error(value.get("error"))
            || is("success", false)
            || is("is_error", true)
            || is("isError", true)
            || kind.is_some_and(|kind| kind != "success")
    };
    names_error(payload.get("error")) || says(output)
}

/// Whether there is anything in the place of an error.
fn names_error(error: Option<&Value>) -> bool {
    error.is_some_and(|error| match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(all) => !all.is_empty(),
        Value::Object(all) => !all.is_empty(),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, event: Option<&str>) -> Payload {
        Payload::parse(text.as_bytes(), event).unwrap()
    }

    #[test]
    fn every_spelling_is_one_form() {
        let snake = parsed(
            r#"{"session_id":"s","cwd":"/p","hook_event_name":"PostToolUse","tool_name":"Edit",
                "tool_use_id":"t1","tool_input":{"file_path":"/p/a.md"},"tool_response":{}}"#,
            None,
        );
        let camel = parsed(
            r#"{"sessionId":"s","cwd":"/p","toolName":"Edit","toolUseId":"t1",
                "toolArgs":"{\"file_path\":\"/p/a.md\"}","toolResult":{"resultType":"success"}}"#,
            Some("postToolUse"),
        );
        let wrapped = parsed(
            r#"{"input":{"tool":"Edit","sessionID":"s","callID":"t1","args":{"file_path":"/p/a.md"}},
                "output":{"title":"","output":"done"}}"#,
            None,
        );
        for payload in [snake, camel, wrapped] {
            assert_eq!(payload.occasion, Occasion::AfterTool, "{}", payload.event);
            assert_eq!(payload.session.as_deref(), Some("s"));
            assert_eq!(payload.tool.as_deref(), Some("Edit"));
            assert_eq!(payload.tool_use.as_deref(), Some("t1"));
            assert_eq!(payload.input["file_path"], "/p/a.md");
            assert!(!payload.failed);
        }
    }

    #[test]
    fn an_id_is_a_tools_use_only_where_a_tool_was_used() {
        for (event, tool_use) in [("tool", Some("7")), ("work", None), ("todo.updated", None)] {
            let payload = parsed(&format!(r#"{{"event":"{event}","id":"7"}}"#), None);
            assert_eq!(payload.tool_use.as_deref(), tool_use, "{event}");
        }
    }

    #[test]
    fn a_failed_tool_is_seen() {
        for failed in [
            r#"{"event":"tool","tool_response":{"success":false}}"#,
            r#"{"event":"tool","tool_response":{"error":"no such task"}}"#,
            r#"{"event":"tool","error":"no such tool"}"#,
            r#"{"event":"tool","toolResult":{"resultType":"denied"}}"#,
            r#"{"event":"tool","tool_response":{"is_error":true}}"#,
        ] {
            assert!(parsed(failed, None).failed, "{failed}");
        }
        for fine in [
            r#"{"event":"tool","tool_response":{"success":true,"error":null}}"#,
            r#"{"event":"tool","error":false}"#,
            r#"{"event":"tool","error":null}"#,
            r#"{"event":"tool","error":""}"#,
        ] {
            assert!(!parsed(fine, None).failed, "{fine}");
        }
    }

    #[test]
    fn an_agent_says_where_it_works_in_one_of_two_ways() {
        let payload = parsed(
            r#"{"event":"tool","cwd":"/a","workspace_roots":["b",7,"/c"]}"#,
            None,
        );
        assert_eq!(payload.folders, ["/a", "/c"].map(PathBuf::from));
    }

    #[test]
    fn what_is_no_payload_is_an_error() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for text in [
            "",
            "  ",
            "hello",
            "[1]",
            "{}",
            "{\"event\"",
            &deep,
            "{\"tool\":1}",
        ] {
            assert!(Payload::parse(text.as_bytes(), None).is_err());
        }
        assert!(Payload::parse(b"\xff\xfe", None).is_err());
        let lossy = Payload::parse(b"{\"event\":\"tool\",\"tool\":\"a\xff\"}", None).unwrap();
        assert_eq!(lossy.tool.as_deref(), Some("a\u{fffd}"));
    }

    #[test]
    fn half_a_character_does_not_lose_the_rest() {
        for (said, read) in [
            (r"a\ud83d", "a\u{fffd}"),
            (r"\uDE00b", "\u{fffd}b"),
            (r"\ud83d\ud83d\ude00", "\u{fffd}\u{1f600}"),
            (r"\ude00\ud83d\u00e9", "\u{fffd}\u{fffd}é"),
            (r"\\ud83d\ud83d\n", "\\ud83d\u{fffd}\n"),
        ] {
            let inner = format!(r#"{{"old":"{said}"}}"#);
            let payload = parsed(
                &format!(r#"{{"event":"tool","tool":"{said}","args":{inner}}}"#),
                None,
            );
            assert_eq!(payload.tool.as_deref(), Some(read), "{said}");
            assert_eq!(payload.input["old"], read, "{said}");
            let nested = Value::String(inner);
            let payload = parsed(&format!(r#"{{"event":"tool","args":{nested}}}"#), None);
            assert_eq!(payload.input["old"], read, "{said}");
        }
        for broken in [r"\ud8", r"\u+d83", "\\ud83d\u{e9}\\"] {
            let payload = format!(r#"{{"event":"tool","tool":"{broken}"}}"#);
            let parsed = Payload::parse(payload.as_bytes(), None);
            assert!(parsed.is_err(), "{broken}");
        }
    }

    #[test]
    fn a_payload_that_does_not_end_is_given_up() {
        let endless = io::repeat(b'x').take(MOST + (64 << 20));
        assert!(read(endless).is_err());
        assert_eq!(read(&b"{}"[..]), Ok(b"{}".to_vec()));
    }
}
