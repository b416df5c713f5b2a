//! Models as small as they can be without losing a bit: for a cache, a database column,
//! a model built into a program.
//!
//! [`write()`] keeps everything, so that what [`read`] gives is equal to what was
//! written: about a seventeenth of Python's JSON, most of it the values of `y`.
//! [`write_without_history`] leaves out the values, which no forecast needs, and keeps
//! the dates, after which the future begins: about a hundredth.
//! Posterior draws are kept as they are, eight bytes a number.
//!
//! # Format
//!
//! Four bytes `FCPM`, one of the version, the model as [postcard](https://postcard.jamesmunns.com)
//! encodes `wire::Model`, and eight of a checksum (FNV-1a, 64 bits, little endian) over
//! all before. Dates are steps in units of their greatest common divisor, a byte each
//! where they are regular. Version 1 is not final before the first release; after it,
//! versions once written stay readable.

mod time;
mod wire;

use thiserror::Error;

use crate::fitted::Fitted;

pub use crate::fitted::check::Flaw;

/// What every compact model begins with: forecast-core, Prophet's model.
const MAGIC: [u8; 4] = *b"FCPM";

/// The version that is written.
const VERSION: u8 = 1;

const HEADER_BYTES: usize = MAGIC.len() + 1;
const CHECKSUM_BYTES: usize = 8;

/// Why bytes are not a compact model.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// They begin with something else.
    #[error("the {len} bytes are no compact model: they do not begin with `FCPM`")]
    NotAModel {
        /// How many there are.
        len: usize,
    },
    /// They were written by a later version of this crate.
    #[error("compact model: version {version}, this program reads version {VERSION}")]
    Version {
        /// The version found.
        version: u8,
    },
    /// They were cut or changed.
    #[error(
        "compact model: its checksum is wrong, so some of its {len} bytes are missing or changed"
    )]
    Damaged {
        /// How many there are.
        len: usize,
    },
    /// The checksum is right, but what it covers is not a model.
    #[error("compact model: its content is not a model of version {VERSION}")]
    Content(#[source] postcard::Error),
    /// A time stamp lies outside the calendar.
    #[error("compact model: `{key}` has a time stamp outside the calendar")]
    Time {
        /// Where.
        key: &'static str,
    },
    /// It has no parameters.
    #[error("compact model: `params` has no draws, it must have 1 to 20000")]
    NoParams,
    /// The parts do not make a model.
    #[error("compact model: its parts do not fit together")]
    Model(#[source] Flaw),
}

impl From<Flaw> for ReadError {
    fn from(flaw: Flaw) -> Self {
        Self::Model(flaw)
    }
}

/// Writes a fitted model whole.
pub fn write(fitted: &Fitted) -> Vec<u8> {
    encode(fitted, true)
}

/// Writes a fitted model without the rows that it was fitted to, but for their dates.
///
/// It predicts the same to the bit; what looks at the history's values (plots,
/// cross-validation) finds none.
pub fn write_without_history(fitted: &Fitted) -> Vec<u8> {
    encode(fitted, false)
}

/// Reads what [`write()`] or [`write_without_history`] wrote.
///
/// # Errors
///
/// [`ReadError`] for anything else, wherever it was cut or changed; never a panic.
pub fn read(bytes: &[u8]) -> Result<Fitted, ReadError> {
    decode(bytes)?.into_checked()
}

fn decode(bytes: &[u8]) -> Result<wire::Model, ReadError> {
    let len = bytes.len();
    if !bytes.starts_with(&MAGIC) {
        return Err(ReadError::NotAModel { len });
    }
    if len < HEADER_BYTES + CHECKSUM_BYTES {
        return Err(ReadError::Damaged { len });
    }
    // A later version may have another checksum, so the version comes first.
    let version = bytes[MAGIC.len()];
    if version != VERSION {
        return Err(ReadError::Version { version });
    }
    let (covered, sum) = bytes.split_at(len - CHECKSUM_BYTES);
    if checksum(covered).to_le_bytes() != *sum {
        return Err(ReadError::Damaged { len });
    }
    let (model, rest): (wire::Model, _) =
        postcard::take_from_bytes(&covered[HEADER_BYTES..]).map_err(ReadError::Content)?;
    if !rest.is_empty() {
        return Err(ReadError::Content(postcard::Error::DeserializeBadEncoding));
    }
    Ok(model)
}

fn encode(fitted: &Fitted, history: bool) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.push(VERSION);
    let model = wire::Model::of(fitted, history);
    let mut bytes = postcard::to_extend(&model, bytes)
        .expect("invariant: numbers, strings and lists of known length");
    bytes.extend(checksum(&bytes).to_le_bytes());
    bytes
}

/// FNV-1a with 64 bits (Fowler, Noll and Vo): each step is a bijection, so no change of
/// one byte goes unseen.
fn checksum(bytes: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    bytes.iter().fold(OFFSET, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests;
