//! Snapshots of charts.

use chart::Size;

use crate::examples;

const SMALL: Size = Size { width: 360, height: 260 };

#[test]
fn an_empty_chart_has_no_data() {
    insta::assert_snapshot!("empty", examples::empty().to_svg(SMALL));
}

#[test]
fn an_alert_fires_and_is_resolved() {
    let chart = examples::alert();
    insta::assert_snapshot!("alert", chart.to_svg(SMALL));
    insta::assert_snapshot!(chart.description(), @"request-latency in ms, from 2026-03-01 10:00:00 to 2026-03-01 10:10:00 UTC. average: minimum 127, maximum 1695 ms. Threshold: 1000 ms (alert above 1000 ms). Fired: latency-alert at 10:05:00. Resolved at 10:09:00.");
}

#[test]
fn points_without_neighbors_are_dots() {
    insta::assert_snapshot!("lone_points", examples::lone_points().to_svg(SMALL));
}

#[test]
fn the_legend_counts_lines_beyond_the_limit() {
    let svg = examples::many_lines().to_svg(Size { width: 900, height: 320 });
    let texts = svg.lines().filter(|line| line.starts_with("<text"));
    let texts: Vec<_> = texts
        .filter_map(|line| Some(line.split_once('>')?.1.trim_end_matches("</text>")))
        .collect();
    insta::assert_snapshot!("many_lines", texts.join("\n"));
    assert!(svg.contains("line-10\"") && !svg.contains("line-11\""));
}
