//! What a reader does with a page.

use std::time::{Duration, Instant};

use fantoccini::{
    actions::{InputSource, KeyAction, KeyActions},
    elements::Element,
    error::CmdError,
};
use serde_json::Value;

use super::{Browser, Key, LIMIT};

/// From one look at a page to the next.
const PAUSE: Duration = Duration::from_millis(20);
/// What counts as shown.
const VISIBLE: &str = "{ visibilityProperty: true, opacityProperty: true }";

impl Browser {
    /// Opens a page and waits until it is loaded.
    ///
    /// # Panics
    /// When nobody answers there.
    #[track_caller]
    pub fn open(&self, url: &str) {
        self.must(url, self.driver.run(self.driver.client().goto(url)));
        let there = self.eval("location.protocol != 'chrome-error:'") == true;
        assert!(there, "{url}: {}", self.eval("document.body.innerText"));
    }

    /// The address of the page.
    #[track_caller]
    pub fn url(&self) -> String {
        let url = self.driver.run(self.driver.client().current_url());
        self.must("its address", url).to_string()
    }

    /// The value of a JavaScript expression.
    #[track_caller]
    pub fn eval(&self, expression: &str) -> Value {
        self.must(expression, self.script(&format!("return ({expression})"), vec![]))
    }

    /// What a JavaScript expression gives that is a list of texts.
    ///
    /// # Panics
    /// When it is none.
    #[track_caller]
    pub fn texts(&self, expression: &str) -> Vec<String> {
        let value = self.eval(expression);
        let Ok(texts) = serde_json::from_value(value.clone()) else {
            panic!("{expression} is no list of texts: {value}")
        };
        texts
    }

    /// What a function with this body returns, given `args`.
    pub(super) fn script(&self, body: &str, args: Vec<Value>) -> Result<Value, CmdError> {
        self.driver.run(self.driver.client().execute(body, args))
    }

    /// The text of the first element that a CSS selector finds, as a reader sees it.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        let element = self.find(selector);
        self.must(selector, self.driver.run(element.text()))
    }

    /// Waits until a JavaScript expression is true, over new pages too.
    ///
    /// # Panics
    /// When it never is.
    #[track_caller]
    pub fn wait(&self, what: &str, expression: &str) {
        let end = Instant::now() + LIMIT;
        loop {
            // A page that is about to go cannot answer.
            let last = self.script(&format!("return ({expression})"), vec![]);
            if last.as_ref().is_ok_and(|value| *value == true) {
                return;
            }
            let late = Instant::now() > end;
            assert!(!late, "{}: waited {LIMIT:?} for {what}: {last:?}: {expression}", self.url());
            self.driver.pause(PAUSE);
        }
    }

    /// Clicks the first element that a CSS selector finds, as soon as it is there and can be. What
    /// is covered by something else cannot.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.must(selector, self.driver.run(element.click()));
    }

    /// Types a text into an element.
    #[track_caller]
    pub fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        self.must(selector, self.driver.run(element.send_keys(text)));
    }

    /// Presses and releases a key, wherever the focus is.
    #[track_caller]
    pub fn press(&self, key: Key) {
        let value = char::from(key);
        let actions = KeyActions::new("keyboard".to_string())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        self.must("a key", self.driver.run(self.driver.client().perform_actions(actions)));
    }

    /// The first such element that is shown, waiting until there is one.
    #[track_caller]
    pub(super) fn find(&self, selector: &str) -> Element {
        let all = format!("[...document.querySelectorAll({selector:?})]");
        self.wait(selector, &format!("{all}.some(it => it.checkVisibility({VISIBLE}))"));
        let first = format!("return {all}.find(it => it.checkVisibility({VISIBLE}))");
        let found = self.must(selector, self.script(&first, vec![]));
        // See <https://www.w3.org/TR/webdriver2/#elements>.
        let id = found["element-6066-11e4-a52e-4f735466cecf"].as_str().unwrap_or_default();
        Element::from_element_id(self.driver.client().clone(), id.to_string().into())
    }
}
