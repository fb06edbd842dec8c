//! Calculates the bounds of an exponential histogram's buckets as Go does on x86-64.
//!
//! The bounds are printed with all digits, up to three hundred, so a difference in the last bit of a
//! bound is visible.

/// `math.Ldexp(math.Ln2, exponent)`, which is ln 2 times a power of two.
#[must_use]
pub fn ln2_times_power_of_two(exponent: i64) -> f64 {
    const FRACTION: u64 = (1 << 52) - 1;
    // Ln2 is between 1/2 and 1, so its own exponent is -1.
    let exponent = exponent.saturating_sub(1);
    let with_exponent = |e: i64| {
        let biased = u64::try_from(e + 1023).unwrap_or(0);
        f64::from_bits((std::f64::consts::LN_2.to_bits() & FRACTION) | (biased << 52))
    };
    match exponent {
        1024.. => f64::INFINITY,
        -1022..1024 => with_exponent(exponent),
        // A subnormal result: scaled up, then down again, so that it is rounded only once.
        -1075..-1022 => with_exponent(exponent + 53) / 9_007_199_254_740_992.0,
        _ => 0.0,
    }
}

/// `math.Exp`, to the last bit of Go's assembly for amd64 (`src/math/exp_amd64.s`, the variant for
/// processors with fused multiply-add).
///
/// As in Go, the result is infinite slightly below the true limit.
#[must_use]
#[expect(clippy::excessive_precision, reason = "these are the constants in Go's source")]
pub fn exp(x: f64) -> f64 {
    const LN2_HIGH: f64 = 0.693_147_180_559_662_956_511_601_805_686_950_683_593_75;
    const LN2_LOW: f64 = 0.282_352_905_630_315_771_225_884_481_750_134_360_255_254_120_68e-12;
    const OVERFLOW: f64 = 7.097_827_128_933_84e+02;
    // 1/8!, 1/7!, ... 1/2!, 1/1!
    const TAYLOR: [f64; 8] = [
        2.480_158_730_158_730_158_7e-5,
        1.984_126_984_126_984_127e-4,
        1.388_888_888_888_888_888_9e-3,
        8.333_333_333_333_333_333_3e-3,
        4.166_666_666_666_666_666_7e-2,
        1.666_666_666_666_666_666_7e-1,
        0.5,
        1.0,
    ];
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x > OVERFLOW {
        return f64::INFINITY;
    }
    let power = (x * std::f64::consts::LOG2_E).round_ties_even();
    if power < -1075.0 {
        return 0.0;
    }
    let r = (-power).mul_add(LN2_LOW, (-power).mul_add(LN2_HIGH, x)) * 0.0625;
    let series = TAYLOR[1..].iter().fold(TAYLOR[0], |sum, term| sum.mul_add(r, *term));
    // This r is e^r - 1. As (e^r - 1)(e^r - 1 + 2) = e^2r - 1, four such steps undo the division by
    // 16 above.
    let mut r = r * series;
    for _ in 0..3 {
        r *= r + 2.0;
    }
    let value = r.mul_add(r + 2.0, 1.0);

    #[expect(clippy::cast_possible_truncation, reason = "between -1075 and 1024")]
    let biased = power as i64 + 1023;
    let power_of_two = |biased: i64| f64::from_bits(u64::try_from(biased).unwrap_or(0) << 52);
    match biased {
        2047.. => f64::INFINITY,
        1..2047 => value * power_of_two(biased),
        -52..1 => value * power_of_two(biased + 1022) * power_of_two(1),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_accurate_to_two_units_in_the_last_place() {
        for step in -7000..7090 {
            let x = f64::from(step) / 10.0;
            let (ours, libm) = (exp(x), x.exp());
            assert!((ours / libm - 1.0).abs() < 1e-15, "exp({x}) is {ours}, not {libm}");
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "to the last bit")]
    fn exp_of_extreme_values() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(f64::INFINITY), f64::INFINITY);
        assert_eq!(exp(f64::NEG_INFINITY), 0.0);
        assert!(exp(f64::NAN).is_nan());
        assert_eq!(exp(-1e300), 0.0);
        // The true value is 1.65e308. Go's assembly overflows one power of two too early.
        assert_eq!(exp(709.7), f64::INFINITY);
        assert_eq!(ln2_times_power_of_two(0), std::f64::consts::LN_2);
        assert_eq!(ln2_times_power_of_two(2000), f64::INFINITY);
        assert_eq!(ln2_times_power_of_two(-1074), 5e-324);
        assert_eq!(ln2_times_power_of_two(-2000), 0.0);
    }
}
