//! Invalid rules, limits, and the history of alerts.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use app_insights::{
    alerts::{
        Alerts, MAX_DESCRIPTION, MAX_HISTORY, MAX_RULE_NAME, MAX_RULES, MAX_UNIT, Rule, State,
        Timing,
    },
    store::{Aggregate, Dimensions, Limits, Metric, Point, Series, Store},
};
use jiff::{SignedDuration, Timestamp};

use crate::support::too_slow;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn refuses_an_invalid_rule_with_advice() {
    let alerts = Alerts::new(Timing::default());
    let long = |count| "ä".repeat(count);
    let wide = [("k".to_owned(), vec!["v".repeat(250); 20])].into();
    let wrong: [(Rule, &str); 19] = [
        (Rule { name: " ".into(), ..too_slow() }, "a name"),
        (Rule { name: "a:b".into(), ..too_slow() }, "choose another"),
        (Rule { name: "a\nb".into(), ..too_slow() }, "choose another"),
        (Rule { name: "a.".into(), ..too_slow() }, "choose another"),
        (Rule { name: long(MAX_RULE_NAME + 1), ..too_slow() }, "shorten"),
        (Rule { description: long(MAX_DESCRIPTION + 1), ..too_slow() }, "shorten"),
        (Rule { unit: long(MAX_UNIT + 1), ..too_slow() }, "shorten"),
        (Rule { metric: Metric::named(""), ..too_slow() }, "metric"),
        (Rule { metric: Metric::named(&long(1025)), ..too_slow() }, "shorten"),
        (Rule { threshold: f64::NAN, ..too_slow() }, "number"),
        (Rule { threshold: f64::INFINITY, ..too_slow() }, "number"),
        (Rule { severity: 5, ..too_slow() }, "severity"),
        (Rule { window: SignedDuration::from_secs(35), ..too_slow() }, "multiple"),
        (Rule { window: SignedDuration::ZERO, ..too_slow() }, "multiple"),
        (Rule { window: SignedDuration::MAX, ..too_slow() }, "multiple"),
        (Rule { frequency: SignedDuration::MIN, ..too_slow() }, "multiple"),
        (Rule { frequency: SignedDuration::from_secs(40), ..too_slow() }, "longer"),
        (Rule { window: SignedDuration::from_hours(25), ..too_slow() }, "24 h"),
        (Rule { dimensions: wide, ..too_slow() }, "4096 bytes"),
    ];
    for (rule, part) in wrong {
        let error = alerts.add(rule).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    assert!(alerts.watched().is_empty());
    // Values at the limits are allowed.
    let name = long(MAX_RULE_NAME);
    alerts.add(Rule { name, unit: long(MAX_UNIT), ..too_slow() }).unwrap();
}

#[test]
fn rule_names_are_unique_and_rules_are_limited() {
    let alerts = Alerts::new(Timing::default());
    alerts.add(too_slow()).unwrap();
    let refused = |rule: Rule| alerts.add(rule).unwrap_err().to_string();
    assert!(refused(too_slow()).starts_with("There is already a rule too-slow"));
    for index in 1..MAX_RULES {
        alerts.add(Rule { name: index.to_string(), ..too_slow() }).unwrap();
    }
    let more = Rule { name: "more".into(), ..too_slow() };
    assert!(refused(more.clone()).starts_with("There are 50 rules, the maximum"));
    assert!(alerts.remove("too-slow") && !alerts.remove("too-slow"));
    alerts.add(more).unwrap();
    assert_eq!(alerts.watched().len(), MAX_RULES);
}

/// A store, and a clock that the test controls.
struct World {
    store: Store,
    now: Arc<AtomicI64>,
}

impl World {
    fn new() -> Self {
        let now = Arc::new(AtomicI64::new(1_795_348_800));
        let clock = Arc::clone(&now);
        let time = move || at(clock.load(Ordering::Relaxed));
        Self { store: Store::new(10, Limits::default(), time), now }
    }

    /// Records a value, and moves the clock to the next grain.
    fn grain(&self, value: Option<f64>) {
        if let Some(value) = value {
            self.store.record(&[Point {
                series: Series {
                    metric: Metric::named("request-latency"),
                    dimensions: Dimensions::default(),
                },
                cut: 0,
                time: self.store.now(),
                aggregate: Aggregate::new(value, 1, None, None),
            }]);
        }
        self.now.fetch_add(10, Ordering::Relaxed);
    }
}

#[test]
fn each_rule_has_its_own_alert() {
    let (world, alerts) = (World::new(), Alerts::new(Timing::default()));
    alerts.add(too_slow()).unwrap();
    alerts.add(Rule { name: "same".into(), ..too_slow() }).unwrap();
    alerts.add(Rule { name: "higher".into(), threshold: 3000.0, ..too_slow() }).unwrap();
    let ids = |names: &[&str]| {
        let changed = alerts.evaluate(&world.store);
        assert_eq!(changed.iter().map(|alert| &*alert.rule.name).collect::<Vec<_>>(), names);
    };
    world.grain(Some(2000.0));
    ids(&["too-slow", "same"]);
    world.grain(Some(6000.0));
    ids(&["higher"]);
    ids(&[]);
    let history = alerts.history();
    assert_eq!(history.iter().map(|alert| alert.id).collect::<Vec<_>>(), [3, 2, 1]);
    assert!(alerts.watched().iter().all(|watched| watched.alert.is_some()));
}

#[test]
fn evaluates_and_reports_the_shortest_windows_first() {
    let (world, alerts) = (World::new(), Alerts::new(Timing::default()));
    for (name, hours) in [("day", 24), ("hour", 1), ("moment", 0)] {
        let window = SignedDuration::from_hours(hours).max(too_slow().window);
        alerts.add(Rule { name: name.into(), window, ..too_slow() }).unwrap();
    }
    world.grain(Some(2000.0));
    let mut reported = Vec::new();
    alerts.evaluate_each(&world.store, |alert| {
        // The history already contains the alert, and no later alert.
        reported.push(alert.rule.name.clone());
        assert_eq!(alerts.history().len(), reported.len());
    });
    assert_eq!(reported, ["moment", "hour", "day"]);
}

#[test]
fn evaluates_at_multiples_of_the_frequency() {
    let alerts = Alerts::new(Timing::default());
    alerts.add(too_slow()).unwrap();
    let minute = SignedDuration::from_mins(1);
    alerts.add(Rule { name: "b".into(), window: minute, frequency: minute, ..too_slow() }).unwrap();
    let evaluate = |now: Timestamp| {
        alerts.evaluate(&Store::new(10, Limits::default(), move || now));
        let times = alerts.watched().into_iter().map(|watched| watched.last.unwrap().at);
        times.collect::<Vec<_>>()
    };
    assert_eq!(evaluate(at(125)), [at(120), at(120)]);
    assert_eq!(evaluate(at(130)), [at(130), at(120)]);
    assert_eq!(evaluate(Timestamp::new(139, 999_999_999).unwrap()), [at(130), at(120)]);
    assert_eq!(evaluate(at(185)), [at(180), at(180)]);
    assert_eq!(evaluate(at(-5)), [at(-10), at(-60)]);
    // The clock can show any time.
    evaluate(Timestamp::MIN);
    evaluate(Timestamp::MAX);
}

#[test]
fn an_unknown_maximum_is_no_data() {
    let (world, alerts) = (World::new(), Alerts::new(Timing::default()));
    let aggregation = "maximum".parse().unwrap();
    alerts.add(Rule { aggregation, ..too_slow() }).unwrap();
    world.grain(Some(2000.0));
    assert!(alerts.evaluate(&world.store).is_empty());
    assert_eq!(alerts.watched()[0].last.unwrap().value, None);
}

#[test]
fn deleting_a_rule_keeps_its_alert() {
    let (world, alerts) = (World::new(), Alerts::new(Timing::default()));
    alerts.add(too_slow()).unwrap();
    world.grain(Some(2000.0));
    assert_eq!(alerts.evaluate(&world.store).len(), 1);
    assert!(alerts.remove("too-slow"));
    alerts.add(too_slow()).unwrap();
    world.grain(Some(2000.0));
    assert_eq!(alerts.evaluate(&world.store)[0].id, 2);
    let history = alerts.history();
    let states: Vec<_> = history.iter().map(|a| (a.id, a.state, a.rule_deleted)).collect();
    assert_eq!(states, [(2, State::Fired, false), (1, State::Fired, true)]);
}

#[test]
fn the_history_is_bounded_and_counts_forgotten_alerts() {
    let (world, alerts) = (World::new(), Alerts::new(Timing::default()));
    let grain = SignedDuration::from_secs(10);
    alerts.add(Rule { window: grain, ..too_slow() }).unwrap();
    for _ in 0..MAX_HISTORY + 2 {
        for value in [Some(2000.0), None, None, None] {
            world.grain(value);
            alerts.evaluate(&world.store);
        }
    }
    let history = alerts.history();
    assert_eq!(history.len(), MAX_HISTORY);
    assert_eq!(history[0].id, MAX_HISTORY as u64 + 2);
    assert!(history.is_sorted_by(|newer, older| newer.id > older.id));
    assert_eq!(alerts.forgotten(), 2);
}

#[test]
fn the_length_of_a_condition_is_bounded() {
    // Each of these characters takes five characters when escaped.
    let values = vec!["\u{1}".repeat(20); 20];
    let dimensions = (0..10).map(|key| (key.to_string(), values.clone())).collect();
    let metric = Metric::named(&"\u{1}".repeat(1024));
    let rule = Rule { dimensions, metric, ..too_slow() };
    assert_eq!(rule.check(SignedDuration::from_secs(10)), Ok(()));
    assert!(rule.condition().len() < 32 << 10, "{}", rule.condition().len());
}
