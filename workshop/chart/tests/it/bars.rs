//! Bars: a snapshot, and properties that hold even for hostile input.

use chart::bars::{Bar, Bars, MAX_BARS};
use fastrand::Rng;

use crate::properties::{assert_safe, get, hostile_text, of, parse};

fn costs() -> Bars {
    let bar = |label: &str, value, group| Bar { label: label.to_string(), value, group };
    let bars =
        vec![bar("no telemetry", 1.0, 0), bar("the middleware", 1.5, 1), bar("the layer", 3.0, 2)];
    Bars { title: "Time of a request".to_string(), unit: "µs".to_string(), bars }
}

#[test]
fn values_are_drawn_as_bars() {
    insta::assert_snapshot!("bars", costs().to_svg(640));
    insta::assert_snapshot!(
        costs().description(),
        @"Time of a request: no telemetry 1 µs, the middleware 1.5 µs, the layer 3 µs."
    );
}

#[test]
fn a_bar_is_as_long_as_its_share_of_the_axis() {
    for width in [340, 1000] {
        let elements = parse(&costs().to_svg(width));
        let length = |class| -> f64 {
            get(of(&elements, class)[0], "d")
                .unwrap()
                .split(['h', 'v'])
                .nth(1)
                .unwrap()
                .parse()
                .unwrap()
        };
        assert!((length("line-3") / length("line-1") - 3.0).abs() < 0.02, "{width}");
    }
}

#[test]
fn bars_beyond_the_limit_are_counted() {
    let mut long = costs();
    long.bars = long.bars.iter().cycle().take(MAX_BARS + 5).cloned().collect();
    let svg = long.to_svg(900);
    assert_eq!(of(&parse(&svg), "row").len(), MAX_BARS);
    assert!(svg.contains(">and 5 more that are not drawn</text>"));
    assert!(long.description().ends_with(", and 5 more."));
}

#[test]
fn hostile_input_gives_small_safe_well_formed_svg() {
    for seed in 0..200 {
        let random = &mut Rng::with_seed(seed);
        let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, 1e-300, 2.5, f64::MAX];
        let bars = (0..random.usize(0..60)).map(|_| Bar {
            label: hostile_text(random),
            value: values[random.usize(..values.len())],
            group: [0, 9, 10, usize::MAX][random.usize(..4)],
        });
        let bars = bars.collect();
        let bars = Bars { title: hostile_text(random), unit: hostile_text(random), bars };
        let width = [0, 340, 900, u32::MAX][random.usize(..4)];
        let svg = bars.to_svg(width);
        assert_safe(&svg, &["svg", "title", "desc", "g", "path", "text"], seed);
        assert_eq!(svg, bars.to_svg(width), "seed {seed}");
    }
}
