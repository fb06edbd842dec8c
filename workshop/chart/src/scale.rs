//! From values to pixels.

/// A linear scale with its ticks.
pub(crate) struct Scale {
    pub low: f64,
    pub high: f64,
    pub ticks: Vec<(f64, String)>,
}

impl Scale {
    /// Where a value lies between two pixels. A value beyond the scale is moved to its edge.
    pub(crate) fn position(&self, value: f64, (from, to): (i32, i32)) -> i32 {
        let range = self.high - self.low;
        let part = if range > 0.0 { ((value - self.low) / range).clamp(0.0, 1.0) } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, reason = "between two pixels")]
        let offset = (f64::from(to - from) * part).round() as i32;
        from + offset
    }
}
