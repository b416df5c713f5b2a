//! MLflow's filters: comparisons joined by `and`.

use super::token::{Token, invalid, tokens};
use crate::error::Result;

/// What a comparison or an order is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A field of the thing itself.
    Attribute,
    /// The latest value of a metric.
    Metric,
    /// A parameter.
    Param,
    /// A tag.
    Tag,
    /// Something of a dataset that a run read.
    Dataset,
}

/// A field that a filter or an order names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) kind: Kind,
    pub(crate) key: String,
}

/// What a thing has in a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    Absent,
    Number(f64),
    Text(&'a str),
}

impl<'a> Value<'a> {
    pub(crate) fn of_text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Absent, Self::Text)
    }

    /// A time in milliseconds: far below 2⁵³.
    pub(crate) fn of_time(time_ms: Option<i64>) -> Self {
        time_ms.map_or(Self::Absent, |time_ms| Self::Number(time_ms as f64))
    }
}

/// What can be asked of one kind of thing.
#[derive(Debug)]
pub(crate) struct Grammar {
    /// The kinds of fields it has besides attributes.
    pub(crate) kinds: &'static [Kind],
    /// Its attributes that are numbers.
    pub(crate) numbers: &'static [&'static str],
    /// Its attributes that are text.
    pub(crate) texts: &'static [&'static str],
    /// Those of its attributes that may be compared with a list.
    pub(crate) lists: &'static [&'static str],
    /// The kinds of fields of which each may be compared with a list.
    pub(crate) list_kinds: &'static [Kind],
    /// Other names of attributes.
    pub(crate) aliases: &'static [(&'static str, &'static str)],
    /// Whether a filter may ask that a parameter or tag is not there.
    pub(crate) has_null: bool,
    /// Whether it is read by MLflow's parser of logged models: kinds are named in the plural only,
    /// other names of attributes go without a kind, and only single quotes make a text.
    pub(crate) is_strict: bool,
}

/// Something that can be searched.
pub(crate) trait Searchable {
    /// What can be asked of it.
    const GRAMMAR: Grammar;

    /// What it can be ordered by, if that is something else.
    const ORDERS: Grammar = Self::GRAMMAR;

    /// The most that MLflow gives in one page.
    const RESULTS_MAX: u32 = 50_000;

    /// A tag whose holders, those with `true`, are found only by a filter that names it.
    const HIDING_TAG: Option<&'static str> = None;

    /// Returns what it has in a field.
    fn value(&self, field: &Field) -> Value<'_>;

    /// Whether it has something in a field of which `test` is true.
    fn has(&self, field: &Field, test: &dyn Fn(Value<'_>) -> bool) -> bool {
        test(self.value(field))
    }

    /// Returns what it is ordered by in a field.
    fn order_value(&self, field: &Field) -> Value<'_> {
        self.value(field)
    }

    /// The order where the caller gives none, and where his leaves two equal.
    fn natural_order(asked: &[(Field, bool)]) -> Vec<(&'static str, bool)>;
}

/// What can be asked of a dataset.
const DATASET_KEYS: [&str; 3] = ["name", "digest", "context"];

/// One comparison of a filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clause {
    field: Field,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Number { sign: &'static str, than: f64 },
    Is { text: String, negated: bool },
    Like { pattern: String, ignores_case: bool },
    OneOf { texts: Vec<String>, negated: bool },
    Null { negated: bool },
}

impl Clause {
    pub(super) fn is_about(&self, field: &Field) -> bool {
        self.field == *field
    }

    pub(super) fn holds(&self, thing: &impl Searchable) -> bool {
        thing.has(&self.field, &|value| self.test.holds(value))
    }

    pub(super) fn is_of(&self, kind: Kind) -> bool {
        self.field.kind == kind
    }
}

impl Test {
    fn holds(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Null { negated }, value) => (value == Value::Absent) != *negated,
            (Self::Number { sign, than }, Value::Number(value)) => match *sign {
                "=" => is_same(value, *than),
                "!=" => !is_same(value, *than),
                "<" => value < *than,
                "<=" => value <= *than,
                ">" => value > *than,
                _ => value >= *than,
            },
            (Self::Is { text, negated }, Value::Text(value)) => (value == text) != *negated,
            (Self::Like { pattern, ignores_case: false }, Value::Text(value)) => {
                like(value, pattern)
            }
            (Self::Like { pattern, .. }, Value::Text(value)) => {
                like(&value.to_ascii_lowercase(), &pattern.to_ascii_lowercase())
            }
            (Self::OneOf { texts, negated }, Value::Text(value)) => {
                texts.iter().any(|text| text == value) != *negated
            }
            _ => false,
        }
    }
}

#[expect(clippy::float_cmp, reason = "SQL compares exactly too")]
fn is_same(a: f64, b: f64) -> bool {
    a == b
}

/// SQL's `LIKE`: `%` is any text, `_` any character.
fn like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<_>, Vec<_>) = (text.chars().collect(), pattern.chars().collect());
    let (mut at, mut of) = (0, 0);
    // Where to go back to: after the last `%`, and the text that it has eaten so far.
    let mut last = None;
    while at < text.len() {
        match pattern.get(of) {
            Some('%') => {
                last = Some((of + 1, at));
                of += 1;
            }
            Some(&sign) if sign == '_' || sign == text[at] => {
                at += 1;
                of += 1;
            }
            _ => match &mut last {
                Some((after, eaten)) => {
                    *eaten += 1;
                    (of, at) = (*after, *eaten);
                }
                None => return false,
            },
        }
    }
    pattern[of..].iter().all(|&sign| sign == '%')
}

/// Reads a filter.
pub(super) fn parse(op: &'static str, text: &str, grammar: &Grammar) -> Result<Vec<Clause>> {
    if grammar.is_strict && has_double_quotes(text) {
        return Err(invalid(op, text, "a text is in single quotes, a name in backticks"));
    }
    let mut parser = Parser { op, text, grammar, tokens: tokens(op, text)?.into_iter().peekable() };
    let mut clauses = Vec::new();
    while parser.tokens.peek().is_some() {
        if !clauses.is_empty() && !parser.takes_word("and") {
            return Err(invalid(op, text, "only `and` may stand between comparisons"));
        }
        clauses.push(parser.clause()?);
    }
    Ok(clauses)
}

/// Whether there is a double quote outside a text in single quotes.
fn has_double_quotes(text: &str) -> bool {
    text.split('\'').step_by(2).any(|outside| outside.contains('"'))
}

/// Finds what a name such as `metrics.mae` stands for.
pub(super) fn field(op: &'static str, text: &str, name: &str, grammar: &Grammar) -> Result<Field> {
    let (kind, key) = name.split_once('.').unwrap_or(("", name));
    let plural = match kind {
        "" => "attributes",
        _ if grammar.is_strict => kind,
        "attribute" | "attr" | "run" => "attributes",
        "metric" => "metrics",
        "param" | "parameter" | "parameters" => "params",
        "tag" => "tags",
        "dataset" => "datasets",
        _ => kind,
    };
    let is_of = |of: &Kind| grammar.kinds.contains(of);
    let kind_of = match plural {
        "attributes" => Some(Kind::Attribute),
        "metrics" => Some(Kind::Metric).filter(is_of),
        "params" => Some(Kind::Param).filter(is_of),
        "tags" => Some(Kind::Tag).filter(is_of),
        "datasets" => Some(Kind::Dataset).filter(is_of),
        _ => return Err(invalid(op, text, format!("`{kind}` is no kind of field"))),
    };
    let has_alias = kind.is_empty() || !grammar.is_strict;
    let alias = grammar.aliases.iter().find(|(alias, _)| has_alias && *alias == key);
    let key = alias.map_or(key, |(_, key)| key);
    let is_attribute = || grammar.numbers.contains(&key) || grammar.texts.contains(&key);
    match kind_of {
        Some(Kind::Dataset) if !DATASET_KEYS.contains(&key) => {
            let message = format!(
                "`{name}` cannot be searched, but `dataset.` with `name`, `digest` and `context`"
            );
            Err(invalid(op, text, message))
        }
        Some(kind) if kind != Kind::Attribute || is_attribute() => {
            Ok(Field { kind, key: key.to_owned() })
        }
        _ => {
            let known = [grammar.numbers, grammar.texts].concat().join("`, `");
            let message = format!("`{name}` cannot be searched; the attributes are `{known}`");
            Err(invalid(op, text, message))
        }
    }
}

struct Parser<'a> {
    op: &'static str,
    text: &'a str,
    grammar: &'a Grammar,
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

impl Parser<'_> {
    fn refuse<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(invalid(self.op, self.text, message))
    }

    fn takes_word(&mut self, wanted: &str) -> bool {
        let is_it =
            |token: &Token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(wanted));
        self.tokens.next_if(is_it).is_some()
    }

    fn clause(&mut self) -> Result<Clause> {
        let Some(Token::Word(name) | Token::Text(name)) = self.tokens.next() else {
            return self.refuse("a comparison starts with a name, such as `metrics.mae`");
        };
        let field = field(self.op, self.text, &name, self.grammar)?;
        let is_number = field.kind == Kind::Metric
            || (field.kind == Kind::Attribute && self.grammar.numbers.contains(&&*field.key));
        let test = if is_number { self.number(&name)? } else { self.text(&name, &field)? };
        Ok(Clause { field, test })
    }

    fn number(&mut self, name: &str) -> Result<Test> {
        match (self.tokens.next(), self.tokens.next()) {
            (Some(Token::Operator(sign)), Some(Token::Number(than))) => {
                Ok(Test::Number { sign, than })
            }
            _ => self.refuse(format!("`{name}` is compared with a number, by = != < <= > >=")),
        }
    }

    fn text(&mut self, name: &str, field: &Field) -> Result<Test> {
        if self.takes_word("is") {
            let negated = self.takes_word("not");
            let may = self.grammar.has_null && matches!(field.kind, Kind::Param | Kind::Tag);
            if !self.takes_word("null") || !may {
                return self.refuse(format!("`{name}` cannot be asked for NULL"));
            }
            return Ok(Test::Null { negated });
        }
        let negated = self.takes_word("not");
        if self.takes_word("in") {
            let may = match field.kind {
                Kind::Attribute => self.grammar.lists.contains(&&*field.key),
                kind => self.grammar.list_kinds.contains(&kind),
            };
            if !may {
                return self.refuse(format!("`{name}` is not compared with a list"));
            }
            return Ok(Test::OneOf { texts: self.list(name)?, negated });
        }
        let (like, ilike) = (self.takes_word("like"), self.takes_word("ilike"));
        let sign = if like || ilike { None } else { self.tokens.next() };
        let Some(Token::Text(text)) = self.tokens.next() else {
            return self.refuse(format!("`{name}` is compared with a text in quotes"));
        };
        match sign {
            _ if negated => self.refuse("`not` goes with `in` and `null` only"),
            None => Ok(Test::Like { pattern: text, ignores_case: ilike }),
            Some(Token::Operator("=")) => Ok(Test::Is { text, negated: false }),
            Some(Token::Operator("!=")) => Ok(Test::Is { text, negated: true }),
            _ => self.refuse(format!("`{name}` is compared by =, !=, LIKE or ILIKE")),
        }
    }

    fn list(&mut self, name: &str) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        let mut before = Token::Mark('(');
        loop {
            let (mark, text) = (self.tokens.next(), self.tokens.next());
            match (mark, text) {
                (Some(mark), Some(Token::Text(text))) if mark == before => texts.push(text),
                _ => return self.refuse(format!("`{name}` is compared with ('a', 'b')")),
            }
            before = Token::Mark(',');
            if self.tokens.next_if_eq(&Token::Mark(')')).is_some() {
                return Ok(texts);
            }
        }
    }
}
