use super::*;

fn day(d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 1, d).unwrap()
}

#[test]
fn the_summary_names_repairs_before_remarks_and_a_few_dates() {
    let mut findings: Vec<Finding> =
        (1..=5).map(|d| Finding::on(FindingKind::NullRow, day(d))).collect();
    findings.insert(0, Finding::on(FindingKind::Jump, day(20)));
    findings.push(Finding::somewhere(FindingKind::NotANumber));
    let quality = Quality { findings, ..Quality::default() };
    assert_eq!(
        quality.summary_line(),
        "repaired 1 not_a_number, 5 null_row (2025-01-01, 2025-01-02, 2025-01-03, …); \
         noticed 1 jump (2025-01-20)"
    );
    assert_eq!(quality.n_repairs(), 6);
    assert_eq!(quality.counts().get("null_row"), Some(&5));
}

#[test]
fn clean_rows_need_no_repair() {
    assert_eq!(Quality::default().summary_line(), "nothing to repair");
    assert!(Quality::default().counts().is_empty());
}
