//! Series and tables as pandas writes them in JSON, one string each.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `orient="split"`: a named column.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Split {
    pub(super) name: Option<String>,
    pub(super) index: Vec<i64>,
    pub(super) data: Vec<Value>,
}

/// `orient="table"` without the index.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Table {
    pub(super) schema: Schema,
    pub(super) data: Vec<Map<String, Value>>,
}

/// What the columns of a table are.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Schema {
    pub(super) fields: Vec<Field>,
    pub(super) pandas_version: String,
}

/// One column.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Field {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
}

/// The version of the table format that pandas 2 and 3 write.
const TABLE_VERSION: &str = "1.4.0";

impl Split {
    /// A column with the index 0, 1, 2, …
    pub(super) fn numbered(name: Option<&str>, data: Vec<Value>) -> Self {
        let index = (0i64..).take(data.len()).collect();
        Self { name: name.map(str::to_owned), index, data }
    }
}

impl Table {
    /// A table of `(name, kind, values)`, all of one length.
    pub(super) fn new(columns: Vec<(String, &str, Vec<Value>)>) -> Self {
        let rows = columns.first().map_or(0, |(_, _, values)| values.len());
        let mut data = vec![Map::new(); rows];
        let mut fields = Vec::with_capacity(columns.len());
        for (name, kind, values) in columns {
            for (row, value) in data.iter_mut().zip(values) {
                row.insert(name.clone(), value);
            }
            fields.push(Field { name, kind: kind.to_owned() });
        }
        Self { schema: Schema { fields, pandas_version: TABLE_VERSION.to_owned() }, data }
    }
}
