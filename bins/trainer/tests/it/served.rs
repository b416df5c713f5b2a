//! A version that was served, its closes, and a scoring of it.

use chrono::{Datelike as _, NaiveDate};
use mlflow_client::Run;
use serde_json::Value;
use testkit::{program::Output, series::Prices};

use crate::{
    service::{Model, Service},
    support::Shop,
};

/// Sessions of the prices, and how many of them came before the first forecast.
pub(crate) const SESSIONS: usize = 480;
pub(crate) const TRAINED: usize = 200;

/// The day that the programs take for today, after the last close.
pub(crate) const LATE: &str = "2025-05-01";

pub(crate) fn prices() -> Prices {
    let start = NaiveDate::from_ymd_opt(2023, 5, 2).unwrap();
    Prices::random_walk("PETR4.SA", start, SESSIONS, 7)
}

/// A forecast that is some way off, and wanders.
pub(crate) fn yhat(ds: NaiveDate) -> f64 {
    26.0 + 1.5 * (f64::from(ds.num_days_from_ce()) / 23.0).sin()
}

/// A service that answered from the `n` sessions after the training on, and what was scored.
pub(crate) struct Served {
    pub(crate) shop: Shop,
    pub(crate) service: Service,
    pub(crate) run: Run,
    pub(crate) model: Model,
    pub(crate) prices: Prices,
}

impl Served {
    pub(crate) fn new(n: usize, labels: &[(&str, &str)]) -> Self {
        let served = Self::without_forecasts(labels);
        served.issue(0..n);
        served
    }

    pub(crate) fn without_forecasts(labels: &[(&str, &str)]) -> Self {
        let (shop, prices) = (Shop::open(), prices());
        shop.yahoo.set_prices(prices.clone());
        let service = Service::local(shop.path());
        let run = service.begin(3, labels);
        let model = Model::fitted(3, &prices, TRAINED, yhat);
        Self { shop, service, run, model, prices }
    }

    /// The origin `n` sessions after the training.
    pub(crate) fn origin(&self, n: usize) -> NaiveDate {
        self.prices.rows[TRAINED - 1 + n].date
    }

    pub(crate) fn issue(&self, origins: std::ops::Range<usize>) {
        for n in origins {
            self.service.issue(&self.run, &self.model.forecast(self.origin(n)));
        }
    }

    pub(crate) fn score(&self, today: &str, args: &[&str]) -> Output {
        score(&self.shop, today, args)
    }

    /// Scores, which must end with `code`, and returns what is said of the version.
    pub(crate) fn scored(&self, today: &str, code: i32) -> Value {
        let output = self.score(today, &["--json"]);
        assert_eq!(output.code, Some(code), "{}", output.report());
        let scoring = output.json();
        assert_eq!(scoring["versions"].as_array().unwrap().len(), 1, "{scoring}");
        scoring["versions"][0].clone()
    }

    pub(crate) fn close(&self, ds: NaiveDate) -> f64 {
        self.prices.rows.iter().find(|row| row.date == ds).unwrap().close
    }
}

pub(crate) fn score(shop: &Shop, today: &str, args: &[&str]) -> Output {
    let program = shop.trainer(&["score"]).args(args).env("PETR4__CLOCK__TODAY", today);
    let output = program.run().unwrap();
    assert!(!output.stderr.contains("panicked"), "{}", output.report());
    output
}
