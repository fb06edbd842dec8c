//! Reads the text of `opentelemetry-stdout`.

use crate::{
    model::{Attribute, Attributes, Export, Histogram, Metric, Telemetry, Temporality, Value},
    registry::Instrument,
};

/// Reads all exports in `text`. Skips other lines that the program prints.
pub fn read(text: &str) -> Telemetry {
    let mut reader = Reader::default();
    for line in text.lines() {
        reader.line(line);
    }
    reader.end_export();
    reader.telemetry
}

/// The parts of the text that are not complete yet.
#[derive(Default)]
struct Reader {
    telemetry: Telemetry,
    export: Option<Export>,
    metric: Option<Metric>,
    point: Option<Point>,
}

#[derive(Default)]
struct Point {
    attributes: Attributes,
    number: Option<f64>,
    histogram: Histogram,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let trimmed = line.trim();
        match line {
            "Metrics" => {
                self.end_export();
                self.export = Some(Export::default());
            }
            _ if self.export.is_none() => {}
            _ if line.starts_with("Metric #") => {
                self.end_metric();
                self.metric = Some(Metric::new(String::new()));
            }
            _ if trimmed.starts_with("Instrumentation Scope #") => self.end_metric(),
            _ if trimmed.starts_with("DataPoint #") => {
                self.end_point();
                self.point = Some(Point::default());
            }
            _ if trimmed.starts_with("->") => self.attribute(trimmed[2..].trim_start()),
            _ => self.field(trimmed),
        }
    }

    /// `key: value` of a series, or `key=String(Owned("value"))` of the resource.
    fn attribute(&mut self, text: &str) {
        if let Some(point) = &mut self.point {
            // The exponential histogram has spaces before the colon. An empty value has no space
            // after it, because the line was trimmed.
            if let Some((key, value)) = text.split_once(':') {
                let value = Attribute { text: value.trim().to_string(), kind: None };
                point.attributes.insert(key.trim_end().to_string(), value);
            }
        } else if let (Some(export), None) = (&mut self.export, &self.metric)
            && let Some((key, value)) = text.split_once('=')
        {
            let value = value.split('"').nth(1).unwrap_or(value);
            export.resource.insert(key.to_string(), value.to_string());
        }
    }

    fn field(&mut self, line: &str) {
        let Some(metric) = &mut self.metric else { return };
        if let Some(point) = &mut self.point {
            if let Some((range, _)) = line.rsplit_once(" : ")
                && let Some((_, upper)) = range.split_once(" to ")
            {
                point.histogram.bounds.extend(upper.parse::<f64>().ok().filter(|b| b.is_finite()));
                return;
            }
            let Some((field, value)) = line.split_once(':') else { return };
            let number = value.trim().parse().ok();
            match field.trim_end() {
                "Value" => point.number = number,
                "Count" => point.histogram.count = value.trim().parse().unwrap_or_default(),
                "Sum" => point.histogram.sum = number.unwrap_or_default(),
                "Min" => point.histogram.min = number,
                "Max" => point.histogram.max = number,
                _ => {}
            }
            return;
        }
        let Some((field, value)) = line.split_once(':') else { return };
        match (field.trim_end(), value.trim()) {
            ("Name", name) => metric.name = name.to_string(),
            ("Unit", unit) => metric.unit = Some(unit.to_string()),
            ("Type", "Sum") => metric.instrument = Some(Instrument::Counter),
            ("Type", "Gauge") => metric.instrument = Some(Instrument::Gauge),
            ("Type", _) => metric.instrument = Some(Instrument::Histogram),
            ("Monotonic", "false") => metric.instrument = Some(Instrument::UpDownCounter),
            ("Temporality", "Delta") => metric.temporality = Temporality::Delta,
            _ => {}
        }
    }

    fn end_point(&mut self) {
        if let (Some(metric), Some(point)) = (&mut self.metric, self.point.take()) {
            let value = match point.number {
                Some(number) => Value::Number(number),
                None => Value::Histogram(point.histogram),
            };
            metric.record(point.attributes, value);
        }
    }

    fn end_metric(&mut self) {
        self.end_point();
        if let (Some(export), Some(metric)) = (&mut self.export, self.metric.take()) {
            export.metrics.push(metric);
        }
    }

    fn end_export(&mut self) {
        self.end_metric();
        if let Some(export) = self.export.take() {
            self.telemetry.add(export);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("../tests/it/console.txt");

    #[test]
    fn reads_a_histogram_with_its_attributes() {
        let telemetry = read(TEXT);
        assert_eq!(telemetry.exports, 1);
        assert_eq!(telemetry.resource["service.name"], "naughty-or-nice");
        let metric = &telemetry.metrics["http.server.request.duration"];
        assert_eq!(metric.unit.as_deref(), Some("s"));
        assert_eq!(metric.instrument, Some(Instrument::Histogram));
        let (attributes, value) = metric.series.first_key_value().unwrap();
        assert_eq!(attributes["http.route"].text, "/{name}/");
        assert_eq!(attributes["url.scheme"].text, "");
        let Value::Histogram(histogram) = value else { panic!("{value:?}") };
        assert_eq!((histogram.count, histogram.min), (2, Some(5.2021e-5)));
        assert_eq!(histogram.bounds, [0.005, 0.01]);
    }

    #[test]
    fn tells_the_two_sums_apart() {
        let telemetry = read(TEXT);
        let active = &telemetry.metrics["http.server.active_requests"];
        assert_eq!(active.instrument, Some(Instrument::UpDownCounter));
        assert_eq!(active.unit.as_deref(), Some("{request}"));
    }

    #[test]
    fn takes_the_last_total_among_other_lines() {
        let later = TEXT.replace("Count        : 2", "Count        : 7");
        let telemetry = read(&format!("hello\n{TEXT}Metric: of my own\n{later}-> bye"));
        assert_eq!(telemetry.exports, 2);
        let metric = &telemetry.metrics["http.server.request.duration"];
        assert!((metric.events() - 7.0).abs() < 1e-9);
    }

    #[test]
    fn garbage_has_no_metrics() {
        for text in ["", "Metric #0\n\t\tName : x", "Metrics\nMetric #\n: : :\n->\n->:\n\u{0}"] {
            assert!(read(text).metrics.values().all(|metric| metric.series.is_empty()), "{text}");
        }
    }
}
