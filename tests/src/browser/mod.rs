//! A browser without a window. The tests check that pages work, that they are readable, and that
//! they can be used with only a keyboard.
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
//! Without Chromium, a test prints `SKIPPED` and passes, unless `BROWSER=required`. With
//! `HEADED=1` the browser has a window:
//! `HEADED=1 cargo test -p tests --test browser -- --ignored --test-threads 1 search`.
//!
//! A method that fails panics with the address of the page.

mod axe;
mod driver;
mod log;
mod page;
mod paper;
mod picture;
mod screenshot;

use std::{fmt, time::Duration};

use fantoccini::error::CmdError;
use serde_json::{Value, json};

use driver::Driver;

pub use axe::{Axe, Violation};
pub use fantoccini::key::Key;
pub use paper::PrintSize;
pub use picture::{Picture, Stale};

/// Enough for everything that a page does in a moment, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// The size of the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// The width in CSS pixels.
    pub width: u32,
    /// The height in CSS pixels.
    pub height: u32,
    /// Pixels of the device for each CSS pixel.
    pub scale: f32,
    /// Whether the device has a touch screen. Its scrollbars take no room.
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

/// The reader's preference, as the operating system reports it to a page.
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

/// A browser without history, which reaches only this machine. It ends when it is dropped, even if
/// the test fails.
#[derive(Debug)]
pub struct Browser {
    driver: Driver,
}

impl Browser {
    /// Starts a browser. Only a few browsers run at once, so this function waits for its turn.
    ///
    /// `None`, with a line on stderr, if no browser is installed.
    pub fn start() -> Option<Self> {
        match Driver::start() {
            Ok(driver) => {
                let browser = Self { driver };
                browser.look(View::LAPTOP, Scheme::Light);
                // In a window, the page for printing would open a dialog.
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

    /// Shows this page and later ones in this size and with this preference.
    #[track_caller]
    pub fn look(&self, view: View, scheme: Scheme) {
        let View { width, height, scale, mobile } = view;
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme.to_string() },
            // The result must not depend on the time.
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// The process id of the browser.
    pub fn id(&self) -> Option<i32> {
        self.driver.browser().map(|id| id.as_raw_nonzero().get())
    }

    /// Sends a command of the Chrome `DevTools` Protocol, where `WebDriver` has no command.
    #[track_caller]
    fn devtools(&self, command: &str, params: &Value) -> Value {
        let body = json!({ "cmd": command, "params": params });
        self.must(command, self.driver.extension("goog/cdp/execute", &body))
    }

    /// The result, or a panic with the action and the address of the page.
    #[track_caller]
    fn must<T>(&self, what: &str, result: Result<T, CmdError>) -> T {
        result.unwrap_or_else(|error| {
            let url = self.driver.run(self.driver.client().current_url());
            let url = url.map_or_else(|error| error.to_string(), |url| url.to_string());
            panic!("{url}: {what}: {error}")
        })
    }
}
