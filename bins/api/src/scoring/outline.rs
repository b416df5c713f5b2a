//! How many rows a JSON body has, found without keeping any: one of too many is refused before
//! it takes memory, and in a fraction of the time.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json::SHAPES;

/// The most rows that any member which may hold rows seems to have.
///
/// # Errors
///
/// If the body is not JSON.
pub(super) fn n_rows(body: &[u8]) -> serde_json::Result<usize> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let n_rows = Counter(Level::Body).deserialize(&mut json)?;
    json.end()?;
    Ok(n_rows)
}

/// Where in the body a value stands, which decides whether a list there is one of rows.
#[derive(Clone, Copy)]
enum Level {
    /// The whole of it.
    Body,
    /// The value of a member that may hold rows.
    Shape,
    /// A list that may be of rows.
    List,
}

/// Counts the rows of a value.
struct Counter(Level);

impl<'de> DeserializeSeed<'de> for Counter {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<usize, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Counter {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<usize, A::Error> {
        let mut n_items = 0;
        while items.next_element::<IgnoredAny>()?.is_some() {
            n_items += 1;
        }
        Ok(if matches!(self.0, Level::Body) { 0 } else { n_items })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<usize, A::Error> {
        let mut most = 0;
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            let level = match self.0 {
                Level::Body if SHAPES.contains(&name.as_ref()) => Level::Shape,
                // A table of columns, or a split with its `data` and its `index`.
                Level::Shape => Level::List,
                Level::Body | Level::List => {
                    members.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            most = most.max(members.next_value_seed(Self(level))?);
        }
        Ok(most)
    }

    fn visit_bool<E>(self, _: bool) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_i64<E>(self, _: i64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_u64<E>(self, _: u64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_f64<E>(self, _: f64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_str<E>(self, _: &str) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_unit<E>(self) -> Result<usize, E> {
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::n_rows;

    #[test]
    fn rows_are_counted_where_the_protocol_has_them() {
        for (body, expected) in [
            (r#"{"dataframe_records": [{"ds": "a"}, {"ds": "b"}]}"#, 2),
            (r#"{"dataframe_split": {"columns": ["ds"], "data": [["a"], ["b"], ["c"]]}}"#, 3),
            (r#"{"inputs": {"ds": ["a", "b"], "x": [1, 2]}, "params": {"p": [1, 2, 3, 4]}}"#, 2),
            (r#"{"instances": {"ds": "a"}, "other": [[1], [2]]}"#, 0),
            (r#"{"inputs": {"ds": {"deep": [1, 2]}}}"#, 0),
            ("[1, 2, 3]", 0),
            (r#"{"inp\u0075ts": [1, -2, 3.5, null, true, "x"]}"#, 6),
            ("null", 0),
        ] {
            assert_eq!(n_rows(body.as_bytes()).unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn what_is_not_json_is_an_error_here_already() {
        for body in ["", "x", r#"{"inputs": [1, }"#, r#"{"inputs": []} x"#, "[1"] {
            n_rows(body.as_bytes()).unwrap_err();
        }
    }
}
