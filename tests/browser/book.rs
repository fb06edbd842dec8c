//! The book in a browser: on a phone, in dark mode, by keyboard, and from a USB stick.

use std::collections::BTreeMap;

use tests::{
    book::{Book, pages},
    browser::{Axe, Browser, Key, PrintSize, Scheme, View},
};

/// Fails if there are findings, and shows all of them.
fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "{} things:\n{}", found.len(), found.join("\n"));
}

/// Whether a slide is on the full screen.
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
    // The lightness of the page and of its text, from 0 to 255.
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
    // A few examples of equal findings are enough.
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
        for (slide, selector) in [
            ("step-01.html#slide-2", ".slide-stage.picture svg, .slide-stage.picture img"),
            ("step-04.html#slide-1", ".slide-stage.prediction p"),
            ("step-04.html#slide-2", ".slide-stage.diff pre"),
            ("step-05.html#slide-2", ".slide-stage.tall img"),
        ] {
            browser.open(&book.page(slide));
            browser
                .wait(slide, &format!("{SHOWN} && document.querySelector({selector:?}) != null"));
            look(slide);
        }
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
fn slides_can_be_shown_in_turn_by_keyboard() {
    let Some(browser) = Browser::start() else { return };
    let book = Book::serve().unwrap();
    // All slides, by chapter.
    let mut slides = Vec::new();
    for page in pages() {
        browser.open(&book.page(&page));
        let count = |selector: &str| {
            let count = browser.eval(&format!("document.querySelectorAll({selector:?}).length"));
            count.as_u64().unwrap()
        };
        let predictions = count("main h2#make-a-prediction");
        let is_step = page.starts_with("step-");
        assert!(!is_step || predictions == 1, "{page} has {predictions} predictions");
        let all = count("main figure.figure") + count("main figure.diff") + predictions;
        assert_eq!(count("main .enlarge"), all, "{page}");
        slides.extend((1..=all).map(|number| (page.clone(), number)));
    }
    assert!(slides.len() > 40, "there are slides");
    let shown = |(page, number): &(String, u64)| {
        let there = format!("location.href == {:?}", book.page(&format!("{page}#slide-{number}")));
        let drawn = "document.querySelector('dialog.slide .slide-stage > *')?.checkVisibility()";
        browser.wait(&format!("{page}, {number}"), &format!("{there} && {SHOWN} && {drawn}"));
    };

    browser.open(&book.page(&slides[0].0));
    browser.reach("document.querySelector('main .enlarge')");
    browser.press(Key::Enter);
    shown(&slides[0]);
    for slide in &slides[1..] {
        browser.press(Key::Right);
        shown(slide);
    }
    // This goes back to the end of the previous chapter.
    let chapter = |at: &usize| slides[*at].0 != slides[*at - 1].0;
    let first = (1..slides.len()).rev().find(chapter).unwrap();
    for slide in slides[first - 1..slides.len() - 1].iter().rev() {
        browser.press(Key::Left);
        shown(slide);
    }

    browser.press(Key::Escape);
    browser.wait("the text again", &format!("!({SHOWN}) && location.hash == ''"));
    let back = "document.activeElement == [...document.querySelectorAll('main .enlarge')].at(-1)";
    browser.wait("the button of the slide", back);

    // Opens the slide by its address, as from a bookmark.
    let (page, number) = slides.iter().max_by_key(|(_, number)| number).unwrap();
    for (name, number) in [("slide", 1), ("slide-2", 2), ("slide-last", *number)] {
        browser.open("about:blank");
        browser.open(&book.page(&format!("{page}#{name}")));
        shown(&(page.clone(), number));
    }
    assert_none(&browser.complaints());
}

/// Large enough for the last row of a room: a diff has large type, and a tall picture is wide.
#[test]
#[ignore = "needs a browser"]
fn slides_that_are_higher_than_the_screen_are_large_and_scroll() {
    const STAGE: &str = "document.querySelector('.slide-stage')";
    let Some(browser) = Browser::start() else { return };
    let book = Book::serve().unwrap();
    // The resolution of a projector.
    browser.look(View::window(1280, 720), Scheme::Light);
    let number = |expression: &str| browser.eval(expression).as_f64().unwrap();
    let shows = |page: &str, kind: &str| {
        let there = format!("location.href == {:?} && {SHOWN}", book.page(page));
        let kind = format!("{STAGE}.matches({kind:?})");
        browser.wait(page, &format!("{there} && {kind}"));
    };

    browser.open(&book.page("step-04.html#slide-2"));
    shows("step-04.html#slide-2", ".diff");
    let size = number(
        "parseFloat(getComputedStyle(document.querySelector('.slide pre > code')).fontSize)",
    );
    assert!(size > 18.0, "a diff has type of {size} px");
    // A presenter's remote control has only these keys. They scroll before they turn the page.
    let end = "Math.ceil(it.scrollTop + it.clientHeight) >= it.scrollHeight";
    let at_the_end = format!("(it => {end})({STAGE})");
    let mut screens = 1;
    while browser.eval(&at_the_end) == false {
        let before = number(&format!("{STAGE}.scrollTop"));
        browser.press(Key::PageDown);
        assert!(number(&format!("{STAGE}.scrollTop")) > before);
        screens += 1;
    }
    assert!(screens > 1, "the diff is longer than the screen");
    browser.press(Key::Up);
    assert_eq!(browser.eval(&at_the_end), false);
    browser.press(Key::Down);
    shows("step-04.html#slide-2", ".diff");
    browser.press(Key::PageDown);
    shows("azure.html#slide-1", "*");
    browser.press(Key::PageUp);
    shows("step-04.html#slide-2", ".diff");

    browser.open(&book.page("step-05.html#slide-2"));
    shows("step-05.html#slide-2", ".tall");
    let part = number("document.querySelector('.slide img').clientWidth / innerWidth");
    assert!(part > 0.6, "a tall picture takes {part} of the width");
    browser.press(Key::PageDown);
    assert!(number(&format!("{STAGE}.scrollTop")) > 0.0);

    // The text is whole again afterwards.
    let text = |hash: &str| {
        browser.open("about:blank");
        browser.open(&book.page(&format!("step-04.html{hash}")));
        browser.press(Key::Escape);
        browser.wait("the text", &format!("!({SHOWN})"));
        browser.texts("[...document.querySelectorAll('main > *')].map(it => it.textContent)")
    };
    let whole = text("");
    for hash in ["#slide-1", "#slide-2"] {
        assert!(text(hash) == whole, "{hash}");
    }
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
