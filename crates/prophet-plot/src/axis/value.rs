//! Axes of numbers.

use super::Tick;

/// How the numbers of an axis are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Numbers {
    /// As they are; from a million on in millions, and so on.
    #[default]
    Plain,
    /// A share as a percentage, as Prophet's `set_y_as_percent`.
    Percent,
}

/// From here on a number is written in millions, billions, trillions.
const UNITS: [(f64, &str); 3] = [(1e12, "T"), (1e9, "G"), (1e6, "M")];
/// Beyond these a number is written with its exponent.
const PLAIN: (f64, f64) = (1e-6, 1e15);

/// The range of `values`, rounded outwards to the step of the ticks, and the ticks.
///
/// Values that are not finite are ignored; without any the range is 0 to 1.
pub(crate) fn value_axis(
    values: impl IntoIterator<Item = f64>,
    n_ticks_wanted: f64,
    numbers: Numbers,
) -> ((f64, f64), Vec<Tick>) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for v in values.into_iter().filter(|v| v.is_finite()) {
        low = low.min(v);
        high = high.max(v);
    }
    if high < low {
        (low, high) = (0.0, 1.0);
    }
    let largest = low.abs().max(high.abs());
    if high - low <= 1e-9 * largest.max(1e-300) {
        // A flat line stands in the middle of its panel.
        let around = if largest == 0.0 { 0.5 } else { 0.05 * largest };
        (low, high) = (low - around, high + around);
    }
    let step = round_step((high - low) / n_ticks_wanted.max(1.0));
    let (first, last) = ((low / step).floor(), (high / step).ceil());
    let mut ticks = Vec::new();
    let mut i = 0.0;
    while first + i <= last {
        let at = (first + i) * step;
        ticks.push(Tick::new(at, numbers.tick(at, step, largest)));
        i += 1.0;
    }
    ((first * step, last * step), ticks)
}

/// The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0].into_iter().find(|f| step <= f * power * (1.0 + 1e-9));
    factor.unwrap_or(10.0) * power
}

impl Numbers {
    /// The label of a tick on an axis with this step and this largest value.
    fn tick(self, value: f64, step: f64, largest: f64) -> String {
        match self {
            Self::Percent => format!("{}%", number(100.0 * value, 100.0 * step)),
            Self::Plain if largest != 0.0 && !(PLAIN.0..PLAIN.1).contains(&largest) => {
                scientific(value, step)
            }
            Self::Plain => match UNITS.into_iter().find(|(unit, _)| *unit <= largest) {
                Some(_) if value == 0.0 => "0".to_owned(),
                Some((unit, name)) => format!("{}{name}", number(value / unit, step / unit)),
                None => number(value, step),
            },
        }
    }

    /// A single value, such as beside a bar: three digits that matter.
    pub(crate) fn signed(self, value: f64, largest: f64) -> String {
        let shown = if self == Self::Percent { 100.0 * value } else { value };
        let reach = if self == Self::Percent { 100.0 * largest } else { largest };
        let step = if reach == 0.0 { 1.0 } else { 10_f64.powf(reach.abs().log10().floor() - 2.0) };
        let plus = if 0.0 < shown { "+" } else { "" };
        match self {
            Self::Percent => format!("{plus}{}%", number(shown, step)),
            Self::Plain => format!("{plus}{}", self.tick(shown, step, reach)),
        }
    }
}

/// `value` with as many decimals as tell two steps apart, and a true minus sign.
pub(crate) fn number(value: f64, step: f64) -> String {
    let mut decimals = 0_usize;
    let mut scaled = step;
    // Ten decimals are more than any axis has room for.
    while decimals < 10 && (scaled - scaled.round()).abs() > 1e-6 * scaled.abs() {
        decimals += 1;
        scaled *= 10.0;
    }
    with_sign(&format!("{:.decimals$}", value.abs()), value)
}

/// `value` with its exponent, as precise as `step` asks.
fn scientific(value: f64, step: f64) -> String {
    if value.abs() < 1e-3 * step {
        return "0".to_owned();
    }
    let digits = (value.abs() / step).log10().floor().clamp(0.0, 15.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0..=15 above"
    )]
    let decimals = digits as usize + 1;
    let text = format!("{:.decimals$e}", value.abs());
    // 2.50e9 says no more than 2.5e9.
    let short = match text.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => {
            format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
    };
    with_sign(&short, value)
}

fn with_sign(text: &str, value: f64) -> String {
    let is_zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
    if value < 0.0 && !is_zero { format!("\u{2212}{text}") } else { text.to_owned() }
}
