//! `ledger help`: of a command, or of a topic that is no command's own.

mod topics;

use std::ffi::OsString;
use std::io::Write;

use crate::args::{self, Help};
use crate::failure::Failure;
use crate::output::screen;

use topics::TOPICS;

pub(crate) fn run(args: &Help) -> Result<(), Failure> {
    let Some(first) = args.words.first() else {
        return overview();
    };
    let topic = TOPICS.iter().find(|topic| topic.name == first);
    let topic = topic.filter(|_| args.words.len() == 1);
    let Some(topic) = topic else {
        return command(&args.words);
    };
    let text = (topic.text)();
    if args::whole().find_subcommand(first).is_none() {
        return print(&text);
    }
    command(&args.words)?;
    print(&format!("\n{text}"))
}

/// The program's own help, and what topics there are.
fn overview() -> Result<(), Failure> {
    let mut text = args::whole().render_help().to_string();
    text.push_str("\nTopics (ledger help TOPIC):\n");
    let widest = TOPICS.iter().map(|topic| topic.name.len()).max();
    let widest = widest.unwrap_or(0);
    for topic in TOPICS {
        text.push_str(&format!("  {:widest$}  {}\n", topic.name, topic.about));
    }
    print(&text)
}

/// The help of a command, as its `--help` has it.
fn command(words: &[String]) -> Result<(), Failure> {
    let all = args::whole();
    let mut at = &all;
    for word in words {
        let Some(next) = at.find_subcommand(word) else {
            let names: Vec<&str> = TOPICS.iter().map(|topic| topic.name).collect();
            let word = crate::failure::cut(word);
            return Err(
                Failure::trouble(format!("there is no command or topic '{word}'"))
                    .hint(format!("topics are {}", names.join(", ")))
                    .hint("ledger help lists the commands"),
            );
        };
        at = next;
    }
    let typed = ["ledger"]
        .into_iter()
        .chain(words.iter().map(String::as_str));
    let typed = typed.chain(["--help"]).map(OsString::from);
    match args::parse(typed) {
        // The parser prints it in colours where they are shown.
        Err(help) => Ok(help.print()?),
        Ok(_) => overview(),
    }
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = screen::raw();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
