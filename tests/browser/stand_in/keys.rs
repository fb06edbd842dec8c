//! The page by keyboard, and the values that only a pointer shows.

use tests::{
    azure,
    browser::{Browser, Key},
    step,
};

use super::stand_in;

/// The first element that a CSS selector finds, in JavaScript.
fn first(selector: &str) -> String {
    format!("document.querySelector({selector:?})")
}

#[test]
#[ignore = "needs a browser"]
fn page_can_be_used_by_keyboard() {
    let Some(browser) = Browser::start() else { return };
    let stand_in = stand_in();
    let app = azure(step(4), stand_in.address());
    let app = app.env("OTEL_METRIC_EXPORT_INTERVAL", "1000").start().unwrap();
    app.get("/Ada/").unwrap();
    browser.open(&stand_in.url("/"));
    browser.wait("both metrics", "document.querySelectorAll('#metric option').length == 2");
    assert!(app.stop().unwrap().status.success());
    let enter = |selector: &str| {
        browser.reach(&first(selector));
        browser.press(Key::Enter);
    };

    // Tab starts at the top, and a link skips the navigation.
    browser.open(&stand_in.url("/?metric=request-latency"));
    browser.press(Key::Tab);
    assert_eq!(browser.eval("document.activeElement.matches('a.skip')"), true);
    browser.press(Key::Enter);
    browser.wait("the content", "document.activeElement.id == 'main'");
    browser.press(Key::Tab);
    assert_eq!(browser.eval("document.activeElement.id"), "metric");

    browser.press_all("request-c");
    browser.wait("its chart", "document.querySelector('#live h2').innerText == 'request-count'");
    browser.wait("its address", "location.search.includes('metric=request-count')");

    enter("#pause");
    browser.wait("a pause", "document.activeElement.innerText == 'Resume'");
    browser.press(Key::Enter);
    browser.wait("the end of it", "document.activeElement.innerText == 'Pause'");
    // From here on, the page has no animations.
    browser.press(Key::Enter);

    enter("a[href^='/alerts/new']");
    browser.wait("the form", "document.getElementById('threshold') != null");
    for (field, text) in [("#threshold", "3"), ("#name", "three")] {
        // Tab selects the content of a field, so that typing replaces it.
        browser.reach(&first(field));
        browser.press_all(text);
    }
    enter("button.primary");
    browser.wait("the rule", "document.querySelectorAll('.cards li').length == 1");
    enter("#pause");
    enter("a[href='/alerts/delete?name=three']");
    browser.wait("the question", "document.querySelector('button.danger') != null");
    enter("button.danger");
    browser.wait("no rule", "document.querySelectorAll('.cards li').length == 0");
    enter("#to-metrics");
    browser.wait("the way to a new one", "document.getElementById('new-rule') != null");

    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[test]
#[ignore = "needs a browser"]
fn chart_shows_values_at_the_pointer_and_lost_connections() {
    let Some(browser) = Browser::start() else { return };
    let stand_in = stand_in();
    let app = azure(step(4), stand_in.address()).start().unwrap();
    app.get("/Ada/").unwrap();
    // The program exports the rest at its end.
    assert!(app.stop().unwrap().status.success());
    browser.open(&stand_in.url("/?metric=request-count&aggregation=sum"));
    // The page is not updated while the pointer moves.
    browser.click("#pause");
    browser.point("#live rect.grain");
    let said = "document.getElementById('readout').textContent";
    browser.wait("its value", &format!("/: request-count 1$/.test({said})"));

    assert!(stand_in.stop().unwrap().status.success());
    browser.click("#pause");
    let says = "document.getElementById('connection').innerText";
    browser.wait("the trouble", &format!("/cannot be reached/.test({says})"));
}

#[test]
#[ignore = "needs a browser"]
fn updates_keep_the_focus() {
    let Some(browser) = Browser::start() else { return };
    let stand_in = stand_in();
    let app = azure(step(4), stand_in.address()).start().unwrap();
    app.get("/Ada/").unwrap();
    assert!(app.stop().unwrap().status.success());
    browser.open(&stand_in.url("/?metric=request-latency"));
    for element in ["#live summary", "#live a[href^='/alerts/new']"] {
        browser.reach(&first(element));
        browser.eval("document.getElementById('live').dataset.old = 'yes'");
        browser.wait("anew", "!document.getElementById('live').dataset.old");
        let there = format!("document.activeElement.matches({element:?})");
        assert_eq!(browser.eval(&there), true, "{element}");
    }
}
