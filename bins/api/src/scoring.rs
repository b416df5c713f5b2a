//! MLflow's scoring protocol: a table of rows in, Prophet's table of predictions out.
//!
//! What `mlflow models serve` takes and gives for the same model is taken and given here; its
//! words for what is wrong, a Python stack trace, are not.

mod cell;
mod csv;
mod frame;
mod json;
mod media;
mod outline;
mod predictions;
mod rows;

use actix_web::http::StatusCode;
use forecast_core::{FitError, Fitted, PredictError};

use crate::problem::Problem;
pub(crate) use media::Media;

/// The most rows of a request. Prophet's table of so many takes some 20 MB as JSON.
pub const ROWS_MAX: usize = 10_000;

/// The release of MLflow whose protocol this is.
pub(crate) const PROTOCOL_RELEASE: &str = "3.17.2";

/// Reads the rows, forecasts them in order of time, and writes all of Prophet's columns.
/// Takes the time of a prediction, and the seed of the version.
///
/// # Errors
///
/// Says which row and column cannot be read, which column the model needs, or what the limit is.
pub(crate) fn answer(
    fitted: &Fitted,
    seed: u64,
    media: Media,
    body: &[u8],
) -> Result<Vec<u8>, Problem> {
    if body.is_empty() {
        let detail = "The body is empty; it must hold the rows to predict";
        return Err(Problem::bad_request("body_empty", detail));
    }
    let needed = fitted.needed_columns();
    let wanted: Vec<&str> = std::iter::once(frame::DS).chain(needed).collect();
    let frame = match media {
        Media::Json => json::read(body, &wanted)?,
        Media::Csv => csv::read(body, &wanted)?,
    };
    let rows = rows::sorted(&frame)?;
    let forecast = fitted.predict_rows(&rows, seed).map_err(|error| unpredictable(&error))?;
    Ok(predictions::to_json(&forecast, &rows))
}

/// More rows than are predicted at once.
fn too_many_rows() -> Problem {
    let detail = format!("At most {ROWS_MAX} rows are predicted at once; send fewer");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_rows", detail)
}

/// JSON or CSV, but not a table of rows.
fn misshapen(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "body_misshapen", detail)
}

/// Why these rows have no forecast. The model has predicted before it was served, so it is
/// the rows.
fn unpredictable(error: &PredictError) -> Problem {
    match error {
        PredictError::Rows(FitError::MissingColumn { column, why }) => {
            let detail = format!("The model needs the column `{column}`: {why}");
            Problem::bad_request("column_missing", detail)
        }
        PredictError::Rows(error) => Problem::bad_request("value_not_usable", error.to_string()),
        error => Problem::bad_request("rows_not_predictable", error.to_string()),
    }
}
