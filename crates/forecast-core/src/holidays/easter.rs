//! Easter Sunday.

use chrono::NaiveDate;

/// Easter Sunday of `year` in the Gregorian calendar.
///
/// # Source
///
/// The anonymous Gregorian algorithm (Meeus, *Astronomical Algorithms*, ch. 8).
pub(crate) fn sunday(year: i32) -> Option<NaiveDate> {
    let golden = year.rem_euclid(19);
    let (century, in_century) = (year.div_euclid(100), year.rem_euclid(100));
    let skipped = century.div_euclid(4);
    let correction = (century + 8).div_euclid(25);
    let moon = (century - correction + 1).div_euclid(3);
    let epact = (19 * golden + century - skipped - moon + 15).rem_euclid(30);
    let weekday = (32 + 2 * century.rem_euclid(4) + 2 * in_century.div_euclid(4)
        - epact
        - in_century.rem_euclid(4))
    .rem_euclid(7);
    let late = (golden + 11 * epact + 22 * weekday).div_euclid(451);
    let days = epact + weekday - 7 * late + 114;
    let month = u32::try_from(days.div_euclid(31)).ok()?;
    let day = u32::try_from(days.rem_euclid(31)).ok()? + 1;
    NaiveDate::from_ymd_opt(year, month, day)
}
