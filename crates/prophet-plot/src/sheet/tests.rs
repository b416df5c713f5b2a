use super::{Mark, Pen, Sheet, dashes};
use crate::theme::Ink;

#[test]
fn dashes_go_on_around_corners_and_cover_their_share() {
    // 10 along, 10 down, in pieces of 3 and gaps of 2.
    let pieces = dashes(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)], (3.0, 2.0));
    assert_eq!(pieces.len(), 4);
    let length = |piece: &Vec<(f64, f64)>| {
        piece.windows(2).map(|p| (p[1].0 - p[0].0).hypot(p[1].1 - p[0].1)).sum::<f64>()
    };
    assert!((pieces.iter().map(length).sum::<f64>() - 12.0).abs() < 1e-9);
    assert_eq!(pieces[0], [(0.0, 0.0), (3.0, 0.0)]);
    assert_eq!(pieces[2], [(10.0, 0.0), (10.0, 3.0)]);
}

#[test]
fn dashes_of_short_segments_are_still_dashes() {
    let points: Vec<(f64, f64)> = (0..=100).map(|i| (f64::from(i) * 0.4, 1.0)).collect();
    assert_eq!(dashes(&points, (6.0, 4.0)).len(), 4);
}

#[test]
fn a_line_of_one_point_is_no_mark() {
    let mut sheet = Sheet::new(400, 300);
    sheet.line(vec![(1.0, 1.0)], Pen::solid(Ink::Text, 1.0));
    assert!(sheet.marks.is_empty());
    sheet.line(vec![(1.0, 1.0), (2.0, 2.0)], Pen::solid(Ink::Text, 1.0));
    assert!(matches!(sheet.marks[..], [Mark::Line { .. }]));
}
