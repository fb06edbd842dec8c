//! A browser without a window, for what only a browser can tell: does a page work, can it be read,
//! can it be used without a mouse.
//!
//! ```no_run
//! # use tests::browser::{Browser, Scheme, View};
//! let Some(browser) = Browser::start() else { return };
//! browser.look(View::PHONE, Scheme::Dark);
//! browser.open("http://127.0.0.1:3000/");
//! browser.click("a.next");
//! browser.wait("the second page", "document.querySelector('main h1').innerText == 'Setting up'");
//! assert!(browser.complaints().is_empty());
//! ```
//!
//! Where there is no Chromium, a test says `SKIPPED` and passes, unless `BROWSER=required`. With
//! `HEADED=1` the browser has a window that one can watch:
//! `HEADED=1 cargo test -p tests --test browser -- --ignored --test-threads 1 search`.
//!
//! A method that cannot do what it should panics, and says on which page.

mod axe;
mod driver;
mod log;
mod page;
mod picture;
mod screenshot;

use std::{fmt, time::Duration};

use fantoccini::error::CmdError;
use serde_json::{Value, json};

use driver::Driver;

pub use axe::{Axe, Violation};
pub use fantoccini::key::Key;
pub use picture::{Picture, Stale};

/// How long to wait for what a page does in a moment. A busy machine is no fault of the page.
const LIMIT: Duration = Duration::from_secs(60);

/// What a page is shown in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// In CSS pixels.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
    /// Pixels of the device for each CSS pixel.
    pub scale: f32,
    /// Whether it is a device to be touched, whose scrollbars take no room.
    pub mobile: bool,
}

impl View {
    /// A laptop.
    pub const LAPTOP: Self = Self::window(1280, 800);
    /// A small phone.
    pub const PHONE: Self = Self { width: 360, height: 740, scale: 1.0, mobile: true };

    /// A window without its frame, in CSS pixels.
    pub const fn window(width: u32, height: u32) -> Self {
        Self { width, height, scale: 1.0, mobile: false }
    }
}

/// What the reader prefers, as the operating system tells a page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Light { "light" } else { "dark" })
    }
}

/// A browser with nothing remembered, which reaches this machine alone. Dropped, it is gone, also
/// when the test fails.
#[derive(Debug)]
pub struct Browser {
    driver: Driver,
}

impl Browser {
    /// Starts a browser, when it is this test's turn: only so many run at once.
    ///
    /// None when there is no browser, after saying so.
    ///
    /// # Panics
    /// When there is one that does not start, and when there is none and `BROWSER=required`.
    pub fn start() -> Option<Self> {
        match Driver::start() {
            Ok(driver) => {
                let browser = Self { driver };
                browser.look(View::LAPTOP, Scheme::Light);
                // Where there is a window, the page for printing would open a dialog.
                let nothing = json!({ "source": "window.print = () => {}" });
                browser.devtools("Page.addScriptToEvaluateOnNewDocument", &nothing);
                Some(browser)
            }
            Err(driver::Error::Missing(what)) => {
                let required = std::env::var("BROWSER").is_ok_and(|value| value == "required");
                assert!(!required, "BROWSER=required, but {what}");
                crate::skip(format!(
                    "{what} (Debian, Ubuntu: apt install chromium chromium-driver)"
                ));
                None
            }
            Err(driver::Error::Broken(why)) => panic!("the browser does not start: {why}"),
        }
    }

    /// Shows the present page and the next ones in this size and with this preference.
    #[track_caller]
    pub fn look(&self, view: View, scheme: Scheme) {
        let View { width, height, scale, mobile } = view;
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme.to_string() },
            // Nothing should depend on when a test looks.
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// The process id of the browser.
    pub fn id(&self) -> Option<i32> {
        self.driver.browser().map(|id| id.as_raw_nonzero().get())
    }

    /// Sends a command of the Chrome `DevTools` Protocol, for what `WebDriver` has no command for.
    #[track_caller]
    fn devtools(&self, command: &str, params: &Value) -> Value {
        let body = json!({ "cmd": command, "params": params });
        self.must(command, self.driver.extension("goog/cdp/execute", &body))
    }

    /// The result, or a panic that says what was tried and on which page.
    #[track_caller]
    fn must<T>(&self, what: &str, result: Result<T, CmdError>) -> T {
        result.unwrap_or_else(|error| {
            let url = self.driver.run(self.driver.client().current_url());
            let url = url.map_or_else(|error| error.to_string(), |url| url.to_string());
            panic!("{url}: {what}: {error}")
        })
    }
}
