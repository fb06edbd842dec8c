//! The test browser itself: that it reports problems.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use tempfile::TempDir;
use tests::browser::{Axe, Browser, Key, Scheme, View};

/// A page in a file of its own, and the temporary folder that contains the file.
fn page(html: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    let start = "<!doctype html><html lang=en><meta charset=utf-8><title>A page</title>\
                 <meta name=viewport content=\"width=device-width\"><main><h1>A page</h1>";
    fs::write(&path, format!("{start}{html}</main></html>")).unwrap();
    let url = format!("file://{}", path.display());
    (folder, url)
}

#[test]
#[ignore = "needs a browser"]
fn errors_of_a_page_are_reported() {
    let Some(browser) = Browser::start() else { return };
    let (_folder, url) = page("<p>Hello</p>");
    browser.open(&url);
    assert_eq!(browser.complaints(), Vec::<String>::new());

    let troubles = "<script>console.error('one'); setTimeout(() => { window.loaded = true })</script>\
                    <script>throw new Error('two')</script><img alt=three src=three.png>\
                    <script>fetch('http://192.0.2.4/').catch(() => 0)</script>\
                    <img alt=five src='https://five.example/'>";
    let (_folder, url) = page(troubles);
    browser.open(&url);
    browser.wait("its scripts", "window.loaded");
    let complaints = browser.complaints().join("\n");
    for trouble in
        ["one", "two", "three.png", "asked for http://192.0.2.4/", "https://five.example/"]
    {
        assert!(complaints.contains(trouble), "{trouble}: {complaints}");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new(), "each is reported once");
}

#[test]
#[ignore = "needs a browser"]
fn size_and_color_scheme_apply() {
    let Some(browser) = Browser::start() else { return };
    let (_folder, url) = page("<input aria-label=Name>");
    browser.open(&url);
    let shown = "[String(innerWidth), String(matchMedia('(prefers-color-scheme: dark)').matches)]";
    assert_eq!(browser.texts(shown), ["1280", "false"]);
    browser.look(View::PHONE, Scheme::Dark);
    assert_eq!(browser.texts(shown), ["360", "true"]);
    browser.open(&url);
    assert_eq!(browser.texts(shown), ["360", "true"]);

    browser.press(Key::Tab);
    assert_eq!(browser.eval("document.activeElement.tagName"), "INPUT");
    browser.fill("input", "Ada");
    assert_eq!(browser.eval("document.activeElement.value"), "Ada");
}

/// Pages may forbid all scripts except their own. The checks still have to run.
#[test]
#[ignore = "needs a browser"]
fn accessibility_checks_work_under_a_strict_policy() {
    let Some(axe) = Axe::find() else { return };
    let Some(browser) = Browser::start() else { return };
    let policy = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">";
    let (_folder, url) = page(&format!("{policy}<p>Hello</p>"));
    browser.open(&url);
    assert_eq!(axe.check(&browser), []);

    let (_folder, url) = page(&format!("{policy}<input id=nameless>"));
    browser.open(&url);
    let found = axe.check(&browser);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].rule.as_str(), found[0].element.as_str()), ("label", "#nameless"));
}

#[test]
#[ignore = "needs a browser"]
fn failed_test_leaves_no_browser_behind() {
    let Some(browser) = Browser::start() else { return };
    let id = browser.id().unwrap();
    let process = Path::new("/proc").join(id.to_string());
    let linux = Path::new("/proc/self").exists();
    assert!(!linux || process.exists());
    // No browser connects to port 9.
    let failed = catch_unwind(AssertUnwindSafe(move || browser.open("http://127.0.0.1:9/")));
    let message = failed.unwrap_err().downcast::<String>().unwrap();
    assert!(message.starts_with("http://127.0.0.1:9/: "), "{message}");
    assert!(!process.exists());
}
