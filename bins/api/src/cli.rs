//! The command line.

use std::path::PathBuf;

use clap::{ArgAction, Parser};

/// Flags of the program; each is also a setting.
#[derive(Debug, Clone, Default, Parser)]
#[command(
    name = "api",
    version,
    about = "Serves the forecast of the version that the registry has in production",
    long_about = "Serves the forecast of the version that the registry has in production.\n\n\
        Promote another version in MLflow (its UI, its API, or `trainer promote`) and it is \
        served within the poll interval: no restart, no lost request. A version that does not \
        load or predicts nonsense is refused, and the one before it stays.",
    after_help = "Settings, lowest to highest: built-in defaults, the config file, the environment \
        as PETR4__SECTION__KEY, flags.\n\
        MLFLOW_TRACKING_URI and MLflow's other variables keep MLflow's meaning; RUST_LOG filters \
        the logs.\n\n\
        Settings without a flag: api.workers, api.token, api.days_max (365), \
        api.invocations_bytes_max (1048576), api.request_seconds (10), api.idle_seconds (75), \
        api.drain_seconds (0), api.rate_limit (0: none), \
        api.rate_burst, api.trusted_proxies, api.cors_origins, \
        registry.model (ProphetModel), registry.cache_dir (.petr4/last-good), monitor.enabled (true), monitor.spool (.petr4/spool.db), clock.today, clock.starts_at, log.json, log.filter.\n\
        On SIGHUP the file is read again.\n\n\
        Examples:\n  \
        api\n  \
        api --tracking-uri http://localhost:5000 --port 8000\n  \
        PETR4__API__TOKEN=secret api --selector alias:champion"
)]
pub struct Cli {
    /// File of settings; petr4.toml in the working directory is read if it is there.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1].
    #[arg(long, value_name = "ADDRESS")]
    pub host: Option<String>,
    /// Port to listen on, 0 for any free one [default: 8000].
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Where MLflow's data is, `http://…` or `sqlite:///…` [default: `MLFLOW_TRACKING_URI`, else
    /// `sqlite:///mlflow.db`].
    #[arg(long, value_name = "URI")]
    pub tracking_uri: Option<String>,
    /// Which version to serve: stage:Production, alias:NAME, version:N, latest [default:
    /// stage:Production].
    #[arg(long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// How often the registry is asked, in seconds [default: 5].
    #[arg(long, value_name = "SECONDS")]
    pub poll_seconds: Option<f64>,
    /// Whose sessions are forecast [default: PETR4.SA].
    #[arg(long, value_name = "SYMBOL")]
    pub symbol: Option<String>,
    /// Log more; twice for everything.
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
    /// Log less; twice for errors only.
    #[arg(short, long, action = ArgAction::Count)]
    pub quiet: u8,
}
