//! The parser of queries.

use anyhow::{Context, Result, bail, ensure};
use regex_lite::Regex;

use super::{Child, Condition, Form, Pattern, Predicate, Query, Repeat, Test, words};
use crate::edit::language::Language;
use crate::edit::nodes::FieldId;

pub fn query(text: &str, language: &'static Language) -> Result<Query> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        language,
    };
    let mut patterns = Vec::new();
    while parser.peek().is_some() {
        patterns.push(parser.pattern()?);
    }
    ensure!(!patterns.is_empty(), "the query is empty");
    Ok(Query { patterns })
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'a> {
    /// `( ) [ ] . * + ? !`
    Sign(char),
    /// A kind, or `_`.
    Word(&'a str),
    /// `name:`
    Field(&'a str),
    /// `@name`
    Capture(&'a str),
    /// `#eq?`
    Predicate(&'a str),
    /// `"text"`
    Text(String),
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>> {
    // Most tokens have more bytes than this.
    let mut tokens = Vec::with_capacity(text.len() / 4);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word = |text: &str| {
            text.find(|c: char| !(c.is_alphanumeric() || "_-?".contains(c)))
                .unwrap_or(text.len())
        };
        let behind = &rest[c.len_utf8()..];
        rest = match c {
            c if c.is_whitespace() => behind,
            ';' => behind.split_once('\n').map_or("", |(_, rest)| rest),
            '"' => {
                let (text, rest) = string(behind)?;
                tokens.push(Token::Text(text));
                rest
            }
            '@' | '#' => {
                let (name, rest) = behind.split_at(word(behind));
                ensure!(!name.is_empty(), "a name is missing behind {c}");
                tokens.push(if c == '@' {
                    Token::Capture(name)
                } else {
                    Token::Predicate(name)
                });
                rest
            }
            c if c.is_alphabetic() || c == '_' => {
                let end = rest
                    .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                    .unwrap_or(rest.len());
                let (name, rest) = rest.split_at(end);
                match rest.strip_prefix(':') {
                    Some(rest) => {
                        tokens.push(Token::Field(name));
                        rest
                    }
                    None => {
                        tokens.push(Token::Word(name));
                        rest
                    }
                }
            }
            c if "()[].*+?!".contains(c) => {
                tokens.push(Token::Sign(c));
                behind
            }
            c => bail!("`{c}` is no part of a query"),
        };
    }
    Ok(tokens)
}

/// Returns the unescaped text of a string, and the rest after the closing quote.
fn string(text: &str) -> Result<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match chars.next().context("a string ends in `\\`")?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                c => value.push(c),
            },
            c => value.push(c),
        }
    }
    bail!("a string has no end")
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    language: &'static Language,
}

impl<'a> Parser<'a> {
    /// Returns the numbers of a kind of nodes. A kind that the grammar does not have is an error: it would match nothing.
    fn kinds(&self, name: &str, named: bool) -> Result<&'static [u16]> {
        let kinds = self.language.kinds(name, named);
        let of = if named { "node of the kind" } else { "token" };
        ensure!(!kinds.is_empty(), self.missing(of, name));
        Ok(kinds)
    }

    /// Returns the number of a field.
    fn field(&self, name: &str) -> Result<FieldId> {
        let field = self.language.grammar().field_id_for_name(name);
        field.with_context(|| self.missing("field", name))
    }

    fn missing(&self, what: &str, name: &str) -> String {
        let language = &self.language.name;
        format!("`{language}` cannot match it: it has no {what} `{name}`")
    }

    fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Result<Token<'a>> {
        let token = self.peek().cloned().context("the query ends too early")?;
        self.at += 1;
        Ok(token)
    }

    fn take(&mut self, sign: char) -> bool {
        let there = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(there);
        there
    }

    fn is_group(&self) -> bool {
        let inner = self.tokens.get(self.at + 1);
        self.peek() == Some(&Token::Sign('(')) && matches!(inner, Some(Token::Sign('(' | '[')))
    }

    /// A form with its predicates, bare or as `(form predicates…)`.
    fn pattern(&mut self) -> Result<Pattern> {
        let mut predicates = Vec::new();
        let grouped = self.is_group();
        self.at += usize::from(grouped);
        let form = self.form(&mut predicates)?;
        if grouped {
            while !self.take(')') {
                ensure!(self.take('('), "only predicates follow the form in a group");
                predicates.push(self.predicate()?);
            }
        }
        Ok(Pattern {
            words: words::of(&form, &predicates, self.language),
            kinds: form.kinds(),
            form,
            predicates,
        })
    }

    fn form(&mut self, predicates: &mut Vec<Predicate>) -> Result<Form> {
        let test = match self.next()? {
            Token::Sign('(') => self.named(predicates)?,
            Token::Sign('[') => {
                let mut forms = Vec::new();
                while !self.take(']') {
                    forms.push(self.form(predicates)?);
                }
                Test::OneOf(forms)
            }
            Token::Text(text) => Test::Literal(self.kinds(&text, false)?),
            Token::Word("_") => Test::Anything,
            token => bail!("{token:?} starts no form"),
        };
        let mut form = Form {
            test,
            captures: Vec::new(),
            repeat: Repeat::Once,
        };
        loop {
            match self.peek() {
                Some(Token::Capture(name)) => form.captures.push((*name).into()),
                Some(Token::Sign('*')) => form.repeat = Repeat::Any,
                Some(Token::Sign('+')) => form.repeat = Repeat::Some,
                Some(Token::Sign('?')) => form.repeat = Repeat::Optional,
                _ => return Ok(form),
            }
            self.at += 1;
        }
    }

    /// Parses the contents of `(` and `)`.
    fn named(&mut self, predicates: &mut Vec<Predicate>) -> Result<Test> {
        let Token::Word(kind) = self.next()? else {
            bail!("a kind is missing behind `(`")
        };
        let kinds = match kind {
            "_" => None,
            kind => Some(self.kinds(kind, true)?),
        };
        let (mut children, mut absent, mut adjacent) = (Vec::new(), Vec::new(), false);
        while !self.take(')') {
            if self.take('.') {
                adjacent = true;
            } else if self.take('!') {
                let Token::Word(field) = self.next()? else {
                    bail!("a field is missing behind `!`")
                };
                absent.push(self.field(field)?);
            } else if let (Some(Token::Sign('(')), Some(Token::Predicate(_))) =
                (self.peek(), self.tokens.get(self.at + 1))
            {
                self.at += 1;
                predicates.push(self.predicate()?);
            } else {
                let field = match self.peek() {
                    Some(Token::Field(field)) => Some(self.field(field)?),
                    _ => None,
                };
                self.at += usize::from(field.is_some());
                children.push(Child {
                    form: self.form(predicates)?,
                    field,
                    adjacent,
                });
                adjacent = false;
            }
        }
        // They stay until the end, and most nodes have one or two.
        children.shrink_to_fit();
        Ok(Test::Named {
            kinds,
            children,
            closed: adjacent,
            absent,
        })
    }

    /// `#eq? @capture "text")`
    fn predicate(&mut self) -> Result<Predicate> {
        let (Token::Predicate(name), Token::Capture(capture)) = (self.next()?, self.next()?) else {
            bail!("a predicate is a name and a capture")
        };
        let (positive, negated) = match name.strip_prefix("not-") {
            Some(positive) => (positive, true),
            None => (name, false),
        };
        let capture = capture.to_owned();
        if let (Some(&Token::Capture(other)), "eq?") = (self.peek(), positive) {
            self.at += 1;
            ensure!(self.take(')'), "#{name} compares two");
            return Ok(Predicate {
                capture,
                holds: Condition::SameAs(other.to_owned()),
                negated,
            });
        }
        let mut values = Vec::new();
        while !self.take(')') {
            let Token::Text(text) = self.next()? else {
                bail!("#{name} takes strings")
            };
            values.push(text);
        }
        Ok(Predicate {
            capture,
            holds: condition(name, positive, values)?,
            negated,
        })
    }
}

/// Returns the condition of a predicate with strings. `positive` is its name without `not-`.
fn condition(name: &str, positive: &str, values: Vec<String>) -> Result<Condition> {
    let single = || {
        values
            .first()
            .cloned()
            .with_context(|| format!("#{name} takes a string"))
    };
    Ok(match positive {
        "eq?" => Condition::Equals(single()?),
        "match?" => Condition::Matches(Regex::new(&single()?)?),
        "any-of?" if name == positive => Condition::AnyOf(values),
        "names?" => Condition::Names(values),
        "reads?" => Condition::Reads(Regex::new(&single()?)?),
        "defines?" => Condition::Defines(single()?),
        "covers?" => Condition::Covers(single()?),
        "last?" if values.is_empty() => Condition::Last,
        "fits?" => Condition::Fits(single()?.parse()?),
        _ => bail!("#{name} is not understood"),
    })
}
