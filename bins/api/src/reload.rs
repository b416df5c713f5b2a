//! Settings that change while the service runs: read again on SIGHUP.

use std::sync::Arc;

use anyhow::Result;

use crate::access::Access;
use crate::settings::{HttpSettings, Settings};
use crate::state::AppState;

/// Reads the settings again, and puts in force what may change.
pub(crate) struct Reload<R, L> {
    state: Arc<AppState>,
    in_force: Settings,
    read: R,
    set_logs: L,
}

/// What came of it: names of settings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reloaded {
    /// In force now.
    pub(crate) changed: Vec<&'static str>,
    /// Another value than in force, which a restart would put in force.
    pub(crate) need_restart: Vec<&'static str>,
}

impl<R, L> Reload<R, L>
where
    R: Fn() -> Result<Settings>,
    L: Fn(&telemetry::Logs) -> Result<(), telemetry::InitError>,
{
    /// The settings that the service started with, how they are read, and how the filter of the
    /// logs is set.
    pub(crate) fn new(state: Arc<AppState>, in_force: Settings, read: R, set_logs: L) -> Self {
        Self { state, in_force, read, set_logs }
    }

    /// Reads them again and says in the log what came of it. Settings that cannot be read, or
    /// of which one is wrong, change nothing.
    pub(crate) fn log(&mut self) {
        match self.now() {
            Ok(Reloaded { changed, need_restart }) => {
                tracing::info!(changed = changed.join(", "), "settings read again");
                if !need_restart.is_empty() {
                    let settings = need_restart.join(", ");
                    tracing::warn!(settings, "these settings changed, and need a restart");
                }
            }
            Err(error) => {
                let report = telemetry::report_error(&error, None);
                let why = report.trim_end().replace('\n', ";");
                tracing::error!(why, "the settings are wrong; those in force stay");
            }
        }
    }

    /// Reads the settings again.
    pub(crate) fn now(&mut self) -> Result<Reloaded> {
        let read = (self.read)()?;
        let (old, new) = (fixed(&self.in_force), fixed(&read));
        let need_restart = old.iter().zip(&new).filter(|(old, new)| old != new);
        let need_restart = need_restart.map(|((name, _), _)| *name).collect();
        let changed = changes(&self.in_force, &read);
        if self.in_force.logs.filter != read.logs.filter {
            (self.set_logs)(&read.logs)?;
        }
        let was = &self.in_force;
        let in_force = Settings {
            http: HttpSettings {
                token: read.http.token,
                rate_limit: read.http.rate_limit,
                trusted_proxies: read.http.trusted_proxies,
                origins: read.http.origins,
                ..was.http.clone()
            },
            webhook_secret: read.webhook_secret,
            logs: telemetry::Logs { filter: read.logs.filter, ..was.logs.clone() },
            ..was.clone()
        };
        // A limit that stays goes on counting.
        if changed.iter().any(|name| *name != "log.filter") {
            self.state.admit_by(Access::of(&in_force));
        }
        self.in_force = in_force;
        Ok(Reloaded { changed, need_restart })
    }
}

/// The names of the settings that may change and did.
fn changes(old: &Settings, new: &Settings) -> Vec<&'static str> {
    let (was, is) = (&old.http, &new.http);
    let all = [
        ("api.token", was.token != is.token),
        ("api.rate_limit", was.rate_limit != is.rate_limit),
        ("api.trusted_proxies", was.trusted_proxies != is.trusted_proxies),
        ("api.cors_origins", was.origins != is.origins),
        ("webhook.secret", old.webhook_secret != new.webhook_secret),
        ("log.filter", old.logs.filter != new.logs.filter),
    ];
    all.into_iter().filter(|(_, has_changed)| *has_changed).map(|(name, _)| name).collect()
}

/// The settings that a running service cannot change: where it listens, whom it follows, and
/// what its tables and files were made with.
fn fixed(settings: &Settings) -> [(&'static str, String); 18] {
    let Settings { http, target, .. } = settings;
    [
        ("api.host", http.host.clone()),
        ("api.port", http.port.to_string()),
        ("api.workers", format!("{:?}", http.workers)),
        ("api.days_max", http.days_max.to_string()),
        ("api.invocations_bytes_max", http.invocations_bytes_max.to_string()),
        ("api.request_seconds", format!("{:?}", http.request_timeout)),
        ("api.idle_seconds", format!("{:?}", http.idle_timeout)),
        ("api.drain_seconds", format!("{:?}", http.drain)),
        ("registry.model", target.name.clone()),
        ("registry.selector", target.selector.to_string()),
        ("registry.poll_seconds", format!("{:?}", settings.poll)),
        ("registry.cache_dir", format!("{:?}", settings.last_good)),
        ("mlflow.tracking_uri", settings.tracking_uri.to_string()),
        ("symbol", settings.symbol.to_string()),
        ("monitor", format!("{:?}", settings.monitor)),
        ("clock.today", format!("{:?}", settings.today)),
        ("clock.starts_at", format!("{:?}", settings.starts_at)),
        ("log.json", format!("{:?}", settings.logs.format)),
    ]
}

#[cfg(test)]
mod tests;
