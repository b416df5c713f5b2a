//! Parts of a model one by one, with Prophet's defaults.

use super::{Regressor, Seasonality, Spec};

impl Spec {
    /// Adds a seasonality of `period` days with `fourier_order` pairs, at the common prior
    /// scale and mode; one of the same name is replaced.
    ///
    /// Prior scale, mode and condition can be changed in
    /// [`seasonalities`](Self::seasonalities).
    #[must_use]
    pub fn add_seasonality(mut self, name: &str, period: f64, fourier_order: u32) -> Self {
        self.seasonalities.retain(|seasonality| seasonality.name != name);
        self.seasonalities.push(Seasonality {
            name: name.to_owned(),
            period,
            fourier_order,
            prior_scale: self.seasonality_prior_scale,
            mode: self.seasonality_mode,
            condition_name: None,
        });
        self
    }

    /// Adds a regressor at the prior scale of the holidays, in the mode of the
    /// seasonalities, standardized unless it is of zeros and ones; one of the same name is
    /// replaced.
    ///
    /// All of that, and a model of its own, can be changed in
    /// [`regressors`](Self::regressors).
    #[must_use]
    pub fn add_regressor(mut self, name: &str) -> Self {
        self.regressors.retain(|regressor| regressor.name != name);
        self.regressors.push(Regressor {
            name: name.to_owned(),
            prior_scale: self.holidays_prior_scale,
            standardize: None,
            mode: self.seasonality_mode,
            predictor: None,
        });
        self
    }

    /// Adds the public holidays of a country ([`holidays`](crate::holidays)), instead of
    /// those of another.
    #[must_use]
    pub fn add_country_holidays(mut self, country: &str) -> Self {
        self.country_holidays = Some(country.to_owned());
        self
    }
}
