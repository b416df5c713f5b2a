use testkit::draw::Draw;

use super::{band, dots, line};

fn walk(n: u32, width: f64) -> Vec<(f64, f64)> {
    let mut draw = Draw::new(5);
    (0..n).map(|i| (width * f64::from(i) / f64::from(n), draw.normal())).collect()
}

#[test]
fn a_thinned_line_keeps_ends_extremes_and_order() {
    let whole = walk(100_000, 200.0);
    let thin = line(whole.clone());
    assert!(thin.len() <= 4 * 401, "{}", thin.len());
    assert_eq!((thin.first(), thin.last()), (whole.first(), whole.last()));
    let reach = |points: &[(f64, f64)]| {
        points.iter().fold((0.0_f64, 0.0_f64), |r, p| (r.0.min(p.1), r.1.max(p.1)))
    };
    assert_eq!(reach(&thin), reach(&whole));
    assert!(thin.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert!(thin.iter().all(|p| whole.contains(p)));
}

#[test]
fn a_line_with_room_is_left_as_it_is() {
    let whole = walk(300, 200.0);
    assert_eq!(line(whole.clone()), whole);
    assert!(line(Vec::new()).is_empty());
}

#[test]
fn a_thinned_band_is_as_wide_as_its_widest_part() {
    let whole: Vec<(f64, f64, f64)> =
        walk(50_000, 100.0).into_iter().map(|(x, y)| (x, y - 1.0, y + 1.0)).collect();
    let thin = band(whole.clone());
    assert!(thin.len() <= 201);
    let top = |points: &[(f64, f64, f64)]| points.iter().map(|p| p.1).fold(0.0, f64::min);
    assert!((top(&thin) - top(&whole)).abs() < 1e-12);
}

#[test]
fn dots_in_one_place_are_one() {
    let many = vec![(10.2, 5.1); 1000];
    assert_eq!(dots(many, 1.0), [(10.2, 5.1)]);
    assert_eq!(dots(vec![(1.0, 1.0), (3.0, 1.0), (3.0, 4.0)], 1.0).len(), 3);
}
