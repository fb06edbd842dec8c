//! The book's pictures of pages. See `Browser::screenshot` for how to take them again.

use std::{
    collections::BTreeSet,
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
};

use tests::{
    browser::{Browser, Picture, Scheme, View},
    real_collector::RealCollector,
    root, step,
};

use crate::stand_in;

const APP_PAGE: &str = "app-page";
const ZPAGES: &str = "collector-zpages";

#[test]
#[ignore = "needs a browser"]
fn picture_of_the_app() {
    let Some(browser) = Browser::start() else { return };
    let app = step(1).start().unwrap();
    browser.look(View { scale: 1.5, ..View::window(480, 90) }, Scheme::Light);
    browser.open(&app.url("/Ada/"));
    browser.screenshot(APP_PAGE, ":root", str::to_string);
    // The alternative text is typed by hand.
    let chapter = fs::read_to_string(root().join("book/src/step-01.md")).unwrap();
    let figure = chapter.lines().find(|line| line.starts_with("{{#figure app-page ")).unwrap();
    assert!(figure.contains(&browser.text("body")), "{figure}");
}

#[test]
#[ignore = "needs a browser and a real Collector"]
fn picture_of_the_collectors_pipelines() {
    let Some(collector) = RealCollector::start() else { return };
    let Some(browser) = Browser::start() else { return };
    browser.look(View { scale: 1.5, ..View::window(590, 190) }, Scheme::Light);
    browser.open(&collector.zpage("/debug/pipelinez"));
    browser.screenshot(ZPAGES, ":root", str::to_string);
}

/// A picture that no test takes would go stale.
#[test]
fn every_picture_of_a_page_has_its_text_and_a_test() {
    let taken: BTreeSet<_> = [APP_PAGE, ZPAGES].into_iter().chain(stand_in::PICTURES).collect();
    let mut pictures = BTreeSet::new();
    for file in fs::read_dir(root().join("book/src/images")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "png") {
            let text = Picture::at(&path).text().unwrap();
            assert!(text.is_some_and(|text| !text.is_empty()), "{}", path.display());
            assert!(fs::metadata(&path).unwrap().len() < 150_000, "{} is large", path.display());
            pictures.insert(path.file_stem().unwrap().to_str().unwrap().to_string());
        }
    }
    assert!(pictures.iter().eq(taken), "the pictures in the book: {pictures:?}");
}

/// A screenshot with a number of colors.
fn screenshot(colors: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, colors, 1);
    encoder.set_color(png::ColorType::Rgb);
    let pixels: Vec<u8> =
        (0..colors).flat_map(|n| [n.to_be_bytes()[2], n.to_be_bytes()[3], 7]).collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    file
}

#[test]
fn picture_keeps_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let picture = Picture::at(folder.path().join("picture.png"));
    assert!(picture.shows("two\nlines").is_err(), "it is not there");

    // With and without a palette.
    for colors in [1, 256, 257, 1000] {
        picture.save(&screenshot(colors), "Grüße\n—\n").unwrap();
        picture.shows("Grüße\n—\n").unwrap();
        let mut reader =
            png::Decoder::new(io::BufReader::new(fs::File::open(picture.path()).unwrap()));
        reader.set_transformations(png::Transformations::EXPAND);
        let mut reader = reader.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        for (n, pixel) in pixels.chunks(3).enumerate() {
            assert_eq!(usize::from(pixel[0]) * 256 + usize::from(pixel[1]), n, "{colors} colors");
        }
    }

    let stale = picture.shows("Grüße\n-\n").unwrap_err().to_string();
    assert!(stale.contains("\n Grüße\n-—\n+-\n"), "{stale}");
    fs::write(picture.path(), screenshot(3)).unwrap();
    assert!(picture.shows("").is_err(), "it does not say what it shows");
}

fn size(picture: &Picture) -> (u32, u32) {
    let file = io::BufReader::new(fs::File::open(picture.path()).unwrap());
    png::Decoder::new(file).read_info().unwrap().info().size()
}

#[test]
#[ignore = "needs a browser"]
fn picture_is_taken_again_when_the_text_changes() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let picture = Picture::at(folder.path().join("picture.png"));
    let write = |text: &str| {
        let policy = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">";
        fs::write(&page, format!("<!doctype html>{policy}<p>{text}</p><p>Always</p>")).unwrap();
        browser.open(&format!("file://{}", page.display()));
    };
    let mask = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "N");
    let hold = |accept| {
        let compare = || browser.hold(&picture, ":root", mask, accept);
        let outcome = catch_unwind(AssertUnwindSafe(compare));
        outcome.map_err(|panic| *panic.downcast::<String>().unwrap())
    };

    write("At 12:15");
    let stale = hold(false).unwrap_err();
    assert!(stale.contains("SCREENSHOTS=accept") && stale.contains("At NN:NN\n"), "{stale}");
    hold(true).unwrap();
    assert_eq!(picture.text().unwrap().unwrap(), "At NN:NN\nAlways\n");

    // A masked difference does not count: not a byte of the picture changes.
    let taken = fs::read(picture.path()).unwrap();
    write("At 12:16");
    hold(false).unwrap();
    hold(true).unwrap();
    assert_eq!(fs::read(picture.path()).unwrap(), taken);

    write("After 12:16");
    let stale = hold(false).unwrap_err();
    assert!(stale.contains("\n-At NN:NN\n+After NN:NN\n Always\n"), "{stale}");
    assert_eq!(fs::read(picture.path()).unwrap(), taken);
    hold(true).unwrap();
    hold(false).unwrap();

    // One element.
    let element = Picture::at(folder.path().join("element.png"));
    browser.hold(&element, "p + p", mask, true);
    assert_eq!(element.text().unwrap().unwrap(), "Always\n");
    let sizes = [&picture, &element].map(size);
    assert_eq!(sizes[0], (1280, 800));
    assert!(sizes[1].0 > 1200 && sizes[1].1 < 30, "{sizes:?}");

    // The picture would show half of the element, but its text would be complete.
    write(&"A<br>".repeat(100));
    let large = hold(true).unwrap_err();
    assert!(large.contains("does not fit into the window"), "{large}");
}
