//! An invisible column for each time grain, so that hovering shows its values without any script.

use std::collections::BTreeMap;

use crate::draw::Plot;
use crate::number::{value, with_unit};
use crate::samples::{Nanos, Sample, timestamp};
use crate::svg::{Svg, px};
use crate::text::{clean, escape};
use crate::time::clock;
use crate::{Chart, Line};

/// The columns may take so many bytes.
const BYTES: usize = 110_000;

/// The grains of one column, and the smallest and the largest value of each line in them.
struct Column {
    first: Nanos,
    last: Nanos,
    extremes: Vec<Option<(f64, f64)>>,
}

pub(crate) fn columns(svg: &mut Svg, chart: &Chart, lines: &[(&Line, Vec<Sample>)], plot: &Plot) {
    let names: Vec<_> = lines.iter().map(|(line, _)| clean(line.name.trim(), 40)).collect();
    let unit = clean(chart.unit.trim(), 20);
    let names_bytes: usize = names.iter().map(|name| escape(name).len()).sum();
    let each = 140 + names_bytes + lines.len() * (50 + escape(&unit).len());
    let most = usize::try_from(plot.width() / 20).unwrap_or(1).clamp(1, (BYTES / each).max(1));
    let (view, grain) = (plot.view, plot.view.grain);
    let grains = ((view.end - view.start) / grain).max(1);
    let width = grain * ((grains + most as Nanos - 1) / most as Nanos).max(1);
    let mut columns: BTreeMap<Nanos, Column> = BTreeMap::new();
    for (index, (_, samples)) in lines.iter().enumerate() {
        for Sample { start, value } in samples {
            let column =
                columns.entry((start - view.start).div_euclid(width)).or_insert_with(|| Column {
                    first: *start,
                    last: *start,
                    extremes: vec![None; lines.len()],
                });
            column.first = column.first.min(*start);
            column.last = column.last.max(*start);
            let (least, most) = column.extremes[index].unwrap_or((*value, *value));
            column.extremes[index] = Some((least.min(*value), most.max(*value)));
        }
    }
    svg.raw("<g fill=\"none\" pointer-events=\"all\">\n");
    for column in columns.values() {
        let (start, end) = (timestamp(view.start), timestamp(view.end));
        let at = clock(timestamp(column.first), start, end, &chart.zone);
        let shown = column.extremes.iter().zip(&names).filter_map(|(extremes, name)| {
            let text = with_unit(&text(extremes.as_ref()?, " to "), &unit);
            Some(if name.is_empty() { text } else { format!("{name} {text}") })
        });
        let shown = shown.collect::<Vec<_>>().join(", ");
        let data = column.extremes.iter().map(|extremes| match extremes {
            Some(extremes) => text(extremes, ".."),
            None => "-".to_string(),
        });
        let (left, right) = (plot.x(column.first), plot.x(column.last.saturating_add(grain)));
        svg.raw(&format!(
            "<rect class=\"grain\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" data-time=\"{}\" data-values=\"{}\"><title>{}</title></rect>\n",
            px(left),
            px(plot.top),
            px((right - left).max(5)),
            px(plot.bottom - plot.top),
            timestamp(column.first),
            data.collect::<Vec<_>>().join(" "),
            escape(&format!("{at}: {shown}")),
        ));
    }
    svg.raw("</g>\n");
}

fn text((least, most): &(f64, f64), between: &str) -> String {
    let (least, most) = (value(*least), value(*most));
    if least == most { most } else { format!("{least}{between}{most}") }
}
