#![doc = include_str!("../README.md")]

pub mod error;
pub mod record;
pub mod table;

pub mod recorder;
pub mod spool;

pub mod realised;
pub mod window;

pub mod alert;
pub mod report;

pub use alert::{Alert, Level, Limits, What, assess};
pub use error::{InvalidForecast, ReportError, TableError};
pub use realised::{Close, Joined, LeftOut, Pair, Rescaled, Revision, join};
pub use record::{Forecast, Kind, Row};
pub use recorder::{Handle, Outcome, Recorder, Stats, Ticket};
pub use report::{About, BandReport, Daily, Report};
pub use spool::{DayCount, Pending, ServiceChange, Spool, SpoolError, SpoolState};
pub use window::{BANDS, Band, Scores, WINDOW_SESSIONS, in_band, scores, trailing};
