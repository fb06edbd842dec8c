//! Transactions: the filter, the waterfall, and the links from an alert to its slow requests.

use std::time::{Duration, Instant};

use app_insights::alerts::Timing;
use harness::{
    Running,
    http::{Request, post},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tests::{
    app_insights, azure,
    browser::{Axe, Browser, Key, Scheme, View},
    make_rule, step, too_slow, visited_by,
};

use super::TRANSACTION;

const VISIT: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// An item that began some milliseconds ago.
fn item(base: &str, role: &str, ago: i64, ids: [&str; 2], mut data: Value) -> Value {
    data["ver"] = 2.into();
    json!({
        "name": "item",
        "time": (Timestamp::now() - SignedDuration::from_millis(ago)).to_string(),
        "iKey": "key",
        "tags": {"ai.cloud.role": role, "ai.operation.id": ids[0], "ai.operation.parentId": ids[1]},
        "data": {"baseType": base, "baseData": data},
    })
}

fn request(role: &str, ago: i64, ids: [&str; 3], name: &str, duration: &str) -> Value {
    let [operation, parent, id] = ids;
    let failed = duration >= "00:00:01";
    let data = json!({"id": id, "name": name, "duration": duration, "success": !failed,
                      "responseCode": if failed { "503" } else { "200" }});
    item("RequestData", role, ago, [operation, parent], data)
}

fn send(stand_in: &Running, items: &[Value]) {
    let body = serde_json::to_vec(items).unwrap();
    let answer = post(&stand_in.url("/v2.1/track"), "application/json", &body).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// A stand-in with a slow visit of two processes, fast visits, and an alert about the slow one.
fn filled() -> Running {
    let stand_in = app_insights().args(["--grain", "1"]).env("TZ", "UTC").start().unwrap();
    let script = "<script>document.title = 'changed'</script>";
    let error = json!({"exceptions": [{"typeName": "Empty", "message": script, "stack": "a\nb"}]});
    let call = json!({"id": "2", "name": "ask the stock", "duration": "00:00:01.4",
                      "resultCode": "503", "success": false, "type": "HTTP"});
    let log = json!({"message": script, "severityLevel": 2});
    let ping = json!({"id": "1", "name": "ping", "duration": "00:00:01", "success": true});
    send(
        &stand_in,
        &[
            request("shop", 3000, [VISIT, "", "1"], "GET /{name}/", "00:00:01.5"),
            item("RemoteDependencyData", "shop", 2950, [VISIT, "1"], call),
            request("stock", 2900, [VISIT, "2", "3"], "GET /stock", "00:00:01.3"),
            item("ExceptionData", "stock", 1700, [VISIT, "3"], error),
            item("MessageData", "stock", 2500, [VISIT, "3"], log),
            item("EventData", "shop", 2000, [VISIT, "elsewhere"], json!({"name": "seen"})),
            request("shop", 2000, ["fast", "", "1"], "GET /{name}/", "00:00:00.02"),
            request("shop", 1000, ["gifts", "", "1"], "POST /gifts", "00:00:00.03"),
            item("AvailabilityData", "shop", 0, ["ping", ""], ping),
        ],
    );
    let fields = "name=half+a+second&description=&metric=request-latency&aggregation=average\
                  &operator=%3E&threshold=500&unit=ms&window=30&frequency=1&severity=2";
    let form = "application/x-www-form-urlencoded";
    let saved = Request::post("/alerts/new", form, fields).send(stand_in.address()).unwrap();
    assert_eq!(saved.status, 303, "{}", saved.text());
    let point = json!({"name": "request-latency", "value": 1500.0, "count": 2});
    let metric = json!({"metrics": [point]});
    send(&stand_in, &[item("MetricData", "shop", 0, ["", ""], metric)]);
    stand_in.wait_for_stderr(|text| text.contains("fired")).unwrap();
    stand_in
}

/// Follows the links from the metric to the trace and to the log, in the two processes of step 07.
#[test]
#[ignore = "needs a browser"]
fn an_alert_leads_to_the_log_that_explains_it() {
    let Some(browser) = Browser::start() else { return };
    browser.look(View::window(900, 1100), Scheme::Light);
    let stand_in = app_insights().env("TZ", "UTC").start().unwrap();
    make_rule(&stand_in, &too_slow(&Timing::default()));
    let process = |service: &str| {
        let program = azure(step(7), stand_in.address()).env("SEED", "1");
        let program = program.env("OTEL_SERVICE_NAME", service);
        program.env("OTEL_METRIC_EXPORT_INTERVAL", "1000")
    };
    let verdicts = process("verdicts").start().unwrap();
    let app = process("naughty-or-nice").env("VERDICT_URL", verdicts.url("")).start().unwrap();
    browser.open(&stand_in.url("/alerts"));
    visited_by(20, &app, || {
        browser.wait("the alert", "document.querySelector('.cards .fired') != null");
    });
    let fired = Instant::now();
    browser.click(".cards a[href^='/transactions?']");
    browser.wait("the slow requests", "document.querySelector('#live tbody a') != null");
    browser.click("#live tbody tr:last-child a");
    let items = "[...document.querySelectorAll('#live tbody tr')].map(it => it.innerText)";
    browser.wait("the log", &format!("/a verdict was given/.test({items}.join())"));
    assert!(fired.elapsed() < Duration::from_secs(60), "{:?}", fired.elapsed());

    let kinds = "[...document.querySelectorAll('#live tbody tr')].map(it => \
                 it.children[2].innerText + ' ' + it.children[3].innerText)";
    let kinds = browser.texts(kinds);
    let expected = [
        "request naughty-or-nice",
        "dependency naughty-or-nice",
        "request verdicts",
        "dependency verdicts",
        "message verdicts",
    ];
    assert_eq!(kinds, expected);
    browser.screenshot(TRANSACTION, "body", masked);
    assert!(browser.complaints().is_empty());
    for process in [app, verdicts] {
        assert!(process.stop().unwrap().status.success());
    }
}

/// A text without IDs, times, measurements, and the ticks of the axis.
fn masked(text: &str) -> String {
    let is_id = |word: &str| word.len() > 12 && word.chars().all(|c| c.is_ascii_hexdigit());
    let is_number = |word: &str| word.trim_start_matches('+').starts_with(char::is_numeric);
    let mask = |word| match word {
        word if is_id(word) => "<id>",
        word if is_number(word) => "<number>",
        word => word,
    };
    let lines = text.lines().map(|line| line.split_whitespace().map(mask).collect::<Vec<_>>());
    let lines = lines.filter(|words| words.iter().any(|word| *word != "<number>"));
    lines.map(|words| words.join(" ") + "\n").collect()
}

const ROWS: &str = "[...document.querySelectorAll('#live tbody tr')].map(it => it.innerText)";

#[test]
#[ignore = "needs a browser"]
fn an_alert_leads_to_a_slow_request_and_its_waterfall() {
    let Some(browser) = Browser::start() else { return };
    let stand_in = filled();
    browser.open(&stand_in.url("/alerts"));
    browser.click(".cards a[href^='/transactions?']");
    browser.wait("the list", "document.querySelector('#live tbody') != null");
    let rows = browser.texts(ROWS);
    assert!(rows.len() == 2 && rows.iter().all(|row| row.contains("failed")), "{rows:?}");

    browser.click(&format!("#live tbody tr:last-child a[href*='{VISIT}']"));
    browser.wait("the waterfall", "document.querySelector('svg.waterfall') != null");
    let drawn = "[...document.querySelector('svg.waterfall').querySelectorAll('.row > text')]\
                 .filter(it => it.getAttribute('text-anchor') == 'start').map(it => it.textContent)";
    let drawn = browser.texts(drawn);
    let begins = |row: usize, text: &str| assert!(drawn[row].starts_with(text), "{drawn:?}");
    begins(0, "shop: GET /{name}/");
    begins(1, "ask the stock");
    begins(2, "stock: GET /stock");
    begins(3, "warning: <script>");
    begins(4, "Empty: <script>");
    begins(5, "parent not received");
    begins(6, "shop: seen");
    // The browser must not run the text of a log as a script.
    assert!(browser.eval("document.title").as_str().unwrap().starts_with("Transaction"));
    assert!(browser.complaints().is_empty());
}

#[test]
#[ignore = "needs a browser"]
fn transactions_can_be_filtered_by_keyboard() {
    let Some(browser) = Browser::start() else { return };
    let stand_in = filled();
    browser.open(&stand_in.url("/transactions"));
    let listed = |count: usize| {
        browser.wait("the list", &format!("({ROWS}).length == {count}"));
    };
    let first = |selector: &str| format!("document.querySelector({selector:?})");
    listed(4);
    browser.reach(&first("#name"));
    browser.press_all("gifts");
    browser.press(Key::Tab);
    // The choice is shown at once, and the address follows it.
    listed(1);
    browser.wait("its address", "location.search.includes('name=gifts')");
    browser.reach(&first("#failed"));
    browser.press(Key::Space);
    browser.wait("nothing", "/Nothing matches/.test(document.getElementById('live').innerText)");
    browser.press(Key::Space);
    listed(1);

    // An address has the same filter.
    browser.open(&stand_in.url("/transactions?kind=any&slower=1400.5"));
    listed(1);
    browser.reach(&first("#live tbody a"));
    browser.press(Key::Enter);
    browser.wait("the waterfall", "document.querySelector('svg.waterfall') != null");
    browser.reach(&first("#live summary"));
    browser.press(Key::Enter);
    browser.wait("its details", "document.querySelector('#live details').open");
    // An update keeps it open.
    browser.eval("document.getElementById('live').dataset.old = 'yes'");
    browser.wait("an update", "!document.getElementById('live').dataset.old");
    assert_eq!(browser.eval("document.querySelector('#live details').open"), true);
    assert!(browser.complaints().is_empty());
}

#[test]
#[ignore = "needs a browser"]
fn transactions_pass_the_accessibility_checks() {
    let Some(browser) = Browser::start() else { return };
    let axe = Axe::find();
    let (stand_in, empty) = (filled(), app_insights().start().unwrap());
    let screens = [
        stand_in.url("/transactions"),
        stand_in.url("/transactions?kind=any&slower=1"),
        stand_in.url("/transactions?name=nothing&failed=1&range=2m"),
        stand_in.url(&format!("/transactions/one?operation={VISIT}")),
        stand_in.url("/alerts"),
        empty.url("/transactions"),
    ];
    let mut found = Vec::new();
    for scheme in [Scheme::Light, Scheme::Dark] {
        for view in [View::LAPTOP, View::PHONE] {
            browser.look(view, scheme);
            for screen in &screens {
                browser.open(screen);
                browser.eval("document.querySelectorAll('details').forEach(it => it.open = true)");
                let mut say = |what: String| found.push(format!("{screen}, {scheme}: {what}"));
                browser.sideways().into_iter().for_each(&mut say);
                for it in axe.iter().flat_map(|axe| axe.check(&browser)) {
                    say(format!("{} {}: {} ({})", it.impact, it.rule, it.element, it.help));
                }
                browser.complaints().into_iter().for_each(&mut say);
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
