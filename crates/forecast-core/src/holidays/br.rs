//! The national holidays of Brazil.

use chrono::{Days, NaiveDate};

use super::easter;

/// Fixed dates: month, day, first year, name.
///
/// Carnival and Corpus Christi are no public holidays by law, and Prophet does
/// not have them either. First years: law 10.607/2002 and its forerunners;
/// Our Lady of Aparecida, law 6.802/1980; 20 November, law 14.759/2023.
const FIXED: [(u32, u32, i32, &str); 9] = [
    (1, 1, 1890, "Universal Fraternization Day"),
    (4, 21, 1890, "Tiradentes' Day"),
    (5, 1, 1925, "Worker's Day"),
    (9, 7, 1890, "Independence Day"),
    (10, 12, 1980, "Our Lady of Aparecida"),
    (11, 2, 1890, "All Souls' Day"),
    (11, 15, 1890, "Republic Proclamation Day"),
    (11, 20, 2024, "National Day of Zumbi and Black Awareness"),
    (12, 25, 1922, "Christmas Day"),
];

/// Days from Good Friday to Easter Sunday.
const GOOD_FRIDAY_DAYS_BEFORE: Days = Days::new(2);

/// The holidays of `year` in order of date; Good Friday comes first where two
/// fall on one day.
///
/// Holidays that ended before 1950 (Discovery of America and others) are left
/// out: no price series reaches back that far.
pub(super) fn of_year(year: i32) -> Vec<(NaiveDate, &'static str)> {
    let friday = easter::sunday(year).and_then(|day| day.checked_sub_days(GOOD_FRIDAY_DAYS_BEFORE));
    let fixed = FIXED.iter().filter(|(_, _, since, _)| *since <= year).filter_map(
        |&(month, day, _, name)| Some((NaiveDate::from_ymd_opt(year, month, day)?, name)),
    );
    let mut days: Vec<_> =
        friday.map(|day| (day, "Good Friday")).into_iter().chain(fixed).collect();
    days.sort_by_key(|(day, _)| *day);
    days
}
