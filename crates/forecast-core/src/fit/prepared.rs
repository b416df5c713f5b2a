//! A checked specification and a history in order, with all that they decide.

use crate::{
    changepoint,
    design::Design,
    ds::{Ds, seconds_since},
    error::FitError,
    fitted::{FitReport, Fitted, History, Params},
    map::priors::Priors,
    panel::{Panel, build::ScaledRows},
    regressor,
    scale::Scales,
    series::Series,
    spec::{Growth, Spec},
};

/// What a fit starts from.
pub(crate) struct Prepared {
    pub(crate) spec: Spec,
    pub(crate) scales: Scales,
    pub(crate) design: Design,
    changepoints: Vec<Ds>,
    /// Scaled times of the changepoints; one zero where there are none, for Stan
    /// needs one and Prophet puts it at the start.
    pub(crate) changepoints_t: Vec<f64>,
    pub(crate) history: History,
    /// Seconds since the first row.
    pub(crate) seconds: Vec<f64>,
    /// Scaled times and values, and the scaled cap where growth is logistic.
    pub(crate) t: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) cap: Vec<f64>,
}

impl Prepared {
    pub(crate) fn of(spec: &Spec, series: &Series) -> Result<Self, FitError> {
        spec.check()?;
        let (y, rows, all_ds) = series.prepared();
        let scales = Scales::of(spec, &rows, &y)?;
        let seconds = seconds_since(scales.start, rows.ds());
        let mut design = Design::of(spec, &rows, &seconds)?;
        for scaled in &mut design.regressors {
            scaled.predictor = regressor::fit_predictor(&scaled.regressor, series)?;
        }
        let changepoints = changepoint::place(spec, rows.ds())?;
        let mut changepoints_t: Vec<f64> = changepoints.iter().map(|&at| scales.t(at)).collect();
        if changepoints_t.is_empty() {
            changepoints_t.push(0.0);
        }
        let floor = scales.floor(&rows)?;
        let cap = scales.cap(spec.growth, &rows, &floor)?;
        Ok(Self {
            t: seconds.iter().map(|seconds| seconds / scales.t_scale_s).collect(),
            y: y.iter().zip(&floor).map(|(y, floor)| (y - floor) / scales.y_scale).collect(),
            spec: spec.clone(),
            history: History { rows, y, all_ds },
            scales,
            design,
            changepoints,
            changepoints_t,
            seconds,
            cap,
        })
    }

    /// Several series that have the same dates and a value on each, and whose rows one
    /// pass can serve; `None` where they are not so, or one of them cannot be prepared.
    pub(crate) fn together(spec: &Spec, series: &[&Series]) -> Option<Vec<Self>> {
        let (first, more) = series.split_first()?;
        let whole = |series: &Series| series.y().iter().all(|y| !y.is_nan());
        let alike = more.iter().all(|other| other.ds() == first.ds() && whole(other));
        // A regressor is a column of each series' own.
        let is_shared = spec.growth == Growth::Linear && spec.regressors.is_empty();
        if more.is_empty() || !alike || !whole(first) || !is_shared {
            return None;
        }
        let first = Self::of(spec, first).ok()?;
        let others = more.iter().map(|other| first.with_values(other).ok());
        let others = others.collect::<Option<Vec<Self>>>()?;
        Some(std::iter::once(first).chain(others).collect())
    }

    /// The same for a series of the same dates; no cap, for growth is linear.
    fn with_values(&self, series: &Series) -> Result<Self, FitError> {
        let (y, rows, all_ds) = series.prepared();
        let scales = Scales::of(&self.spec, &rows, &y)?;
        let floor = scales.floor(&rows)?;
        Ok(Self {
            spec: self.spec.clone(),
            design: self.design.clone(),
            changepoints: self.changepoints.clone(),
            changepoints_t: self.changepoints_t.clone(),
            seconds: self.seconds.clone(),
            t: self.t.clone(),
            y: y.iter().zip(&floor).map(|(y, floor)| (y - floor) / scales.y_scale).collect(),
            cap: Vec::new(),
            history: History { rows, y, all_ds },
            scales,
        })
    }

    /// Whether `start` has the shapes of this model and nothing but numbers.
    pub(crate) fn check_start(&self, start: &Params) -> Result<(), FitError> {
        let shapes = [
            ("delta", start.delta.len(), self.changepoints_t.len()),
            ("beta", start.beta.len(), self.design.prior_scales().len().max(1)),
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
    pub(crate) fn is_constant(&self) -> bool {
        let constant = self.history.y.windows(2).all(|pair| pair[0] == pair[1]);
        constant && self.spec.growth != Growth::Logistic
    }

    /// The priors of the parameters; Stan needs one column, and Prophet's is of
    /// zeros with a prior scale of one.
    pub(crate) fn priors(&self) -> Priors {
        let mut scales = self.design.prior_scales();
        if scales.is_empty() {
            scales.push(1.0);
        }
        let tau = self.spec.changepoint_prior_scale;
        Priors::new(self.changepoints_t.len(), tau, scales.into_iter())
    }

    /// The rows with all features.
    pub(crate) fn panel(&self) -> Result<Panel, FitError> {
        let rows = ScaledRows {
            growth: self.spec.growth,
            seconds: &self.seconds,
            t: &self.t,
            y: &self.y,
            cap: &self.cap,
            changepoints_t: &self.changepoints_t,
        };
        let panel = Panel::of(&self.design, &self.history.rows, &rows)?;
        match panel.overflowing().and_then(|column| self.components(&[column]).pop()) {
            Some(component) => Err(FitError::Overflow { component }),
            None => Ok(panel),
        }
    }

    /// Where the optimizer starts: the line, or the logistic curve, through the
    /// first and the last row.
    ///
    /// # Source
    ///
    /// `linear_growth_init`, `logistic_growth_init` and `flat_growth_init` in
    /// Prophet 1.5, `forecaster.py`.
    pub(crate) fn start(&self) -> Params {
        let Self { t, y, cap, .. } = self;
        let last = y.len() - 1;
        let span = t[last] - t[0];
        let (k, m) = match self.spec.growth {
            Growth::Linear => {
                let k = (y[last] - y[0]) / span;
                (k, y[0] - k * t[0])
            }
            Growth::Logistic => {
                let ratio = |i: usize| cap[i] / y[i].clamp(0.01 * cap[i], 0.99 * cap[i]);
                let (mut first, end) = (ratio(0), ratio(last));
                if (first - end).abs() <= 0.01 {
                    first *= 1.05;
                }
                let (l0, l1) = ((first - 1.0).ln(), (end - 1.0).ln());
                ((l0 - l1) / span, l0 * span / (l0 - l1))
            }
            Growth::Flat => (0.0, y.iter().sum::<f64>() / y.len() as f64),
        };
        let columns = self.design.prior_scales().len().max(1);
        Params {
            k,
            m,
            delta: vec![0.0; self.changepoints_t.len()],
            beta: vec![0.0; columns],
            sigma_obs: 1.0,
        }
    }

    /// The components that these columns belong to, in order, each once.
    pub(crate) fn components(&self, columns: &[usize]) -> Vec<String> {
        let all = if columns.is_empty() { Vec::new() } else { self.design.columns() };
        let mut names: Vec<String> = Vec::new();
        // A design without columns is fitted with one of zeros.
        for component in columns.iter().filter_map(|&column| all.get(column)) {
            if !names.contains(&component.component) {
                names.push(component.component.clone());
            }
        }
        names
    }

    pub(crate) fn finish(self, mut params: Params, report: FitReport) -> Fitted {
        if self.changepoints.is_empty() {
            params.merge_dummy_changepoint();
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
