//! An invisible column for each time grain. On hover, its title shows the values without a script.

use std::collections::BTreeMap;

use crate::content::{Content, Sample};
use crate::number::{value, with_unit};
use crate::plot::Plot;
use crate::svg::{Svg, px};
use crate::text::escape;

/// The maximum size of all columns together.
const MAX_BYTES: usize = 110_000;

/// The samples of each line in a column.
type Column<'a> = Vec<&'a [Sample]>;

pub(crate) fn draw(svg: &mut Svg, content: &Content, plot: &Plot) {
    let time = &content.time;
    let names: usize = content.lines.iter().map(|line| escape(&line.name).len()).sum();
    let bytes = 140 + names + content.lines.len() * (50 + escape(&content.unit).len());
    let most = usize::try_from(plot.width() / 20).unwrap_or(1).clamp(1, (MAX_BYTES / bytes).max(1));
    let grains = (time.length_nanos() / time.grain).max(1);
    let width = time.grain * ((grains + most as i128 - 1) / most as i128).max(1);
    let place =
        |sample: &Sample| (sample.start.as_nanosecond() - time.start_nanos()).div_euclid(width);
    let mut columns: BTreeMap<i128, Column> = BTreeMap::new();
    for (index, line) in content.lines.iter().enumerate() {
        for samples in line.samples.chunk_by(|a, b| place(a) == place(b)) {
            let empty = || vec![&[][..]; content.lines.len()];
            columns.entry(place(&samples[0])).or_insert_with(empty)[index] = samples;
        }
    }
    svg.raw("<g fill=\"none\" pointer-events=\"all\">\n");
    for column in columns.values() {
        draw_column(svg, content, plot, column);
    }
    svg.raw("</g>\n");
}

fn draw_column(svg: &mut Svg, content: &Content, plot: &Plot, column: &[&[Sample]]) {
    let starts = || column.iter().copied().flatten().map(|sample| sample.start);
    let (Some(first), Some(last)) = (starts().min(), starts().max()) else { return };
    let left = plot.x(first);
    let right = plot.x_of_nanos(content.time.end_of_grain(last));
    let shown = content.lines.iter().zip(column).filter_map(|(line, samples)| {
        let values = with_unit(&smallest_and_largest(samples, " to ")?, &content.unit);
        Some(if line.name.is_empty() { values } else { format!("{} {values}", line.name) })
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    let data = column
        .iter()
        .map(|samples| smallest_and_largest(samples, "..").unwrap_or_else(|| "-".to_string()));
    svg.raw(&format!(
        "<rect class=\"grain\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" data-time=\"{first}\" data-values=\"{}\"><title>{}</title></rect>\n",
        px(left),
        px(plot.top),
        px((right - left).max(5)),
        px(plot.bottom - plot.top),
        data.collect::<Vec<_>>().join(" "),
        escape(&format!("{}: {shown}", content.time.clock(first))),
    ));
}

/// The smallest and the largest value, or a single value if both have the same text.
fn smallest_and_largest(samples: &[Sample], between: &str) -> Option<String> {
    let values = || samples.iter().map(|sample| sample.value);
    let (smallest, largest) =
        (value(values().reduce(f64::min)?), value(values().reduce(f64::max)?));
    Some(if smallest == largest { largest } else { format!("{smallest}{between}{largest}") })
}
