//! Checks that the app starts, responds, and stops.

use harness::{Error, Finished};

use super::{check, last_line, shorten};
use crate::{
    judge::Case,
    report::Check,
    run::{LIMIT, Main, Others, Refusal},
    sections,
    visit::{Kind, Surprise, Tally},
};

const STARTS: &str = "The app starts and prints its ready line";

/// The start and, if the other runs were not made, the first response.
pub fn start(case: &Case) -> Vec<Check> {
    let main = &case.runs.main;
    let mut starts = check(STARTS);
    match &main.started {
        Ok(_) => {}
        Err(error) => {
            not_started(&mut starts, error);
            return vec![starts];
        }
    }
    if case.runs.others.is_some() {
        return vec![starts];
    }
    let seen = main.visits.surprise().map(|surprise| surprise.seen.clone());
    let mut answers = check("The app answers");
    answers.violation(
        "no_answer",
        sections::APP,
        [
            "an HTTP response at the address of the ready line".to_string(),
            seen.unwrap_or_else(|| "no answer".to_string()),
            "Print the address of the listener that `axum::serve` gets, after it is bound."
                .to_string(),
        ],
    );
    vec![starts, answers]
}

fn not_started(starts: &mut Check, error: &Error) {
    let ready = "`Listening on http://ADDRESS` on stderr".to_string();
    match error {
        Error::Ended(finished) if port_taken(&finished.stderr) => port_ignored(starts, finished),
        Error::Ended(finished) => starts.violation(
            "ended_early",
            sections::START,
            [
                format!("{ready}, and an app that serves until it is stopped"),
                format!("{}; its last line: {}", finished.status, last_said(finished)),
                "Run the app yourself and fix the error that it prints.".to_string(),
            ],
        ),
        Error::Timeout { stdout, stderr, .. } | Error::Missing { stdout, stderr, .. } => {
            let on_stdout = stdout.contains("Listening on http://");
            let hint = if on_stdout {
                "Print the ready line with `eprintln!`: stdout belongs to the metrics."
            } else {
                "Print `Listening on http://{address}` with `eprintln!` once the listener is bound."
            };
            let last = if stderr.trim().is_empty() { stdout } else { stderr };
            starts.violation(
                "no_ready_line",
                sections::START,
                [
                    format!("{ready} within {} s", LIMIT.as_secs()),
                    format!("the last line of its output: {}", last_line(last)),
                    hint.to_string(),
                ],
            );
        }
        error => starts.violation(
            "not_started",
            sections::START,
            [
                "a program that the system can run".to_string(),
                shorten(&error.to_string()),
                "Give the path of the built program, as in `--bin target/debug/mine`.".to_string(),
            ],
        ),
    }
}

fn last_said(finished: &Finished) -> String {
    let said = if finished.stderr.trim().is_empty() { &finished.stdout } else { &finished.stderr };
    last_line(said)
}

fn port_taken(output: &str) -> bool {
    output.to_lowercase().contains("in use")
}

fn port_ignored(starts: &mut Check, finished: &Finished) {
    starts.violation(
        "port_ignored",
        sections::START,
        [
            "any free port, because the environment has PORT=0".to_string(),
            last_said(finished),
            "Read the port from the environment variable PORT instead of a fixed number."
                .to_string(),
        ],
    );
}

/// A second app can run beside the first, which a fixed port makes impossible.
pub fn port(others: &Others) -> Option<Check> {
    let refusals = [&others.interval, &others.connection];
    let ended = refusals.into_iter().find_map(|refusal| match refusal {
        Refusal::Ended(finished) if port_taken(&finished.stderr) => Some(finished),
        _ => None,
    })?;
    let mut port = check("The app takes its port from PORT");
    port_ignored(&mut port, ended);
    Some(port)
}

/// Each request gets the expected response.
pub fn answers(visits: &Tally) -> Check {
    let mut answers = check("The app answers each request as it should");
    for (kind, surprise) in &visits.surprises {
        let (id, hint) = match kind {
            Kind::Blank | Kind::Control => (
                "invalid_name_served",
                "Return `Err(StatusCode::BAD_REQUEST)` for a name that is blank or has a control \
                 character.",
            ),
            Kind::Redirect => (
                "no_redirect",
                "Route `/{name}` to a handler that returns `Redirect::temporary` with the path of \
                 the request and a slash.",
            ),
            Kind::Icon => (
                "icon_served",
                "Give `/favicon.ico` a route of its own, which answers `StatusCode::NOT_FOUND`.",
            ),
            Kind::Verdict | Kind::Markup | Kind::Unknown => {
                ("unexpected_answer", "Answer `/Ada/` with the page, and an unknown path with 404.")
            }
        };
        unlike(&mut answers, id, surprise, hint);
    }
    answers
}

/// Each visitor gets the page of step 01. In later steps, an app may have other pages.
pub fn pages(visits: &Tally) -> Check {
    let mut pages = check("Each visitor gets a page with a verdict");
    if visits.verdicts == 0 && visits.pages.is_empty() {
        return pages.skip("no visitor got a page");
    }
    for (kind, page) in &visits.pages {
        let (id, hint) = match kind {
            Kind::Markup => (
                "unescaped_name",
                "Put `html_escape::encode_text(&name)` on the page instead of the name: otherwise \
                 an address can put a script on it.",
            ),
            _ => (
                "unexpected_page",
                "Take the name from `Path<String>`, and return the sentence as `Html`.",
            ),
        };
        unlike(&mut pages, id, page, hint);
    }
    if visits.words.len() == 1 {
        pages.violation(
            "constant_verdict",
            sections::APP,
            [
                "`naughty` for some visitors, `nice` for others".to_string(),
                format!("the same verdict for all {} visitors", visits.verdicts),
                "Toss a coin for each visitor, with `fastrand::bool()`.".to_string(),
            ],
        );
    }
    pages
}

fn unlike(answers: &mut Check, id: &'static str, surprise: &Surprise, hint: &str) {
    let texts = [surprise.expected.clone(), shorten(&surprise.seen), hint.to_string()];
    answers.violation(id, sections::APP, texts);
}

/// The visitors wait as long as in step 05.
pub fn latency(visits: &Tally) -> Check {
    let mut latency = check("Visitors wait long enough for an alert");
    if !visits.wait_long() {
        latency.violation(
            "no_latency",
            sections::LATENCY,
            [
                "answers that take 0 to 3 s, by chance".to_string(),
                format!("the slowest answer took {:.3} s", visits.longest.as_secs_f64()),
                "Let the handler sleep for a random number of seconds before the verdict."
                    .to_string(),
            ],
        );
    }
    latency
}

/// No thread panics.
pub fn panics(main: &Main) -> Check {
    let mut panics = check("No thread panics");
    let stderr = match &main.ended {
        Some(Ok(finished)) => &*finished.stderr,
        Some(Err(Error::Timeout { stderr, .. })) => stderr,
        _ => "",
    };
    let mut lines = stderr.lines().skip_while(|line| !line.contains("panicked at"));
    if let Some(line) = lines.next() {
        let message = lines.next().unwrap_or_default();
        let hint = if message.contains("no reactor running") {
            "The reader exports on a thread outside of tokio: give the exporter a blocking client."
        } else {
            "Read the message and the place in the code that the line names."
        };
        panics.violation(
            "panic",
            sections::code(3),
            [
                "an app that handles its errors".to_string(),
                shorten(&format!("{line} {message}")),
                hint.to_string(),
            ],
        );
    }
    panics
}

/// The app ends in time and without an error after a signal, and does not flood its output.
pub fn stops(main: &Main) -> Check {
    let seconds = LIMIT.as_secs();
    let mut stops = check(format!("The app ends within {seconds} s of Ctrl-C or SIGTERM"));
    match &main.ended {
        Some(Ok(finished)) => {
            if !finished.status.success() {
                stops.violation(
                    "unclean_exit",
                    sections::STOP,
                    [
                        "exit status: 0".to_string(),
                        format!("{}; its last line: {}", finished.status, last_line(&finished.stderr)),
                        "At Ctrl-C or SIGTERM, end the server, shut the meter provider down, and return."
                            .to_string(),
                    ],
                );
            }
            flood(&mut stops, &[&finished.stdout, &finished.stderr]);
        }
        Some(Err(Error::Timeout { stdout, stderr, .. })) => {
            stops.violation(
                "hangs_at_stop",
                sections::STOP,
                [
                    format!("the end of the app within {seconds} s"),
                    format!("it keeps running; the last line of its stderr: {}", last_line(stderr)),
                    "Shut the meter provider down after the runtime has ended: `shutdown` blocks \
                     its thread."
                        .to_string(),
                ],
            );
            flood(&mut stops, &[stdout, stderr]);
        }
        Some(Err(error)) => stops.violation(
            "hangs_at_stop",
            sections::STOP,
            [
                "the end of the app".to_string(),
                shorten(&error.to_string()),
                "At Ctrl-C or SIGTERM, end the server, and return from `main`.".to_string(),
            ],
        ),
        None => return stops.skip("the app did not run"),
    }
    stops
}

fn flood(stops: &mut Check, outputs: &[&str]) {
    let marks = outputs.iter().flat_map(|output| output.lines());
    let mut marks =
        marks.filter(|line| line.starts_with('[') && line.ends_with(" bytes left out]"));
    if let Some(mark) = marks.next() {
        stops.violation(
            "output_flood",
            sections::STOP,
            [
                "a few lines of output for each export".to_string(),
                mark.to_string(),
                "Print nothing for each request, and nothing in a loop.".to_string(),
            ],
        );
    }
}
