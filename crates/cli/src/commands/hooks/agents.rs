//! Where each agent keeps its hooks, and which of its events are needed.

use super::settings::Entry;
use crate::args::Whose;

/// The tools of Claude Code after which there may be something to record.
const CLAUDE_TOOLS: &str =
    "Write|Edit|MultiEdit|NotebookEdit|Bash|TodoWrite|TaskCreate|TaskUpdate|mcp__.*";
/// The same for Gemini CLI.
const GEMINI_TOOLS: &str = "write_file|replace|run_shell_command|write_todos|tracker_create_task|tracker_update_task|mcp_.*";

/// The tools that write files, about which the agents ask first, and those that run commands,
/// before which what somebody else wrote is recorded.
const CLAUDE_WRITERS: &str = "Write|Edit|MultiEdit|Bash";
const CODEX_WRITERS: &str = "apply_patch|Write|Edit|Bash";
const GEMINI_WRITERS: &str = "write_file|replace|run_shell_command";

/// How long a hook may take, in seconds.
const TIMEOUT: u32 = 10;

/// An agent that hooks can be installed for.
#[derive(Debug)]
pub(super) struct Agent {
    /// Its name, as `append --hook` takes it.
    pub(super) name: &'static str,
    /// The file below the project's folder.
    pub(super) in_project: &'static str,
    /// The file below the user's home folder, if it reads one there.
    pub(super) in_home: Option<&'static str>,
    /// A variable that names another folder for the first part of that, and the part.
    pub(super) moved_by: Option<(&'static str, &'static str)>,
    /// What it is told.
    pub(super) form: Form,
    /// The file of instructions that it reads, below the project's folder.
    pub(super) instructions: Option<&'static str>,
    /// Where it would look for a skill, below the project's folder.
    pub(super) skill: Option<&'static str>,
    /// What to know once they are installed.
    pub(super) advice: Option<&'static str>,
}

/// What an agent's hooks look like.
#[derive(Debug)]
pub(super) enum Form {
    /// Entries in its settings.
    Settings {
        /// The events.
        events: &'static [&'static str],
        /// How one event's entry looks.
        entry: fn(&'static str) -> Entry,
        /// The version that a new file of settings has to name.
        version: Option<u32>,
    },
    /// A file of code.
    Plugin {
        /// The code.
        code: &'static str,
        /// The events that it passes on.
        events: &'static [&'static str],
    },
}

const CLAUDE_EVENTS: &[&str] = &[
    "SessionStart",
    "PreToolUse",
    "PostToolUse",
    "Stop",
    "SubagentStop",
    "SessionEnd",
];

static CLAUDE_CODE: Agent = Agent {
    name: "claude-code",
    in_project: ".claude/settings.json",
    in_home: Some(".claude/settings.json"),
    moved_by: Some(("CLAUDE_CONFIG_DIR", ".claude")),
    instructions: Some("CLAUDE.md"),
    skill: Some(".claude/skills/ledger/SKILL.md"),
    form: Form::Settings {
        events: CLAUDE_EVENTS,
        entry: |event| Entry {
            matcher: match event {
                "PreToolUse" => Some(CLAUDE_WRITERS),
                "PostToolUse" => Some(CLAUDE_TOOLS),
                _ => None,
            },
            hooks: vec![Entry {
                kind: Some("command"),
                // With arguments of its own no shell is involved.
                command: Some("ledger".to_owned()),
                args: ["append", "--hook", "claude-code"]
                    .map(str::to_owned)
                    .to_vec(),
                timeout: Some(TIMEOUT),
                ..Entry::default()
            }],
            ..Entry::default()
        },
        version: None,
    },
    advice: None,
};

static CODEX: Agent = Agent {
    name: "codex",
    in_project: ".codex/hooks.json",
    in_home: Some(".codex/hooks.json"),
    moved_by: Some(("CODEX_HOME", ".codex")),
    instructions: Some("AGENTS.md"),
    skill: None,
    form: Form::Settings {
        events: CLAUDE_EVENTS,
        entry: |event| Entry {
            matcher: (event == "PreToolUse").then_some(CODEX_WRITERS),
            hooks: vec![Entry {
                kind: Some("command"),
                command: Some("ledger append --hook codex".to_owned()),
                timeout: Some(TIMEOUT),
                ..Entry::default()
            }],
            ..Entry::default()
        },
        version: None,
    },
    advice: Some("Codex silently ignores hooks that it does not trust: review and trust them"),
};

static GEMINI_CLI: Agent = Agent {
    name: "gemini-cli",
    in_project: ".gemini/settings.json",
    in_home: Some(".gemini/settings.json"),
    moved_by: None,
    instructions: None,
    skill: None,
    form: Form::Settings {
        events: &[
            "SessionStart",
            "BeforeTool",
            "AfterTool",
            "AfterAgent",
            "SessionEnd",
        ],
        entry: |event| Entry {
            matcher: match event {
                "BeforeTool" => Some(GEMINI_WRITERS),
                "AfterTool" => Some(GEMINI_TOOLS),
                _ => None,
            },
            hooks: vec![Entry {
                kind: Some("command"),
                name: Some("ledger"),
                command: Some("ledger append --hook gemini-cli".to_owned()),
                // In milliseconds.
                timeout: Some(TIMEOUT * 1_000),
                ..Entry::default()
            }],
            ..Entry::default()
        },
        version: None,
    },
    advice: None,
};

static COPILOT_CLI: Agent = Agent {
    name: "copilot-cli",
    in_project: ".github/hooks/ledger.json",
    in_home: None,
    moved_by: None,
    instructions: Some("AGENTS.md"),
    skill: None,
    form: Form::Settings {
        events: &[
            "sessionStart",
            "preToolUse",
            "postToolUse",
            "agentStop",
            "sessionEnd",
        ],
        entry: |event| {
            let command = format!("ledger append --hook copilot-cli --event {event}");
            Entry {
                kind: Some("command"),
                bash: Some(command.clone()),
                powershell: Some(command),
                timeout_seconds: Some(TIMEOUT),
                ..Entry::default()
            }
        },
        version: Some(1),
    },
    advice: None,
};

static OPENCODE: Agent = Agent {
    name: "opencode",
    in_project: ".opencode/plugin/ledger.js",
    in_home: Some(".config/opencode/plugin/ledger.js"),
    moved_by: Some(("XDG_CONFIG_HOME", ".config")),
    instructions: Some("AGENTS.md"),
    skill: None,
    form: Form::Plugin {
        code: include_str!("opencode.js"),
        events: &[
            "tool.execute.before",
            "tool.execute.after",
            "todo.updated",
            "session.idle",
        ],
    },
    advice: None,
};

static CURSOR: Agent = Agent {
    name: "cursor",
    in_project: ".cursor/hooks.json",
    in_home: Some(".cursor/hooks.json"),
    moved_by: None,
    instructions: Some("AGENTS.md"),
    skill: None,
    form: Form::Settings {
        events: &[
            "sessionStart",
            "postToolUse",
            "afterFileEdit",
            "stop",
            "sessionEnd",
        ],
        entry: |_| Entry {
            command: Some("ledger append --hook cursor".to_owned()),
            ..Entry::default()
        },
        version: Some(1),
    },
    advice: None,
};

/// All agents.
static ALL: [&Agent; 6] = [
    &CLAUDE_CODE,
    &CODEX,
    &GEMINI_CLI,
    &COPILOT_CLI,
    &OPENCODE,
    &CURSOR,
];

/// The agents that read a file of instructions.
pub(super) fn readers(file: &str) -> impl Iterator<Item = &'static Agent> {
    let reads = move |agent: &&Agent| agent.instructions == Some(file);
    ALL.iter().copied().filter(reads)
}

/// What any other program calls its events.
const GENERIC_EVENTS: &[&str] = &["start", "before", "tool", "rest", "end", "work"];

/// Whether hooks of an agent are installed for an event of this name.
pub(crate) fn has_event(agent: &str, event: &str) -> bool {
    if agent == "generic" {
        return GENERIC_EVENTS.contains(&event);
    }
    let mut all = ALL.iter().filter(|own| own.name == agent);
    all.any(|own| match own.form {
        Form::Settings { events, .. } | Form::Plugin { events, .. } => events.contains(&event),
    })
}

/// The agents that are meant, each once.
pub(super) fn meant(whose: &[Whose]) -> Vec<&'static Agent> {
    let is_meant = |agent: &&&Agent| {
        whose.iter().any(|whose| match whose {
            Whose::ClaudeCode => agent.name == CLAUDE_CODE.name,
            Whose::Codex => agent.name == CODEX.name,
            Whose::GeminiCli => agent.name == GEMINI_CLI.name,
            Whose::CopilotCli => agent.name == COPILOT_CLI.name,
            Whose::Opencode => agent.name == OPENCODE.name,
            Whose::Cursor => agent.name == CURSOR.name,
            Whose::Git => false,
            Whose::All => true,
        })
    };
    ALL.iter().filter(is_meant).copied().collect()
}
