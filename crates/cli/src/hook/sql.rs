//! A todo list that is kept as rows of a table `todos`, told by the statements that change it.
//!
//! Only what such a tool writes is understood: `INSERT INTO todos (…) VALUES (…), …`, `UPDATE todos
//! SET … WHERE id = …` (or `id IN (…)`) and `DELETE FROM todos WHERE id = …`. What any other
//! statement does to the list cannot be told without the table, and it is passed over.

use std::iter::{Cloned, Peekable};
use std::slice::Iter;

use ledger_core::decide::WorkNews;

use super::todos;

const TABLE: &str = "todos";

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

/// What statements say of the list; `None` if they say nothing of it.
pub(super) fn todos(statements: &str) -> Option<Vec<WorkNews>> {
    let mut news = Vec::new();
    for statement in tokens(statements).split(|token| *token == Token::Sign(';')) {
        let mut tokens = Tokens(statement.iter().cloned().peekable());
        news.extend(tokens.statement().unwrap_or_default());
    }
    (!news.is_empty()).then_some(news)
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' | '"' | '`' => {
                let mut value = String::new();
                while let Some(inner) = letters.next() {
                    if inner != letter {
                        value.push(inner);
                    } else if letters.next_if_eq(&letter).is_some() {
                        // A quote in a text is written twice.
                        value.push(letter);
                    } else {
                        break;
                    }
                }
                found.push(match letter {
                    '\'' => Token::Text(value),
                    _ => Token::Word(value),
                });
            }
            letter if letter.is_alphanumeric() || letter == '_' => {
                let mut word = String::from(letter);
                let is_of_word = |letter: &char| letter.is_alphanumeric() || "_.".contains(*letter);
                while let Some(next) = letters.next_if(is_of_word) {
                    word.push(next);
                }
                found.push(Token::Word(word));
            }
            letter if letter.is_whitespace() => {}
            letter => found.push(Token::Sign(letter)),
        }
    }
    found
}

struct Tokens<'t>(Peekable<Cloned<Iter<'t, Token>>>);

impl Tokens<'_> {
    fn statement(&mut self) -> Option<Vec<WorkNews>> {
        let verb = self.word()?.to_ascii_lowercase();
        match verb.as_str() {
            "insert" | "replace" => self.insert(),
            "update" => self.update(),
            "delete" => {
                self.keyword("from")?;
                self.table()?;
                let names = self.names()?.into_iter();
                Some(
                    names
                        .map(|name| WorkNews {
                            name: Some(name),
                            gone: true,
                            ..WorkNews::default()
                        })
                        .collect(),
                )
            }
            _ => None,
        }
    }

    fn insert(&mut self) -> Option<Vec<WorkNews>> {
        while !self.word()?.eq_ignore_ascii_case("into") {}
        self.table()?;
        let columns = self.list()?;
        self.keyword("values")?;
        let mut news = Vec::new();
        loop {
            let mut item = WorkNews::default();
            for (column, value) in columns.iter().zip(self.list()?) {
                set(&mut item, column, value);
            }
            news.extend(item.name.is_some().then_some(item));
            if !self.sign(',') {
                return Some(news);
            }
        }
    }

    fn update(&mut self) -> Option<Vec<WorkNews>> {
        self.table()?;
        self.keyword("set")?;
        let mut item = WorkNews::default();
        loop {
            let column = self.word()?;
            self.sign('=').then_some(())?;
            let value = self.value()?;
            set(&mut item, &column, value);
            if !self.sign(',') {
                break;
            }
        }
        let names = self.names()?.into_iter();
        Some(
            names
                .map(|name| WorkNews {
                    name: Some(name),
                    ..item.clone()
                })
                .collect(),
        )
    }

    /// `WHERE id = 'a'` or `WHERE id IN ('a', 'b')`, and nothing more.
    fn names(&mut self) -> Option<Vec<String>> {
        self.keyword("where")?;
        self.keyword("id")?;
        let names = if self.sign('=') {
            vec![self.value()?]
        } else {
            self.keyword("in")?;
            self.list()?
        };
        self.0.peek().is_none().then_some(names)
    }

    fn list(&mut self) -> Option<Vec<String>> {
        self.sign('(').then_some(())?;
        let mut values = Vec::new();
        loop {
            values.push(self.value()?);
            if self.sign(')') {
                return Some(values);
            }
            self.sign(',').then_some(())?;
        }
    }

    fn value(&mut self) -> Option<String> {
        match self.0.next()? {
            Token::Word(text) | Token::Text(text) => Some(text),
            Token::Sign(_) => None,
        }
    }

    fn word(&mut self) -> Option<String> {
        match self.0.next()? {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    fn keyword(&mut self, wanted: &str) -> Option<()> {
        self.word()?.eq_ignore_ascii_case(wanted).then_some(())
    }

    fn table(&mut self) -> Option<()> {
        self.keyword(TABLE)
    }

    fn sign(&mut self, wanted: char) -> bool {
        self.0.next_if_eq(&Token::Sign(wanted)).is_some()
    }
}

fn set(item: &mut WorkNews, column: &str, value: String) {
    match column.to_ascii_lowercase().as_str() {
        "id" => item.name = Some(value),
        "title" => item.title = Some(value),
        "status" => item.status = todos::status(&value),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use ledger_core::Status;
    use proptest::prelude::*;

    use super::*;

    fn item(name: &str, title: Option<&str>, status: Option<Status>) -> WorkNews {
        WorkNews {
            name: Some(name.to_owned()),
            title: title.map(str::to_owned),
            status,
            gone: false,
        }
    }

    #[test]
    fn statements_that_change_the_list_are_understood() {
        let inserted = "INSERT INTO todos (id, title, description, status) VALUES ('a','Ada''s \"x\"','','pending'),('b','B','(1), 2','done')";
        assert_eq!(
            todos(inserted),
            Some(vec![
                item("a", Some("Ada's \"x\""), Some(Status::Pending)),
                item("b", Some("B"), Some(Status::Completed)),
            ])
        );
        let started = Some(vec![item("a", None, Some(Status::InProgress))]);
        assert_eq!(
            todos("UPDATE todos SET status = 'in_progress' WHERE id = 'a'"),
            started
        );
        assert_eq!(
            todos("update \"todos\" set status='in_progress' where id in ('a');"),
            started
        );
        let gone = todos("DELETE FROM todos WHERE id = 'a'; SELECT 1").unwrap();
        assert!(gone.len() == 1 && gone[0].gone);
    }

    #[test]
    fn what_cannot_be_told_is_passed_over() {
        for statement in [
            "SELECT * FROM todos",
            "UPDATE todos SET status = 'done'",
            "UPDATE todos SET status = 'done' WHERE id = 'a' OR 1 = 1",
            "UPDATE other SET status = 'done' WHERE id = 'a'",
            "UPDATE todos SET status = lower('DONE') WHERE id = 'a'",
            "INSERT INTO todos SELECT * FROM x",
            "INSERT INTO todos (title) VALUES ('no id')",
            "DELETE FROM todos",
            "'",
            "",
        ] {
            assert_eq!(todos(statement), None, "{statement}");
        }
    }

    proptest! {
        #[test]
        fn no_statement_makes_it_panic(text in "(INSERT|UPDATE|DELETE|todos|VALUES|WHERE|id|[ (),='\";]|\\PC){0,40}") {
            todos(&text);
        }
    }
}
