//! Properties of every chart, even for hostile input.

use chart::{Chart, Line, MAX_LINES, Mark, MarkKind, Point, Size, Threshold};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use quick_xml::{Reader, events::Event};

use crate::examples::{self, at, line};

const LARGE: Size = Size { width: 900, height: 320 };
const SIZES: [(u32, u32); 6] =
    [(900, 320), (360, 260), (0, 0), (1, 5000), (u32::MAX, 1), (200, 150)];

/// The elements of a well-formed document: name, attributes, own text.
pub type Element = (String, Vec<(String, String)>, String);

pub fn parse(svg: &str) -> Vec<Element> {
    let allowed =
        |c: char| matches!(c, '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(svg.chars().all(allowed), "a character that XML forbids");
    let mut reader = Reader::from_str(svg);
    let mut elements: Vec<Element> = Vec::new();
    let mut open = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) | Event::Empty(start) if start.name().as_ref().is_empty() => {
                panic!("an element without a name")
            }
            Event::Start(start) => {
                open.push(elements.len());
                elements.push(element(&start));
            }
            Event::Empty(start) => elements.push(element(&start)),
            Event::End(_) => drop(open.pop()),
            Event::Text(text) => {
                if let Some(index) = open.last() {
                    elements[*index].2.push_str(&text);
                }
            }
            Event::GeneralRef(name) => {
                let text =
                    quick_xml::escape::unescape(&format!("&{};", &*name)).unwrap().into_owned();
                elements[*open.last().unwrap()].2.push_str(&text);
            }
            Event::Eof => break,
            other => panic!("unexpected {other:?}"),
        }
    }
    assert!(open.is_empty() && elements[0].0 == "svg");
    elements
}

fn element(start: &quick_xml::events::BytesStart) -> Element {
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        let value = quick_xml::escape::unescape(&attribute.value).unwrap().into_owned();
        (attribute.key.as_ref().to_string(), value)
    });
    (start.name().as_ref().to_string(), attributes.collect(), String::new())
}

pub fn of<'a>(elements: &'a [Element], class: &str) -> Vec<&'a Element> {
    let has =
        |it: &&Element| get(it, "class").is_some_and(|it| it.split(' ').any(|it| it == class));
    elements.iter().filter(has).collect()
}

pub fn get<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    element.1.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
}

fn number(element: &Element, name: &str) -> f64 {
    get(element, name).unwrap().parse().unwrap()
}

pub fn hostile_text(random: &mut Rng) -> String {
    const PARTS: [&str; 14] = [
        "<script>alert(1)</script>",
        "\" onload=\"x",
        "' ",
        "&amp;",
        "]]>",
        "<!--",
        "\0\u{1b}\u{7f}\u{85}",
        "\u{202e}\u{2066}",
        "\u{ffff}\u{fffe}",
        "👩‍👩‍👧‍👦",
        "\r\n\t",
        "ms",
        "ﷺ",
        "e\u{301}",
    ];
    let mut text = String::new();
    for _ in 0..random.usize(0..6) {
        text.push_str(PARTS[random.usize(..PARTS.len())]);
        text.push(random.char(..));
    }
    if random.u8(..) < 20 { text.repeat(8192 / text.len().max(1)) } else { text }
}

fn hostile_value(random: &mut Rng) -> f64 {
    match random.u8(..12) {
        0 => f64::NAN,
        1 => f64::INFINITY,
        2 => f64::NEG_INFINITY,
        3 => f64::MAX,
        4 => f64::MIN,
        5 => 5e-324,
        6 => -0.0,
        7 => f64::from_bits(random.u64(..)),
        _ => (random.f64() - 0.3) * 10_f64.powi(random.i32(-4..6)),
    }
}

pub fn hostile_time(random: &mut Rng) -> Timestamp {
    match random.u8(..12) {
        0 => Timestamp::MIN,
        1 => Timestamp::MAX,
        2 => Timestamp::from_second(random.i64(-300_000_000_000..250_000_000_000)).unwrap(),
        _ => at("2026-03-01T10:00:00Z") + SignedDuration::from_millis(random.i64(0..7_200_000)),
    }
}

fn hostile_chart(random: &mut Rng) -> Chart {
    let point =
        |random: &mut Rng| Point { start: hostile_time(random), value: hostile_value(random) };
    let lines = (0..random.usize(..14)).map(|_| Line {
        name: hostile_text(random),
        points: (0..random.usize(..60)).map(|_| point(random)).collect(),
    });
    let lines = lines.collect();
    let threshold = random
        .bool()
        .then(|| Threshold { value: hostile_value(random), label: hostile_text(random) });
    let marks = (0..random.usize(..60)).map(|_| Mark {
        at: hostile_time(random),
        label: hostile_text(random),
        kind: if random.bool() { MarkKind::Fired } else { MarkKind::Resolved },
    });
    let marks = marks.collect();
    let grains = [i64::MIN, -1, 0, 1, 10, 60, 3600, i64::MAX];
    Chart {
        title: hostile_text(random),
        unit: hostile_text(random),
        range: hostile_time(random)..hostile_time(random),
        grain: SignedDuration::new(grains[random.usize(..grains.len())], 0),
        lines,
        threshold,
        marks,
        zone: TimeZone::fixed(jiff::tz::offset(random.i8(-25..=25))),
    }
}

/// Asserts that an SVG is small and contains only these elements, without scripts, styles, fixed
/// colors or invalid numbers.
pub fn assert_safe(svg: &str, known: &[&str], seed: u64) {
    for (name, attributes, _) in parse(svg) {
        assert!(known.contains(&&*name), "seed {seed}: <{name}>");
        for (key, value) in attributes {
            assert!(key != "style" && !key.starts_with("on"), "seed {seed}: {key}");
            let fixed = (key == "fill" || key == "stroke") && value.starts_with('#');
            assert!(!fixed, "seed {seed}: a fixed color");
            assert!(!value.contains("NaN") && !value.contains("inf"), "seed {seed}: {value}");
        }
    }
    assert!(svg.len() < 300_000, "seed {seed}: {} bytes", svg.len());
}

#[test]
fn hostile_input_gives_small_safe_well_formed_svg() {
    for seed in 0..300 {
        let chart = hostile_chart(&mut Rng::with_seed(seed));
        let (width, height) = SIZES[usize::try_from(seed).unwrap() % SIZES.len()];
        let svg = chart.to_svg(Size { width, height });
        assert_safe(&svg, &["svg", "title", "desc", "g", "path", "rect", "circle", "text"], seed);
        assert!(!svg.contains("\n\n"), "seed {seed}: a blank line ends HTML in Markdown");
        assert_eq!(svg, chart.to_svg(Size { width, height }), "seed {seed}");
    }
}

#[test]
fn two_days_of_seconds_are_thinned_out_and_keep_their_extremes() {
    let start = at("2026-03-01T00:00:00Z");
    let grain = SignedDuration::from_secs(1);
    for (lines, gaps) in [(1, false), (10, false), (1, true), (10, true)] {
        let lines = (0..lines).map(|index| {
            let mut random = Rng::with_seed(index);
            let name = format!("'{}'", "<&>".repeat(20));
            let values = (0..172_800).map(move |second| match second {
                77_777 => Some(9000.0),
                _ => (!gaps || second % 2 == 0).then(|| random.f64() * 1000.0),
            });
            line(&name, start, grain, values)
        });
        let range = start..start + SignedDuration::from_hours(48);
        let chart = Chart { grain, range, lines: lines.collect(), ..examples::empty() };
        let svg = chart.to_svg(LARGE);
        assert!(svg.len() < 300_000, "{} bytes", svg.len());
        let elements = parse(&svg);
        let titles = elements.iter().filter(|it| it.0 == "title" && it.2.contains("to 9000 ms"));
        assert_eq!(titles.count(), 1, "one column contains the peak");
        let top = of(&elements, "line-1").iter().flat_map(|it| ys(it)).reduce(f64::min).unwrap();
        let plot = number(of(&elements, "grain")[0], "y");
        assert!(top < plot + 30.0, "the peak is drawn: {top}");
    }
}

/// The y of all points of a path.
fn ys(path: &Element) -> Vec<f64> {
    let d = get(path, "d").unwrap();
    let points = d.split(['M', ' ', 'z']).filter_map(|point| point.split_once(','));
    points.filter_map(|(_, y)| y.split('a').next()?.parse().ok()).collect()
}

#[test]
fn only_a_gap_breaks_the_line() {
    let chart = examples::empty();
    for seed in 0..200 {
        let mut random = Rng::with_seed(seed);
        let values: Vec<_> = (0..60).map(|_| (random.u8(..) < 200).then(|| random.f64())).collect();
        let runs: Vec<_> = values.split(Option::is_none).filter(|run| !run.is_empty()).collect();
        let lines = vec![line("a", chart.range.start, chart.grain, values.iter().copied())];
        let elements = parse(&Chart { lines, ..chart.clone() }.to_svg(LARGE));
        let (mut pieces, mut dots) = (0, 0);
        for path in of(&elements, "line-1") {
            let starts = get(path, "d").unwrap().matches('M').count();
            *(if get(path, "fill") == Some("none") { &mut pieces } else { &mut dots }) += starts;
        }
        assert_eq!(dots, runs.iter().filter(|run| run.len() == 1).count(), "seed {seed}");
        assert_eq!(pieces, runs.iter().filter(|run| run.len() > 1).count(), "seed {seed}");
        let grains = of(&elements, "grain").len();
        assert_eq!(
            grains,
            values.iter().flatten().count(),
            "seed {seed}: one column for each grain with data"
        );
    }
}

#[test]
fn the_threshold_is_always_within_the_plot() {
    for seed in 0..500 {
        let mut random = Rng::with_seed(seed);
        let mut value = || (random.f64() - 0.3) * 10_f64.powi(random.i32(-6..9));
        let chart = examples::empty();
        let lines = vec![line("a", chart.range.start, chart.grain, [Some(value()), Some(value())])];
        let limit = value();
        let threshold = Some(Threshold { value: limit, label: "limit".to_string() });
        let chart = Chart { lines, threshold, ..chart };
        let elements = parse(&chart.to_svg(LARGE));
        let plot = of(&elements, "grain")[0];
        let (top, height) = (number(plot, "y"), number(plot, "height"));
        let path = of(&elements, "threshold")[0];
        let y = ys(path)
            .first()
            .copied()
            .or_else(|| get(path, "d")?.split(',').nth(1)?.split('H').next()?.parse().ok());
        let y = y.unwrap();
        // A threshold beyond the axis would be drawn at the edge.
        let room = height * 0.01;
        let (above, below) =
            (if limit > 0.0 { room } else { 0.0 }, if limit < 0.0 { room } else { 0.0 });
        let within = top + above <= y + 0.05 && y <= top + height - below + 0.05;
        assert!(within, "seed {seed}: {limit} at {y} in {top} + {height}");
        assert!(get(path, "stroke-dasharray").is_some());
    }
}

#[test]
fn labels_of_the_time_axis_never_overlap() {
    for seed in 0..1000 {
        let mut random = Rng::with_seed(seed);
        let most = 10_i64.pow(random.u32(1..10));
        let seconds = random.i64(1..=most);
        let start = at("2026-03-01T10:00:00Z") + SignedDuration::from_secs(random.i64(0..90_000));
        let range = start..start + SignedDuration::from_secs(seconds);
        let zone = TimeZone::fixed(jiff::tz::offset(random.i8(-12..=12)));
        let width = [360, 900, 160][random.usize(..3)];
        let chart = Chart { range, zone, ..examples::empty() };
        let elements = parse(&chart.to_svg(Size { width, height: 260 }));
        let mut rows: Vec<(f64, Vec<(f64, f64)>)> = Vec::new();
        for text in elements.iter().filter(|it| it.0 == "text" && get(it, "class").is_none()) {
            if get(text, "text-anchor") != Some("middle") {
                continue;
            }
            // Digits of a wide font are at most 7 px wide.
            let half = f64::from(u32::try_from(text.2.chars().count()).unwrap()) * 3.5;
            let (x, y) = (number(text, "x"), number(text, "y"));
            assert!(x - half > -5.0 && x + half < f64::from(width) + 5.0, "seed {seed}: {text:?}");
            let extent = (x - half, x + half);
            match rows.iter_mut().find(|(row, _)| (row - y).abs() < 1.0) {
                Some((_, row)) => row.push(extent),
                None => rows.push((y, vec![extent])),
            }
        }
        for (_, row) in &mut rows {
            row.sort_by(|a, b| a.0.total_cmp(&b.0));
            let apart = row.windows(2).all(|pair| pair[0].1 < pair[1].0);
            assert!(apart, "seed {seed}: {seconds} s on {width} px: {row:?}");
        }
        assert!(
            rows.iter().any(|(_, row)| !row.is_empty()) || seconds < 3 || width < 360,
            "seed {seed}: {seconds} s without a label"
        );
    }
}

#[test]
fn tooltips_show_the_values_of_all_lines() {
    let chart = examples::empty();
    let (start, grain) = (chart.range.start, chart.grain);
    let lines = vec![
        line("nice", start, grain, [Some(1.0), Some(123.0)]),
        line("<b>", start, grain, [None, Some(45.5)]),
    ];
    let elements = parse(&Chart { lines, ..chart }.to_svg(LARGE));
    let grains = of(&elements, "grain");
    let data: Vec<_> = grains
        .iter()
        .map(|it| (get(it, "data-time").unwrap(), get(it, "data-values").unwrap()))
        .collect();
    assert_eq!(data, [("2026-03-01T10:00:00Z", "1 -"), ("2026-03-01T10:00:10Z", "123 45.5")]);
    let titles: Vec<_> = elements.iter().filter(|it| it.0 == "title").map(|it| &*it.2).collect();
    assert_eq!(
        titles,
        ["request-latency", "10:00:00: nice 1 ms", "10:00:10: nice 123 ms, <b> 45.5 ms"]
    );
    assert!(number(grains[0], "x") + number(grains[0], "width") <= number(grains[1], "x") + 0.11);
}

#[test]
fn at_most_ten_lines_are_drawn() {
    let elements = parse(&examples::many_lines().to_svg(LARGE));
    assert_eq!(elements.iter().filter(|it| it.2 == "and 12 more").count(), 1);
    for index in 1..=MAX_LINES {
        assert!(!of(&elements, &format!("line-{index}")).is_empty(), "line {index}");
    }
}
