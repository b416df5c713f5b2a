//! The federal holidays of the United States.
//!
//! First years: 16 Stat. 168 (1870); Thanksgiving by proclamation, then by H.J. Res. 41
//! (1941); the Uniform Monday Holiday Act, in force since 1971; Martin Luther King Jr. Day,
//! since 1986; Juneteenth, since 2021. Thanksgivings before 1862 are left out.

use chrono::Weekday::{self, Mon, Sat, Sun, Thu};

use super::rules::{Country, Day, Rule};

/// Since 1953 a holiday on a Sunday is kept on Monday (32 Comp. Gen. 378), since 1966 one
/// on a Saturday is kept on Friday (public law 89-554).
fn shift(year: i32, weekday: Weekday) -> i64 {
    match weekday {
        Sun if 1953 <= year => 1,
        Sat if 1966 <= year => -1,
        _ => 0,
    }
}

pub(super) const UNITED_STATES: Country =
    Country { codes: ["US", "USA", "UnitedStates"], rules: &RULES, shift };

const RULES: [Rule; 27] = [
    Rule::since(1871, Day::Fixed(1, 1), "New Year's Day").observed("New Year's Day (observed)"),
    // The act of 1966 first moved the New Year of 1968.
    Rule::since(1967, Day::NextNewYear, "New Year's Day").observed("New Year's Day (observed)"),
    Rule::since(1986, Day::Nth(3, Mon, 1), "Martin Luther King Jr. Day"),
    Rule::between(1879, 1970, Day::Fixed(2, 22), "Washington's Birthday"),
    Rule::since(1971, Day::Nth(3, Mon, 2), "Washington's Birthday"),
    Rule::between(1888, 1970, Day::Fixed(5, 30), "Memorial Day"),
    Rule::since(1971, Day::Last(Mon, 5), "Memorial Day"),
    Rule::since(2021, Day::Fixed(6, 19), "Juneteenth National Independence Day")
        .observed("Juneteenth National Independence Day (observed)"),
    Rule::since(1870, Day::Fixed(7, 4), "Independence Day").observed("Independence Day (observed)"),
    Rule::since(1894, Day::Nth(1, Mon, 9), "Labor Day"),
    Rule::between(1937, 1970, Day::Fixed(10, 12), "Columbus Day"),
    Rule::since(1971, Day::Nth(2, Mon, 10), "Columbus Day"),
    Rule::between(1938, 1953, Day::Fixed(11, 11), "Armistice Day")
        .observed("Armistice Day (observed)"),
    Rule::between(1954, 1970, Day::Fixed(11, 11), "Veterans Day")
        .observed("Veterans Day (observed)"),
    Rule::between(1971, 1977, Day::Nth(4, Mon, 10), "Veterans Day"),
    Rule::since(1978, Day::Fixed(11, 11), "Veterans Day").observed("Veterans Day (observed)"),
    thanksgiving(1862, 1862, Day::Fixed(4, 10)),
    thanksgiving(1863, 1864, Day::Last(Thu, 11)),
    thanksgiving(1865, 1865, Day::Fixed(12, 7)),
    thanksgiving(1866, 1868, Day::Last(Thu, 11)),
    thanksgiving(1869, 1869, Day::Fixed(11, 18)),
    thanksgiving(1870, 1938, Day::Last(Thu, 11)),
    thanksgiving(1939, 1939, Day::Fixed(11, 23)),
    thanksgiving(1940, 1940, Day::Fixed(11, 21)),
    thanksgiving(1941, 1941, Day::Fixed(11, 20)),
    thanksgiving(1942, super::rules::ON, Day::Nth(4, Thu, 11)),
    Rule::since(1870, Day::Fixed(12, 25), "Christmas Day").observed("Christmas Day (observed)"),
];

const fn thanksgiving(first: i32, last: i32, day: Day) -> Rule {
    Rule::between(first, last, day, "Thanksgiving Day")
}
