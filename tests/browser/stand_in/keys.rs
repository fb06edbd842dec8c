//! The page for whoever has no mouse, and what only a mouse shows.

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
fn it_can_be_used_without_a_mouse() {
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

    // From the top, past the navigation.
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
    browser.wait("a pause", "document.activeElement.innerText == 'Go on'");
    browser.press(Key::Enter);
    browser.wait("the end of it", "document.activeElement.innerText == 'Pause'");
    // From here on it stands still.
    browser.press(Key::Enter);

    enter("a[href^='/alerts/new']");
    browser.wait("the form", "document.getElementById('threshold') != null");
    for (field, text) in [("#threshold", "3"), ("#name", "three")] {
        // A field that Tab leads to is selected, so that typing replaces what was in it.
        browser.reach(&first(field));
        browser.press_all(text);
    }
    enter("button.primary");
    browser.wait("both rules", "document.querySelectorAll('.cards li').length == 2");
    enter("#pause");
    enter("a[href='/alerts/delete?name=three']");
    browser.wait("the question", "document.querySelector('button.danger') != null");
    enter("button.danger");
    browser.wait("one rule", "document.querySelectorAll('.cards li').length == 1");

    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[test]
fn it_says_what_is_under_the_pointer_and_when_nobody_answers() {
    let Some(browser) = Browser::start() else { return };
    let stand_in = stand_in();
    let app = azure(step(4), stand_in.address()).start().unwrap();
    app.get("/Ada/").unwrap();
    // It tells the rest as it ends.
    assert!(app.stop().unwrap().status.success());
    browser.open(&stand_in.url("/?metric=request-count&aggregation=sum"));
    // Nothing is put in anew while the pointer is on its way.
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
fn what_is_put_in_anew_does_not_take_the_focus_away() {
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
