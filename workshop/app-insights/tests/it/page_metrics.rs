//! The Metrics screen, over HTTP.

use app_insights::store::{Aggregation, Metric};
use jiff::Timestamp;
use serde_json::json;

use crate::support::{
    JSON, envelope, send,
    site::{Screen, Site, encode},
    too_slow,
};

fn filled() -> Site {
    let site = Site::start();
    site.record("request-latency", &[("value", "nice")], 0, &[3.0, 0.125]);
    site.record("request-latency", &[("value", "naughty")], 0, &[1000.5]);
    // The grain of twenty seconds ago is empty.
    site.record("request-latency", &[("value", "nice")], 10, &[7.0]);
    site.record("request-latency", &[("value", "nice")], 30, &[0.1, 0.2, 0.4]);
    site
}

#[test]
fn an_empty_store_shows_the_first_commands() {
    let site = Site::start();
    let screen = site.screen("/");
    let commands = screen.texts("pre").join(" ");
    assert!(commands.contains(&format!("IngestionEndpoint=http://{}/", site.address)));
    assert!(commands.contains("cargo run -p step-04"), "{commands}");
    assert!(screen.texts("svg").is_empty());
}

#[test]
fn shows_the_newest_metric_with_an_average_first() {
    let site = filled();
    site.record("z-older", &[], 60, &[1.0]);
    let screen = site.screen("/");
    let chosen = |id: &str| screen.attributes(&format!("#{id} option[selected]"), "value");
    assert_eq!(chosen("metric"), ["request-latency"]);
    assert_eq!(chosen("aggregation"), ["average"]);
    assert_eq!(chosen("range"), ["10m"]);
    assert_eq!(screen.attributes("#metric option", "value"), ["request-latency", "z-older"]);
    assert_eq!(screen.attributes("#split option", "value"), ["", "value"]);
    let svg = screen.texts("svg > title");
    assert_eq!(svg[0], "Average of request-latency in grains of 10 s");
    assert!(screen.texts(".note")[0].starts_with("Unit unknown"));
    // The script requests the same metric again, even after other metrics have arrived.
    let again = screen.attributes("#live", "data-address");
    assert_eq!(again, ["/?metric=request-latency&aggregation=average&range=10m"]);
    assert!(screen.texts("body").join(" ").contains("3 series in 5 time grains"));
}

#[test]
fn a_counter_shows_its_sum_and_comes_after_other_metrics() {
    let site = Site::start();
    let points = [
        json!({"name": "a-counter", "kind": "Aggregation", "value": 3}),
        json!({"name": "latency", "kind": "Aggregation", "value": 5, "count": 1, "min": 5, "max": 5}),
    ];
    let items = points.map(|point| envelope(site.store.now(), &point, &json!({})));
    let body = serde_json::to_vec(&items).unwrap();
    assert_eq!(send(site.address, "POST", "/v2.1/track", &[JSON], &body).status, 200);
    let chosen = |path: &str| {
        let screen = site.screen(path);
        ["metric", "aggregation"]
            .map(|list| screen.attributes(&format!("#{list} option[selected]"), "value").join(" "))
    };
    assert_eq!(chosen("/"), ["latency", "average"]);
    assert_eq!(chosen("/?metric=a-counter"), ["a-counter", "sum"]);
}

#[test]
fn shows_the_metric_of_a_rule_before_others() {
    let site = filled();
    site.record("another", &[], 0, &[1.0]);
    let title = |site: &Site| site.screen("/").texts("main h2").remove(0);
    assert_eq!(title(&site), "another");
    site.alerts.add(too_slow()).unwrap();
    assert_eq!(title(&site), "request-latency");
    // A rule's metric with old values is not preferred.
    site.advance(3600);
    site.record("another", &[], 0, &[1.0]);
    assert_eq!(title(&site), "another");
}

#[test]
fn every_aggregation_shows_the_numbers_of_the_store() {
    let site = filled();
    let metric = Metric::named("request-latency");
    for aggregation in Aggregation::ALL {
        let grains = site.store.query(&metric, Timestamp::MIN..Timestamp::MAX, |_| true);
        let values = grains.iter().rev().map(|grain| aggregation.of(&grain.aggregate).unwrap());
        let mut expected: Vec<Vec<String>> = values.map(|v| vec![v.to_string()]).collect();
        // The grain without data is neither zero nor left out.
        expected.insert(2, vec!["no data".to_owned()]);
        let path = format!("/?metric=request-latency&aggregation={aggregation}");
        assert_eq!(site.screen(&path).numbers(), expected, "{aggregation}");
    }
}

#[test]
fn a_split_has_a_line_for_each_value() {
    let site = filled();
    site.record("request-latency", &[], 10, &[5.0]);
    let screen = site.screen("/?metric=request-latency&aggregation=sum&split=value");
    assert_eq!(screen.texts("#numbers thead th"), ["Grain from", "nice", "(not set)", "naughty"]);
    let none = "no data";
    assert_eq!(
        screen.numbers(),
        [
            ["3.125", none, "1000.5"],
            ["7", "5", none],
            [none, none, none],
            [&*(0.1 + 0.2 + 0.4_f64).to_string(), none, none],
        ]
    );
}

#[test]
fn a_split_counts_the_values_without_a_line() {
    let site = Site::start();
    for i in 0..25 {
        site.record("m", &[("id", &i.to_string())], 0, &[1.0]);
    }
    let screen = site.screen("/?metric=m&split=id");
    assert_eq!(screen.texts("#numbers thead th").len(), 11);
    assert!(screen.texts(".note").iter().any(|note| note.starts_with("15 more values")));
}

#[test]
fn a_long_range_has_longer_grains_and_a_bounded_table() {
    let site = Site::start();
    for minute in 0..600 {
        site.record("m", &[], minute * 60, &[1.0]);
    }
    let screen = site.screen("/?metric=m&aggregation=sum&range=1440m");
    let rows = screen.numbers();
    assert_eq!(rows.len(), 60);
    // Five minutes, each with one.
    assert_eq!(rows[1], ["5"]);
    assert!(screen.texts("#numbers caption")[0].contains("61 older ones are left out"));
}

#[test]
fn unknown_names_get_a_sentence_in_response() {
    let site = filled();
    for (path, sentence) in [
        ("/?metric=unknown", "There is no metric “unknown” here."),
        ("/?metric=request-latency&range=1y", "The time range must be one of 2m, "),
        ("/?metric=request-latency&aggregation=p99", "The aggregation must be average,"),
        ("/alerts/rule?name=x", "There is no alert rule “x”."),
        ("/alerts/delete?name=x", "There is no alert rule “x”."),
    ] {
        let answer = site.get(path);
        assert_eq!(answer.status, 404, "{path}");
        let said = Screen::of(&answer).texts("main .lead");
        assert!(said[0].starts_with(sentence), "{path}: {said:?}");
    }
    let lost = send(site.address, "GET", "/nowhere", &["Accept: text/html"], b"");
    assert_eq!(lost.status, 404);
    assert!(lost.text().contains("This address does not exist."));
    // A dimension of another metric is ignored, because the form sends that dimension after the
    // metric is changed.
    assert_eq!(site.screen("/?metric=request-latency&split=gone").numbers()[0].len(), 1);
}

#[test]
fn strange_queries_never_fail() {
    let site = filled();
    let long = "x".repeat(20_000);
    let slashes = encode(&[("metric", &"/".repeat(5000))]);
    for query in [
        "metric=%ff%fe%00",
        "metric",
        "=&=&&",
        "metric=%",
        "metric[]=1",
        "range=-1m",
        "split=%00",
        "metric=request-latency&range=99999999999999999999m",
        "aggregation=%f0%9f%98%80",
        &format!("metric={long}"),
        &format!("{long}={long}"),
        &slashes,
    ] {
        for path in ["/", "/alerts", "/alerts/new", "/alerts/rule", "/alerts/delete", "/about"] {
            let answer = site.get(&format!("{path}?{query}"));
            assert!([200, 404].contains(&answer.status), "{path} {query:.50}: {answer:?}");
            assert!(answer.body.len() < 300_000, "{path} {query:.50}");
        }
    }
}

#[test]
fn every_response_has_the_security_headers() {
    let site = filled();
    for path in [
        "/",
        "/alerts",
        "/alerts/new",
        "/about",
        "/alerts/rule?name=x",
        "/?metric=x",
        "/nowhere",
        "/assets/style.css",
        "/assets/script.js",
        "/assets/icon.svg",
        "/api/metrics",
        "/api/alerts",
        "/transactions",
        "/transactions/one?operation=x",
        "/api/transactions",
    ] {
        let answer = site.get(path);
        for (name, value) in [
            (
                "content-security-policy",
                "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                 img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            ),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
    }
    // The screens contain no content that the policy forbids.
    for path in ["/", "/transactions", "/alerts", "/alerts/new", "/about"] {
        let screen = site.screen(path);
        assert!(screen.texts("[style], style, script:not([src]), [onclick]").is_empty());
        let links = screen.attributes("link, a", "href").into_iter();
        for link in links.chain(screen.attributes("script, img", "src")) {
            assert!(link.starts_with('/') || link == "#main", "{path}: {link}");
        }
    }
}

#[test]
fn shows_a_limit_that_was_reached() {
    let site = Site::start();
    let keys: Vec<String> = (0..12).map(|i| format!("d{i}")).collect();
    let wide = json!({"name": "wide", "value": 1});
    let properties = keys.iter().map(|key| (key.clone(), "x".into())).collect();
    let item = envelope(site.store.now(), &wide, &serde_json::Value::Object(properties));
    let body = serde_json::to_vec(&[item]).unwrap();
    assert_eq!(send(site.address, "POST", "/v2.1/track", &[JSON], &body).status, 200);
    let warning = site.screen("/").texts(".warning").join(" ");
    assert!(warning.contains("more than 10 dimensions"), "{warning}");
    assert!(warning.contains("0 points, 2 dimensions, 0 grains"), "{warning}");
}
