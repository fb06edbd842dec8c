//! axe-core, which finds barriers on a page: too little contrast, a picture or a field without a
//! name, an element that no keyboard reaches.

use std::{env, fmt, fs, path::PathBuf};

use serde_json::Value;

use super::Browser;

/// axe-core's own script.
#[derive(Debug)]
pub struct Axe {
    script: String,
}

/// A finding of axe-core, at one element.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Violation {
    /// The rule, such as `color-contrast`.
    pub rule: String,
    /// The severity: `critical` or `serious`.
    pub impact: String,
    /// The element, as a CSS selector.
    pub element: String,
    /// The problem, and its fix.
    pub help: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, impact, element, help } = self;
        write!(f, "{impact} {rule}: {element}: {help}")
    }
}

impl Axe {
    /// Reads the script that `AXE` names, or the script in the folder that it names.
    ///
    /// `None`, with a line on stderr, if `AXE` is not set.
    pub fn find() -> Option<Self> {
        let path = env::var_os("AXE").filter(|path| !path.is_empty()).map(PathBuf::from);
        let Some(mut path) = path else {
            crate::skip("AXE names no axe.min.js; .ci/run fetches one, with npm");
            return None;
        };
        if path.is_dir() {
            path.push("axe.min.js");
        }
        let script = fs::read_to_string(&path);
        let script = script.unwrap_or_else(|error| panic!("AXE: {}: {error}", path.display()));
        Some(Self { script })
    }

    /// Everything serious or critical on the page that the browser shows.
    #[track_caller]
    pub fn check(&self, browser: &Browser) -> Vec<Violation> {
        let installed = browser.script(&self.script, vec![]);
        browser.must("axe-core", installed);
        let client = browser.driver.client();
        let found = browser.driver.run(client.execute_async(RUN, vec![]));
        let found = browser.must("axe.run", found);
        let Some(found) = found.as_array() else { panic!("{}: axe.run: {found}", browser.url()) };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let violation = |it: &Value| Violation {
            rule: text(&it["rule"]),
            impact: text(&it["impact"]),
            element: text(&it["element"]),
            help: text(&it["help"]),
        };
        found.iter().map(violation).collect()
    }
}

/// Calls its last argument with the list of findings, or with axe-core's error as a text.
const RUN: &str = "
    const done = arguments[arguments.length - 1];
    const bad = ({ impact }) => impact == 'serious' || impact == 'critical';
    axe.run(document, { resultTypes: ['violations'] }).then(
        ({ violations }) => done(violations.filter(bad).flatMap(({ id, impact, help, nodes }) =>
            nodes.map(({ target, failureSummary }) => ({
                rule: id,
                impact,
                element: target.flat().join(' '),
                help: help + '. ' + failureSummary.replace(/\\s+/g, ' '),
            })))),
        error => done(String(error)),
    );";
