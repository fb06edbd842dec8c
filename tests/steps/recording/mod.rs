//! Half an hour of visitors on a clock that a test moves: ten minutes of step 04, ten of step 05,
//! which is slow on purpose, and ten of step 04 again. The book's charts show this recording.

mod visitors;
mod watch;

use std::fmt::Write as _;

use app_insights::{
    alerts::State,
    format,
    store::{Aggregation, Metric},
};
use chart::{Chart, Line, Mark, MarkKind, Point, Size, Threshold};
use jiff::tz::TimeZone;
use tests::{assert_figure, assert_snapshot};

use self::{
    visitors::{Latency, RECORDING},
    watch::{Watched, watch},
};

/// The recorded minutes, as a table for a page.
#[test]
fn recording_is_reproducible() {
    let mut table = String::from("minute  requests  average      P95      min      max\n");
    for minute in &*RECORDING {
        let latency = &minute.latency;
        assert_eq!(latency.count, minute.requests, "both instruments count the same requests");
        writeln!(
            table,
            "{:6}  {:8}  {:7.0}  {:7.0}  {:7.0}  {:7.0}",
            minute.number,
            minute.requests,
            latency.average(),
            latency.percentile(0.95),
            latency.min,
            latency.max,
        )
        .expect("a string");
    }
    assert_snapshot(5, "recording", table.trim_end());
}

/// The times when the rule fires and is resolved, with Azure's timing.
#[test]
fn the_alert_fires_and_is_resolved() {
    let mut table = String::from("evaluated at  average of 5 minutes\n");
    for evaluation in watch().evaluations {
        let became = match evaluation.changed {
            None => "",
            Some(State::Fired) => "  fired",
            Some(State::Resolved) => "  resolved",
        };
        let (at, value) = (evaluation.at.strftime("%H:%M"), evaluation.value);
        writeln!(table, "{at}      {value:15.0} ms{became}").expect("a string");
    }
    assert_snapshot(5, "evaluations", table.trim_end());
}

#[test]
fn charts_of_the_book() {
    let watched = watch();
    let figure = |name, chart: &Chart| {
        assert_figure(name, &(chart.to_svg(Size { width: 860, height: 320 }) + "\n"));
    };
    let requests = watched.chart("request-count", Aggregation::Sum, "");
    figure("chart-count", &requests);
    let average = watched.chart("request-latency", Aggregation::Average, &watched.rule.unit);
    figure("chart-latency", &average);

    // The points that a rule evaluates, as its preview shows them.
    let over = format!("over {}", format::duration(watched.rule.window));
    let grain = watched.store.grain();
    let points =
        watched.evaluations.iter().map(|it| Point { start: it.at - grain, value: it.value });
    let seen = Line { name: over.clone(), points: points.collect() };
    let (value, unit) = (watched.rule.threshold, &watched.rule.unit);
    let label = format!("{}: {}", watched.rule.name, format::with_seconds(value, unit));
    let with_rule = Chart {
        title: format!("{} {over}", average.title),
        lines: vec![seen.clone()],
        threshold: Some(Threshold { value, label }),
        ..average.clone()
    };
    figure("chart-rule", &with_rule);

    let alert = &watched.alert;
    let mark = |at, label: &str, kind| Mark { at, label: label.to_string(), kind };
    let resolved = alert.resolved_at.expect("it was resolved");
    let marks = vec![
        mark(alert.fired_at, "fired", MarkKind::Fired),
        mark(resolved, "resolved", MarkKind::Resolved),
    ];
    let each = Line { name: "each minute".into(), ..average.lines[0].clone() };
    let lines = vec![each, seen];
    figure("chart-alert", &Chart { title: average.title.clone(), marks, lines, ..with_rule });

    let percentile = |latency: &Latency| latency.percentile(0.95);
    let points = average.lines[0].points.iter().zip(&*RECORDING);
    let points = points.map(|(at, minute)| Point { value: percentile(&minute.latency), ..*at });
    let slow = Line { name: "95th percentile".into(), points: points.collect() };
    let lines = vec![average.lines[0].clone(), slow];
    figure("chart-percentile", &Chart { title: "request-latency".into(), lines, ..average });
}

impl Watched {
    /// A metric over the whole recording, as the stand-in's page draws it.
    fn chart(&self, metric: &str, aggregation: Aggregation, unit: &str) -> Chart {
        let range = self.range.clone();
        let grains = self.store.query(&Metric::named(metric), range, |_| true);
        let points = grains.iter().filter_map(|grain| {
            Some(Point { start: grain.start, value: aggregation.of(&grain.aggregate)? })
        });
        Chart {
            title: format!("{aggregation:?} of {metric}"),
            unit: unit.to_string(),
            range: self.range.clone(),
            grain: self.store.grain(),
            lines: vec![Line { name: aggregation.to_string(), points: points.collect() }],
            threshold: None,
            marks: Vec::new(),
            zone: TimeZone::UTC,
        }
    }
}
