//! Masks the text of a picture that differs from run to run: times and measurements. Settings are
//! kept: names, thresholds, windows, frequencies.

/// A text without times, measurements and the ticks of a chart's axes.
pub fn mask(text: &str) -> String {
    text.lines().filter(|line| !ticks(line)).flat_map(|line| [masked(line), "\n".into()]).collect()
}

/// Whether a line has only numbers and times.
fn ticks(line: &str) -> bool {
    let tick = |c: char| c.is_ascii_digit() || ".,: ".contains(c);
    !line.is_empty() && line.chars().all(tick)
}

fn masked(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    // The number of words, from the first, that may be measurements.
    let measured = if line.contains(", evaluated at ") {
        1
    } else if line.contains(" series in ") {
        words.len()
    } else if line.starts_with("▲ Fired ") || line.starts_with("✓ Resolved ") {
        // In the history, the measurements end at the condition.
        words.iter().position(|word| *word == "average").unwrap_or(0)
    } else {
        0
    };
    let mut masked = Vec::new();
    let mut words = words.into_iter().enumerate().peekable();
    while let Some((at, word)) = words.next() {
        let seconds = words.next_if(|(_, unit)| at < measured && number(word) && is_unit(unit));
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

/// Whether a word is the unit of a duration, as the page prints it.
fn is_unit(word: &str) -> bool {
    ["s", "min", "h"].contains(&word)
}

#[test]
fn mask_hides_measurements_but_not_settings() {
    for (shown, told) in [
        ("1500\n1000\n20:36:15\n20:36:15 20:36:30\n", ""),
        ("1.658 ms, evaluated at 2026-11-22 20:37:00", "<value> ms, evaluated at <date> <time>\n"),
        ("2 series in 14 time grains.", "<value> series in <value> time grains.\n"),
        (
            "▲ Fired too-slow 2026-11-22 20:36:10 not yet 1309 ms 1 min average x > 1000 ms over 30 s",
            "▲ Fired too-slow <date> <time> not yet <value> ms <duration> average x > 1000 ms over 30 s\n",
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
