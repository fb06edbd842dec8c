//! The Transactions screens and their API, over HTTP.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use app_insights::{
    alerts::{Operator, Rule},
    store::{Aggregation, Limits, Metric},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::api::shape;
use crate::support::{
    JSON, Program,
    items::{at, call, failed, item, message, request},
    json_of, send,
    site::{Screen, Site, encode},
};

const T: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Requests of the last minutes, the newest first, and a log outside any request.
fn filled() -> Site {
    let site = Site::start();
    let id = |number: i64| format!("{number:032x}");
    let older = |number: i64, ms: i64, name: &str| {
        request("shop", [&id(number), "", "1"], number * -60_000, ms, name)
    };
    site.track(&[
        older(1, 20, "GET /{name}/"),
        failed(older(3, 900, "GET /{name}/")),
        older(8, 3000, "POST /gifts"),
        older(20, 1000, "GET /{name}/"),
        message("shop", ["", ""], -1000, "started"),
    ]);
    site
}

/// A visit of two processes, with a failed call.
fn visit() -> Vec<Value> {
    let error =
        json!({"exceptions": [{"typeName": "Empty", "message": "no sledge", "stack": "a\nb"}]});
    let mut request = request("shop", [T, "", "1"], -500, 250, "GET /{name}/");
    request["data"]["baseData"]["url"] = "http://127.0.0.1/Ada/".into();
    vec![
        request,
        failed(call("shop", [T, "1", "2"], -480, 200, "ask")),
        crate::support::items::request("stock", [T, "2", "3"], -450, 100, "stock"),
        message("stock", [T, "3"], -440, "looking\nfor a sledge"),
        item("ExceptionData", "stock", at(-430), [T, "3"], error),
    ]
}

fn one(operation: &str) -> String {
    format!("/transactions/one?{}", encode(&[("operation", operation)]))
}

/// The names in the list.
fn names(site: &Site, fields: &[(&str, &str)]) -> Vec<String> {
    let screen = site.screen(&format!("/transactions?{}", encode(fields)));
    let rows = screen.texts("#live tbody tr");
    rows.iter().map(|row| row.split_once(' ').unwrap().1.chars().skip(13).collect()).collect()
}

#[test]
fn lists_requests_newest_first() {
    let site = filled();
    let screen = site.screen("/transactions");
    let rows = screen.texts("#live tbody tr");
    assert_eq!(rows.len(), 4);
    assert!(rows[0].contains("GET /{name}/20 ms200requestshop00000000…"), "{rows:?}");
    assert!(rows[1].contains("900 ms200 ▲ failedrequest"), "{rows:?}");
    assert!(rows[2].contains("POST /gifts3 s200"), "{rows:?}");
    let times = screen.attributes("#live tbody time", "datetime");
    assert_eq!(times[..2], ["2026-11-22T11:59:00Z", "2026-11-22T11:57:00Z"]);
    let text = screen.texts("#live").join(" ");
    assert!(
        text.contains("4 requests.") && text.contains("5 items of the last 30 minutes"),
        "{text}"
    );
    let link = screen.attributes("#live tbody a", "href").remove(0);
    assert_eq!(site.screen(&link).texts("h1"), ["Transaction GET /{name}/"]);
    let here = screen.texts("nav [aria-current]");
    assert_eq!(here, ["Transactions"]);
}

#[test]
fn the_filter_selects() {
    let site = filled();
    let count = |fields: &[(&str, &str)]| names(&site, fields).len();
    assert_eq!(count(&[("slower", "899.9")]), 3);
    // A request is not slower than its own duration.
    assert_eq!(count(&[("slower", "1000")]), 1);
    assert_eq!(count(&[("failed", "1")]), 1);
    assert_eq!(count(&[("name", "post")]), 1);
    assert_eq!(count(&[("name", "/gIFT")]), 1);
    assert_eq!(count(&[("range", "5m")]), 2);
    assert_eq!(count(&[("range", "10m"), ("slower", "100")]), 2);
    assert_eq!(count(&[("range", "2026-11-22T11:52:00Z/2026-11-22T11:57:00Z")]), 1);
    // The request began before the range and ended in it.
    assert_eq!(count(&[("range", "2026-11-22T11:52:03Z/2026-11-22T11:57:00.001Z")]), 2);
    assert_eq!(count(&[("range", "2026-11-22T11:52:03.001Z/2026-11-22T11:57:00Z")]), 0);
    assert_eq!(count(&[("kind", "message")]), 1);
    assert_eq!(count(&[("kind", "any")]), 5);
    assert_eq!(count(&[("kind", "exception")]), 0);
    assert_eq!(count(&[("slower", ""), ("name", ""), ("range", "")]), 4);

    // The form keeps the filter, and the address of the updates contains it.
    let path = "/transactions?kind=request&slower=899.9&failed=1&name=GET&range=10m";
    let screen = site.screen(path);
    assert_eq!(screen.attributes("#live", "data-address"), [path]);
    assert_eq!(screen.attributes("#slower", "value"), ["899.9"]);
    assert_eq!(screen.attributes("#name", "value"), ["GET"]);
    assert_eq!(screen.attributes("#range option[selected]", "value"), ["10m"]);
    assert_eq!(screen.attributes("#failed[checked]", "value"), ["1"]);
    let range = "2026-11-22T11:00:00Z/2026-11-22T11:00:30Z";
    let screen = site.screen(&format!("/transactions?{}", encode(&[("range", range)])));
    assert_eq!(screen.attributes("#range option[selected]", "value"), [range]);
    assert_eq!(screen.attributes("#range option", "value").len(), 5);
    assert!(screen.texts("#live").join(" ").contains("Nothing matches the filter."));
}

#[test]
fn an_invalid_filter_gets_a_sentence_in_response() {
    let site = Site::start();
    for (fields, sentence) in [
        (("slower", "fast"), "“Slower than” must be a number"),
        (("slower", "-1"), "“Slower than” must be a number"),
        (("slower", "NaN"), "“Slower than” must be a number"),
        (("slower", "1e999"), "“Slower than” must be a number"),
        (("range", "1y"), "The time range must be one of 2m,"),
        (("range", "2026-11-22T12:00:00Z/2026-11-22T11:00:00Z"), "The time range must be one of"),
        (("range", "2026-11-22T12:00:00Z/soon"), "The time range must be one of"),
        (("kind", "span"), "The kind must be request, dependency, message, exception or event"),
    ] {
        let query = encode(&[fields]);
        let answer = site.get(&format!("/transactions?{query}"));
        assert_eq!(answer.status, 404, "{query}");
        let said = Screen::of(&answer).texts("main .lead");
        assert!(said[0].starts_with(sentence), "{said:?}");
        let answer = site.get(&format!("/api/transactions?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert!(json_of(&answer)["error"].as_str().unwrap().starts_with(sentence), "{answer:?}");
    }
    for operation in ["", "unknown"] {
        let answer = site.get(&one(operation));
        assert_eq!(answer.status, 404);
        let said = Screen::of(&answer).texts("main .lead");
        assert!(said[0].starts_with("There is no transaction"), "{said:?}");
        let answer = site.get(&format!("/api/transactions/{operation}"));
        assert_eq!(answer.status, 404, "{operation}");
    }
}

#[test]
fn explains_an_empty_store() {
    let site = Site::start();
    let text = site.screen("/transactions").texts("#live").join(" ");
    assert!(text.contains("No transaction has arrived yet."), "{text}");
    assert!(text.contains("tracer provider"), "{text}");
}

#[test]
fn a_log_outside_a_transaction_has_no_link() {
    let screen = filled().screen("/transactions?kind=message");
    let row = screen.texts("#live tbody tr").remove(0);
    assert!(row.contains("started") && row.ends_with("informationmessageshopnone"), "{row}");
    assert!(screen.attributes("#live tbody a", "href").is_empty());
}

#[test]
fn sampled_requests_represent_several() {
    let site = Site::start();
    let mut sampled = request("shop", [T, "", "1"], 0, 10, "GET /");
    sampled["sampleRate"] = 25.into();
    site.track(&[sampled, request("shop", ["t", "", "1"], 0, 10, "GET /")]);
    let text = site.screen("/transactions").texts("#live").join(" ");
    assert!(text.contains("2 requests. By their sampling rates they stand for 5."), "{text}");
    let facts = site.screen(&one(T)).texts(".facts").join(" ");
    assert!(facts.contains("Sampledan item stands for up to 4"), "{facts}");
}

#[test]
fn one_transaction_spans_its_processes() {
    let site = Site::start();
    site.track(&visit());
    let screen = site.screen(&one(T));
    let facts = screen.texts(".facts dd");
    let received = "2 requests, 1 dependency, 1 message, 1 exception";
    assert_eq!(facts[2..], ["250 ms", "shop, stock", received]);
    // The drawing occurs twice: the second is for a phone.
    let drawn = screen.texts("svg g.row title");
    let expected = [
        "shop: GET /{name}/: 250 ms",
        "ask: 0, 200 ms",
        "stock: stock: 100 ms",
        "information: looking: +60 ms",
        "Empty: no sledge: +70 ms",
    ];
    assert_eq!(drawn, [expected, expected].concat());
    assert_eq!(screen.texts("svg path.failed").len(), 2);
    let rows = screen.texts("#live tbody tr");
    assert_eq!(rows.len(), 5);
    assert!(rows[0].starts_with("+0 ms1requestshopGET /{name}/"), "{rows:?}");
    assert!(rows[3].starts_with("+60 ms4messagestocklooking"), "{rows:?}");
    assert!(rows[4].contains("Empty: no sledge") && rows[4].ends_with("▲ failed"), "{rows:?}");
    let details = screen.texts("td details dl");
    assert!(details[0].contains("url") && details[0].contains("http://127.0.0.1/Ada/"));
    assert!(details[0].contains("properties.service.name"), "{details:?}");
    assert!(details[3].contains("for a sledge"), "{details:?}");
    assert!(details[4].contains("exceptions.1.stack") && details[4].contains("a b"), "{details:?}");
    assert!(screen.texts(".warning").is_empty());
}

#[test]
fn problems_of_a_transaction_are_reported() {
    let site = Site::start();
    site.track(&[
        request("shop", [T, "elsewhere", "1"], -500, 100, "visit"),
        request("stock", [T, "1", "2"], -5500, 50, "stock"),
        call("shop", [T, "4", "3"], -400, 5, "a"),
        call("shop", [T, "3", "4"], -390, 5, "b"),
    ]);
    let screen = site.screen(&one(T));
    let said = screen.texts(".warning li");
    assert!(said[0].starts_with("Parents that were not received: 1."), "{said:?}");
    assert_eq!(said[1], "The parents of some items form a circle.");
    assert!(said[2].starts_with("Items that start before their parents: 1."), "{said:?}");
    let table = screen.texts("#live tbody").join(" ");
    assert!(table.contains("parent not received (elsewhere)"), "{table}");
    assert!(table.contains("Starts 5 s before its parent: the clocks differ."), "{table}");
    assert!(
        !screen.texts("svg path.unknown").is_empty()
            || !screen.attributes("svg path.unknown", "d").is_empty()
    );
}

#[test]
fn a_large_transaction_is_truncated() {
    let site = Site::start();
    let mut items = vec![request("shop", [T, "", "root"], -10_000, 9000, "visit")];
    items.extend(
        (0..10_000).map(|number| {
            call("shop", [T, "root", &number.to_string()], number - 10_000, 1, "call")
        }),
    );
    for items in items.chunks(5000) {
        site.track(items);
    }
    let screen = site.screen(&one(T));
    assert_eq!(screen.texts("#live tbody tr").len(), 200);
    let text = screen.texts("#live").join(" ");
    assert!(text.contains("The first 200 items are here, 9801 more are not."), "{text:.500}");
    assert!(text.contains("and 9801 more that are not drawn"), "{text:.500}");
    assert!(text.contains("1 request, 10000 dependencies"), "{text:.500}");
    let json = json_of(&site.get(&format!("/api/transactions/{T}")));
    assert_eq!((json["items"].as_array().unwrap().len(), &json["more"]), (1000, &json!(9001)));
    // The list is also truncated.
    let text = site.screen("/transactions?kind=dependency").texts("#live").join(" ");
    assert!(
        text.contains("10000 dependencies, the newest 100 of them in the list."),
        "{text:.500}"
    );
}

#[test]
fn an_item_keeps_its_name_when_others_arrive() {
    let site = Site::start();
    site.track(&visit());
    let ids = |path: &str, selector: &str| site.screen(path).attributes(selector, "id");
    let (list, details) = ("#live tbody a", "#live details");
    let (before, opened) = (ids("/transactions", list), ids(&one(T), details));
    // The same items twice, as if an exporter sent a batch again.
    let again = call("shop", [T, "1", "9"], -490, 1, "again");
    site.track(&[request("shop", ["new", "", "1"], 0, 10, "GET /"), again.clone(), again]);
    let after = ids("/transactions", list);
    assert_eq!(after[1..], before);
    let after = ids(&one(T), details);
    assert!(opened.iter().all(|id| after.contains(id)), "{opened:?} {after:?}");
    let different: BTreeSet<&String> = after.iter().collect();
    assert_eq!((different.len(), after.len()), (opened.len() + 2, opened.len() + 2), "{after:?}");
}

#[test]
fn hostile_texts_are_shown_as_text() {
    let site = Site::start();
    let script = "<script>alert(1)</script>\u{202e}\u{0}\"'";
    let operation = format!("{script}&/?#%");
    let mut request = request(script, [&operation, script, "\"><b id=x>"], 0, 10, script);
    request["data"]["baseData"]["properties"] = json!({script: script});
    request["data"]["baseData"]["responseCode"] = script.into();
    let mut log = message(script, [&operation, "\"><b id=x>"], 1, "");
    log["data"]["baseData"]["message"] = script.repeat(500).into();
    let mut other = request.clone();
    other["data"]["baseType"] = script.into();
    site.track(&[request, log, other]);
    let list = site.screen("/transactions?kind=any");
    let link = list.attributes("#live tbody a", "href").remove(0);
    for screen in [site.screen(&link), list] {
        let screen = screen.0.html();
        assert!(!screen.contains("<script>alert") && !screen.contains("<b id"), "{screen}");
        assert!(!screen.contains('\u{202e}') && !screen.contains('\0'), "{screen}");
        assert!(screen.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{screen}");
    }
    let encoded = operation.bytes().fold(String::new(), |mut path, byte| {
        let _ = write!(path, "%{byte:02X}");
        path
    });
    let json = json_of(&site.get(&format!("/api/transactions/{encoded}")));
    assert_eq!(json["items"][1]["text"], script);
}

#[test]
fn long_details_are_truncated_but_complete_in_the_json() {
    let site = Site::start();
    let mut long = request("shop", ["a b/é", "", "1"], 0, 10, "GET /");
    let values = (0..10).map(|number| (format!("k{number}"), Value::from("x".repeat(5000))));
    long["data"]["baseData"]["properties"] = values.collect::<serde_json::Map<_, _>>().into();
    site.track(&[long]);
    let screen = site.screen(&one("a b/é"));
    let values = screen.texts("td details dd");
    assert_eq!(
        values.iter().map(|value| value.chars().count()).collect::<Vec<_>>(),
        [1, 3001, 3001]
    );
    assert!(screen.texts("td details .note")[0].starts_with("8 more are in the JSON"));
    let link = screen.attributes("td details .note a", "href").remove(0);
    let json = json_of(&site.get(&link));
    let value = &json["items"][0]["details"]["properties"]["k9"];
    assert_eq!(value.as_str().unwrap().len(), 5000);
}

#[test]
fn counts_dropped_items_and_items_without_a_screen() {
    let site = Site::start_with(Limits { entries: 2, ..Limits::default() });
    let ping = json!({"id": "1", "name": "ping", "duration": "00:00:01", "success": true});
    let ping = item("AvailabilityData", "shop", at(0), [T, ""], ping);
    let new = item("NewData", "shop", at(0), [T, ""], json!({}));
    site.track(&[visit(), vec![ping.clone(), ping, new]].concat());
    let screen = site.screen("/transactions");
    let warning = screen.texts(".warning").join(" ");
    assert!(warning.contains("Dropped since the start, the oldest first: 3 items."), "{warning}");
    assert_eq!(screen.texts("#live section li"), ["2 AvailabilityData", "1 NewData"]);
    let json = json_of(&site.get("/api/transactions"));
    assert_eq!(json["ignored"], json!({"AvailabilityData": 2, "NewData": 1}));
    assert_eq!(json["held"]["dropped"], 3);
}

fn rule(name: &str, unit: &str, threshold: f64, aggregation: Aggregation) -> Rule {
    Rule {
        name: name.into(),
        description: String::new(),
        metric: Metric::named("request-latency"),
        dimensions: BTreeMap::new(),
        aggregation,
        operator: Operator::GreaterThan,
        threshold,
        unit: unit.into(),
        window: SignedDuration::from_secs(30),
        frequency: SignedDuration::from_secs(10),
        severity: 2,
    }
}

/// Adds rules whose alerts fire.
fn fire<const N: usize>(site: &Site, rules: [Rule; N]) {
    for rule in rules {
        site.alerts.add(rule).unwrap();
    }
    // The server may have evaluated the rules in the meantime.
    site.alerts.evaluate(&site.store);
    assert_eq!(site.alerts.history().len(), N);
}

#[test]
fn an_alert_links_to_the_slow_requests_of_its_window() {
    let site = Site::start();
    site.track(&[
        request("shop", ["a", "", "1"], -100_000, 2000, "long ago"),
        request("shop", ["b", "", "1"], -20_000, 1500, "slow"),
        request("shop", ["c", "", "1"], -20_000, 900, "fast"),
    ]);
    site.record("request-latency", &[], 10, &[1500.0]);
    fire(&site, [rule("slow", "ms", 1000.0, Aggregation::Average)]);
    for path in ["/alerts", "/alerts/rule?name=slow"] {
        let screen = site.screen(path);
        let links = screen.attributes("a[href^='/transactions?']", "href");
        assert!(!links.is_empty(), "{path}");
        for link in links {
            let screen = site.screen(&link);
            assert_eq!(screen.attributes("#slower", "value"), ["1000"]);
            let range = screen.texts("#range option[selected]");
            assert!(range[0].contains(" to "), "{range:?}");
            let rows = screen.texts("#live tbody tr");
            assert!(rows.len() == 1 && rows[0].contains("slow"), "{rows:?}");
        }
    }
}

#[test]
fn only_an_alert_about_a_duration_selects_slow_requests() {
    let site = Site::start();
    site.record("request-latency", &[], 10, &[2000.0]);
    let rules = [
        rule("seconds", "s", 1.5, Aggregation::Maximum),
        rule("count", "ms", 0.5, Aggregation::Count),
        rule("sum", "ms", 1500.0, Aggregation::Sum),
        rule("unknown", "", 1500.0, Aggregation::Average),
    ];
    fire(&site, rules);
    let screen = site.screen("/alerts");
    let links = screen.attributes(".cards a[href^='/transactions?']", "href");
    let slower: Vec<bool> = links.iter().map(|link| link.contains("slower=1500")).collect();
    assert_eq!(slower, [true, false, false, false], "{links:?}");
    let texts = screen.texts(".cards a[href^='/transactions?']");
    assert!(texts[0].starts_with("Slow requests in") && texts[1].starts_with("Requests in"));
}

#[test]
fn the_line_of_a_batch_counts_its_items() {
    let program = Program::start();
    let now = Timestamp::now().to_string();
    let mut items = visit();
    for item in &mut items {
        item["time"] = now.clone().into();
    }
    program.track(&items);
    assert_eq!(
        program.out("accepted"),
        "accepted 5 of 5: 2 requests, 1 dependency, 1 message, 1 exception"
    );
    items[0]["data"]["baseData"]["duration"] = "fast".into();
    let answer = program.track(&items);
    assert_eq!((answer.status, &json_of(&answer)["errors"][0]["index"]), (206, &json!(0)));
    let line = program.out("4 of 5");
    let begin = "accepted 4 of 5: 1 request, 1 dependency, 1 message, 1 exception; refused 1, \
                 the first is item 0: 108: Field 'duration'";
    assert!(line.starts_with(begin), "{line}");
}

#[test]
fn the_readme_shows_the_responses_about_transactions() {
    let site = Site::start();
    let ping = json!({"id": "1", "name": "ping", "duration": "00:00:01", "success": true});
    site.track(&[
        request("naughty-or-nice", ["t", "", "1"], 0, 9, "GET /{name}/"),
        item("AvailabilityData", "naughty-or-nice", at(0), ["t", ""], ping),
    ]);
    let readme = include_str!("../../README.md");
    for (heading, path) in [
        ("/api/transactions", "/api/transactions"),
        ("/api/transactions/{operation}", "/api/transactions/t"),
    ] {
        let (_, section) = readme.split_once(&format!("`GET {heading}`")).unwrap();
        let (_, block) = section.split_once("```json\n").unwrap();
        let shown: Value = serde_json::from_str(block.split_once("```").unwrap().0).unwrap();
        assert_eq!(shape(&json_of(&site.get(path))), shape(&shown), "{path}");
    }
    for path in ["/api/transactions", "/api/transactions/t"] {
        let refused = send(site.address, "POST", path, &[JSON], b"{}");
        assert_eq!(refused.status, 405, "{path}");
    }
}

#[test]
fn strange_queries_never_fail() {
    let site = filled();
    let long = "x".repeat(20_000);
    for query in [
        "operation=%ff%fe%00",
        "operation",
        "slower=%00",
        "failed",
        "name=%ff",
        "range=/",
        "range=-999999-01-01T00:00:00Z/9999-12-31T23:59:59Z",
        &format!("name={long}&operation={long}"),
    ] {
        for path in ["/transactions", "/transactions/one", "/api/transactions"] {
            let answer = site.get(&format!("{path}?{query}"));
            assert!([200, 400, 404].contains(&answer.status), "{path} {query:.50}: {answer:?}");
            assert!(answer.body.len() < 300_000, "{path} {query:.50}");
        }
    }
    let refused = send(site.address, "POST", "/transactions", &[JSON], b"{}");
    assert_eq!(refused.status, 405);
}
