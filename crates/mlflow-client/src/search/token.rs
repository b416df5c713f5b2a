//! Splits a filter or an order into words, values and operators.

use crate::error::{Error, ErrorKind, Result};

/// A piece of a filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name or a keyword; the part after a dot may have been quoted: ``metrics.`a b` ``.
    Word(String),
    /// Something in quotes.
    Text(String),
    /// A number.
    Number(f64),
    /// `=`, `!=`, `<`, `<=`, `>` or `>=`.
    Operator(&'static str),
    /// `(`, `)` or `,`.
    Mark(char),
}

/// The operators, longer ones first.
const OPERATORS: [&str; 6] = ["!=", "<=", ">=", "=", "<", ">"];

/// What MLflow refuses in a filter or an order.
pub(super) fn invalid(op: &'static str, text: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidArgument, op, text, message)
        .with_error_code("INVALID_PARAMETER_VALUE")
        .with_hint("a filter is like: metrics.mae < 1.5 and params.growth = 'linear'")
}

/// Splits `text` into its tokens.
pub(super) fn tokens(op: &'static str, text: &str) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) =
            if let Some(sign) = OPERATORS.into_iter().find(|sign| rest.starts_with(sign)) {
                (Token::Operator(sign), &rest[sign.len()..])
            } else if matches!(first, '(' | ')' | ',') {
                (Token::Mark(first), &rest[1..])
            } else if matches!(first, '\'' | '"' | '`') {
                let (quoted, after) = quoted(op, text, rest)?;
                (Token::Text(quoted.to_owned()), after)
            } else if first.is_ascii_digit() || matches!(first, '-' | '+' | '.') {
                number(op, text, rest)?
            } else {
                word(op, text, rest)?
            };
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// Reads what stands in quotes at the start of `rest`; MLflow knows no way to escape one.
fn quoted<'a>(op: &'static str, text: &str, rest: &'a str) -> Result<(&'a str, &'a str)> {
    let mark = &rest[..1];
    rest[1..].split_once(mark).ok_or_else(|| invalid(op, text, format!("a {mark} is not closed")))
}

fn number<'a>(op: &'static str, text: &str, rest: &'a str) -> Result<(Token, &'a str)> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'));
    let (digits, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
    let number = digits.parse().map_err(|error| {
        invalid(op, text, format!("`{digits}` is not a number")).with_source(error)
    })?;
    Ok((Token::Number(number), after))
}

fn word<'a>(op: &'static str, text: &str, rest: &'a str) -> Result<(Token, &'a str)> {
    let ends = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/'));
    let (plain, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
    if plain.is_empty() {
        let sign = rest.chars().next().unwrap_or_default();
        return Err(invalid(op, text, format!("`{sign}` is not understood")));
    }
    if plain.ends_with('.') && after.starts_with(['"', '`']) {
        let (key, after) = quoted(op, text, after)?;
        return Ok((Token::Word(format!("{plain}{key}")), after));
    }
    Ok((Token::Word(plain.to_owned()), after))
}
