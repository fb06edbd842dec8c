//! Plays a row of the table of `rules.rs`, minute by minute, on a clock of its own.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use app_insights::{
    alerts::{Alerts, State},
    limits::Limits,
    metric::{Aggregate, Metric, Point, Series},
    rule::Rule,
    store::Store,
    timing::Timing,
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

/// A row that rests on a sentence of Azure's documentation.
pub fn azure(
    name: &'static str,
    page: &str,
    sentence: &str,
    rule: &'static str,
    story: &'static str,
) -> Row {
    Row { name, because: format!("Azure: \"{sentence}\" ({page})"), rule, story, line: None }
}

/// A row about which Azure's documentation is silent: our own decision, and why.
pub fn ours(name: &'static str, why: &str, rule: &'static str, story: &'static str) -> Row {
    Row { name, because: format!("our own decision: {why}"), rule, story, line: None }
}

/// A row in which we differ from a sentence of Azure's documentation, and why.
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
    /// What the terminal says of the alert that is the last to fire or to be resolved.
    pub fn line(self, line: &'static str) -> Self {
        Self { line: Some(line), ..self }
    }

    /// Plays it.
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
            let (standing, line) = world.play(measured);
            let expected = expected.trim();
            // The value is only compared when the row has one.
            let compared = if expected.contains('=') {
                &*standing
            } else {
                standing.split('=').next().unwrap()
            };
            if compared != expected {
                return failed(format!("after minute {minute} it was {standing}, not {expected}"));
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
                failed(format!("it said {last_line:?}, not {line:?}"))
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
        alerts.add(rule_of(rule, &timing)).unwrap();
        Self { store, alerts, now }
    }

    /// Plays a minute; returns how the rule stands after it, and what the terminal says.
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
        let standing = match changed.first().map(|alert| alert.state) {
            Some(State::Fired) => "FIRED".into(),
            Some(State::Resolved) => "RESOLVED".into(),
            None if before.last == after.last => "not-due".into(),
            None if after.alert.is_none() => "ok".into(),
            None if after.quiet == 0 => "fired".into(),
            None => format!("quiet{}", after.quiet),
        };
        let value = after.last.and_then(|last| last.value);
        let value = value.map_or("none".into(), |value| value.to_string());
        (format!("{standing}={value}"), changed.first().map(app_insights::alerts::Alert::line))
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

/// The rule of a row: `avg m > 70 ms over 1m every 1m where who includes nice or 'very naughty'`.
fn rule_of(row: &str, timing: &Timing) -> Rule {
    let (condition, filter) = row.split_once(" where ").unwrap_or((row, ""));
    let mut words = condition.split(' ').peekable();
    let mut rule = Rule { name: "r".into(), unit: String::new(), ..Rule::slow(timing) };
    rule.aggregation = words.next().unwrap().parse().unwrap();
    rule.metric = Metric::named(words.next().unwrap());
    rule.operator = words.next().unwrap().parse().unwrap();
    rule.threshold = words.next().unwrap().parse().unwrap();
    if let Some(unit) = words.next_if(|word| *word != "over") {
        rule.unit = unit.into();
    }
    while let Some(word) = words.next() {
        let minutes = words.next().unwrap().trim_end_matches('m').parse().unwrap();
        let duration = SignedDuration::from_mins(minutes);
        match word {
            "over" => rule.window = duration,
            "every" => rule.frequency = duration,
            _ => panic!("{word} in {row}"),
        }
    }
    if let Some((key, values)) = filter.split_once(" includes ") {
        let values = values.split(" or ").map(|value| value.trim_matches('\'').into());
        rule.dimensions = vec![(key.into(), values.collect())];
    }
    rule
}
