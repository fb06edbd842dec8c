//! Plays a row of the table in `rules.rs`, minute by minute, with its own clock.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use app_insights::{
    alerts::{Alert, Alerts, Rule, State, Timing},
    store::{Aggregate, Limits, Metric, Point, Series, Store},
};
use jiff::{SignedDuration, Timestamp};

/// 2026-11-22T12:00:00Z.
const NOON: i64 = 1_795_348_800;

/// A row of the table.
pub struct Row {
    name: &'static str,
    because: String,
    rule: &'static str,
    story: &'static str,
    line: Option<&'static str>,
}

/// A row that follows a sentence in Azure's documentation.
pub fn azure(
    name: &'static str,
    page: &str,
    sentence: &str,
    rule: &'static str,
    story: &'static str,
) -> Row {
    Row { name, because: format!("Azure: \"{sentence}\" ({page})"), rule, story, line: None }
}

/// A row without a sentence in Azure's documentation: our own decision, and the reason.
pub fn ours(name: &'static str, why: &str, rule: &'static str, story: &'static str) -> Row {
    Row { name, because: format!("our own decision: {why}"), rule, story, line: None }
}

/// A row that deviates from a sentence in Azure's documentation, and the reason.
pub fn differs(
    name: &'static str,
    page: &str,
    sentence: &str,
    why: &str,
    rule: &'static str,
    story: &'static str,
) -> Row {
    let because = format!("unlike Azure: \"{sentence}\" ({page}): {why}");
    Row { name, because, rule, story, line: None }
}

impl Row {
    /// The line in the terminal for the last change of an alert.
    pub fn line(self, line: &'static str) -> Self {
        Self { line: Some(line), ..self }
    }

    /// Plays the row.
    pub fn check(&self) -> Result<(), String> {
        let failed = |what: String| {
            let Self { name, because, rule, story, .. } = self;
            Err(format!("\n{name}\n  rule: {rule}\n  story: {story}\n  {because}\n  BUT {what}"))
        };
        let world = World::new(self.rule);
        let mut fired = 0;
        let mut last_line = None;
        for (minute, text) in (1..).zip(self.story.split('|')) {
            let (measured, expected) = text.split_once("->").expect("an arrow");
            let (state, line) = world.play(measured);
            let expected = expected.trim();
            // The value is compared only if the row has one.
            let compared =
                if expected.contains('=') { &*state } else { state.split('=').next().unwrap() };
            if compared != expected {
                return failed(format!(
                    "after minute {minute}, the state was {state}, not {expected}"
                ));
            }
            fired += usize::from(expected.starts_with("FIRED"));
            last_line = line.or(last_line);
        }
        let history = world.alerts.history();
        if history.len() != fired {
            return failed(format!("the history has {} alerts, not {fired}", history.len()));
        }
        let open = history.iter().filter(|alert| alert.state == State::Fired).count();
        let watched = world.alerts.watched();
        if open != usize::from(watched[0].alert.is_some()) {
            return failed("the history and the rule do not agree".into());
        }
        match self.line {
            Some(line) if last_line.as_deref() != Some(line) => {
                failed(format!("the line was {last_line:?}, not {line:?}"))
            }
            _ => Ok(()),
        }
    }
}

struct World {
    store: Store,
    alerts: Alerts,
    now: Arc<AtomicI64>,
}

impl World {
    fn new(rule: &str) -> Self {
        let now = Arc::new(AtomicI64::new(NOON));
        let clock = Arc::clone(&now);
        let timing = Timing::azure();
        let store = Store::new(timing.grain_seconds(), Limits::default(), move || {
            at(clock.load(Ordering::Relaxed))
        });
        let alerts = Alerts::new(timing);
        alerts.add(read_rule(rule)).unwrap();
        Self { store, alerts, now }
    }

    /// Plays a minute. Returns the rule's state after the minute, and the line in the terminal.
    fn play(&self, measured: &str) -> (String, Option<String>) {
        for item in measured.split([' ', ',']).filter(|item| !matches!(*item, "" | "-")) {
            if let Some(minutes) = item.strip_prefix("clock") {
                let minutes: i64 = minutes.trim_end_matches('m').parse().unwrap();
                self.now.fetch_add(minutes * 60, Ordering::Relaxed);
            } else {
                self.measure(item);
            }
        }
        self.now.fetch_add(60, Ordering::Relaxed);
        let before = self.alerts.watched().remove(0);
        let changed = self.alerts.evaluate(&self.store);
        let after = self.alerts.watched().remove(0);
        assert!(changed.len() < 2, "one rule has one alert");
        let state = match changed.first().map(|alert| alert.state) {
            Some(State::Fired) => "FIRED".into(),
            Some(State::Resolved) => "RESOLVED".into(),
            None if before.last == after.last => "not-due".into(),
            None if after.alert.is_none() => "ok".into(),
            None if after.quiet == 0 => "fired".into(),
            None => format!("quiet{}", after.quiet),
        };
        let value = after.last.and_then(|last| last.value);
        let value = value.map_or("none".into(), |value| value.to_string());
        (format!("{state}={value}"), changed.first().map(Alert::line))
    }

    /// Records a value in the middle of the minute.
    fn measure(&self, item: &str) {
        let (item, ago) = item.split_once('@').unwrap_or((item, "0"));
        let (who, value) = item.split_once(':').unwrap_or(("", item));
        let dimensions = [("who", who)].into_iter().filter(|_| !who.is_empty());
        let value: f64 = value.parse().unwrap();
        let minutes: i64 = ago.parse().unwrap();
        let recorded = self.store.record(&[Point {
            series: Series { metric: Metric::named("m"), dimensions: dimensions.collect() },
            cut: 0,
            time: at(self.now.load(Ordering::Relaxed) + 30 - minutes * 60),
            aggregate: Aggregate::new(value, 1, Some(value), Some(value)),
        }]);
        assert_eq!(recorded.dropped, 0);
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Reads a rule such as `average m > 70 ms over 5m every 1m where who includes nice or rude`.
fn read_rule(text: &str) -> Rule {
    let (text, filter) = text.split_once(" where ").unwrap_or((text, ""));
    let dimensions = filter.split_once(" includes ").map(|(key, values)| {
        let values = values.split(" or ").map(|value| value.trim_matches('\'').to_owned());
        (key.to_owned(), values.collect())
    });
    let words: Vec<&str> = text.split(' ').collect();
    let (unit, times) =
        if words[4] == "over" { ("", &words[5..]) } else { (words[4], &words[6..]) };
    let minutes =
        |text: &str| SignedDuration::from_mins(text.strip_suffix('m').unwrap().parse().unwrap());
    Rule {
        name: "r".into(),
        description: String::new(),
        aggregation: words[0].parse().unwrap(),
        metric: Metric::named(words[1]),
        operator: words[2].parse().unwrap(),
        threshold: words[3].parse().unwrap(),
        unit: unit.into(),
        window: minutes(times[0]),
        // After `every`.
        frequency: times.get(2).map_or(SignedDuration::from_mins(1), |text| minutes(text)),
        dimensions: BTreeMap::from_iter(dimensions),
        severity: 2,
    }
}
