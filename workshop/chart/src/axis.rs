//! Round ticks for the y axis.

/// Beyond this, sums and differences of values would no longer be finite.
const LIMIT: f64 = 1e300;

/// The range of the y axis, and the labels of its ticks.
pub(crate) struct Axis {
    pub low: f64,
    pub high: f64,
    pub ticks: Vec<(f64, String)>,
}

/// An axis that holds 0 and all the values, with about so many ticks.
pub(crate) fn axis(values: impl Iterator<Item = f64>, count: i32) -> Axis {
    let (mut low, mut high) = (0.0_f64, 0.0_f64);
    for value in values {
        low = low.min(value.max(-LIMIT));
        high = high.max(value.min(LIMIT));
    }
    // A line along the edge would look cut off.
    let room = (high - low) * 0.05;
    low -= if low < 0.0 { room } else { 0.0 };
    high += if high > 0.0 { room } else { 0.0 };
    // Nothing but zeros, or what is as good as zero.
    if high - low < 1e-290 {
        (low, high) = (0.0, 1.0);
    }
    let (digit, exponent) = step((high - low) / f64::from(count.max(1)));
    let size = power(digit, exponent);
    #[expect(clippy::cast_possible_truncation, reason = "a handful of ticks")]
    let (first, last) = ((low / size).floor() as i64, (high / size).ceil() as i64);
    let most = first.abs().max(last.abs()) * digit;
    let ticks = (first..=last)
        .map(|index| (power(index * digit, exponent), label(index * digit, exponent, most)))
        .collect();
    Axis { low: power(first * digit, exponent), high: power(last * digit, exponent), ticks }
}

/// The round step that is the next above this one, as 1, 2 or 5 and a power of ten.
fn step(rough: f64) -> (i64, i32) {
    // Text is exact where a logarithm may be off by a little, and differently on another machine.
    let text = format!("{rough:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or(("1", "0"));
    let digits: f64 = digits.parse().unwrap_or(1.0);
    let exponent = exponent.parse().unwrap_or(0);
    match digits {
        d if d <= 1.0 => (1, exponent),
        d if d <= 2.0 => (2, exponent),
        d if d <= 5.0 => (5, exponent),
        _ => (1, exponent + 1),
    }
}

/// The number closest to `digits` times ten to the power of `exponent`.
fn power(digits: i64, exponent: i32) -> f64 {
    format!("{digits}e{exponent}").parse().unwrap_or(0.0)
}

/// A tick in the manner that suits the largest tick, so that all of an axis look alike.
fn label(digits: i64, exponent: i32, most: i64) -> String {
    if digits == 0 {
        return "0".to_string();
    }
    let most = power(most, exponent);
    let (suffix, thousands) = match most {
        m if m < 1e5 => ("", 0),
        m if m < 1e6 => (" k", 3),
        m if m < 1e9 => (" M", 6),
        m if m < 1e12 => (" G", 9),
        _ => (" T", 12),
    };
    if most >= 1e15 || exponent < -6 {
        return format!("{:e}", power(digits, exponent));
    }
    let decimals = usize::try_from(thousands - exponent).unwrap_or(0);
    let text = format!("{:.decimals$}{suffix}", power(digits, exponent - thousands));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64]) -> Vec<String> {
        axis(values.iter().copied(), 5).ticks.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_and_read_alike() {
        assert_eq!(labels(&[]), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&[0.0, 5e-324]), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&[0.7, 2.0]), ["0", "0.5", "1.0", "1.5", "2.0", "2.5"]);
        assert_eq!(labels(&[1400.0]), ["0", "500", "1000", "1500"]);
        assert_eq!(labels(&[4200.0]), ["0", "1000", "2000", "3000", "4000", "5000"]);
        assert_eq!(labels(&[180_000.0]), ["0", "50 k", "100 k", "150 k", "200 k"]);
        assert_eq!(labels(&[2.2e6]), ["0", "0.5 M", "1.0 M", "1.5 M", "2.0 M", "2.5 M"]);
        assert_eq!(labels(&[-15.0, 12.0]), ["-20", "-10", "0", "10", "20"]);
        assert_eq!(labels(&[-3.0]), ["-4", "-3", "-2", "-1", "0"]);
        assert_eq!(labels(&[0.003]), ["0", "0.001", "0.002", "0.003", "0.004"]);
        assert_eq!(labels(&[3e-8]), ["0", "1e-8", "2e-8", "3e-8", "4e-8"]);
        assert_eq!(labels(&[f64::MAX]), ["0", "5e299", "1e300", "1.5e300"]);
    }

    #[test]
    fn every_value_is_on_the_axis_with_room_to_spare() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..10_000 {
            let value = || (random.f64() - 0.5) * 10_f64.powi(random.i32(-200..200));
            let values: Vec<f64> = std::iter::repeat_with(value).take(3).collect();
            for count in 2..=8 {
                let axis = axis(values.iter().copied(), count);
                let fits = |value: &f64| axis.low <= *value && *value <= axis.high;
                assert!(fits(&0.0) && values.iter().all(fits), "{values:?}");
                let count = usize::try_from(count).unwrap();
                assert!((2..=count + 3).contains(&axis.ticks.len()), "{values:?} {:?}", axis.ticks);
                assert!(axis.ticks.iter().all(|(_, label)| label.len() < 10), "{:?}", axis.ticks);
            }
        }
    }
}
