//! Waterfalls: a snapshot, and properties that hold even for hostile input.

use chart::waterfall::{MAX_ROWS, Row, Shape, Waterfall};
use fastrand::Rng;
use jiff::SignedDuration;

use crate::examples::at;
use crate::properties::{assert_safe, get, hostile_text, hostile_time, of, parse};

/// A visit of two processes, with a failed call and a parent that was not received.
fn visit() -> Waterfall {
    let row = |depth, process, start: i64, label: &str, note: &str, shape| Row {
        label: label.to_string(),
        note: note.to_string(),
        depth,
        process,
        start: at("2026-03-01T10:00:00Z") + SignedDuration::from_millis(start),
        shape,
    };
    let ms = SignedDuration::from_millis;
    let rows = vec![
        row(0, 2, 0, "parent not received (1)", "", Shape::Unknown(ms(240))),
        row(1, 0, 0, "shop: GET /{name}/", "240 ms", Shape::Span(ms(240))),
        row(2, 0, 10, "ask", "503, 200 ms", Shape::FailedSpan(ms(200))),
        row(3, 1, 30, "stock: look", "100 ms", Shape::Span(ms(100))),
        row(4, 1, 40, "information: looking", "+40 ms", Shape::Log),
        row(4, 1, 120, "Empty: no sledge", "+120 ms", Shape::Exception),
        row(2, 0, 230, "shelf-empty", "+230 ms", Shape::Event),
    ];
    Waterfall { title: "GET /{name}/".to_string(), rows }
}

#[test]
fn a_transaction_is_drawn_over_time() {
    insta::assert_snapshot!("waterfall", visit().to_svg(640));
    insta::assert_snapshot!(visit().description(), @"GET /{name}/: 7 spans and events in 240 ms.");
}

#[test]
fn labels_are_above_the_bars_of_a_narrow_drawing() {
    let elements = parse(&visit().to_svg(340));
    let y = |text: &str| -> f64 {
        let element = elements.iter().find(|it| it.0 == "text" && it.2.starts_with(text)).unwrap();
        get(element, "y").unwrap().parse().unwrap()
    };
    let bar = get(of(&elements, "line-2")[0], "d").unwrap();
    let top: f64 = bar.split([',', 'h']).nth(1).unwrap().parse().unwrap();
    assert!(y("stock") < top && top < y("information"), "{bar}");
}

#[test]
fn a_span_is_as_long_as_its_share_of_the_axis() {
    let elements = parse(&visit().to_svg(1000));
    let length = |path: &(String, Vec<(String, String)>, String)| -> f64 {
        get(path, "d").unwrap().split(['h', 'v']).nth(1).unwrap().parse().unwrap()
    };
    let bars: Vec<f64> = of(&elements, "line-1").into_iter().take(2).map(length).collect();
    assert!((bars[0] / bars[1] - 1.2).abs() < 0.01, "{bars:?}");
}

#[test]
fn rows_beyond_the_limit_are_counted() {
    let mut long = visit();
    long.rows = long.rows.iter().cycle().take(MAX_ROWS + 50).cloned().collect();
    let svg = long.to_svg(900);
    assert_eq!(of(&parse(&svg), "row").len(), MAX_ROWS);
    assert!(svg.contains(">and 50 more that are not drawn</text>"));
    assert!(long.description().ends_with(", of which the last 50 are not drawn."));
}

#[test]
fn hostile_input_gives_small_safe_well_formed_svg() {
    for seed in 0..200 {
        let random = &mut Rng::with_seed(seed);
        let rows = (0..random.usize(0..300)).map(|_| {
            let lengths = [i64::MIN, -1, 0, 1, 3600, i64::MAX];
            let length = SignedDuration::new(lengths[random.usize(..lengths.len())], 0);
            let shapes = [
                Shape::Span(length),
                Shape::FailedSpan(length),
                Shape::Unknown(length),
                Shape::Log,
                Shape::Exception,
                Shape::Event,
            ];
            Row {
                label: hostile_text(random),
                note: hostile_text(random),
                depth: [0, 1, 7, usize::MAX][random.usize(..4)],
                process: [0, 9, 10, usize::MAX][random.usize(..4)],
                start: hostile_time(random),
                shape: shapes[random.usize(..shapes.len())],
            }
        });
        let rows = rows.collect();
        let waterfall = Waterfall { title: hostile_text(random), rows };
        let width = [0, 340, 900, u32::MAX][random.usize(..4)];
        let svg = waterfall.to_svg(width);
        assert_safe(&svg, &["svg", "title", "desc", "g", "path", "text"], seed);
        assert_eq!(svg, waterfall.to_svg(width), "seed {seed}");
    }
}
