//! The Application Insights stand-in's page in a browser: a rule is created, its alert fires, and
//! every screen passes the accessibility checks. These tests take the book's pictures of the page.

mod keys;
mod mask;
mod transactions;

use app_insights::alerts::Timing;
use harness::Running;
use tests::{
    app_insights,
    browser::{Axe, Browser, Scheme, View},
    make_rule, too_slow, visited,
};

use mask::mask;

/// The pictures that these tests take.
pub const PICTURES: [&str; 6] = [
    "stand-in-metrics",
    "stand-in-new-rule",
    "stand-in-calm",
    "stand-in-alerts",
    "stand-in-resolved",
    TRANSACTION,
];

const TRANSACTION: &str = "stand-in-transaction";

fn stand_in() -> Running {
    // Every screen shows the time zone.
    app_insights().env("TZ", "UTC").start().unwrap()
}

/// The actions of a class at the end of the book, in this order.
#[test]
#[ignore = "needs a browser"]
fn rule_is_made_and_its_alert_fires_and_is_resolved() {
    let Some(browser) = Browser::start() else { return };
    // A picture that is not taken below would be an unused variable, which CI rejects.
    let [metrics, new_rule, calm, alerts, resolved, TRANSACTION] = PICTURES else {
        panic!("another test takes the last picture")
    };
    let stand_in = stand_in();
    // The window has room for the longest screen, so that the screen fits into a picture.
    browser.look(View::window(900, 1600), Scheme::Light);
    browser.open(&stand_in.url("/"));
    browser.wait("nothing", "/No metric has arrived yet/.test(document.body.innerText)");

    let rule = too_slow(&Timing::default());
    let threshold = rule.threshold.to_string();
    // The page has each chart twice, the second time for a phone.
    let points = |compared: &str, count: usize| {
        let grains = "[...document.querySelector('#live svg')?.querySelectorAll('.grain') ?? []]";
        format!(
            "{grains}.filter(it => parseFloat(it.dataset.values) {compared} {threshold}).length \
             >= {count}"
        )
    };
    visited(4, &stand_in, || {
        // The page updates itself. The picture needs a minute and a half of calm, which is more
        // than one wait allows.
        for count in [4, 8] {
            browser.wait("a calm chart", &points("<", count));
        }
        choose(&browser, "#range", "Last 2 min");
        browser.screenshot(metrics, "body", mask);
        browser.click("#new-rule");
        for (field, text) in
            [("#threshold", &threshold), ("#unit", &rule.unit), ("#name", &rule.name)]
        {
            browser.fill(field, text);
        }
        let line = "document.querySelector('#live svg text.threshold')?.textContent";
        browser.wait("the preview", &format!("/threshold {threshold} ms/.test({line})"));
        browser.wait("calm values", &points("<", 7));
        assert_eq!(browser.eval(&points(">=", 1)), false, "nothing is above the line");
        browser.screenshot(new_rule, "body", mask);
        browser.click("button.primary");
        browser.wait("the rule", "document.querySelector('.cards .calm') != null");
        browser.screenshot(calm, "body", mask);
    });
    visited(5, &stand_in, || {
        browser.wait("the alert", "document.querySelector('.cards .fired') != null");
        browser.screenshot(alerts, "body", mask);
        browser.click(".cards h3 a");
        browser.wait("its chart", "document.querySelector('#live svg .mark.fired') != null");
        browser.wait("more of it above the line", &points(">", 3));
    });
    visited(4, &stand_in, || {
        browser.wait("the end", "document.querySelector('#live svg .mark.resolved') != null");
    });
    show_both_marks(&browser);
    browser.screenshot(resolved, "body", mask);

    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{complaints:?}");
    assert!(stand_in.stop().unwrap().status.success());
}

/// Chooses the shortest time range with both marks and their labels. The text of a picture does not
/// contain the range.
fn show_both_marks(browser: &Browser) {
    let mark = |kind: &str| format!("document.querySelector('#live svg .mark.{kind}')");
    let told =
        |kind: &str| format!("{}?.querySelector('text')?.textContent == {kind:?}", mark(kind));
    let told = format!("{} && {}", told("fired"), told("resolved"));
    for (range, seconds) in [("Last 2 min", 120), ("Last 5 min", 300), ("Last 10 min", 600)] {
        choose(browser, "#range", range);
        // A mark at the right edge has no room for its label, but has it a few seconds later. A
        // mark at the left edge must stay until the picture is taken.
        let age = format!("(Date.now() - Date.parse({}?.dataset.time)) / 1000", mark("fired"));
        let gone = format!("!({age} < {seconds} - 15)");
        browser.wait("both marks", &format!("({told}) || {gone}"));
        if browser.eval(&format!("({told}) && !({gone})")) == true {
            return;
        }
    }
    panic!("ten minutes have been too little");
}

/// Chooses an option of a list, and waits until the page shows it.
fn choose(browser: &Browser, list: &str, option: &str) {
    let options = format!("[...document.querySelector({list:?}).options]");
    let value = browser.eval(&format!("{options}.find(it => it.label == {option:?}).value"));
    browser.fill(list, option);
    let value = value.as_str().unwrap();
    let shown = format!("document.getElementById('live').dataset.address.includes({value:?})");
    browser.wait(option, &shown);
}

#[test]
#[ignore = "needs a browser"]
fn screens_pass_the_accessibility_checks() {
    let Some(browser) = Browser::start() else { return };
    let axe = Axe::find();
    let empty = stand_in();
    let stand_in = stand_in();
    make_rule(&stand_in, &too_slow(&Timing::default()));
    visited(5, &stand_in, || {
        stand_in.wait_for_stderr(|text| text.contains("alert too-slow fired")).unwrap();
    });
    let mut screens: Vec<String> = [
        "/",
        "/?metric=request-count&aggregation=sum&split=http.response.status_code",
        "/alerts",
        "/alerts/new",
        "/alerts/new?metric=request-latency&threshold=nonsense",
        "/alerts/rule?name=too-slow",
        "/alerts/delete?name=too-slow",
        "/about",
    ]
    .map(|path| stand_in.url(path))
    .into();
    screens.extend(["/", "/alerts"].map(|path| empty.url(path)));
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
                // A browser logs each error response, and these responses are errors on purpose.
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
            // An invalid form.
            browser.open(&stand_in.url("/alerts/new?metric=request-latency&name=too-slow"));
            browser.click("button.primary");
            browser.wait("what is wrong", "document.querySelector('.warning[role=alert]') != null");
            look(&stand_in.url("/alerts/new"), Some("status of 422"));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
