//! The national holidays of Brazil.
//!
//! Carnival and Corpus Christi are no public holidays by law, and Prophet does not have
//! them either. First years: decree 155-B/1890; law 10.607/2002 and its forerunners; Our
//! Lady of Aparecida, law 6.802/1980; 20 November, law 14.759/2023.

use super::rules::{Country, Day, Rule};

/// The republic's first calendar.
const FIRST: i32 = 1890;

/// Good Friday, in days from Easter Sunday.
const GOOD_FRIDAY: Day = Day::Easter(-2);

/// Brazil does not shift its holidays.
pub(super) const BRAZIL: Country =
    Country { codes: ["BR", "BRA", "Brazil"], rules: &RULES, shift: |_, _| 0 };

const RULES: [Rule; 18] = [
    Rule::since(FIRST, Day::Fixed(1, 1), "Universal Fraternization Day"),
    Rule::between(1892, 1930, Day::Fixed(2, 24), "Republic Constitution Day"),
    Rule::since(FIRST, GOOD_FRIDAY, "Good Friday"),
    Rule::between(FIRST, 1930, Day::Fixed(4, 21), "Tiradentes' Day"),
    Rule::since(1933, Day::Fixed(4, 21), "Tiradentes' Day"),
    Rule::since(1925, Day::Fixed(5, 1), "Worker's Day"),
    Rule::between(FIRST, 1930, Day::Fixed(5, 3), "Discovery of Brazil"),
    Rule::between(1936, 1948, Day::Fixed(5, 3), "Discovery of Brazil"),
    Rule::between(FIRST, 1930, Day::Fixed(5, 13), "Abolition of slavery in Brazil"),
    Rule::between(FIRST, 1930, Day::Fixed(7, 14), "Freedom and Independence of American Peoples"),
    Rule::since(FIRST, Day::Fixed(9, 7), "Independence Day"),
    Rule::between(FIRST, 1930, Day::Fixed(10, 12), "Discovery of America"),
    Rule::between(1936, 1948, Day::Fixed(10, 12), "Discovery of America"),
    Rule::since(1980, Day::Fixed(10, 12), "Our Lady of Aparecida"),
    Rule::since(FIRST, Day::Fixed(11, 2), "All Souls' Day"),
    Rule::since(FIRST, Day::Fixed(11, 15), "Republic Proclamation Day"),
    Rule::since(2024, Day::Fixed(11, 20), "National Day of Zumbi and Black Awareness"),
    Rule::since(1922, Day::Fixed(12, 25), "Christmas Day"),
];
