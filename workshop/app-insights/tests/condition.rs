//! Rules as they are written on the command line.

use app_insights::{
    aggregation::Aggregation,
    condition::{MAX_LINE, duration, parse},
    rule::{Operator, Rule},
    timing::Timing,
};
use jiff::SignedDuration;

fn read(line: &str) -> Rule {
    parse(line, &Timing::default()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn everything_that_a_line_may_have_is_read() {
    let rule = read(
        "very busy: total shop.orders>=1.5e3 orders where region includes 'New York' or Rome and \
         kind includes \"over\" over 1 min every 20s severity 0 namespace shop",
    );
    assert_eq!(rule.name, "very busy");
    assert_eq!((&*rule.metric.name, &*rule.metric.namespace), ("shop.orders", "shop"));
    assert_eq!((rule.aggregation, rule.operator), (Aggregation::Sum, Operator::GreaterThanOrEqual));
    assert_eq!((rule.threshold.to_string(), rule.unit.as_str()), ("1500".into(), "orders"));
    let dimension = |key: &str, values: &[&str]| {
        (key.to_owned(), values.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(
        rule.dimensions,
        [dimension("region", &["New York", "Rome"]), dimension("kind", &["over"])]
    );
    assert_eq!(rule.window, SignedDuration::from_mins(1));
    assert_eq!(rule.frequency, SignedDuration::from_secs(20));
    assert_eq!(rule.severity, 0);
    assert_eq!(
        rule.condition(),
        "sum shop/shop.orders >= 1500 orders over 1 min where region includes \"New York\" or \
         Rome and kind includes over"
    );
}

#[test]
fn what_a_line_does_not_say_is_as_usual() {
    let usual = Rule { description: String::new(), ..Rule::slow(&Timing::default()) };
    for line in [
        "slow: avg request-latency > 1000 ms",
        "slow:average request-latency>1000ms",
        "  slow : avg 'request-latency' > 1000 'ms' over 30s every 10 s severity 2",
        "slow: avg request-latency > 1e3ms over PT30S namespace azure.applicationinsights",
    ] {
        assert_eq!(read(line), usual, "{line}");
    }
    assert_eq!(usual.condition(), "average request-latency > 1000 ms (1 s) over 30 s");
    // A window shorter than the usual frequency is evaluated as often as it is long.
    let azure = parse("x: avg m > 1 over 1m", &Timing::azure()).unwrap();
    assert_eq!(azure.frequency, SignedDuration::from_mins(1));
    let one = parse("x: avg m > 1 over 2s every 1s", &Timing::of_grain(1)).unwrap();
    assert_eq!((one.window.as_secs(), one.frequency.as_secs()), (2, 1));
}

#[test]
fn a_line_that_is_not_understood_is_pointed_at() {
    for (line, at, part) in [
        ("avg request-latency > 1000", "avg request-latency > 1000", "a name and a colon"),
        (": avg m > 1", "", "a name"),
        ("a/b: avg m > 1", "a/b", "choose another"),
        ("a: mean m > 1", "mean", "avg, min, max, total or count"),
        ("a: avg", "", "Name the metric"),
        ("a: avg > 1", ">", "Name the metric"),
        ("a: avg m", "", ">, >=, < or <="),
        ("a: avg m >> 1", ">>", ">, >=, < or <="),
        ("a: avg m == 1", "==", ">, >=, < or <="),
        ("a: avg m >", "", "a number"),
        ("a: avg m > much", "much", "a number"),
        ("a: avg m > NaN", "NaN", "a number"),
        ("a: avg m > inf", "inf", "a number"),
        ("a: avg m > 1,000", "1,000", "without separators"),
        ("a: avg m > 1_000 ms", "1_000", "without separators"),
        ("a: avg m > 1.000.000", "1.000.000", "without separators"),
        ("a: avg m > 1'000", "1'000", "without separators"),
        ("a: avg m > 1 000 ms", "1 000", "without separators"),
        ("a: avg m > 0x10", "0x10", "without separators"),
        ("a: avg m > 5-3", "5-3", "without separators"),
        ("a: avg m > 1e999", "a: avg m > 1e999", "not infinite"),
        ("a: avg m > 1 ms s", "s", "not understood"),
        ("a: avg m > 1 where k", "", "includes"),
        ("a: avg m > 1 where k is v", "is", "includes"),
        ("a: avg m > 1 where k includes over 30s", "over", "in quotes"),
        ("a: avg m > 1 where 'k includes v", "'k includes v", "Close the quotes"),
        ("a: avg m > 1 over soon", "soon", "30s, 5m or PT5M"),
        ("a: avg m > 1 over 1.5s", "1.5s", "whole seconds"),
        ("a: avg m > 1 over 30s over 30s", "over", "only once"),
        ("a: avg m > 1 over 35s", "a: avg m > 1 over 35s", "multiple of the time grain, 10 s"),
        ("a: avg m > 1 over 10s every 20s", "a: avg m > 1 over 10s every 20s", "make the window"),
        ("a: avg m > 1 over 48h", "a: avg m > 1 over 48h", "at most 24 h"),
        ("a: avg m > 1 severity 5", "a: avg m > 1 severity 5", "from 0 (critical) to 4"),
        ("a: avg m > 1 severity high", "high", "from 0 (critical) to 4"),
    ] {
        let error = parse(line, &Timing::default()).unwrap_err();
        let (from, to) = error.at;
        let pointed: String = line.chars().skip(from).take(to - from).collect();
        assert_eq!(pointed, at, "{error}");
        assert!(error.message.contains(part), "{error}");
    }
    let error = parse("ä: avg m >> 5", &Timing::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Write >, >=, < or <= after the metric\n  ä: avg m >> 5\n           ^^"
    );
    // What would turn or hide the rest of the line is shown by its number.
    let error = parse("a: avg \u{202e}\tm\u{3164} >> 5", &Timing::default()).unwrap_err();
    let shown = r"a: avg \u{202e}\u{9}m\u{3164} >> 5";
    let carets = format!("{}{}", " ".repeat(20), "^".repeat(9));
    assert_eq!(error.to_string(), format!("{}\n  {shown}\n  {carets}", error.message));
}

#[test]
fn whatever_is_written_it_never_panics_and_a_rule_is_always_sound() {
    let mut random = fastrand::Rng::with_seed(22);
    let parts = [
        "a",
        ":",
        " ",
        "avg",
        "count",
        "m",
        ">",
        "<=",
        "=",
        "!",
        "1000",
        "ms",
        "-5",
        "1e9",
        "NaN",
        "where",
        "k",
        "includes",
        "v",
        "or",
        "and",
        "over",
        "30s",
        "every",
        "10s",
        "severity",
        "2",
        "namespace",
        "'",
        "\"",
        "ä",
        "\u{202e}",
        "\u{1b}",
        "\0",
        "PT5M",
        "-PT5M",
        "9999999999999h",
        "\n",
        "𝄞",
        ".",
        "+",
        "e",
    ];
    let mut sound = 0;
    for round in 0..200_000 {
        let count = random.usize(0..25);
        let mut line = String::new();
        // Half of the lines begin well, or hardly any would get far.
        if round % 2 == 0 {
            line += "a: avg m > 1 ";
        }
        for _ in 0..count {
            line += random.choice(parts).unwrap();
            if random.bool() {
                line.push(' ');
            }
        }
        match parse(&line, &Timing::default()) {
            Ok(rule) => {
                sound += 1;
                assert_eq!(rule.check(Timing::default().grain), Ok(()));
                let shown = rule.condition();
                assert!(!shown.chars().any(char::is_control), "{shown:?}");
            }
            Err(error) => {
                assert!(error.at.0 <= error.at.1, "{error:?}");
                assert_eq!(error.to_string().lines().count(), 3, "{error:?}");
            }
        }
    }
    assert!(sound > 1000, "{sound}");
    // Bytes at random, as far as they are text.
    for _ in 0..50_000 {
        let bytes: Vec<u8> = (0..random.usize(0..60)).map(|_| random.u8(..)).collect();
        let _ = parse(&String::from_utf8_lossy(&bytes), &Timing::default());
        let _ = duration(&String::from_utf8_lossy(&bytes));
    }
    let long = format!("a: avg m > {}", "1".repeat(MAX_LINE));
    assert!(parse(&long, &Timing::default()).unwrap_err().message.contains("shorten it"));
}
