//! augurs-prophet with either of its optimizers.

use std::{collections::BTreeMap, path::Path, sync::Mutex};

use anyhow::Result;
use augurs_prophet::{
    FeatureMode, GrowthType, Holiday, HolidayOccurrence, OptProphetOptions, Prophet,
    SeasonalityOption, TrainingData,
    optimizer::{Data, Error, InitialParams, OptimizeOpts, OptimizedParams},
};
use chrono::Datelike as _;
use forecast_core::{
    Growth, Mode, Params, SeasonalityChoice, holidays,
    optimizer::{
        Optimizer, PositiveFloat,
        stan::{CmdstanOptimizer, WasmstanOptimizer},
    },
    posterior,
};

use crate::{
    program::{Program, Turn, timed},
    workload::Workload,
};

/// augurs' `Prophet`, its own features included, with one of its optimizers.
pub(crate) struct Augurs {
    name: &'static str,
    optimizer: Box<dyn Optimizer>,
}

impl std::fmt::Debug for Augurs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Augurs").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Augurs {
    /// With the compiled model of Python's Prophet.
    pub(crate) fn cmdstan(model: &Path) -> Result<Self> {
        let optimizer = Box::new(CmdstanOptimizer::with_prophet_path(model)?);
        Ok(Self { name: "augurs-prophet 0.10.3, cmdstan", optimizer })
    }

    /// With Stan compiled to WebAssembly.
    pub(crate) fn wasmstan() -> Self {
        let optimizer = Box::new(WasmstanOptimizer::new());
        Self { name: "augurs-prophet 0.10.3, wasmstan", optimizer }
    }
}

impl Program for Augurs {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn fit(&mut self, workload: &Workload) -> Result<Turn> {
        let data = training_data(workload)?;
        let (seconds, ()) = timed(|| {
            let mut model = Prophet::new(options(workload)?.into(), Seam(&*self.optimizer, None));
            Ok(model.fit(data.clone(), OptimizeOpts::default())?)
        })?;
        // Its parameters are private, so one fit more is overheard at the seam.
        let heard = Mutex::new(None);
        let seam = Seam(&*self.optimizer, Some(&heard));
        Prophet::new(options(workload)?.into(), seam).fit(data, OptimizeOpts::default())?;
        let heard = heard.into_inner().expect("invariant: nobody panicked with the lock");
        Ok(Turn { seconds, log_posterior: heard.unwrap_or(f64::NAN) })
    }
}

/// Passes everything on to an optimizer, and notes the log posterior if somebody asks.
#[derive(Clone, Copy)]
struct Seam<'a>(&'a dyn Optimizer, Option<&'a Mutex<Option<f64>>>);

impl std::fmt::Debug for Seam<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seam")
    }
}

impl Optimizer for Seam<'_> {
    fn optimize(
        &self,
        init: &InitialParams,
        data: &Data,
        opts: &OptimizeOpts,
    ) -> Result<OptimizedParams, Error> {
        let found = self.0.optimize(init, data, opts)?;
        if let Some(heard) = self.1 {
            let params = Params {
                k: found.k,
                m: found.m,
                delta: found.delta.clone(),
                beta: found.beta.clone(),
                sigma_obs: *found.sigma_obs,
            };
            let height = posterior::log_posterior(data, &params);
            *heard.lock().expect("invariant: nobody panicked with the lock") = Some(height);
        }
        Ok(found)
    }
}

fn training_data(workload: &Workload) -> Result<TrainingData> {
    let series = workload.series();
    let seconds = series.ds().iter().map(|ds| ds.and_utc().timestamp()).collect();
    let data = TrainingData::new(seconds, series.y().to_vec())?;
    Ok(match workload.cap {
        Some(cap) => data.with_cap(vec![cap; series.y().len()])?,
        None => data,
    })
}

fn options(workload: &Workload) -> Result<OptProphetOptions> {
    let spec = &workload.spec;
    let choice = |choice| match choice {
        SeasonalityChoice::On => Some(SeasonalityOption::Manual(true)),
        SeasonalityChoice::Off => Some(SeasonalityOption::Manual(false)),
        _ => None,
    };
    let mut days: BTreeMap<&str, Vec<HolidayOccurrence>> = BTreeMap::new();
    if let Some(country) = &spec.country_holidays {
        // It knows no country; the days are given to it.
        let ds = workload.series().ds();
        for year in ds[0].year()..=ds[ds.len() - 1].year() {
            for (day, name) in holidays::of_year(country, year)? {
                let midnight = forecast_core::ds::midnight(day).and_utc().timestamp();
                days.entry(name).or_default().push(HolidayOccurrence::for_day(midnight));
            }
        }
    }
    let holiday = |(name, days): (&str, Vec<_>)| (name.to_owned(), Holiday::new(days));
    Ok(OptProphetOptions {
        growth: Some(match spec.growth {
            Growth::Linear => GrowthType::Linear,
            Growth::Logistic => GrowthType::Logistic,
            Growth::Flat => GrowthType::Flat,
        }),
        seasonality_mode: Some(match spec.seasonality_mode {
            Mode::Additive => FeatureMode::Additive,
            Mode::Multiplicative => FeatureMode::Multiplicative,
        }),
        yearly_seasonality: choice(spec.yearly_seasonality),
        weekly_seasonality: choice(spec.weekly_seasonality),
        daily_seasonality: choice(spec.daily_seasonality),
        changepoint_prior_scale: Some(PositiveFloat::try_new(spec.changepoint_prior_scale)?),
        holidays_prior_scale: Some(PositiveFloat::try_new(spec.holidays_prior_scale)?),
        holidays: Some(days.into_iter().map(holiday).collect()),
        ..OptProphetOptions::default()
    })
}
