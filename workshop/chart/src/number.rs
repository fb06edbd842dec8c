//! Formats numbers.

/// A value with at most two decimals, or with three significant digits if it is below 1.
pub(crate) fn value(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".to_string();
    }
    if !(1e-6..1e15).contains(&size) {
        return exponential(value);
    }
    let decimals = if size >= 1.0 { 2 } else { 2 + first_digit(size) };
    trim(&format!("{value:.decimals$}")).to_string()
}

/// A value with an exponent, such as `1.5e300`.
pub(crate) fn exponential(value: f64) -> String {
    let text = format!("{value:.2e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{}e{exponent}", trim(digits))
}

/// The place of the first nonzero digit after the decimal point.
fn first_digit(size: f64) -> usize {
    let mut size = size;
    let mut place = 0;
    while size < 1.0 {
        size *= 10.0;
        place += 1;
    }
    place
}

fn trim(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

/// A number and its unit, if there is one.
pub(crate) fn with_unit(text: &str, unit: &str) -> String {
    if unit.is_empty() { text.to_string() } else { format!("{text} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_short() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (1500.0, "1500"),
            (123.456, "123.46"),
            (0.005, "0.005"),
            (0.012_34, "0.0123"),
            (0.999_9, "1"),
            (-2.5, "-2.5"),
            (172_800.0, "172800"),
            (1e15, "1e15"),
            (f64::MAX, "1.8e308"),
            (5e-324, "4.94e-324"),
        ] {
            assert_eq!(value(number), text);
        }
    }
}
