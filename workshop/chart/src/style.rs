//! Colors and strokes. Every color is a CSS variable of the page, with a fallback.

use crate::MAX_LINES;

/// The fallback color and the dashes of each line.
///
/// The fallbacks have a contrast of at least 3 to 1 on white and on a dark page (`#161923`). See
/// <https://www.w3.org/TR/WCAG22/#non-text-contrast>.
const LINES: [(&str, &str); MAX_LINES] = [
    ("#1b6ec2", ""),
    ("#cf6a0a", "7 3"),
    ("#2e8b57", "2 3"),
    ("#b04fc4", "10 3 2 3"),
    ("#d6457f", "4 2"),
    ("#0f8a9d", "12 4"),
    ("#8a7500", "8 3 2 3 2 3"),
    ("#7a6ff0", "1 2"),
    ("#a0613a", "5 5"),
    ("#6b7785", "14 3 4 3"),
];

pub(crate) const TEXT: &str = "var(--fg, currentColor)";
const THRESHOLD: &str = "#d1242f";
const FIRED: &str = "#d1242f";
const RESOLVED: &str = "#2e8b57";

#[derive(Clone, Copy)]
pub(crate) enum Style {
    Axis,
    Grid,
    Threshold,
    Fired,
    Resolved,
    /// The cross of a failed span.
    Failed,
    /// A span that was not received.
    Unknown,
    /// The line with this index, below [`MAX_LINES`].
    Line(usize),
}

impl Style {
    pub(crate) fn class(self) -> String {
        match self {
            Self::Axis => "axis".to_string(),
            Self::Grid => "grid".to_string(),
            Self::Threshold => "threshold".to_string(),
            Self::Fired => "fired".to_string(),
            Self::Resolved => "resolved".to_string(),
            Self::Failed => "failed".to_string(),
            Self::Unknown => "unknown".to_string(),
            Self::Line(index) => format!("line line-{}", index + 1),
        }
    }

    pub(crate) fn color(self) -> String {
        match self {
            Self::Axis | Self::Grid | Self::Unknown => TEXT.to_string(),
            Self::Threshold => format!("var(--chart-threshold, {THRESHOLD})"),
            Self::Fired | Self::Failed => format!("var(--chart-fired, {FIRED})"),
            Self::Resolved => format!("var(--chart-resolved, {RESOLVED})"),
            Self::Line(index) => format!("var(--chart-line-{}, {})", index + 1, LINES[index].0),
        }
    }

    /// The attributes of a stroke.
    pub(crate) fn stroke(self) -> String {
        let (width, dash, more) = match self {
            Self::Axis => ("1", "", " stroke-opacity=\"0.6\""),
            Self::Grid => ("1", "", " stroke-opacity=\"0.15\""),
            Self::Threshold => ("1.5", "6 4", ""),
            Self::Fired => ("1.5", "", ""),
            Self::Resolved => ("1.5", "2 3", ""),
            Self::Failed => ("2.5", "", ""),
            Self::Unknown => ("2", "4 4", " stroke-opacity=\"0.6\""),
            Self::Line(index) => ("2", LINES[index].1, " stroke-linejoin=\"round\""),
        };
        let color = self.color();
        let dash =
            if dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dash}\"") };
        format!("stroke=\"{color}\" stroke-width=\"{width}\"{more}{dash}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(color: &str) -> f64 {
        let part = |at: usize| {
            let part = f64::from(u8::from_str_radix(&color[at..at + 2], 16).unwrap()) / 255.0;
            if part <= 0.03928 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn fallback_colors_have_contrast_on_light_and_dark_pages() {
        let all = LINES.iter().map(|(color, _)| *color).chain([THRESHOLD, FIRED, RESOLVED]);
        for color in all {
            for page in ["#ffffff", "#161923"] {
                assert!(contrast(color, page) >= 3.0, "{color} on {page}");
            }
        }
    }

    #[test]
    fn colors_and_dashes_of_lines_differ() {
        for (index, (color, dash)) in LINES.iter().enumerate() {
            for (other_color, other_dash) in &LINES[..index] {
                assert!(color != other_color && dash != other_dash, "{color} {dash}");
            }
        }
    }
}
