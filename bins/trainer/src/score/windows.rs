//! The errors of each session of service, over the window that ends with it.

use chrono::{NaiveDate, NaiveTime};
use forecast_monitor::{
    BANDS, Band, Close, Level, Limits, Pair, Scores, WINDOW_SESSIONS, assess, in_band, scores,
};
use mlflow_client::{LoggedModelId, Metric};

use super::market::Market;

/// A session of service, scored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Session {
    pub(super) ds: NaiveDate,
    pub(super) close: f64,
    /// What was forecast for it the day before.
    pub(super) yhat_h01: Option<f64>,
    /// The scores of the window through it, band by band.
    pub(super) scores: [Option<Scores>; BANDS.len()],
    /// What the limits say to that.
    pub(super) level: Level,
}

/// What has to be known to score a session.
#[derive(Debug, Clone, Copy)]
pub(super) struct Service<'a> {
    /// In order of target, then of origin.
    pub(super) pairs: &'a [Pair],
    pub(super) market: &'a Market,
    pub(super) limits: &'a [(Band, Limits)],
    /// The last session before the first forecast.
    pub(super) first_origin: NaiveDate,
}

impl Service<'_> {
    /// Scores the sessions of service that are `wanted`, in order.
    ///
    /// A session without a forecast in its window is none of service; one that the calendar does
    /// not know has no number.
    pub(super) fn sessions(&self, wanted: impl Fn(usize, NaiveDate) -> bool) -> Vec<Session> {
        let closes = &self.market.closes;
        let in_service = |close: &Close| {
            self.first_origin < close.ds && self.market.calendar.is_session(close.ds)
        };
        let chosen = closes.iter().enumerate();
        let chosen = chosen.filter(|(i, close)| in_service(close) && wanted(*i, close.ds));
        chosen.filter_map(|(i, close)| self.session(i, *close)).collect()
    }

    fn session(&self, i: usize, close: Close) -> Option<Session> {
        let since = self.market.closes[(i + 1).saturating_sub(WINDOW_SESSIONS)].ds;
        let from = self.pairs.partition_point(|pair| pair.ds < since);
        let to = self.pairs.partition_point(|pair| pair.ds <= close.ds);
        let pairs = &self.pairs[from..to];
        if pairs.is_empty() {
            return None;
        }
        let yhat_h01 = pairs.iter().find(|pair| pair.ds == close.ds && pair.horizon == 1);
        let scores = BANDS.map(|band| scores(&in_band(pairs, band)));
        let levels = BANDS.iter().zip(&scores).map(|(band, scores)| {
            let limits = self.limits.iter().find(|(of, _)| of == band).map(|(_, limits)| *limits);
            assess(*band, scores.as_ref(), limits).0
        });
        let level = levels.max().unwrap_or(Level::TooFew);
        Some(Session {
            ds: close.ds,
            close: close.close,
            yhat_h01: yhat_h01.map(|pair| pair.yhat),
            level,
            scores,
        })
    }

    /// The session of service that a day is: how many sessions after the first origin.
    fn step(&self, ds: NaiveDate) -> i64 {
        let sessions = self.market.calendar.sessions_after(self.first_origin);
        i64::try_from(sessions.take_while(|date| *date <= ds).count()).unwrap_or(i64::MAX)
    }

    /// The points of a session. What was corrected comes a little later than what it corrects.
    pub(super) fn points(
        &self,
        session: &Session,
        revision: u32,
        model_id: Option<&LoggedModelId>,
    ) -> Vec<Metric> {
        let midnight_ms = session.ds.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        let step = self.step(session.ds);
        let mut named = vec![
            ("live/close".to_owned(), Some(session.close)),
            ("live/yhat_h01".to_owned(), session.yhat_h01),
            ("live/alert".to_owned(), Some(f64::from(session.level.number()))),
        ];
        for (band, scores) in BANDS.into_iter().zip(&session.scores) {
            let Some(scores) = scores else { continue };
            let values = [
                ("mae", Some(scores.mae)),
                ("rmse", Some(scores.rmse)),
                ("mape", Some(scores.mape)),
                ("bias", Some(scores.bias)),
                ("mase", scores.mase),
                ("coverage", scores.coverage),
                ("pinball", scores.pinball),
                ("winkler", scores.winkler),
                ("n", Some(scores.n as f64)),
                ("tracking_signal", Some(scores.tracking_signal)),
            ];
            let key = band.key();
            named.extend(values.map(|(name, value)| (format!("live/{name}_{key}"), value)));
        }
        let point = |(key, value): (String, Option<f64>)| {
            Some(Metric {
                key,
                value: value.filter(|value| value.is_finite())?,
                timestamp_ms: midnight_ms + i64::from(revision),
                step,
                model_id: model_id.cloned(),
                dataset: None,
            })
        };
        named.into_iter().filter_map(point).collect()
    }
}
