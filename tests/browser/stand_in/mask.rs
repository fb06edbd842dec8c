//! What a picture of the page may show otherwise than the page does: when it was taken, and what
//! was measured. Whatever somebody chose stays: names, thresholds, windows, frequencies.

/// A text without that, and without the ticks of a chart's axes.
pub fn mask(text: &str) -> String {
    text.lines().filter(|line| !ticks(line)).flat_map(|line| [masked(line), "\n".into()]).collect()
}

/// Numbers and times alone.
fn ticks(line: &str) -> bool {
    let tick = |c: char| c.is_ascii_digit() || ".,: ".contains(c);
    !line.is_empty() && line.chars().all(tick)
}

fn masked(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    // How many words, from the first, may be measured.
    let measured = if line.contains(", evaluated at ") {
        1
    } else if line.contains(" series in ") {
        words.len()
    } else if line.starts_with("▲ Fired ") || line.starts_with("✓ Resolved ") {
        // In the history, up to the condition.
        words.iter().position(|word| *word == "average").unwrap_or(0)
    } else {
        0
    };
    let mut masked = Vec::new();
    let mut words = words.into_iter().enumerate().peekable();
    while let Some((at, word)) = words.next() {
        let seconds = words.next_if(|(_, unit)| at < measured && number(word) && span(unit));
        masked.push(match shape(word).as_str() {
            "0000-00-00" => "<date>",
            "00:00:00" => "<time>",
            "00:00:00." => "<time>.",
            _ if seconds.is_some() => "<duration>",
            _ if at < measured && number(word) => "<value>",
            _ => word,
        });
    }
    masked.join(" ")
}

/// `00:00` for `12:15`.
fn shape(word: &str) -> String {
    word.replace(|c: char| c.is_ascii_digit(), "0")
}

fn number(word: &str) -> bool {
    word.parse::<f64>().is_ok()
}

/// Whether it is the unit of a duration, as the page words them.
fn span(unit: &str) -> bool {
    ["s", "min", "h"].contains(&unit)
}

#[test]
fn it_hides_what_is_measured_and_nothing_that_is_chosen() {
    for (shown, told) in [
        ("1500\n1000\n20:36:15\n20:36:15 20:36:30\n", ""),
        ("1.658 ms, evaluated at 2026-11-22 20:37:00", "<value> ms, evaluated at <date> <time>\n"),
        ("2 series in 14 time grains.", "<value> series in <value> time grains.\n"),
        (
            "▲ Fired slow 2026-11-22 20:36:10 not yet 1309 ms 1 min average x > 1000 ms over 30 s",
            "▲ Fired slow <date> <time> not yet <value> ms <duration> average x > 1000 ms over 30 s\n",
        ),
        ("This page is of 2026-11-22 20:36:13.", "This page is of <date> <time>.\n"),
    ] {
        assert_eq!(mask(shown), told);
    }
    for chosen in ["Last 2 min", "threshold 1000 ms (1 s)", "every 10 s", "2 (warning)", "8 rules"]
    {
        assert_eq!(mask(chosen), format!("{chosen}\n"));
    }
}
