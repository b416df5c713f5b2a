//! The order of what a search finds, and its pages.

use std::cmp::Ordering;

use super::filter::{self, Field, Kind, Searchable, Value};
use super::token::{Token, invalid, tokens};
use super::{Page, Search};
use crate::error::{Error, ErrorKind, Result};

/// Finds, orders and cuts out the page that `search` asks for.
pub(crate) fn page<T: Searchable>(
    op: &'static str,
    mut things: Vec<T>,
    search: &Search,
) -> Result<Page<T>> {
    search.check::<T>(op)?;
    let clauses = filter::parse(op, &search.filter, &T::GRAMMAR)?;
    let order = order::<T>(op, &search.order_by)?;
    let hiding = T::HIDING_TAG.map(|key| Field { kind: Kind::Tag, key: key.to_owned() });
    let hiding = hiding.filter(|tag| !clauses.iter().any(|clause| clause.is_about(tag)));
    things.retain(|thing| {
        let is_hidden = hiding.as_ref().is_some_and(|tag| thing.value(tag) == Value::Text("true"));
        !is_hidden && clauses.iter().all(|clause| clause.holds(thing))
    });
    things.sort_by(|a, b| compare(a, b, &order));
    cut(op, things, search.max_results, search.page_token.as_deref())
}

/// Cuts out the page that comes after `page_token`.
pub(super) fn cut<T>(
    op: &'static str,
    things: Vec<T>,
    max_results: u32,
    page_token: Option<&str>,
) -> Result<Page<T>> {
    let start = match page_token {
        None => 0,
        Some(token) => token.parse::<u32>().map_err(|error| {
            let message = "it is no token of a page of this store";
            Error::new(ErrorKind::InvalidArgument, op, token, message)
                .with_error_code("INVALID_PARAMETER_VALUE")
                .with_source(error)
        })?,
    };
    let (start, n_max) = (start as usize, max_results as usize);
    let end = start + n_max;
    let next_page_token = (end < things.len()).then(|| end.to_string());
    let items = things.into_iter().skip(start).take(n_max).collect();
    Ok(Page { items, next_page_token })
}

/// Reads the order that was asked for, and ends it with the natural one.
fn order<T: Searchable>(op: &'static str, asked: &[String]) -> Result<Vec<(Field, bool)>> {
    let mut order: Vec<(Field, bool)> = Vec::new();
    for text in asked {
        let (name, ascending) = match tokens(op, text)?.as_slice() {
            [Token::Word(name) | Token::Text(name)] => (name.clone(), true),
            [Token::Word(name) | Token::Text(name), Token::Word(way)]
                if ["asc", "desc"].contains(&&*way.to_ascii_lowercase()) =>
            {
                (name.clone(), way.eq_ignore_ascii_case("asc"))
            }
            _ => return Err(invalid(op, text, "an order is a name, and ASC or DESC")),
        };
        let field = filter::field(op, text, &name, &T::ORDERS)?;
        if order.iter().any(|(other, _)| *other == field) {
            return Err(invalid(op, text, "it is ordered by that twice"));
        }
        order.push((field, ascending));
    }
    let natural = T::natural_order(&order)
        .into_iter()
        .map(|(key, ascending)| (Field { kind: Kind::Attribute, key: key.to_owned() }, ascending));
    order.extend(natural);
    Ok(order)
}

fn compare<T: Searchable>(a: &T, b: &T, order: &[(Field, bool)]) -> Ordering {
    let by = |(field, ascending): &(Field, bool)| {
        compare_values(a.order_value(field), b.order_value(field), *ascending)
    };
    order.iter().map(by).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}

/// Compares what two things are ordered by; what has no value comes last in both directions.
pub(super) fn compare_values(a: Value<'_>, b: Value<'_>, ascending: bool) -> Ordering {
    let values = match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.total_cmp(&b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        _ => Ordering::Equal,
    };
    rank(a).cmp(&rank(b)).then(if ascending { values } else { values.reverse() })
}

fn rank(value: Value<'_>) -> u8 {
    match value {
        Value::Number(number) if number.is_nan() => 1,
        Value::Number(_) | Value::Text(_) => 0,
        Value::Absent => 2,
    }
}
