//! Fits and forecasts many series on all cores: results in the order of the input,
//! and a series that cannot be fitted harms no other.

use std::ops::ControlFlow;

use anyhow::Result;
use forecast_core::{
    Future, Series, Spec,
    batch::{BatchOptions, Progress, forecast_many},
};

/// Series, days of history of each, and days to forecast.
const SIZE: (usize, usize, usize) = (40, 400, 14);

#[expect(clippy::print_stdout, reason = "what an example is for")]
fn main() -> Result<()> {
    let (n, rows, ahead) = SIZE;
    let spec = Spec::default();
    // Neighbours with the same dates share what does not depend on their values.
    let mut series: Vec<Series> = (0..n as u64)
        .map(|shop| Series::new(examples::days(rows), examples::sales(rows, shop)))
        .collect::<Result<_, _>>()?;
    // A shop that has just opened.
    series[n / 2] = Series::new(examples::days(1), vec![5.0])?;

    let all = examples::days(rows + ahead);
    let future = Future::new(all[rows..].to_vec());
    let jobs: Vec<_> = series.iter().map(|series| (&spec, series, &future)).collect();
    let on_progress = |Progress { done, total }| {
        if done % 10 == 0 {
            println!("{done} of {total}");
        }
        ControlFlow::Continue(())
    };
    let options = BatchOptions { on_progress: Some(&on_progress), ..BatchOptions::default() };

    for (shop, forecast) in forecast_many(&jobs, 42, &options).into_iter().enumerate() {
        match forecast {
            Ok(forecast) if shop < 3 => {
                println!("shop {shop}: {:.1} on {}", forecast.yhat[0], forecast.ds[0].date());
            }
            Ok(_) => {}
            Err(error) => println!("shop {shop}: {:#}", anyhow::Error::from(error)),
        }
    }
    Ok(())
}
