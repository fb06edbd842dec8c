//! Makes the text of an exporter comparable: sorts the parts whose order in the SDK is random, and
//! masks times and durations.

/// The text of the SDK's stdout exporter.
const CONSOLE: Format = Format {
    openers: &[&["Metrics"], &["\tInstrumentation Scope #"], &["Metric #"], &["\t\tDataPoint #"]],
    unit: "Unit         : ",
};

/// The text of the Collector's debug exporter at verbosity `detailed`.
const COLLECTOR: Format = Format {
    openers: &[
        &[
            "Metrics\t{",
            "Traces\t{",
            "Logs\t{",
            "ResourceMetrics #",
            "ResourceSpans #",
            "ResourceLog #",
        ],
        &["ScopeMetrics #", "ScopeSpans #", "ScopeLogs #"],
        &["Metric #", "Span #", "LogRecord #"],
        &[
            "NumberDataPoints #",
            "HistogramDataPoints #",
            "ExponentialHistogramDataPoints #",
            "SummaryDataPoints #",
        ],
    ],
    unit: "-> Unit: ",
};

/// The lines that open a part, outermost first, and the text before a metric's unit.
struct Format {
    openers: &'static [&'static [&'static str]],
    unit: &'static str,
}

/// Normalizes the text of the SDK's stdout exporter.
#[must_use]
pub fn console(text: &str) -> String {
    normalize(text, &CONSOLE)
}

/// Normalizes the text of the Collector's debug exporter.
#[must_use]
pub fn collector(text: &str) -> String {
    normalize(text, &COLLECTOR)
}

/// Masks the measured latencies in the lines of the Application Insights stand-in.
#[must_use]
pub fn app_insights(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let alert = line.starts_with("alert ");
        let mut latency = false;
        let mut mask_next = false;
        for word in line.split_inclusive([' ', '\n']) {
            if mask_next {
                out.push_str("<milliseconds>");
                out.push_str(word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'));
            } else {
                out.push_str(word);
            }
            latency = (latency || word.trim_end().ends_with("latency")) && !word.contains(';');
            let word = word.trim_end();
            // In the line of an alert, the value follows the name.
            mask_next = latency && matches!(word, "average" | "min" | "max")
                || alert && word.ends_with("latency");
        }
    }
    out
}

/// A part of the text: its opening line, its own lines, and the parts within it.
#[derive(Default)]
struct Part {
    lines: Vec<String>,
    parts: Vec<Part>,
}

fn normalize(text: &str, format: &Format) -> String {
    let mut root = Part::default();
    // The indexes of the parts that are open, outermost first.
    let mut open: Vec<usize> = Vec::new();
    for line in text.lines() {
        if line.is_empty() {
            // An empty line ends the whole export, not only its last part.
            open.clear();
            root.parts.push(Part::default());
            open.push(root.parts.len() - 1);
        }
        let level = format.openers.iter().position(|openers| {
            openers.iter().any(|opener| match opener.chars().last() {
                Some('#' | '{') => line.starts_with(opener),
                _ => line == *opener,
            })
        });
        // A part whose outer parts are missing is kept where it is.
        if let Some(level) = level.map(|level| level.min(open.len())) {
            open.truncate(level);
            let parts = &mut part_at(&mut root, &open).parts;
            parts.push(Part::default());
            open.push(parts.len() - 1);
        }
        part_at(&mut root, &open).lines.push(line.to_string());
    }
    mask_and_sort(&mut root, 0, None, format);
    let mut out = String::new();
    print(&root, &mut out);
    out
}

fn part_at<'a>(root: &'a mut Part, path: &[usize]) -> &'a mut Part {
    path.iter().fold(root, |part, &index| &mut part.parts[index])
}

/// Masks and sorts a part and everything in it. The order of exports, of metrics within a scope,
/// and of all lines except attributes has a meaning and is kept.
fn mask_and_sort(part: &mut Part, level: usize, unit: Option<&'static str>, format: &Format) {
    let own = part.lines.iter().find_map(|line| line.trim_start().strip_prefix(format.unit));
    let unit = match own {
        Some("s") => Some("<seconds>"),
        Some("ms") => Some("<milliseconds>"),
        Some(_) => None,
        None => unit,
    };
    for line in &mut part.lines {
        *line = mask(line, unit);
    }
    sort_attributes(&mut part.lines);
    for part in &mut part.parts {
        mask_and_sort(part, level + 1, unit, format);
    }
    // An export contains scopes, and a metric contains data points.
    if level == 1 || level == 3 {
        part.parts.sort_by(|a, b| a.lines[1..].cmp(&b.lines[1..]));
        for (number, part) in part.parts.iter_mut().enumerate() {
            if let Some((opener, _)) = part.lines[0].split_once('#') {
                part.lines[0] = format!("{opener}#{number}");
            }
        }
    }
}

/// Sorts each run of attributes. A metric's description has arrows, too, but its order is fixed.
fn sort_attributes(lines: &mut [String]) {
    let is_attribute = |line: &String| line.trim_start().starts_with("-> ");
    let mut start = 0;
    while start < lines.len() {
        let length = lines[start..].iter().take_while(|line| is_attribute(line)).count();
        if length > 0 && (start == 0 || lines[start - 1] != "Descriptor:") {
            lines[start..start + length].sort();
        }
        start += length.max(1);
    }
}

fn mask(line: &str, duration: Option<&str>) -> String {
    let masked = |separator: &str, mask: &str| match line.split_once(separator) {
        Some((name, _)) => format!("{name}{separator}{mask}"),
        None => line.to_string(),
    };
    let trimmed = line.trim_start();
    // The fields of a span or a log record.
    match trimmed.split_once(':').map(|(name, value)| (name.trim_end(), value.trim())) {
        // A field without a value, or without a time.
        Some((_, "") | ("Timestamp", "1970-01-01 00:00:00 +0000 UTC")) => return line.to_string(),
        Some(("Trace ID", _)) => return masked(": ", "<trace>"),
        Some(("ID" | "Span ID", _)) => return masked(": ", "<span>"),
        Some(("Parent ID", _)) => return masked(": ", "<parent>"),
        Some(("Start time" | "End time" | "ObservedTimestamp", _)) => {
            return masked(": ", "<time>");
        }
        _ => (),
    }
    let name = trimmed.split([' ', ':', ',']).next().unwrap_or_default();
    match (name, duration) {
        ("StartTime" | "EndTime" | "StartTimestamp" | "Timestamp", _) => masked(": ", "<time>"),
        ("Sum" | "Min" | "Max", Some(mask)) if trimmed.contains(": ") => {
            if trimmed.starts_with("Sum DataPoints") {
                line.to_string()
            } else {
                masked(": ", mask)
            }
        }
        // The number of requests in a bucket also depends on the machine.
        ("Buckets", Some(_)) if trimmed.contains("Count: ") => masked("Count: ", "<count>"),
        (_, Some(_)) if trimmed.contains(" to ") && trimmed.contains(" : ") => {
            masked(" : ", "<count>")
        }
        _ => line.to_string(),
    }
}

fn print(part: &Part, out: &mut String) {
    for line in &part.lines {
        out.push_str(line);
        out.push('\n');
    }
    for part in &part.parts {
        print(part, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTS: &str = "\
Metrics\t{\"resource metrics\": 1, \"metrics\": 1, \"data points\": 2}
ResourceMetrics #0
Resource attributes:
     -> b: Str(2)
     -> a: Str(1)
ScopeMetrics #0
InstrumentationScope x 
Metric #0
Descriptor:
     -> Name: took
     -> Description: 
     -> Unit: ms
HistogramDataPoints #0
Data point attributes:
     -> k: Str(z)
StartTimestamp: 2026-01-01 00:00:00 +0000 UTC
Count: 1
Sum: 3.000000
Buckets #0, Count: 1
HistogramDataPoints #1
Data point attributes:
     -> k: Str(y)
StartTimestamp: 2026-01-01 00:00:00 +0000 UTC
Count: 2
Sum: 4.000000
Buckets #0, Count: 2

";

    #[test]
    fn sorts_attributes_and_points_and_masks_measurements() {
        let text = collector(POINTS);
        let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("{needle} in {text}"));
        assert!(at("-> a: Str(1)") < at("-> b: Str(2)"));
        assert!(at("-> k: Str(y)\nStartTimestamp: <time>\nCount: 2\n") < at("-> k: Str(z)"));
        assert!(at("HistogramDataPoints #0") < at("-> k: Str(y)"));
        assert!(at("-> Name: took") < at("-> Description: "), "a description keeps its order");
        assert!(text.contains("ResourceMetrics #0") && text.ends_with("\n\n"));
        assert!(text.contains("Sum: <milliseconds>\nBuckets #0, Count: <count>\n"));
    }

    #[test]
    fn masks_ids_and_times_of_spans_and_log_records() {
        let span = "Span #0\n    Trace ID       : 0a\n    Parent ID      : \n    ID             : 0b\n    \
                    Start time     : 2026-01-01\n    Name           : GET\n";
        let masked = "Span #0\n    Trace ID       : <trace>\n    Parent ID      : \n    \
                      ID             : <span>\n    Start time     : <time>\n    Name           : GET\n";
        assert_eq!(collector(span), masked);
        let record = "LogRecord #0\nObservedTimestamp: 2026-01-01\n\
                      Timestamp: 1970-01-01 00:00:00 +0000 UTC\nSpan ID: 0b\n";
        let masked = "LogRecord #0\nObservedTimestamp: <time>\n\
                      Timestamp: 1970-01-01 00:00:00 +0000 UTC\nSpan ID: <span>\n";
        assert_eq!(collector(record), masked);
    }

    #[test]
    fn masks_latencies_but_not_counts() {
        assert_eq!(
            app_insights(
                "accepted 2 of 2: hits sum 5; my-latency average 12.3 (count 5, min 0.4, max 30); \
                 size average 7 (count 1, min 7, max 7)\n"
            ),
            "accepted 2 of 2: hits sum 5; my-latency average <milliseconds> (count 5, min \
             <milliseconds>, max <milliseconds>); size average 7 (count 1, min 7, max 7)\n"
        );
        assert_eq!(
            app_insights("alert too-slow fired: average my-latency 1512 ms > 1000 ms over 30 s"),
            "alert too-slow fired: average my-latency <milliseconds> ms > 1000 ms over 30 s"
        );
    }

    #[test]
    fn keeps_unknown_text_unchanged() {
        let text = "error: something else\n\n  -> with an arrow\n";
        assert_eq!(console(text), text);
    }

    #[test]
    fn does_not_depend_on_the_order_of_points() {
        let (head, points) = POINTS.split_at(POINTS.find("HistogramDataPoints #0").unwrap());
        let points = points.trim_end();
        let (first, second) = points.split_at(points.find("HistogramDataPoints #1").unwrap());
        assert_eq!(collector(POINTS), collector(&format!("{head}{second}\n{first}\n")));
    }
}
