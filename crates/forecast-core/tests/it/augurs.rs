//! The traits of `augurs-core`.

use augurs_core::{Fit as _, Predict as _};
use forecast_core::{Spec, augurs::Regular, fit};

use crate::support::{days, series};

#[test]
fn augurs_traits_give_the_forecast_of_the_model_itself() {
    let history = series(200);
    let spec = Spec::default();
    let own = fit(&spec, &history).unwrap().predict(&days(230)[200..], 5).unwrap();
    let fitted = Regular::daily(spec, days(1)[0].date(), 5).fit(history.y()).unwrap();
    let forecast = fitted.predict(30, 0.8).unwrap();
    assert_eq!(forecast.point, own.yhat);
    let intervals = forecast.intervals.unwrap();
    assert_eq!((intervals.lower, intervals.upper), (own.yhat_lower, own.yhat_upper));
    assert!(fitted.predict(30, None).unwrap().intervals.is_none());
    assert_eq!(fitted.predict_in_sample(None).unwrap().point.len(), fitted.training_data_size());
    assert_eq!(fitted.predict(0, None).unwrap().point.len(), 0);
    let error = fitted.predict(3, 1.5).unwrap_err();
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "`interval_width` is 1.5, it must be between 0 and 1"
    );
}
