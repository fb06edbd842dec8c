//! The figures of step 06, drawn from the exports of the programs: a trace as a waterfall, and the
//! rest of a hundred traces after the samplers of two processes.

use std::{collections::BTreeSet, thread};

use app_insights::{
    ingest::envelope::{self, Item},
    store::{Entry, Kind},
};
use chart::{
    bars::{Bar, Bars},
    waterfall::{Row, Shape, Waterfall},
};
use fastrand::Rng;
use harness::{Program, http::Request};
use jiff::{SignedDuration, Timestamp, Unit};
use tests::{assert_figure, envelopes, requests};

use crate::traces::{Pair, remote};

/// The spans that a pair of processes has exported.
fn entries(pair: Pair) -> (Vec<Entry>, i64) {
    let received = pair.end();
    let items = received.iter().filter(|it| it.path == "/v2/track");
    let items = items.flat_map(|it| envelopes(&it.body));
    let entries = items.filter_map(|item| {
        match envelope::parse(&item.to_string(), Timestamp::now()).unwrap() {
            Item::Entry(entry) => Some((*entry).clone()),
            _ => None,
        }
    });
    let counted = received.iter().map(|request| requests(&request.body)).sum();
    (entries.collect(), counted)
}

/// Rounds to a tenth of a second. The rest differs each time, and is less than a pixel wide.
fn rounded(time: SignedDuration) -> SignedDuration {
    time.round((Unit::Millisecond, 100)).unwrap()
}

/// A seed with which each of the first visitors waits for one second.
fn one_second(visitors: usize) -> u64 {
    let waits = |seed: &u64| {
        let mut random = Rng::with_seed(*seed);
        (0..visitors).all(|_| {
            let delay = random.u64(0..=3);
            random.bool();
            delay == 1
        })
    };
    (0..100_000).find(waits).unwrap()
}

#[test]
fn trace_is_drawn_as_a_waterfall() {
    const VISITS: usize = 3;
    let seed = one_second(VISITS).to_string();
    let pair = Pair::start(6, |program| program.env("SEED", &seed));
    for _ in 0..VISITS {
        assert_eq!(pair.app.get("/Ada/").unwrap().status, 200);
    }
    let (entries, _) = entries(pair);
    let pictures = entries.iter().filter(|it| it.parent.is_empty()).map(|root| {
        let mut rows = Vec::new();
        add_rows(&mut rows, &entries, root, root.time, 0);
        Waterfall { title: "GET /{name}/".to_string(), rows }.to_svg(860)
    });
    // On a busy machine, one of the visits can take longer.
    let pictures: Vec<_> = pictures.collect();
    let expected = "4 spans and events in 1000 ms";
    let picture = pictures.iter().find(|picture| picture.contains(expected));
    assert_figure("waterfall", picture.unwrap_or_else(|| panic!("{pictures:?}")));
}

/// The rows of a span and of the spans below it.
fn add_rows(rows: &mut Vec<Row>, all: &[Entry], span: &Entry, start: Timestamp, depth: usize) {
    let length = rounded(span.duration);
    rows.push(Row {
        label: format!("{}: {}", span.role, span.text),
        note: format!("{} ms", length.as_millis()),
        depth,
        process: usize::from(&*span.role == "verdicts"),
        start: Timestamp::UNIX_EPOCH + rounded(span.time.duration_since(start)),
        shape: Shape::Span(length),
    });
    for child in all.iter().filter(|child| child.parent == span.id) {
        add_rows(rows, all, child, start, depth + 1);
    }
}

const TRACES: u64 = 100;

/// The numbers of whole traces, of traces with a gap, and of counted requests, if the second
/// process has this sampler with a lower ratio.
fn sampled(sampler: &str) -> [usize; 3] {
    let set = |program: Program| {
        let program = program.env("SEED", "1");
        // The first of the two processes has no caller, so its own sampler decides.
        program.env("OTEL_TRACES_SAMPLER", "traceidratio").env("OTEL_TRACES_SAMPLER_ARG", "0.5")
    };
    let second = |program: Program| {
        set(program).env("OTEL_TRACES_SAMPLER", sampler).env("OTEL_TRACES_SAMPLER_ARG", "0.25")
    };
    let pair = Pair::start_each(6, set, second);
    thread::scope(|scope| {
        for n in 0..TRACES {
            let request = Request::get("/Ada/").with("traceparent", &remote(n, true));
            let app = pair.app.address();
            scope.spawn(move || assert_eq!(request.send(app).unwrap().status, 200));
        }
    });
    let (entries, counted) = entries(pair);
    let of = |role: &str| -> BTreeSet<_> {
        let requests = entries.iter().filter(|it| it.kind == Kind::Request && &*it.role == role);
        requests.map(|request| request.operation.clone()).collect()
    };
    let (first, second) = (of("naughty-or-nice"), of("verdicts"));
    let whole = first.intersection(&second).count();
    let gap = first.symmetric_difference(&second).count();
    [whole, gap, usize::try_from(counted).unwrap()]
}

#[test]
fn samplers_of_two_processes_leave_whole_traces_or_gaps() {
    let samplers = ["traceidratio", "parentbased_traceidratio"];
    let left = thread::scope(|scope| {
        let runs = samplers.map(|sampler| scope.spawn(move || sampled(sampler)));
        runs.map(|run| run.join().unwrap())
    });
    let [[whole, gap, _], [all_whole, no_gap, counted]] = left;
    assert!(whole > 0 && gap > 0 && no_gap == 0, "{left:?}");
    assert_eq!(all_whole, whole + gap, "the first process decides");
    assert_eq!(left.map(|it| it[2]), [counted; 2], "no sampler drops a measurement");

    let mut bars = Vec::new();
    let mut bar = |label: String, count: usize, group| {
        let value = f64::from(u32::try_from(count).unwrap());
        bars.push(Bar { label, value, group });
    };
    for (sampler, [whole, gap, _]) in samplers.into_iter().zip(left) {
        bar(format!("{sampler}: whole traces"), whole, 0);
        bar(format!("{sampler}: traces with a gap"), gap, 1);
    }
    bar("request-count".to_string(), counted, 2);
    let title = format!("What is left of {TRACES} requests through two processes");
    let bars = Bars { title, unit: String::new(), bars };
    assert_figure("sampling", &bars.to_svg(860));
}
