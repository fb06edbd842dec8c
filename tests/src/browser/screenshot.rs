//! Takes the book's pictures of pages, and notices stale ones.

use std::{env, time::Instant};

use serde_json::json;

use super::{Browser, LIMIT, Picture};
use crate::root;

/// Stops everything that blinks or moves. The page's policy does not apply to a style sheet that is
/// added like this.
const STILL: &str = "
    const still = new CSSStyleSheet();
    still.replaceSync('*, *::before, *::after { animation: none !important; \
        transition: none !important; caret-color: transparent !important }');
    document.adoptedStyleSheets.push(still);";

impl Browser {
    /// Compares the text of a picture in the book, `book/src/images/NAME.png`, with an element.
    /// `:root` is the whole window; see [`Browser::look`] for its size.
    ///
    /// `mask` replaces the text that differs from run to run. If the texts are equal, the picture
    /// is kept, and its pixels are not compared. If the texts differ,
    /// `SCREENSHOTS=accept cargo test ...` takes the picture again. To replace a picture with
    /// the same text, delete the old picture first.
    ///
    /// Afterwards, the page has no animations.
    #[track_caller]
    pub fn screenshot(&self, name: &str, selector: &str, mask: impl Fn(&str) -> String) {
        let picture = Picture::at(root().join(format!("book/src/images/{name}.png")));
        let accept = env::var("SCREENSHOTS").is_ok_and(|value| value == "accept");
        self.hold(&picture, selector, mask, accept);
    }

    /// The same for any picture. A stale picture is taken again if `accept` is set.
    #[track_caller]
    pub fn hold(
        &self,
        picture: &Picture,
        selector: &str,
        mask: impl Fn(&str) -> String,
        accept: bool,
    ) {
        self.devtools("Emulation.setScrollbarsHidden", &json!({ "hidden": true }));
        self.must("standing still", self.script(STILL, vec![]));
        let loaded = "document.fonts.status == 'loaded' \
                      && [...document.images].every(it => it.complete)";
        self.wait("fonts and pictures", loaded);
        let read = || tidy(&mask(&self.text(selector)));
        let text = read();
        let Err(stale) = picture.shows(&text) else { return };

        let path = picture.path().display();
        assert!(
            accept,
            "{path} does not show what is on the page. To take it again, run this test with \
             SCREENSHOTS=accept.\n{stale}\nOn the page:\n{text}"
        );
        let (text, png) = self.take(selector, read);
        picture.save(&png, &text).unwrap_or_else(|error| panic!("{path}: {error}"));
        eprintln!("took {path}");
    }

    /// A picture of an element, and its text. Both change while the page is live, so the function
    /// tries again until the text is the same before and after the picture.
    #[track_caller]
    fn take(&self, selector: &str, read: impl Fn() -> String) -> (String, Vec<u8>) {
        let end = Instant::now() + LIMIT;
        loop {
            let before = read();
            let png = self.shoot(selector);
            if read() == before {
                return (before, png);
            }
            assert!(Instant::now() < end, "{}: {selector} never stands still", self.url());
        }
    }

    #[track_caller]
    fn shoot(&self, selector: &str) -> Vec<u8> {
        let element = self.find(selector);
        let client = self.driver.client();
        let png = if selector == ":root" {
            self.driver.run(client.screenshot())
        } else {
            self.driver.run(element.screenshot())
        };
        let fits = "(it => it.scrollWidth <= innerWidth && it.scrollHeight <= innerHeight)";
        let fits = self.eval(&format!("{fits}(document.querySelector({selector:?}))"));
        assert!(fits == true, "{}: {selector} does not fit into the window", self.url());
        self.must(selector, png)
    }
}

/// A text without invisible blanks.
fn tidy(text: &str) -> String {
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    lines.flat_map(|line| [line, "\n"]).collect()
}
