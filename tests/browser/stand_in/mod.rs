//! The Application Insights stand-in's page in a browser: the alert fires before one's eyes, and
//! everybody can use every screen. The book's pictures of the page are taken here.

mod keys;
mod mask;

use harness::Running;
use tests::{
    app_insights,
    browser::{Axe, Browser, Scheme, View},
    visited,
};

use mask::mask;

fn stand_in() -> Running {
    // The zone is on every screen.
    app_insights().env("TZ", "UTC").start().unwrap()
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
    show_both_marks(&browser);
    browser.screenshot("stand-in-resolved", "body", mask);

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

/// Chooses the shortest time range with both marks and a word at each. Where all went quickly, that
/// is the first; which one it is, is not in the text of a picture.
fn show_both_marks(browser: &Browser) {
    let mark = |kind: &str| format!("document.querySelector('#live svg .mark.{kind}')");
    let told =
        |kind: &str| format!("{}?.querySelector('text')?.textContent == {kind:?}", mark(kind));
    let told = format!("{} && {}", told("fired"), told("resolved"));
    for (range, seconds) in [("Last 2 min", 120), ("Last 5 min", 300), ("Last 10 min", 600)] {
        choose(browser, "#range", range);
        // At the edge there is no room for the whole word, but a few seconds later there is. On the
        // other side, the mark must stay until the picture is taken.
        let age = format!("(Date.now() - Date.parse({}?.dataset.time)) / 1000", mark("fired"));
        let gone = format!("!({age} < {seconds} - 15)");
        browser.wait("both marks", &format!("({told}) || {gone}"));
        if browser.eval(&format!("({told}) && !({gone})")) == true {
            return;
        }
    }
    panic!("ten minutes have been too little");
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
    let mut screens: Vec<String> = [
        "/",
        "/?metric=request-count&aggregation=sum&split=http.response.status_code",
        "/alerts",
        "/alerts/new",
        "/alerts/new?metric=request-latency&threshold=nonsense",
        "/alerts/rule?name=slow",
        "/alerts/delete?name=slow",
        "/about",
    ]
    .map(|path| stand_in.url(path))
    .into();
    screens.push(empty.url("/"));
    let missing = ["/?metric=none", "/nowhere"].map(|path| stand_in.url(path));
    let mut found = Vec::new();
    for scheme in [Scheme::Light, Scheme::Dark] {
        for view in [View::LAPTOP, View::PHONE] {
            browser.look(view, scheme);
            let mut look = |screen: &str, refused: Option<&str>| {
                browser.eval("document.querySelectorAll('details').forEach(it => it.open = true)");
                let mut say = |what: String| found.push(format!("{screen}, {scheme}: {what}"));
                browser.sideways().into_iter().for_each(&mut say);
                for it in axe.iter().flat_map(|axe| axe.check(&browser)) {
                    say(format!("{} {}: {} ({})", it.impact, it.rule, it.element, it.help));
                }
                let mut complaints = browser.complaints();
                // A browser complains of each answer that is an error, as these should be.
                if let Some(status) = refused {
                    let refused = |it: &String| {
                        it.starts_with(&format!("{screen} - ")) && it.contains(status)
                    };
                    let before = complaints.len();
                    complaints.retain(|it| !refused(it));
                    assert!(complaints.len() < before, "{screen}: not {status}: {complaints:?}");
                }
                complaints.into_iter().for_each(&mut say);
            };
            for screen in &screens {
                browser.open(screen);
                look(screen, None);
            }
            for screen in &missing {
                browser.open(screen);
                look(screen, Some("status of 404"));
            }
            // What was sent is wrong.
            browser.open(&stand_in.url("/alerts/new?metric=request-latency&name=slow"));
            browser.click("button.primary");
            browser.wait("what is wrong", "document.querySelector('.warning[role=alert]') != null");
            look(&stand_in.url("/alerts/new"), Some("status of 422"));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
