//! What an agent's own todo tools say of its list of work.

use ledger_core::Status;
use ledger_core::decide::WorkNews;
use serde_json::{Map, Value};

use super::payload::{Occasion, Payload};
use super::sql;

/// A change of the list: whether it is all of it, and the items.
pub(super) type Listed = (bool, Vec<WorkNews>);

/// What a payload says of the session's list of work; `None` if it is about something else.
pub(super) fn listed(payload: &Payload) -> Option<Listed> {
    if payload.occasion == Occasion::WorkChanged {
        let properties = payload.whole.get("properties").unwrap_or(&payload.whole);
        return all(properties.as_object()?);
    }
    let tool: String = payload
        .tool
        .as_deref()?
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    match tool.as_str() {
        "todowrite" | "writetodos" | "updateplan" | "updatetodos" | "setplan" => {
            all(&payload.input)
        }
        "taskcreate" => created(payload),
        "taskupdate" => updated(&payload.input),
        "trackercreatetask" | "trackerupdatetask" | "trackerlisttasks" => tracked(&payload.output),
        "sql" => sql::todos(text(&payload.input, &["query", "sql"])?).map(|news| (false, news)),
        _ => None,
    }
}

fn text<'v>(object: &'v Map<String, Value>, names: &[&str]) -> Option<&'v str> {
    names.iter().find_map(|name| object.get(*name)?.as_str())
}

/// A tool that is given the whole list each time.
fn all(input: &Map<String, Value>) -> Option<Listed> {
    let items = ["todos", "plan", "items", "tasks"];
    let items = items.iter().find_map(|name| input.get(*name)?.as_array())?;
    let news = items.iter().filter_map(|item| {
        let item = item.as_object()?;
        let title = text(
            item,
            &["content", "description", "step", "title", "subject", "text"],
        )?;
        Some(WorkNews {
            title: Some(title.to_owned()),
            status: text(item, &["status", "state"]).and_then(status),
            ..WorkNews::default()
        })
    });
    Some((true, news.collect()))
}

/// `TaskCreate`: the list gives the new item its name, from 1 in each session.
fn created(payload: &Payload) -> Option<Listed> {
    let task = payload.output.get("task")?.as_object()?;
    let title = text(task, &["subject", "title"]).or_else(|| text(&payload.input, &["subject"]))?;
    let news = WorkNews {
        name: Some(text(task, &["id"])?.to_owned()),
        title: Some(title.to_owned()),
        status: Some(Status::Pending),
        gone: false,
    };
    Some((false, vec![news]))
}

/// `TaskUpdate`.
fn updated(input: &Map<String, Value>) -> Option<Listed> {
    let said = text(input, &["status"]);
    let news = WorkNews {
        name: Some(text(input, &["taskId", "task_id", "id"])?.to_owned()),
        title: text(input, &["subject", "title"]).map(str::to_owned),
        status: said.and_then(status),
        gone: said == Some("deleted"),
    };
    Some((false, vec![news]))
}

/// A tracker that shows its tasks as `task: Title (id)`.
fn tracked(output: &Value) -> Option<Listed> {
    let shown = output.get("returnDisplay")?.get("todos")?.as_array()?;
    let news = shown.iter().filter_map(|item| {
        let item = item.as_object()?;
        let described = text(item, &["description"])?.trim();
        let (kind, rest) = described.split_once(": ").unwrap_or(("", described));
        let rest = if kind.contains(' ') { described } else { rest };
        let (title, name) = rest.strip_suffix(')')?.rsplit_once(" (")?;
        Some(WorkNews {
            name: Some(name.to_owned()),
            title: Some(title.to_owned()),
            status: text(item, &["status"]).and_then(status),
            gone: false,
        })
    });
    Some((false, news.collect()))
}

/// A status by any agent's word for it.
pub(super) fn status(word: &str) -> Option<Status> {
    let bare: String = word
        .chars()
        .filter(char::is_ascii_alphabetic)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    match bare.as_str() {
        "pending" | "open" | "todo" | "notstarted" => Some(Status::Pending),
        "inprogress" | "active" | "doing" | "started" => Some(Status::InProgress),
        "completed" | "complete" | "done" | "closed" | "finished" => Some(Status::Completed),
        "blocked" => Some(Status::Blocked),
        "cancelled" | "canceled" | "skipped" => Some(Status::Cancelled),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(payload: &str) -> Option<Listed> {
        listed(&Payload::parse(payload.as_bytes(), None).unwrap())
    }

    fn item(name: Option<&str>, title: &str, status: Status) -> WorkNews {
        WorkNews {
            name: name.map(str::to_owned),
            title: Some(title.to_owned()),
            status: Some(status),
            gone: false,
        }
    }

    #[test]
    fn a_whole_list_is_read_whatever_its_items_are_called() {
        for input in [
            r#""tool_name":"TodoWrite","tool_input":{"todos":[{"content":"a","status":"completed"},{"content":"b","status":"in_progress"}]}"#,
            r#""tool_name":"write_todos","tool_input":{"todos":[{"description":"a","status":"completed"},{"description":"b","status":"in_progress"}]}"#,
            r#""tool_name":"update_plan","tool_input":{"plan":[{"step":"a","status":"completed"},{"step":"b","status":"in_progress"}]}"#,
        ] {
            let found = of(&format!("{{\"event\":\"PostToolUse\",{input}}}"));
            let items = vec![
                item(None, "a", Status::Completed),
                item(None, "b", Status::InProgress),
            ];
            assert_eq!(found, Some((true, items)), "{input}");
        }
    }

    #[test]
    fn single_items_are_known_by_their_names() {
        let created = of(
            r#"{"event":"PostToolUse","tool_name":"TaskCreate","tool_input":{"subject":"a"},"tool_response":{"task":{"id":"1","subject":"a"}}}"#,
        );
        assert_eq!(
            created,
            Some((false, vec![item(Some("1"), "a", Status::Pending)]))
        );
        let deleted = of(r#"{"event":"PostToolUse","tool_name":"TaskUpdate","tool_input":{"taskId":"1","status":"deleted"}}"#).unwrap();
        assert!(deleted.1[0].gone && deleted.1[0].status.is_none());
        let tracked = of(
            r#"{"event":"AfterTool","tool_name":"tracker_create_task","tool_response":{"returnDisplay":{"todos":[{"description":"task: a: b (c) (70f)","status":"pending"}]}}}"#,
        );
        assert_eq!(
            tracked,
            Some((false, vec![item(Some("70f"), "a: b (c)", Status::Pending)]))
        );
    }

    #[test]
    fn other_tools_have_no_list() {
        for tool in ["Edit", "mcp__ledger__append", "TaskGet", "TaskList", "sql"] {
            let payload = format!(
                "{{\"event\":\"PostToolUse\",\"tool_name\":\"{tool}\",\"tool_input\":{{\"todos\":[]}}}}"
            );
            assert_eq!(of(&payload), None, "{tool}");
        }
    }
}
