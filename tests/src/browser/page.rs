//! What a reader does with a page.

use std::time::{Duration, Instant};

use fantoccini::{
    actions::{InputSource, KeyAction, KeyActions, MouseActions, PointerAction},
    elements::Element,
    error::CmdError,
};
use serde_json::Value;

use super::{Browser, Key, LIMIT};

/// From one look at a page to the next.
const PAUSE: Duration = Duration::from_millis(20);
/// More than can be reached by keyboard on any page.
const TABS: usize = 500;
/// What counts as shown.
const VISIBLE: &str = "{ visibilityProperty: true, opacityProperty: true }";

/// What reaches beyond the edge, but for what is within something that scrolls by itself. It is
/// not always the document that scrolls a page: `main` may be in a box that does.
const SIDEWAYS: &str = "(() => {
    const main = document.querySelector('main');
    const boxes = [];
    for (let box = main; box; box = box.parentElement) boxes.push(box);
    const wide = boxes.filter(it => it.scrollWidth > it.clientWidth);
    if (wide.length == 0) return [];
    const edge = main.getBoundingClientRect().right;
    const scrolls = it => it != main
        && (getComputedStyle(it).overflowX != 'visible' || scrolls(it.parentElement));
    const beyond = [...main.querySelectorAll('*')]
        .filter(it => it.getBoundingClientRect().right > edge && !scrolls(it.parentElement));
    const name = it => it.tagName.toLowerCase() + [...it.classList].map(it => '.' + it).join('');
    return [
        ...wide.map(it => name(it) + ' is ' + it.scrollWidth + ' of ' + it.clientWidth + ' wide'),
        ...beyond.map(it => name(it) + ': ' + it.textContent.slice(0, 60)),
    ];
})()";

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

    /// Why the page has to be scrolled sideways, if it has to.
    #[track_caller]
    pub fn sideways(&self) -> Vec<String> {
        self.texts(SIDEWAYS)
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

    /// Takes all text out of an element.
    #[track_caller]
    pub fn clear(&self, selector: &str) {
        let element = self.find(selector);
        self.must(selector, self.driver.run(element.clear()));
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

    /// Types a text, wherever the focus is.
    #[track_caller]
    pub fn press_all(&self, text: &str) {
        let keys = KeyActions::new("keyboard".to_string());
        let keys = text.chars().fold(keys, |keys, value| {
            keys.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        self.must(text, self.driver.run(self.driver.client().perform_actions(keys)));
    }

    /// Presses Tab until the focus is on the element that a JavaScript expression gives.
    ///
    /// # Panics
    /// When it never is.
    #[track_caller]
    pub fn reach(&self, element: &str) {
        let there = format!("document.activeElement == ({element})");
        for _ in 0..TABS {
            if self.eval(&there) == true {
                return;
            }
            self.press(Key::Tab);
        }
        panic!("{}: no Tab leads to {element}", self.url());
    }

    /// Moves the pointer over the first element that a CSS selector finds.
    #[track_caller]
    pub fn point(&self, selector: &str) {
        let element = self.find(selector);
        let to = PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 };
        let actions = MouseActions::new("mouse".to_string()).then(to);
        self.must(selector, self.driver.run(self.driver.client().perform_actions(actions)));
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
