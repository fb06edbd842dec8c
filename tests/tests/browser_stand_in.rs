//! The Application Insights stand-in's page in a browser: the alert fires before one's eyes, and
//! everybody can use every screen. The book's pictures of the page are taken here.

use std::{
    fmt::Write as _,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use harness::Running;
use tests::{
    app_insights, azure,
    browser::{Axe, Browser, Scheme, View},
    step,
};

/// Enough that no evaluation depends on the luck of one.
const VISITORS: usize = 20;

fn stand_in() -> Running {
    // The zone is on every screen.
    app_insights().env("TZ", "UTC").start().unwrap()
}

/// Runs a step under its visitors until `done` returns.
fn visited(number: u8, stand_in: &Running, done: impl FnOnce()) {
    let app = azure(step(number), stand_in.address());
    let app = app.env("OTEL_METRIC_EXPORT_INTERVAL", "1000").start().unwrap();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..VISITORS {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    app.get("/Ada/").unwrap();
                }
            });
        }
        // Whatever becomes of it, the visitors must not go on for ever.
        let result = catch_unwind(AssertUnwindSafe(done));
        over.store(true, Ordering::Relaxed);
        result.unwrap_or_else(|panic| resume_unwind(panic));
    });
    assert!(app.stop().unwrap().status.success());
}

/// Lines without what differs from run to run: numbers, and where a chart has its ticks.
fn mask(text: &str) -> String {
    let mut masked = String::new();
    for line in text.lines() {
        let mut words: Vec<String> = Vec::new();
        for word in line.split_whitespace() {
            let word = if word.contains(|c: char| c.is_ascii_digit()) { "<n>" } else { word };
            if words.last().is_none_or(|last| last != word) {
                words.push(word.to_string());
            }
        }
        if words != ["<n>"] {
            let _ = writeln!(masked, "{}", words.join(" "));
        }
    }
    masked
}

/// What the class does in the chapters on steps 04 and 05, in this order.
#[test]
fn the_alert_fires_and_is_resolved() {
    let Some(browser) = Browser::start() else { return };
    let stand_in = stand_in();
    // Room for the longest screen, so that it fits on a picture.
    browser.look(View::window(900, 1600), Scheme::Light);
    browser.open(&stand_in.url("/"));
    browser.wait("nothing", "/No metric has arrived yet/.test(document.body.innerText)");

    // Each chart is there twice, the second time for a phone.
    let above = |count: usize| {
        let grains = "[...document.querySelector('#live svg')?.querySelectorAll('.grain') ?? []]";
        format!("{grains}.filter(it => parseFloat(it.dataset.values) > 1000).length >= {count}")
    };
    visited(5, &stand_in, || {
        // The page follows by itself.
        browser.wait("the chart above the line", &above(1));
        browser.click("a[href='/alerts']");
        browser.wait("the alert", "document.querySelector('.cards .fired') != null");
        browser.screenshot("stand-in-alerts", "body", mask);
        browser.click(".cards h3 a");
        browser.wait("its chart", "document.querySelector('#live svg .mark.fired') != null");
        browser.wait("more of it above the line", &above(3));
    });
    visited(4, &stand_in, || {
        browser.wait("the end", "document.querySelector('#live svg .mark.resolved') != null");
    });
    choose(&browser, "#range", "Last 2 min");
    // At the edge of the chart there is no room for the whole word.
    let told =
        "/resolved/.test(document.querySelector('#live svg .mark.resolved text')?.textContent)";
    browser.wait("room for the word", told);
    browser.screenshot("stand-in-resolved", "main", mask);

    browser.click("a[href='/']");
    choose(&browser, "#range", "Last 2 min");
    browser.screenshot("stand-in-metrics", "body", mask);

    // A rule of one's own, seen before it is saved.
    browser.click("a[href^='/alerts/new']");
    for (field, text) in [("#threshold", "500"), ("#unit", "ms"), ("#name", "half a second")] {
        browser.clear(field);
        browser.fill(field, text);
    }
    browser.wait("its line", "/500 ms/.test(document.querySelector('#live svg').textContent)");
    browser.screenshot("stand-in-new-rule", "body", mask);
    browser.click("button.primary");
    browser.wait("both rules", "document.querySelectorAll('.cards li').length == 2");
    browser.click("a[href^='/alerts/delete?name=half']");
    browser.click("button.danger");
    browser.wait("one rule", "document.querySelectorAll('.cards li').length == 1");

    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{complaints:?}");
    assert!(stand_in.stop().unwrap().status.success());
}

/// Chooses what a list offers, and waits until the page shows it.
fn choose(browser: &Browser, list: &str, option: &str) {
    let options = format!("[...document.querySelector({list:?}).options]");
    let value = browser.eval(&format!("{options}.find(it => it.label == {option:?}).value"));
    browser.fill(list, option);
    let value = value.as_str().unwrap();
    let shown = format!("document.getElementById('live').dataset.address.includes({value:?})");
    browser.wait(option, &shown);
}

#[test]
fn everybody_can_use_every_screen() {
    let Some(browser) = Browser::start() else { return };
    let axe = Axe::find();
    let empty = stand_in();
    let stand_in = stand_in();
    visited(5, &stand_in, || {
        stand_in.wait_for_stderr(|text| text.contains("alert slow fired")).unwrap();
    });
    let screens = [
        empty.url("/"),
        stand_in.url("/"),
        stand_in.url("/?metric=request-count&aggregation=sum&split=http.response.status_code"),
        stand_in.url("/?metric=none"),
        stand_in.url("/alerts"),
        stand_in.url("/alerts/new"),
        stand_in.url("/alerts/new?metric=request-latency&threshold=nonsense"),
        stand_in.url("/alerts/rule?name=slow"),
        stand_in.url("/alerts/delete?name=slow"),
        stand_in.url("/about"),
        stand_in.url("/nowhere"),
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
                // Asking for what is not there is the point of two of them.
                let missing = |it: &String| it.contains("404");
                browser.complaints().into_iter().filter(|it| !missing(it)).for_each(&mut say);
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
