//! What lets agents and git tell the ledger.

use clap::{Args, Subcommand, ValueEnum};

use super::Who;

/// `ledger hooks`
#[derive(Debug, Args)]
pub(crate) struct Hooks {
    /// What to do with them.
    #[command(subcommand)]
    pub(crate) what: HooksCommand,
}

/// The commands below `ledger hooks`.
#[derive(Debug, Subcommand)]
pub(crate) enum HooksCommand {
    /// Put hooks into the settings of agents and git
    #[command(after_help = "\
Examples:
  ledger hooks install claude-code codex
  ledger hooks install git
  ledger hooks install git --pre-commit     and refuse commits of another plan than the ledger's
  ledger hooks install all --dry-run        what would be written, and nothing is
  ledger hooks install cursor --user        for all your projects

What is there already is kept, byte for byte, and a second time changes nothing.")]
    Install(Change),
    /// Take them out again
    #[command(after_help = "\
Examples:
  ledger hooks uninstall codex
  ledger hooks uninstall all --dry-run

Only what the ledger put there goes; a file that it made goes with it.")]
    Uninstall(Change),
    /// What git's hooks run
    #[command(after_help = "\
Examples:
  ledger hooks run post-commit              record edits, and what the commit's trailers say
  ledger hooks run pre-commit               exit 1 if a staged plan is not what the ledger has

Trailers of a commit's message:
  Plan-Task: TODO-7
  Plan-Status: completed")]
    Run(Run),
    /// Show which hooks are installed, and which have really fired
    #[command(after_help = "Examples:\n  ledger hooks status\n  ledger hooks status codex --json")]
    Status(Status),
}

/// `ledger hooks install` and `uninstall`
#[derive(Debug, Args)]
pub(crate) struct Change {
    /// Whose hooks
    #[arg(required = true, value_enum, value_name = "AGENT|git|all")]
    pub(crate) whose: Vec<Whose>,
    /// In your home folder, for all projects, instead of this project's
    #[arg(long)]
    pub(crate) user: bool,
    /// Let git refuse commits whose plan is not what the ledger has, too
    #[arg(long)]
    pub(crate) pre_commit: bool,
    /// Only print what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `ledger hooks run`
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The hook
    #[arg(value_enum, value_name = "HOOK")]
    pub(crate) hook: GitHook,
    /// Who did it, where the commit does not say so better
    #[command(flatten)]
    pub(crate) who: Who,
}

/// A hook of git's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GitHook {
    /// A commit is about to be made
    PreCommit,
    /// A commit was made
    PostCommit,
    /// Another history was merged, or pulled
    PostMerge,
    /// Commits were made anew
    PostRewrite,
    /// Another commit was checked out
    PostCheckout,
}

impl GitHook {
    /// Its name, as git calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PostCommit => "post-commit",
            Self::PostMerge => "post-merge",
            Self::PostRewrite => "post-rewrite",
            Self::PostCheckout => "post-checkout",
        }
    }
}

/// `ledger hooks status`
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Whose hooks [default: all]
    #[arg(value_enum, value_name = "AGENT|git|all", hide_default_value = true, default_values_t = [Whose::All])]
    pub(crate) whose: Vec<Whose>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Who has hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Whose {
    /// Claude Code
    ClaudeCode,
    /// Codex
    Codex,
    /// Gemini CLI
    GeminiCli,
    /// GitHub Copilot CLI
    CopilotCli,
    /// opencode, by a plugin
    Opencode,
    /// Cursor
    Cursor,
    /// git
    Git,
    /// All of them
    All,
}
