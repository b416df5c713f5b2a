//! Gets daily prices, cleans them, and splits them by time.
//!
//! `fetch_and_split [FILE.csv]`: without a file, Yahoo is asked for PETR4.SA.

use anyhow::Result;
use chrono::{Days, NaiveDate, Utc};
use market_data::{
    Calendar, CsvSource, Price, PriceSource, Request, Symbol, YahooOptions, YahooSource, clean,
    split::last_sessions,
};

/// Sessions to set aside.
const TEST_SESSIONS: usize = 60;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "what an example is for")]
async fn main() -> Result<()> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a program reads the time, a library is given it"
    )]
    let now = Utc::now();
    let symbol = Symbol::parse("PETR4.SA")?;
    let request = Request {
        start: NaiveDate::from_ymd_opt(2018, 1, 1).unwrap_or_default(),
        end: now.date_naive(),
        price: Price::Close,
        symbol: symbol.clone(),
        now,
        wall: now,
    };
    let source: Box<dyn PriceSource> = match std::env::args().nth(1) {
        Some(path) => Box::new(CsvSource::new(path)),
        None => Box::new(YahooSource::new(YahooOptions::default(), None)?),
    };
    let calendar = Calendar::for_symbol(&symbol);
    let (bars, quality) = clean(&source.fetch(&request).await?, &calendar, &request)?;
    println!("{} sessions; {}", bars.len(), quality.summary_line());

    let split = last_sessions(&bars, TEST_SESSIONS)?;
    println!("{} to train on, through {}", split.train.len(), split.cutoff);
    println!("{} to test on", split.test.len());
    let soon = split.cutoff.checked_add_days(Days::new(1)).unwrap_or(split.cutoff);
    println!("the next sessions were {:?}", calendar.sessions_from(soon, 3));
    Ok(())
}
