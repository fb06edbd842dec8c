//! The Alerts screens, over HTTP.

use app_insights::{alerts::Rule, store::Metric};

use crate::support::{
    FORM, send,
    site::{Screen, Site, encode},
    too_slow,
};

const SLOW: [(&str, &str); 10] = [
    ("name", "very slow"),
    ("description", "Too slow"),
    ("metric", "request-latency"),
    ("aggregation", "average"),
    ("operator", ">"),
    ("threshold", "1000"),
    ("unit", "ms"),
    ("window", "30"),
    ("frequency", "10"),
    ("severity", "1"),
];

fn with(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let kept = SLOW.into_iter().filter(|(name, _)| !changes.iter().any(|(n, _)| n == name));
    kept.chain(changes.iter().copied()).collect()
}

#[test]
fn a_rule_is_made_shown_and_deleted() {
    let site = Site::start();
    let empty = site.screen("/alerts");
    let advice = empty.texts("#live").join(" ");
    assert!(advice.contains("no alert rule yet") && advice.contains("New alert rule"), "{advice}");
    assert_eq!(empty.attributes("#live a", "href"), ["/"]);
    let saved = site.post("/alerts/new", &with(&[("key", "value"), ("value", "nice")]));
    assert_eq!(saved.status, 303, "{saved:?}");
    assert_eq!(saved.header("location"), Some("/alerts"));
    let rule = site.alerts.watched().remove(0).rule;
    let expected = Rule {
        name: "very slow".into(),
        description: "Too slow".into(),
        dimensions: [("value".into(), vec!["nice".into()])].into(),
        severity: 1,
        ..too_slow()
    };
    assert_eq!(*rule, expected);

    let screen = site.screen("/alerts");
    let text = screen.texts(".cards li").join(" ");
    for part in ["very slow", "Too slow", &*rule.condition(), "every 10 s", "1 (error)"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let link = screen.attributes(".cards h3 a", "href").remove(0);
    assert_eq!(site.screen(&link).texts("h1"), ["Alert rule very slow"]);

    // The confirmation screen deletes nothing.
    let delete = screen.attributes(".cards p a", "href").remove(0);
    let ask = site.screen(&delete);
    assert_eq!(site.alerts.watched().len(), 1);
    let name = ask.attributes("input[name=name]", "value").remove(0);
    let gone = site.post("/alerts/delete", &[("name", &name)]);
    assert_eq!(gone.status, 303, "{gone:?}");
    assert!(site.alerts.watched().is_empty());
    assert_eq!(site.post("/alerts/delete", &[("name", &name)]).status, 404);
}

#[test]
fn the_form_shows_errors_and_keeps_its_values() {
    let site = Site::start();
    site.alerts.add(Rule { name: "taken".into(), ..too_slow() }).unwrap();
    for (changes, field, sentence) in [
        (vec![("name", "")], "name", "Give the rule a name."),
        (vec![("name", "taken")], "name", "There is already a rule taken"),
        (vec![("metric", "")], "metric", "Name the metric"),
        (vec![("threshold", "1 s <b>")], "threshold", "The threshold must be a number"),
        (vec![("threshold", "")], "threshold", "The threshold must be a number"),
        (vec![("threshold", "1e999")], "threshold", "The threshold must be a number"),
        (vec![("threshold", "NaN")], "threshold", "The threshold must be a number"),
        (vec![("unit", "much longer than any unit is")], "unit", "The unit may have at most"),
        (vec![("window", "7")], "window", "The window must be a multiple of the time grain, 10 s"),
        (vec![("window", "-9223372036854775808")], "window", "The window must be a multiple"),
        (vec![("window", "9223372036854775800")], "window", "The window must be at most 24 h"),
        (vec![("frequency", "60")], "window", "The window (30 s) must be at least as long"),
        (vec![("severity", "9")], "severity", "The severity must be from 0"),
        (vec![("key", "value")], "value", "Give the value"),
        (vec![("operator", "=")], "operator", "The operator must be >, >="),
        (vec![("aggregation", "p99")], "aggregation", "The aggregation must be average"),
        (vec![("window", "soon")], "window", "Write the time as a number of seconds"),
        (vec![("frequency", "1e1")], "frequency", "Write the time as a number of seconds"),
        (vec![("severity", "-1")], "severity", "The severity must be from 0"),
    ] {
        let fields = with(&changes);
        let answer = site.post("/alerts/new", &fields);
        assert_eq!(answer.status, 422, "{changes:?}");
        let screen = Screen::of(&answer);
        let said = screen.texts(&format!("#{field}-error")).remove(0);
        assert!(said.starts_with(sentence), "{changes:?}: {said}");
        let others = screen.texts(".error").into_iter().filter(|error| !error.is_empty()).count();
        assert_eq!(others, 1, "{changes:?}");
        for (name, typed) in fields {
            let text = screen.attributes(&format!("input[name={name}]"), "value");
            let choice =
                screen.attributes(&format!("select[name={name}] option[selected]"), "value");
            let kept = text.iter().chain(&choice).any(|value| value == typed);
            // A list has only valid options.
            let choices = ["window", "frequency", "severity", "key", "operator", "aggregation"];
            let not_offered = choices.contains(&name) && field != "threshold";
            assert!(kept || not_offered, "{changes:?}: {name}={typed}");
        }
    }
    // Several errors at once.
    let wrong = [("name", ""), ("threshold", "x"), ("window", "7"), ("severity", "9")];
    let screen = Screen::of(&site.post("/alerts/new", &with(&wrong)));
    let said = screen.texts(".error").into_iter().filter(|error| !error.is_empty()).count();
    assert_eq!(said, 4);
    assert_eq!(site.alerts.watched().len(), 1);
}

#[test]
fn keeps_spaces_around_a_name_only_if_the_metric_has_them() {
    let site = Site::start();
    site.record(" lead", &[], 0, &[1.0]);
    site.record("m", &[], 0, &[1.0]);
    for (typed, name, metric) in [(" lead", "a", " lead"), (" m ", "b", "m"), (" x ", "c", "x")] {
        let saved = site.post("/alerts/new", &with(&[("metric", typed), ("name", name)]));
        assert_eq!(saved.status, 303, "{saved:?}");
        assert_eq!(&*site.alerts.watched().last().unwrap().rule.metric.name, metric);
    }
}

#[test]
fn a_preview_shows_the_threshold_and_saves_nothing() {
    let site = Site::start();
    site.record("request-latency", &[("value", "nice")], 20, &[1500.0, 500.0]);
    let first = site.screen("/alerts/new");
    assert!(first.texts(".error").iter().all(String::is_empty));
    assert_eq!(first.attributes("#metric", "value"), ["request-latency"]);
    assert!(first.texts("svg .threshold").is_empty());

    let preview = site.screen(&format!("/alerts/new?{}", encode(&SLOW)));
    let text = preview.texts("#live").join(" ");
    assert!(
        text.contains("Fires when average request-latency > 1000 ms (1 s) over 30 s"),
        "{text}"
    );
    assert!(text.contains("threshold 1000 ms (1 s)"), "{text}");
    // Each point is the value over the window that ends with its grain.
    assert_eq!(preview.numbers(), [["1000"], ["1000"]]);
    assert!(site.alerts.watched().is_empty());
}

#[test]
fn the_screen_shows_an_alert_fire_and_resolve() {
    let site = Site::start();
    let state = |site: &Site| site.screen("/alerts").texts(".cards .state").remove(0);
    // The server also evaluates a new rule, and must find the same values.
    site.record("request-latency", &[], 10, &[1500.0]);
    site.alerts.add(too_slow()).unwrap();
    site.alerts.evaluate(&site.store);
    assert!(state(&site).starts_with("▲ Fired."), "{}", state(&site));
    let chart = site.screen("/alerts/rule?name=too-slow");
    assert!(!chart.attributes("svg .fired", "d").is_empty());
    for quiet in 1..=2 {
        site.advance(if quiet == 1 { 30 } else { 10 });
        site.alerts.evaluate(&site.store);
        let said = state(&site);
        assert!(said.contains(&format!("{quiet} of 3 quiet evaluations")), "{said}");
    }
    site.advance(10);
    site.alerts.evaluate(&site.store);
    assert_eq!(state(&site), "○ Not fired: no data in its window");
    let row = site.screen("/alerts").texts("#history-scroll tbody tr").remove(0);
    for part in ["✓ Resolved", "too-slow", "1500 ms", "50 s"] {
        assert!(row.contains(part), "{part} in {row}");
    }
    // The unit comes from the rule.
    let note = site.screen("/?metric=request-latency").texts(".note").remove(0);
    assert!(note.starts_with("Unit: ms"), "{note}");
    // The history is kept after the rule is deleted.
    site.post("/alerts/delete", &[("name", "too-slow")]);
    let row = site.screen("/alerts").texts("#history-scroll tbody tr").remove(0);
    assert!(row.contains("too-slow (deleted)"), "{row}");
}

#[test]
fn a_new_rule_does_not_inherit_alerts_of_an_equal_rule() {
    let site = Site::start();
    site.record("request-latency", &[], 10, &[1500.0]);
    site.alerts.add(too_slow()).unwrap();
    site.alerts.evaluate(&site.store);
    assert!(site.alerts.remove("too-slow"));
    // The new rule has no data.
    site.advance(60);
    site.alerts.add(too_slow()).unwrap();
    site.alerts.evaluate(&site.store);
    let rows = site.screen("/alerts").texts("#history-scroll tbody tr");
    assert!(rows.len() == 1 && rows[0].contains("too-slow (deleted)"), "{rows:?}");
    let chart = site.screen("/alerts/rule?name=too-slow");
    assert!(chart.attributes("svg .fired", "d").is_empty());
}

#[test]
fn refuses_foreign_and_malformed_forms() {
    let site = Site::start();
    site.alerts.add(too_slow()).unwrap();
    for (path, fields) in
        [("/alerts/new", encode(&SLOW)), ("/alerts/delete", encode(&[("name", "too-slow")]))]
    {
        let post =
            |headers: &[&str]| send(site.address, "POST", path, headers, fields.as_bytes()).status;
        assert_eq!(post(&[FORM, "Origin: http://evil.example"]), 403);
        assert_eq!(post(&[FORM, "Sec-Fetch-Site: cross-site"]), 403);
        assert_eq!(post(&["Content-Type: text/plain"]), 415);
        let large = vec![b'x'; 65 << 10];
        assert_eq!(send(site.address, "POST", path, &[FORM], &large).status, 413);
        // A GET request changes nothing.
        assert!(site.get(&format!("{path}?{fields}")).status < 300);
    }
    assert_eq!(site.alerts.watched().len(), 1);
    assert_eq!(site.alerts.watched()[0].rule.name, "too-slow");
}

/// Names that have side effects unless they are escaped.
const HOSTILE: [&str; 5] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</title></textarea></svg><h1>forged",
    "a\u{202e}b\u{2066}c\u{200b}d\u{3164}e\u{fe0f}f\u{e0100}",
    "line\nbreak\0'&amp;{{ 7 * 7 }}",
];

#[test]
fn hostile_names_are_text_on_every_screen() {
    for name in HOSTILE {
        let site = Site::start();
        site.record(name, &[(name, name)], 20, &[2000.0]);
        // The library accepts more characters than the form.
        let taken = |c: &char| !"*#&+:<>?@%{}\\/\n\0".contains(*c);
        let rule_name = name.chars().filter(taken).collect::<String>().trim_end().to_owned();
        let rule = Rule {
            name: rule_name.clone(),
            description: name.into(),
            metric: Metric::named(name),
            unit: name.chars().take(20).collect(),
            dimensions: [(name.into(), vec![name.into()])].into(),
            ..too_slow()
        };
        site.alerts.add(rule).unwrap();
        site.alerts.evaluate(&site.store);
        let first = site.screen("/");
        let metric = first.attributes("#metric option[selected]", "value").remove(0);
        let key = first.attributes("#split option", "value").remove(1);
        let named = encode(&[("name", &rule_name)]);
        let typed = encode(&[
            ("metric", &metric),
            ("name", name),
            ("description", name),
            ("unit", name),
            ("threshold", name),
            ("key", &key),
            ("value", name),
        ]);
        let mut answers = vec![site.get("/alerts"), site.post("/alerts/new", &[("name", name)])];
        let split = encode(&[("metric", &metric), ("split", &key)]);
        for path in [
            format!("/?{split}"),
            format!("/alerts/rule?{named}"),
            format!("/alerts/delete?{named}"),
            format!("/alerts/new?{typed}"),
            format!("/?{}", encode(&[("metric", &format!("no{name}"))])),
        ] {
            answers.push(site.get(&path));
        }
        // The split has a value, so the name is in the chart, too.
        assert_eq!(Screen::of(&answers[2]).numbers(), [["2000"]], "{name:?}");
        for answer in answers {
            assert!([200, 404, 422].contains(&answer.status), "{answer:?}");
            let screen = Screen::of(&answer);
            let only = "script:not([src='/assets/script.js']), img, [onerror], textarea";
            assert!(screen.attributes(only, "src").is_empty(), "{answer:?}");
            assert_eq!(screen.texts("h1").len(), 1, "{answer:?}");
            assert_eq!(screen.texts("head > title").len(), 1, "{answer:?}");
            let shown = screen.texts("body").join(" ");
            assert!(
                !shown.contains([
                    '\u{202e}',
                    '\u{2066}',
                    '\u{200b}',
                    '\u{3164}',
                    '\u{fe0f}',
                    '\u{e0100}'
                ]),
                "{shown}"
            );
        }
    }
}

#[test]
fn a_long_name_is_truncated() {
    let site = Site::start();
    let long = "x".repeat(1000);
    site.record(&long, &[("key", &long)], 0, &[1.0]);
    let screen = site.screen(&format!("/?metric={long}&split=key"));
    let shown = screen.texts("h1, h2, option, th, caption, svg").join(" ");
    assert!(shown.contains(&format!("{}…", "x".repeat(80))));
    assert!(!shown.contains(&"x".repeat(90)), "{shown}");
}
