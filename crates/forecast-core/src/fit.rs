//! From a specification and a series to a fitted model.

mod linear;

use crate::{
    changepoint,
    design::Design,
    ds::Ds,
    error::FitError,
    fitted::{FitReport, Fitted, History, Params},
    map::{self, MapOptimizer},
    optimizer::{Data, InitialParams, OptimizeOpts, Optimizer, PositiveFloat, TrendIndicator},
    posterior, regressor,
    scale::Scales,
    series::Series,
    spec::{Growth, Mode, Spec},
};

/// Noise that Prophet gives a constant series.
const SIGMA_CONSTANT: f64 = 1e-9;

/// A specification that can be fitted, for those who like it as a builder.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prophet {
    spec: Spec,
}

impl Prophet {
    /// Takes a specification; it is checked when it is fitted.
    pub fn new(spec: Spec) -> Self {
        Self { spec }
    }

    /// Fits `series` at the exact maximum of the posterior.
    ///
    /// # Errors
    ///
    /// As [`fit`].
    pub fn fit(&self, series: &Series) -> Result<Fitted, FitError> {
        fit(&self.spec, series)
    }
}

/// Fits `series` at the exact maximum of the posterior.
///
/// # Errors
///
/// [`FitError`]: an option out of range, fewer than two rows with a value, a
/// column that the specification needs and the series lacks.
pub fn fit(spec: &Spec, series: &Series) -> Result<Fitted, FitError> {
    let prepared = Prepared::of(spec, series)?;
    if prepared.is_constant() {
        return Ok(Problem::of(prepared)?.constant());
    }
    match linear::fit(&prepared)? {
        Some((params, report)) => Ok(prepared.finish(params, report)),
        None => Ok(Problem::of(prepared)?.climb()),
    }
}

/// Fits `series` as [`fit()`] does, starting from the parameters of an earlier fit with the
/// same columns and as many changepoints
/// ([`warm_start_params`](crate::utilities::warm_start_params)).
///
/// A linear trend with additive features has one optimum, which is found without a start:
/// it is that of [`fit()`], to the bit.
///
/// # Errors
///
/// As [`fit()`], and [`FitError::WarmStart`] if the parameters do not fit the model.
pub fn fit_from(spec: &Spec, series: &Series, start: &Params) -> Result<Fitted, FitError> {
    let prepared = Prepared::of(spec, series)?;
    prepared.check_start(start)?;
    if prepared.is_constant() {
        return Ok(Problem::of(prepared)?.constant());
    }
    if let Some((params, report)) = linear::fit(&prepared)? {
        return Ok(prepared.finish(params, report));
    }
    let mut problem = Problem::of(prepared)?;
    problem.start = start.clone();
    Ok(problem.climb())
}

/// Fits `series` with any optimizer of augurs-prophet's kind, such as Stan.
///
/// # Errors
///
/// As [`fit`], and [`FitError::Optimizer`] if the optimizer fails.
pub fn fit_with(
    spec: &Spec,
    series: &Series,
    optimizer: &dyn Optimizer,
    opts: &OptimizeOpts,
) -> Result<Fitted, FitError> {
    let problem = Problem::of(Prepared::of(spec, series)?)?;
    if problem.prepared.is_constant() {
        return Ok(problem.constant());
    }
    let found = optimizer
        .optimize(&problem.init(), &problem.data, opts)
        .map_err(|error| FitError::Optimizer(error.to_string()))?;
    let params = Params {
        k: found.k,
        m: found.m,
        delta: found.delta,
        beta: found.beta,
        sigma_obs: *found.sigma_obs,
    };
    let kkt_residual = posterior::kkt_residual(&problem.data, &params);
    let report = FitReport {
        log_posterior: posterior::log_posterior(&problem.data, &params),
        kkt_residual,
        converged: map::is_optimal(&problem.data, &params),
        unidentified: Vec::new(),
    };
    Ok(problem.prepared.finish(params, report))
}

/// The data and the starting point that an optimizer is given, for those who
/// run one by themselves or look at the posterior.
///
/// # Errors
///
/// As [`fit`].
pub fn prepare(spec: &Spec, series: &Series) -> Result<(Data, InitialParams), FitError> {
    let problem = Problem::of(Prepared::of(spec, series)?)?;
    let init = problem.init();
    Ok((problem.data, init))
}

/// A checked specification and a history in order, with all that they decide.
struct Prepared {
    spec: Spec,
    scales: Scales,
    design: Design,
    changepoints: Vec<Ds>,
    /// Scaled times of the changepoints; one zero where there are none, for Stan
    /// needs one and Prophet puts it at the start.
    changepoints_t: Vec<f64>,
    history: History,
}

impl Prepared {
    fn of(spec: &Spec, series: &Series) -> Result<Self, FitError> {
        spec.check()?;
        let (y, rows, all_ds) = series.prepared();
        let scales = Scales::of(spec, &rows, &y)?;
        let mut design = Design::of(spec, &rows)?;
        for scaled in &mut design.regressors {
            scaled.predictor = regressor::fit_predictor(&scaled.regressor, series)?;
        }
        let changepoints = changepoint::place(spec, rows.ds())?;
        let mut changepoints_t: Vec<f64> = changepoints.iter().map(|&at| scales.t(at)).collect();
        if changepoints_t.is_empty() {
            changepoints_t.push(0.0);
        }
        let history = History { rows, y, all_ds };
        Ok(Self { spec: spec.clone(), scales, design, changepoints, changepoints_t, history })
    }

    /// Whether `start` has the shapes of this model and nothing but numbers.
    fn check_start(&self, start: &Params) -> Result<(), FitError> {
        let shapes = [
            ("delta", start.delta.len(), self.changepoints_t.len()),
            ("beta", start.beta.len(), self.design.columns().len().max(1)),
        ];
        for (parameter, found, expected) in shapes {
            if found != expected {
                return Err(FitError::WarmStart { parameter, found, expected });
            }
        }
        let scalars = [("k", start.k), ("m", start.m), ("sigma_obs", start.sigma_obs)];
        let deltas = start.delta.iter().map(|&value| ("delta", value));
        let betas = start.beta.iter().map(|&value| ("beta", value));
        let wrong = scalars.into_iter().chain(deltas).chain(betas).find(|(parameter, value)| {
            !value.is_finite() || (*parameter == "sigma_obs" && *value <= 0.0)
        });
        wrong.map_or(Ok(()), |(option, value)| {
            let allowed = "a finite number, and above 0 for `sigma_obs`";
            Err(FitError::Option { option, value: value.to_string(), allowed })
        })
    }

    /// Whether Prophet skips the optimizer: all values are the same.
    #[expect(clippy::float_cmp, reason = "a constant series repeats one value exactly")]
    fn is_constant(&self) -> bool {
        let constant = self.history.y.windows(2).all(|pair| pair[0] == pair[1]);
        constant && self.spec.growth != Growth::Logistic
    }

    /// The components that these columns belong to, in order, each once.
    fn components(&self, columns: &[usize]) -> Vec<String> {
        let all = if columns.is_empty() { Vec::new() } else { self.design.columns() };
        let mut names: Vec<String> = Vec::new();
        for &column in columns {
            let component = &all[column].component;
            if !names.contains(component) {
                names.push(component.clone());
            }
        }
        names
    }

    fn finish(self, mut params: Params, report: FitReport) -> Fitted {
        if self.changepoints.is_empty() {
            // The one dummy changepoint at the start belongs to the base rate.
            params.k += params.delta.iter().sum::<f64>();
            params.delta.fill(0.0);
        }
        let mut spec = self.spec;
        if spec.changepoints.is_none() {
            spec.n_changepoints = self.changepoints.len();
        }
        Fitted {
            changepoints_t: self.changepoints_t,
            changepoints: self.changepoints,
            scales: self.scales,
            design: self.design,
            samples: vec![params.clone()],
            mean: params,
            history: self.history,
            report: Some(report),
            spec,
        }
    }
}

/// What an optimizer is given, and what is kept of it.
struct Problem {
    prepared: Prepared,
    data: Data,
    start: Params,
}

impl Problem {
    fn of(prepared: Prepared) -> Result<Self, FitError> {
        let data = data(&prepared)?;
        let start = start(&data);
        Ok(Self { prepared, data, start })
    }

    fn init(&self) -> InitialParams {
        let Params { k, m, delta, beta, .. } = self.start.clone();
        InitialParams { k, m, delta, beta, sigma_obs: PositiveFloat::one() }
    }

    fn climb(self) -> Fitted {
        let solution = MapOptimizer.solve(&self.data, self.start);
        let report = FitReport {
            log_posterior: posterior::log_posterior(&self.data, &solution.params),
            kkt_residual: solution.kkt_residual,
            converged: solution.converged,
            unidentified: self.prepared.components(&solution.unidentified_columns),
        };
        self.prepared.finish(solution.params, report)
    }

    fn constant(self) -> Fitted {
        let mut params = self.start;
        params.sigma_obs = SIGMA_CONSTANT;
        let report = FitReport {
            log_posterior: posterior::log_posterior(&self.data, &params),
            kkt_residual: f64::INFINITY,
            converged: true,
            unidentified: Vec::new(),
        };
        self.prepared.finish(params, report)
    }
}

fn data(prepared: &Prepared) -> Result<Data, FitError> {
    let Prepared { spec, scales, design, history, .. } = prepared;
    let History { rows, y, .. } = history;
    let floor = scales.floor(rows)?;
    let mut cap = scales.cap(spec.growth, rows, &floor)?;
    cap.resize(y.len(), 0.0);
    let t_change = prepared.changepoints_t.clone();
    let columns = design.columns();
    let flag = |mode: Mode| columns.iter().map(move |column| i32::from(column.mode == mode));
    let mut sigmas = Vec::with_capacity(columns.len().max(1));
    for column in &columns {
        sigmas.push(prior("prior_scale", column.prior_scale)?);
    }
    let (mut s_a, mut s_m) = (flag(Mode::Additive).collect(), flag(Mode::Multiplicative).collect());
    let mut x = design.matrix(rows)?;
    if columns.is_empty() {
        // Stan needs one column, and Prophet's is of zeros.
        x = vec![0.0; y.len()];
        sigmas.push(PositiveFloat::one());
        (s_a, s_m) = (vec![0], vec![0]);
    }
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    Ok(Data {
        T: count(y.len()),
        S: count(t_change.len()),
        K: count(sigmas.len()),
        tau: prior("changepoint_prior_scale", spec.changepoint_prior_scale)?,
        trend_indicator: match spec.growth {
            Growth::Linear => TrendIndicator::Linear,
            Growth::Logistic => TrendIndicator::Logistic,
            Growth::Flat => TrendIndicator::Flat,
        },
        y: y.iter().zip(&floor).map(|(y, floor)| (y - floor) / scales.y_scale).collect(),
        t: rows.ds().iter().map(|&ds| scales.t(ds)).collect(),
        cap,
        t_change,
        s_a,
        s_m,
        X: x,
        sigmas,
    })
}

fn prior(option: &'static str, value: f64) -> Result<PositiveFloat, FitError> {
    PositiveFloat::try_new(value).map_err(|_| FitError::Option {
        option,
        value: value.to_string(),
        allowed: "above 0",
    })
}

/// Where the optimizer starts: the line, or the logistic curve, through the
/// first and the last row.
///
/// # Source
///
/// `linear_growth_init`, `logistic_growth_init` and `flat_growth_init` in
/// Prophet 1.5, `forecaster.py`.
fn start(data: &Data) -> Params {
    let last = data.y.len() - 1;
    let span = data.t[last] - data.t[0];
    let (k, m) = match data.trend_indicator {
        TrendIndicator::Linear => {
            let k = (data.y[last] - data.y[0]) / span;
            (k, data.y[0] - k * data.t[0])
        }
        TrendIndicator::Logistic => {
            let ratio = |i: usize| {
                let cap = data.cap[i];
                cap / data.y[i].clamp(0.01 * cap, 0.99 * cap)
            };
            let (mut first, end) = (ratio(0), ratio(last));
            if (first - end).abs() <= 0.01 {
                first *= 1.05;
            }
            let (l0, l1) = ((first - 1.0).ln(), (end - 1.0).ln());
            ((l0 - l1) / span, l0 * span / (l0 - l1))
        }
        TrendIndicator::Flat => (0.0, data.y.iter().sum::<f64>() / data.y.len() as f64),
    };
    Params {
        k,
        m,
        delta: vec![0.0; data.t_change.len()],
        beta: vec![0.0; data.sigmas.len()],
        sigma_obs: 1.0,
    }
}
