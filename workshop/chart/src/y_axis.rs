//! Range and ticks of the value axis.

use crate::number;

/// Larger values are drawn at this limit, so that sums and differences stay finite.
const LIMIT: f64 = 1e300;

pub(crate) struct YAxis {
    pub low: f64,
    pub high: f64,
    pub ticks: Vec<(f64, String)>,
}

/// An axis that includes 0 and all the values, with roughly `count` ticks.
pub(crate) fn axis(values: impl Iterator<Item = f64>, count: i32) -> YAxis {
    let (mut low, mut high) = (0.0_f64, 0.0_f64);
    for value in values {
        low = low.min(value.max(-LIMIT));
        high = high.max(value.min(LIMIT));
    }
    // A line at the edge of the plot would look truncated.
    let margin = (high - low) * 0.05;
    low -= if low < 0.0 { margin } else { 0.0 };
    high += if high > 0.0 { margin } else { 0.0 };
    if high - low < 1e-290 {
        (low, high) = (0.0, 1.0);
    }
    let step = round_up((high - low) / f64::from(count.max(1)));
    #[expect(clippy::cast_possible_truncation, reason = "a handful of ticks")]
    let (first, last) = ((low / step).floor() as i32, (high / step).ceil() as i32);
    let largest = step * f64::from(first.abs().max(last.abs()));
    let ticks = (first..=last).map(|index| {
        let value = step * f64::from(index);
        (value, label(value, step, largest))
    });
    YAxis { low: step * f64::from(first), high: step * f64::from(last), ticks: ticks.collect() }
}

/// The next higher value that is 1, 2 or 5 times a power of ten.
fn round_up(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0]
        .map(|digit| digit * power)
        .into_iter()
        .find(|it| *it >= step)
        .unwrap_or(10.0 * power)
}

/// The label of a tick, in the format that suits the largest tick of the axis.
fn label(value: f64, step: f64, largest: f64) -> String {
    if value == 0.0 {
        return "0".to_string();
    }
    if largest >= 1e15 || step < 1e-6 {
        return number::exponential(value);
    }
    let (unit, suffix) = match largest {
        ..1e5 => (1.0, ""),
        ..1e6 => (1e3, " k"),
        ..1e9 => (1e6, " M"),
        ..1e12 => (1e9, " G"),
        _ => (1e12, " T"),
    };
    let step = number::value(step / unit);
    let decimals = step.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    format!("{:.decimals$}{suffix}", value / unit)
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
