//! Where a file has a line with too many cells, which polars does not say.

/// A line with more cells than there are columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong {
    /// The line, counted from 1.
    pub line: usize,
    /// How many cells it has.
    pub fields: usize,
    /// How many the first line has that is not blank.
    pub columns: usize,
}

/// Finds the first such line; commas and line ends within quotes separate nothing.
pub(super) fn first_too_long(bytes: &[u8]) -> Option<TooLong> {
    let mut columns = None;
    let (mut line, mut first_line, mut fields) = (1, 1, 1);
    let (mut in_quotes, mut is_blank) = (false, true);
    // The last line may lack its end.
    for byte in bytes.iter().chain(b"\n") {
        match byte {
            b'"' => in_quotes = !in_quotes,
            b',' if !in_quotes => fields += 1,
            b'\n' => {
                line += 1;
                if in_quotes {
                    continue;
                }
                match columns {
                    _ if is_blank => {}
                    None => columns = Some(fields),
                    Some(columns) if columns < fields => {
                        return Some(TooLong { line: first_line, fields, columns });
                    }
                    Some(_) => {}
                }
                (first_line, fields, is_blank) = (line, 1, true);
                continue;
            }
            _ => {}
        }
        is_blank = is_blank && byte.is_ascii_whitespace();
    }
    None
}
