//! The agents, and how each is answered.

use clap::ValueEnum;
use serde_json::{Value, json};

/// A coding agent whose hooks are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Agent {
    /// Claude Code
    ClaudeCode,
    /// Codex
    Codex,
    /// Gemini CLI
    GeminiCli,
    /// GitHub Copilot CLI
    CopilotCli,
    /// opencode, by its plugin
    Opencode,
    /// Cursor
    Cursor,
    /// Any other program; the README says what to send
    Generic,
}

impl Agent {
    /// Its name, as `--hook` takes it and events have it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
            Self::GeminiCli => "gemini-cli",
            Self::CopilotCli => "copilot-cli",
            Self::Opencode => "opencode",
            Self::Cursor => "cursor",
            Self::Generic => "generic",
        }
    }

    /// What tells the agent something at the beginning of a session; `event` is its own name for
    /// that.
    pub(super) fn context(self, event: &str, text: &str) -> String {
        let answer = match self {
            Self::ClaudeCode | Self::Codex | Self::GeminiCli => json!({
                "hookSpecificOutput": { "hookEventName": event, "additionalContext": text }
            }),
            Self::CopilotCli => json!({ "additionalContext": text }),
            Self::Cursor => json!({ "additional_context": text }),
            Self::Opencode | Self::Generic => return text.to_owned(),
        };
        line(&answer)
    }

    /// What refuses a tool before it is used; `event` is the agent's own name for that.
    pub(super) fn denial(self, event: &str, reason: &str) -> String {
        let answer = match self {
            Self::ClaudeCode | Self::Codex => json!({
                "hookSpecificOutput": {
                    "hookEventName": event,
                    "permissionDecision": "deny",
                    "permissionDecisionReason": reason,
                }
            }),
            Self::CopilotCli => json!({
                "permissionDecision": "deny",
                "permissionDecisionReason": reason,
            }),
            Self::GeminiCli | Self::Opencode | Self::Cursor | Self::Generic => {
                json!({ "decision": "deny", "reason": reason })
            }
        };
        line(&answer)
    }

    /// What tells the agent something of a tool that it used; `urgent`: so that it cannot go on
    /// without having dealt with it, where it has a form for that.
    pub(super) fn feedback(self, event: &str, text: &str, urgent: bool) -> String {
        match self {
            Self::ClaudeCode | Self::Codex if urgent => {
                line(&json!({ "decision": "block", "reason": text }))
            }
            _ => self.context(event, text),
        }
    }

    /// What keeps the agent from resting and tells it why, where it has a form for that.
    pub(super) fn keep_up(self, reason: &str) -> String {
        let answer = match self {
            Self::ClaudeCode | Self::Codex | Self::CopilotCli | Self::Generic => {
                json!({ "decision": "block", "reason": reason })
            }
            Self::GeminiCli => json!({ "decision": "deny", "reason": reason }),
            Self::Cursor => json!({ "followup_message": reason }),
            Self::Opencode => return String::new(),
        };
        line(&answer)
    }
}

fn line(answer: &Value) -> String {
    format!("{answer}\n")
}
