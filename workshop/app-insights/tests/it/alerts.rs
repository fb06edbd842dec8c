//! Rules that cannot be had, limits, and what becomes of the history.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use app_insights::{
    alerts::{Alerts, MAX_HISTORY, MAX_RULES, State},
    limits::Limits,
    metric::{Aggregate, Dimensions, Metric, Point, Series},
    rule::{MAX_DESCRIPTION, MAX_RULE_NAME, MAX_UNIT, Rule, RuleError},
    store::Store,
    timing::Timing,
};
use jiff::{SignedDuration, Timestamp};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn slow() -> Rule {
    Rule::slow(&Timing::default())
}

#[test]
fn a_rule_that_is_wrong_is_refused_with_advice() {
    let alerts = Alerts::new(Timing::default());
    let long = |count| "ä".repeat(count);
    let wide = vec![("k".to_owned(), vec!["v".repeat(250); 20])];
    let wrong: [(Rule, &str); 21] = [
        (Rule { name: " ".into(), ..slow() }, "a name"),
        (Rule { name: "a:b".into(), ..slow() }, "choose another"),
        (Rule { name: "a\nb".into(), ..slow() }, "choose another"),
        (Rule { name: "a.".into(), ..slow() }, "choose another"),
        (Rule { name: long(MAX_RULE_NAME + 1), ..slow() }, "shorten"),
        (Rule { description: long(MAX_DESCRIPTION + 1), ..slow() }, "shorten"),
        (Rule { unit: long(MAX_UNIT + 1), ..slow() }, "shorten"),
        (Rule { metric: Metric::named(""), ..slow() }, "metric"),
        (Rule { metric: Metric::named(&long(1025)), ..slow() }, "shorten"),
        (Rule { threshold: f64::NAN, ..slow() }, "number"),
        (Rule { threshold: f64::INFINITY, ..slow() }, "number"),
        (Rule { severity: 5, ..slow() }, "severity"),
        (Rule { window: SignedDuration::from_secs(35), ..slow() }, "multiple"),
        (Rule { window: SignedDuration::ZERO, ..slow() }, "multiple"),
        (Rule { window: SignedDuration::MAX, ..slow() }, "multiple"),
        (Rule { frequency: SignedDuration::MIN, ..slow() }, "multiple"),
        (Rule { frequency: SignedDuration::from_secs(40), ..slow() }, "longer"),
        (Rule { window: SignedDuration::from_hours(25), ..slow() }, "24 h"),
        (Rule { dimensions: vec![("k".into(), vec![])], ..slow() }, "values"),
        (Rule { dimensions: vec![("k".into(), vec!["v".into()]); 2], ..slow() }, "in one place"),
        (Rule { dimensions: wide, ..slow() }, "4096 bytes"),
    ];
    for (rule, part) in wrong {
        let error = alerts.add(rule).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    assert!(alerts.watched().is_empty());
    // At the limits themselves there is nothing wrong.
    let name = long(MAX_RULE_NAME);
    alerts.add(Rule { name, unit: long(MAX_UNIT), ..slow() }).unwrap();
}

#[test]
fn there_is_one_rule_of_a_name_and_a_limit_to_all() {
    let alerts = Alerts::new(Timing::default());
    assert_eq!(alerts.next_evaluation(at(5)), None);
    alerts.add(slow()).unwrap();
    assert_eq!(alerts.add(slow()), Err(RuleError::Taken("slow".into())));
    for index in 1..MAX_RULES {
        alerts.add(Rule { name: index.to_string(), ..slow() }).unwrap();
    }
    let more = Rule { name: "more".into(), ..slow() };
    assert_eq!(alerts.add(more.clone()), Err(RuleError::TooMany(MAX_RULES)));
    assert!(alerts.remove("slow") && !alerts.remove("slow"));
    alerts.add(more).unwrap();
    assert_eq!(alerts.status().rules, MAX_RULES);
}

/// A store with one hot value a grain for as long as `hot` says so.
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
fn each_rule_is_evaluated_by_itself() {
    let (world, alerts) = (World::new(), Alerts::new(Timing::default()));
    alerts.add(slow()).unwrap();
    alerts.add(Rule { name: "same".into(), ..slow() }).unwrap();
    alerts.add(Rule { name: "higher".into(), threshold: 3000.0, ..slow() }).unwrap();
    let ids = |names: &[&str]| {
        let changed = alerts.evaluate(&world.store);
        assert_eq!(changed.iter().map(|alert| &*alert.rule).collect::<Vec<_>>(), names);
    };
    world.grain(Some(2000.0));
    ids(&["slow", "same"]);
    world.grain(Some(6000.0));
    ids(&["higher"]);
    ids(&[]);
    let history = alerts.history();
    assert_eq!(history.iter().map(|alert| alert.id).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(alerts.status().fired, 3);
}

#[test]
fn the_shortest_windows_are_evaluated_and_told_first() {
    let (world, alerts) = (World::new(), Alerts::new(Timing::default()));
    for (name, hours) in [("day", 24), ("hour", 1), ("moment", 0)] {
        let window = SignedDuration::from_hours(hours).max(slow().window);
        alerts.add(Rule { name: name.into(), window, ..slow() }).unwrap();
    }
    world.grain(Some(2000.0));
    let mut told = Vec::new();
    alerts.evaluate_each(&world.store, |alert| {
        // Whoever asks sees it already, and nothing of those to come.
        told.push(alert.rule);
        assert_eq!(alerts.status().fired, told.len());
    });
    assert_eq!(told, ["moment", "hour", "day"]);
}

#[test]
fn evaluations_are_at_multiples_of_the_frequency_on_the_clock() {
    let alerts = Alerts::new(Timing::default());
    alerts.add(slow()).unwrap();
    let minute = SignedDuration::from_mins(1);
    alerts.add(Rule { name: "b".into(), window: minute, frequency: minute, ..slow() }).unwrap();
    assert_eq!(alerts.next_evaluation(at(125)), Some(at(130)));
    assert_eq!(alerts.next_evaluation(at(130)), Some(at(140)));
    assert_eq!(alerts.next_evaluation(at(-5)), Some(at(0)));
    assert!(alerts.remove("slow"));
    assert_eq!(alerts.next_evaluation(at(125)), Some(at(180)));
    // Not even the end of time is too much.
    assert!(alerts.next_evaluation(Timestamp::MAX).is_some());
    assert!(alerts.next_evaluation(Timestamp::MIN).is_some());
    for end in [Timestamp::MIN, Timestamp::MAX] {
        let store = Store::new(10, Limits::default(), move || end);
        assert!(alerts.evaluate(&store).is_empty());
    }
}

#[test]
fn an_aggregation_that_nobody_told_is_no_data() {
    let (world, alerts) = (World::new(), Alerts::new(Timing::default()));
    let aggregation = "maximum".parse().unwrap();
    alerts.add(Rule { aggregation, ..slow() }).unwrap();
    world.grain(Some(2000.0));
    assert!(alerts.evaluate(&world.store).is_empty());
    assert_eq!(alerts.watched()[0].last.unwrap().value, None);
}

#[test]
fn the_alert_of_a_deleted_rule_stays_as_it_was() {
    let (world, alerts) = (World::new(), Alerts::new(Timing::default()));
    alerts.add(slow()).unwrap();
    world.grain(Some(2000.0));
    assert_eq!(alerts.evaluate(&world.store).len(), 1);
    assert!(alerts.remove("slow"));
    alerts.add(slow()).unwrap();
    world.grain(Some(2000.0));
    assert_eq!(alerts.evaluate(&world.store)[0].id, 2);
    let history = alerts.history();
    let told: Vec<_> = history.iter().map(|a| (a.id, a.state, a.rule_deleted)).collect();
    assert_eq!(told, [(2, State::Fired, false), (1, State::Fired, true)]);
}

#[test]
fn the_history_is_bounded_and_says_so() {
    let (world, alerts) = (World::new(), Alerts::new(Timing::default()));
    let grain = SignedDuration::from_secs(10);
    alerts.add(Rule { window: grain, ..slow() }).unwrap();
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
    let status = alerts.status();
    assert_eq!((status.history, status.forgotten), (MAX_HISTORY, 2));
    assert!(status.to_string().contains("the oldest 2 made way"), "{status}");
}

#[test]
fn a_condition_is_never_long_however_its_names_are_chosen() {
    // Each of these takes five characters once it is escaped.
    let values = vec!["\u{1}".repeat(20); 20];
    let dimensions = (0..10).map(|key| (key.to_string(), values.clone())).collect();
    let metric = Metric::named(&"\u{1}".repeat(1024));
    let rule = Rule { dimensions, metric, ..slow() };
    assert_eq!(rule.check(SignedDuration::from_secs(10)), Ok(()));
    assert!(rule.condition().len() < 32 << 10, "{}", rule.condition().len());
}
