//! A folder to train in, and prices to train on.

use std::path::Path;

use chrono::NaiveDate;
use serde_json::Value;
use tempfile::TempDir;
use testkit::{
    program::{Output, Program, workdir},
    series::Prices,
    yahoo_fake::YahooFake,
};

/// Sessions of the made-up prices: enough to fit, few enough to be quick.
pub(crate) const SESSIONS: usize = 400;

/// The day that the programs take for today: all made-up prices lie before it.
pub(crate) const TODAY: &str = "2025-01-06";

/// Made-up prices of PETR4.SA.
pub(crate) fn prices() -> Prices {
    let start = NaiveDate::from_ymd_opt(2023, 5, 2).unwrap();
    Prices::random_walk("PETR4.SA", start, SESSIONS, 7)
}

/// Sessions that are enough for limits, too.
pub(crate) const LONG_SESSIONS: usize = 660;

/// Prices that reach back far enough for limits, and end before [`TODAY`].
pub(crate) fn long_prices() -> Prices {
    let start = NaiveDate::from_ymd_opt(2022, 5, 2).unwrap();
    Prices::random_walk("PETR4.SA", start, LONG_SESSIONS, 7)
}

/// A folder with its own store, prices in `prices.csv`, and a host that answers as Yahoo does.
pub(crate) struct Shop {
    pub(crate) dir: TempDir,
    pub(crate) yahoo: YahooFake,
}

impl Shop {
    pub(crate) fn open() -> Self {
        let shop = Self { dir: workdir().unwrap(), yahoo: YahooFake::start(prices()).unwrap() };
        prices().write_csv(&shop.path().join("prices.csv")).unwrap();
        shop
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The trainer, in this folder.
    pub(crate) fn trainer(&self, args: &[&str]) -> Program {
        Program::new(env!("CARGO_BIN_EXE_trainer"))
            .current_dir(self.path())
            .env("PETR4__YAHOO__BASE_URL", self.yahoo.base_url())
            .env("PETR4__CLOCK__TODAY", TODAY)
            .args(args)
    }

    /// Runs the trainer, which must succeed, with `--json`.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let output = self.trainer(args).args(["--json"]).run().unwrap();
        assert_eq!(output.code, Some(0), "{}", output.report());
        output.json()
    }

    /// Runs the trainer, which must fail with `code` and say all of `sentences`.
    pub(crate) fn fails(&self, args: &[&str], code: i32, sentences: &[&str]) -> Output {
        let output = self.trainer(args).run().unwrap();
        assert_eq!(output.code, Some(code), "{}", output.report());
        for sentence in sentences {
            assert!(output.stderr.contains(sentence), "no `{sentence}` in {}", output.report());
        }
        assert!(!output.stderr.contains("panicked"), "{}", output.report());
        output
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }
}
