use super::{ds, regressor, seasonality};

#[test]
fn a_time_stamp_may_have_any_form_of_the_standard() {
    let midnight = ["2024-05-31", "20240531", "2024-W22-5", "2024-152", "2024152", " 2024-05-31 "];
    for text in midnight {
        let found = ds(text).map(|ds| ds.to_string());
        assert_eq!(found.as_deref(), Some("2024-05-31 00:00:00"), "{text}");
    }
    let afternoon = [
        "2024-05-31T15:30",
        "2024-05-31 15:30:00",
        "2024-05-31T15:30:00Z",
        "2024-05-31T15:30:00.000",
        "2024-05-31 15:30:00-03:00",
        "2024-05-31T15:30+0530",
        "20240531T153000",
    ];
    for text in afternoon {
        let found = ds(text).map(|ds| ds.to_string());
        assert_eq!(found.as_deref(), Some("2024-05-31 15:30:00"), "{text}");
    }
    assert_eq!(ds("1949-01").map(|ds| ds.to_string()).as_deref(), Some("1949-01-01 00:00:00"));
    for text in ["", "31/05/2024", "2024-13-01", "2024-02-30", "yesterday", "15:30", "1.5"] {
        assert_eq!(ds(text), None, "{text}");
    }
}

#[test]
fn seasonalities_and_regressors_are_read_from_their_parts() {
    let monthly = seasonality("monthly:30.5:5").unwrap();
    assert_eq!(
        (monthly.name.as_str(), monthly.period, monthly.fourier_order),
        ("monthly", 30.5, 5)
    );
    let on = seasonality("weekly_on:7:3:0.5:multiplicative:on_season").unwrap();
    assert_eq!(on.condition_name.as_deref(), Some("on_season"));
    assert!((on.prior_scale - 0.5).abs() < 1e-12);
    let price = regressor("price:2:true:multiplicative").unwrap();
    assert_eq!(price.standardize, Some(true));
    assert_eq!(regressor("price").unwrap().standardize, None);
    for wrong in
        ["monthly", "monthly:x:3", "monthly:30:3.5", "a:1:2:3:sideways", "a:1:2:3:additive:c:d"]
    {
        assert!(seasonality(wrong).is_err(), "{wrong}");
    }
    for wrong in ["price:x", "price:1:maybe", "price:1:true:up"] {
        assert!(regressor(wrong).is_err(), "{wrong}");
    }
}
