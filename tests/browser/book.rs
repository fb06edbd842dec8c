//! The book in a browser: on a phone, in dark mode, by keyboard, and from a
//! USB stick.

use std::collections::BTreeMap;

use tests::{
    book::{Book, pages},
    browser::{Axe, Browser, Key, PrintSize, Scheme, View},
};

/// Fails with all findings.
fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "{} things:\n{}", found.len(), found.join("\n"));
}

/// Whether a picture is on the full screen.
const SHOWN: &str = "document.querySelector('dialog.slide')?.open == true";

/// Opens all folded elements, so that the checks see them.
fn unfold(browser: &Browser) {
    browser.eval("document.querySelectorAll('details').forEach(it => it.open = true)");
}

/// Opens each page, and the page for printing, which contains all others.
fn every_page_loads(browser: &Browser, book: &Book) {
    let mut found = Vec::new();
    let mut titles = Vec::new();
    for page in pages() {
        browser.open(&book.page(&page));
        titles.extend(
            browser.texts("[...document.querySelectorAll('main h1')].map(it => it.innerText)"),
        );
        found.extend(browser.complaints().into_iter().map(|it| format!("{page}: {it}")));
    }
    browser.open(&book.page("print.html"));
    found.extend(browser.complaints().into_iter().map(|it| format!("print.html: {it}")));
    assert_none(&found);
    assert!(titles.len() >= pages().len(), "each page has a title: {titles:?}");
    let printed =
        browser.texts("[...document.querySelectorAll('main h1')].map(it => it.innerText)");
    assert_eq!(printed, titles, "the page for printing has every chapter");
}

fn search_finds(browser: &Browser, book: &Book) {
    browser.open(&book.page("index.html"));
    browser.click("#mdbook-search-toggle");
    browser.fill("#mdbook-searchbar", "histogram");
    browser.click("#mdbook-searchresults a");
    browser.wait("the page that was found", "location.search.includes('highlight=histogram')");
    browser.wait(
        "what was found on it",
        "/histogram/i.test(document.querySelector('main mark')?.innerText)",
    );
    assert_none(&browser.complaints());
}

#[test]
#[ignore = "needs a browser"]
fn every_page_loads_and_search_finds() {
    let Some(browser) = Browser::start() else { return };
    let book = Book::serve().unwrap();
    every_page_loads(&browser, &book);
    search_finds(&browser, &book);
}

#[test]
#[ignore = "needs a browser"]
fn every_page_loads_and_search_finds_from_a_usb_stick() {
    let Some(browser) = Browser::start() else { return };
    let book = Book::write().unwrap();
    every_page_loads(&browser, &book);
    search_finds(&browser, &book);
}

#[test]
#[ignore = "needs a browser"]
fn next_and_previous_go_through_the_book() {
    let Some(browser) = Browser::start() else { return };
    let book = Book::serve().unwrap();
    let pages = pages();
    browser.open(&book.page(&pages[0]));
    let arrives = |page: &str| {
        browser.wait(
            page,
            &format!("location.href == {:?} && document.readyState == 'complete'", book.page(page)),
        );
    };
    for page in &pages[1..] {
        browser.click("a.next");
        arrives(page);
    }
    assert_eq!(browser.eval("document.querySelector('a.next')"), serde_json::Value::Null);
    for page in pages.iter().rev().skip(1) {
        browser.press(Key::Left);
        arrives(page);
    }
    assert_eq!(browser.eval("document.querySelector('a.previous')"), serde_json::Value::Null);
}

#[test]
#[ignore = "needs a browser"]
fn text_is_readable_in_dark_mode() {
    let Some(browser) = Browser::start() else { return };
    let book = Book::serve().unwrap();
    // How light the page and the text on it are, from 0 to 255.
    let light = "[document.documentElement, document.querySelector('main p')].map((it, text) =>
        getComputedStyle(it)[text ? 'color' : 'backgroundColor'].match(/\\d+/g).slice(0, 3)
            .reduce((sum, it) => sum + it / 3, 0))";
    let assert_is = |scheme: Scheme, when: &str| {
        let light: Vec<f64> = serde_json::from_value(browser.eval(light)).unwrap();
        let (page, text) =
            if scheme == Scheme::Dark { (light[0], light[1]) } else { (light[1], light[0]) };
        assert!(page < 80.0 && text > 170.0, "{when}: {light:?}");
    };
    let choose = |theme: &str| {
        browser.click("#mdbook-theme-toggle");
        browser.click(&format!("#mdbook-theme-{theme}"));
    };

    browser.open(&book.page("index.html"));
    assert_is(Scheme::Light, "as the reader prefers");
    browser.look(View::LAPTOP, Scheme::Dark);
    browser.open(&book.page("index.html"));
    assert_is(Scheme::Dark, "as the reader prefers");

    choose("light");
    assert_is(Scheme::Light, "as the reader chose");
    browser.open(&book.page("setup.html"));
    assert_is(Scheme::Light, "as the reader chose on another page");
    choose("navy");
    assert_is(Scheme::Dark, "as the reader chose");
    browser.look(View::LAPTOP, Scheme::Light);
    browser.open(&book.page("index.html"));
    assert_is(Scheme::Dark, "as the reader chose on another page");
    choose("default_theme");
    assert_is(Scheme::Light, "as the reader prefers, again");
    assert_none(&browser.complaints());
}

#[test]
#[ignore = "needs a browser"]
fn no_page_scrolls_sideways_on_a_phone() {
    let Some(browser) = Browser::start() else { return };
    let book = Book::serve().unwrap();
    browser.look(View::PHONE, Scheme::Light);
    let mut found = Vec::new();
    for page in pages() {
        browser.open(&book.page(&page));
        unfold(&browser);
        found.extend(browser.sideways().into_iter().map(|it| format!("{page}: {it}")));
    }
    assert_none(&found);

    // The check notices a wide element.
    let wider = "document.querySelector('main').insertAdjacentHTML(
        'beforeend', '<p class=wider style=width:400px>A</p>')";
    browser.eval(wider);
    let found = browser.sideways();
    assert!(found.iter().any(|it| it.starts_with("p.wider: ")), "{found:?}");
}

#[test]
#[ignore = "needs a browser"]
fn pages_pass_the_accessibility_checks() {
    let Some(axe) = Axe::find() else { return };
    let Some(browser) = Browser::start() else { return };
    let book = Book::serve().unwrap();
    // A few of many equal findings are enough.
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for scheme in [Scheme::Light, Scheme::Dark] {
        browser.look(View::LAPTOP, scheme);
        let mut look = |page: &str| {
            for it in axe.check(&browser) {
                let matter = format!("{scheme}, {} {}: {}", it.impact, it.rule, it.help);
                found.entry(matter).or_default().push(format!("\n    {page}: {}", it.element));
            }
        };
        for page in pages().into_iter().chain(["print.html".to_string()]) {
            browser.open(&book.page(&page));
            unfold(&browser);
            look(&page);
        }
        browser.open(&book.page("step-01.html#slide"));
        browser.wait("a picture", SHOWN);
        look("a picture on the full screen");
    }
    let tell = |(matter, places): (String, Vec<String>)| {
        let some = places[..places.len().min(5)].concat();
        format!("{matter}: in {} places, such as{some}", places.len())
    };
    assert_none(&found.into_iter().map(tell).collect::<Vec<_>>());
}

#[test]
#[ignore = "needs a browser"]
fn notes_for_the_teacher_open_by_keyboard() {
    let Some(browser) = Browser::start() else { return };
    let book = Book::serve().unwrap();
    let mut opened = 0;
    for page in pages() {
        browser.open(&book.page(&page));
        let notes =
            browser.texts("[...document.querySelectorAll('main summary')].map(it => it.innerText)");
        for (number, note) in notes.iter().enumerate() {
            let summary = format!("document.querySelectorAll('main summary')[{number}]");
            let open = format!(
                "{summary}.parentElement.open && {summary}.nextElementSibling.checkVisibility()"
            );
            browser.reach(&summary);
            assert_eq!(browser.eval(&open), false, "{page}: {note}");
            browser.press(Key::Enter);
            browser.wait(note, &open);
            browser.press(Key::Enter);
            browser.wait(note, &format!("!({open})"));
            opened += 1;
        }
    }
    assert!(opened > 5, "there are notes");
}

#[test]
#[ignore = "needs a browser"]
fn pictures_can_be_shown_in_turn_by_keyboard() {
    let Some(browser) = Browser::start() else { return };
    let book = Book::serve().unwrap();
    // All pictures, by chapter.
    let mut pictures = Vec::new();
    for page in pages() {
        browser.open(&book.page(&page));
        let count = browser.eval("document.querySelectorAll('main .enlarge').length");
        pictures.extend((1..=count.as_u64().unwrap()).map(|number| (page.clone(), number)));
    }
    assert!(pictures.len() > 10, "there are pictures");
    let shown = |(page, number): &(String, u64)| {
        let there = format!("location.href == {:?}", book.page(&format!("{page}#slide-{number}")));
        let drawn = "document.querySelector('dialog.slide figure')?.checkVisibility()";
        browser.wait(&format!("{page}, {number}"), &format!("{there} && {SHOWN} && {drawn}"));
    };

    browser.open(&book.page(&pictures[0].0));
    browser.reach("document.querySelector('main .enlarge')");
    browser.press(Key::Enter);
    shown(&pictures[0]);
    for picture in &pictures[1..] {
        browser.press(Key::Right);
        shown(picture);
    }
    // Back into the previous chapter, at its end.
    let chapter = |at: &usize| pictures[*at].0 != pictures[*at - 1].0;
    let first = (1..pictures.len()).rev().find(chapter).unwrap();
    for picture in pictures[first - 1..pictures.len() - 1].iter().rev() {
        browser.press(Key::Left);
        shown(picture);
    }

    browser.press(Key::Escape);
    browser.wait("the text again", &format!("!({SHOWN}) && location.hash == ''"));
    let back = "document.activeElement == [...document.querySelectorAll('main .enlarge')].at(-1)";
    browser.wait("the button of the picture", back);

    // By its address, as in a bookmark.
    let (page, number) = pictures.iter().max_by_key(|(_, number)| number).unwrap();
    for (name, number) in [("slide", 1), ("slide-2", 2), ("slide-last", *number)] {
        browser.open("about:blank");
        browser.open(&book.page(&format!("{page}#{name}")));
        shown(&(page.clone(), number));
    }
    assert_none(&browser.complaints());
}

#[test]
#[ignore = "needs a browser"]
fn the_sheet_for_attendees_is_one_sheet_of_paper() {
    let Some(browser) = Browser::start() else { return };
    let book = Book::serve().unwrap();
    for size in [PrintSize::A4, PrintSize::US_LETTER] {
        browser.open(&book.page("sheet.html"));
        assert_eq!(browser.sheets(size.clone()), 1, "{size:?}");
        // The check notices a second sheet.
        browser.eval("document.querySelector('main').style.minHeight = '40cm'");
        assert_eq!(browser.sheets(size.clone()), 2, "{size:?}");
    }
}
