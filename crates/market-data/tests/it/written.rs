//! What is written as CSV reads back equal.

use market_data::{
    Bar, Bars, Calendar, CsvSource, Price, PriceSource, Request, Symbol, clean, frame,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn series(closes: &[f64]) -> Bars {
    let sessions = Calendar::b3().sessions_from("2018-01-02".parse().unwrap(), closes.len());
    let rows = sessions.into_iter().zip(closes).enumerate().map(|(idx, (date, close))| Bar {
        date,
        open: (idx % 3 != 0).then_some(close / 3.0),
        high: Some(close * 1.1),
        low: None,
        close: *close,
        adj_close: Some(close * 0.7),
        volume: (idx % 2 == 0).then_some(idx as u64 * 100_000),
    });
    Bars::new(rows.collect()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(20_180_102), ..ProptestConfig::default() })]

    #[test]
    fn bars_survive_the_file(closes in prop::collection::vec(0.01..1e6_f64, 1..80)) {
        let bars = series(&closes);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        frame::write_csv(&bars, &mut file).unwrap();
        let request = Request {
            symbol: Symbol::parse("PETR4.SA").unwrap(),
            start: "2018-01-01".parse().unwrap(),
            end: "2019-12-31".parse().unwrap(),
            price: Price::AdjClose,
            now: "2020-01-01T00:00:00Z".parse().unwrap(),
            wall: "2020-01-01T00:00:00Z".parse().unwrap(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let fetched = runtime.block_on(CsvSource::new(file.path()).fetch(&request)).unwrap();
        let (back, quality) = clean(&fetched, &Calendar::b3(), &request).unwrap();
        prop_assert_eq!(quality.n_repairs(), 0);
        prop_assert_eq!(back.digest(Price::AdjClose).unwrap(), bars.digest(Price::AdjClose).unwrap());
        prop_assert_eq!(back, bars);
    }
}
