//! The actions of a reader on a page.

use std::time::{Duration, Instant};

use fantoccini::{
    actions::{InputSource, KeyAction, KeyActions, MouseActions, PointerAction},
    elements::Element,
    error::CmdError,
};
use serde_json::Value;

use super::{Browser, Key, LIMIT};

/// The time between two looks at a page.
const PAUSE: Duration = Duration::from_millis(20);
/// More elements than any page has for the keyboard.
const TABS: usize = 500;
/// The condition for an element to be shown.
const VISIBLE: &str = "{ visibilityProperty: true, opacityProperty: true }";

/// The elements beyond the edge, except those in an element that scrolls by itself. The document is
/// not always the scrolling element: `main` may be in a box that scrolls.
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

    /// The value of a JavaScript expression that is a list of texts.
    #[track_caller]
    pub fn texts(&self, expression: &str) -> Vec<String> {
        let value = self.eval(expression);
        let Ok(texts) = serde_json::from_value(value.clone()) else {
            panic!("{expression} is not a list of texts: {value}")
        };
        texts
    }

    /// The result of a function with this body, given `args`.
    pub(super) fn script(&self, body: &str, args: Vec<Value>) -> Result<Value, CmdError> {
        self.driver.run(self.driver.client().execute(body, args))
    }

    /// The reasons why the page scrolls sideways. The list is empty if the page does not.
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

    /// Waits until a JavaScript expression is true, even if new pages load meanwhile.
    #[track_caller]
    pub fn wait(&self, what: &str, expression: &str) {
        let end = Instant::now() + LIMIT;
        loop {
            // A page that is about to be replaced cannot evaluate the expression.
            let last = self.script(&format!("return ({expression})"), vec![]);
            if last.as_ref().is_ok_and(|value| *value == true) {
                return;
            }
            let late = Instant::now() > end;
            assert!(!late, "{}: waited {LIMIT:?} for {what}: {last:?}: {expression}", self.url());
            self.driver.pause(PAUSE);
        }
    }

    /// Clicks the first element that a CSS selector finds, as soon as the element can be clicked. A
    /// covered element cannot be clicked.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.must(selector, self.driver.run(element.click()));
    }

    /// Clears an element.
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

    /// Presses and releases a key. The element with the focus receives it.
    #[track_caller]
    pub fn press(&self, key: Key) {
        let value = char::from(key);
        let actions = KeyActions::new("keyboard".to_string())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        self.must("a key", self.driver.run(self.driver.client().perform_actions(actions)));
    }

    /// Types a text into the element with the focus.
    #[track_caller]
    pub fn press_all(&self, text: &str) {
        let keys = KeyActions::new("keyboard".to_string());
        let keys = text.chars().fold(keys, |keys, value| {
            keys.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        self.must(text, self.driver.run(self.driver.client().perform_actions(keys)));
    }

    /// Presses Tab until the focus is on the element that a JavaScript expression returns.
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

    /// Waits for an element that the selector finds and that is shown, and returns the first.
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
