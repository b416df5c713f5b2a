use prophet_plot::{MetricPoints, Page, plot_cross_validation_metric};
use testkit::draw::Draw;

use crate::support::checked_svg;

#[test]
fn a_metric_is_drawn_by_horizon_with_its_unit() {
    let mut draw = Draw::new(3);
    for (name, step_s, unit) in
        [("days", 86_400.0, "horizon (days)"), ("minutes", 60.0, "horizon (minutes)")]
    {
        let single: Vec<(f64, f64)> = (0..4000)
            .map(|i| {
                (
                    f64::from(1 + i % 365) * step_s,
                    0.02 * (1.0 + f64::from(i % 365) / 200.0) * draw.normal().abs(),
                )
            })
            .collect();
        let rolling: Vec<(f64, f64)> = (36..=365)
            .map(|h| (f64::from(h) * step_s, 0.016 * (1.0 + f64::from(h) / 200.0)))
            .collect();
        let points =
            MetricPoints { metric: "mape", single: &single, rolling: &rolling, is_share: true };
        let figure = plot_cross_validation_metric(&points).unwrap();
        let svg = checked_svg(&format!("metric_{name}"), &figure, &Page::default());
        for word in ["mape", unit, "%\n", "single forecast", "rolling window"] {
            let found = svg.contains(word);
            assert!(found || (word == unit && svg.contains("horizon (hours)")), "{word}");
        }
        assert!(1_000 < svg.matches("<circle").count());
    }
}
