//! The log of the browser on the pages that it has shown.

use serde_json::{Value, json};

use super::Browser;

/// The addresses that a page may request: files, and this machine.
const OWN: [&str; 6] =
    ["file:///", "http://127.0.0.1:", "data:", "blob:", "about:", "chrome-extension://"];

impl Browser {
    /// All problems since the last call: errors on the console, failed scripts, missing files,
    /// and every request to another machine.
    #[track_caller]
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints: Vec<_> = self.requests_elsewhere();
        for entry in self.log("browser") {
            if entry["level"] == "SEVERE" {
                complaints.push(entry["message"].as_str().unwrap_or_default().to_string());
            }
        }
        complaints
    }

    fn requests_elsewhere(&self) -> Vec<String> {
        let mut elsewhere = Vec::new();
        for entry in self.log("performance") {
            let message = entry["message"].as_str().unwrap_or_default();
            let event: Value = serde_json::from_str(message).unwrap_or_default();
            let (method, params) = (&event["message"]["method"], &event["message"]["params"]);
            if method != "Network.requestWillBeSent" {
                continue;
            }
            let url = params["request"]["url"].as_str().unwrap_or_default();
            // The browser's own first page does not count.
            let own = OWN.iter().any(|own| url.starts_with(own)) || url.starts_with("chrome://");
            if !own {
                let page = params["documentURL"].as_str().unwrap_or_default();
                elsewhere.push(format!("{page} asked for {url}"));
            }
        }
        elsewhere
    }

    #[track_caller]
    fn log(&self, kind: &str) -> Vec<Value> {
        let entries = self.driver.extension("se/log", &json!({ "type": kind }));
        self.must("the log", entries).as_array().cloned().unwrap_or_default()
    }
}
