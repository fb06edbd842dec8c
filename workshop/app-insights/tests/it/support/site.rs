//! The real server in this process, on a clock that a test turns, and what its screens say.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    thread::JoinHandle,
};

use app_insights::{
    alerts::Alerts,
    limits::Limits,
    metric::{Aggregate, Metric, Point, Series},
    server::Server,
    store::Store,
    timing::Timing,
};
use jiff::{SignedDuration, Timestamp};
use scraper::{Html, Selector};
use tokio::sync::oneshot;

use super::{Answer, request};

pub const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// A server with its store, until it is dropped.
pub struct Site {
    pub store: Arc<Store>,
    pub alerts: Arc<Alerts>,
    pub address: String,
    clock: Arc<AtomicI64>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    /// Its clock stands still at noon.
    pub fn start() -> Self {
        let noon: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let clock = Arc::new(AtomicI64::new(noon.as_second()));
        let now = Arc::clone(&clock);
        let store = Arc::new(Store::new(10, Limits::default(), move || {
            Timestamp::from_second(now.load(Ordering::SeqCst)).unwrap()
        }));
        let alerts = Arc::new(Alerts::new(Timing::default()));
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = std::sync::mpsc::channel();
        let (held, watched) = (Arc::clone(&store), Arc::clone(&alerts));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async move {
                let server = Server::bind(([127, 0, 0, 1], 0).into(), held).await.unwrap();
                let server = server.watching(watched);
                ready.send(server.local_addr().to_string()).unwrap();
                let shutdown = async move {
                    let _ = stopped.await;
                };
                server.serve(std::io::sink(), std::io::sink(), shutdown).await.unwrap();
            });
        });
        let address = address.recv().unwrap();
        Self { store, alerts, address, clock, stop: Some(stop), thread: Some(thread) }
    }

    /// Turns the clock on.
    pub fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Puts values into the grain that began so many seconds ago.
    pub fn put(&self, name: &str, dimensions: &[(&str, &str)], ago: i64, values: &[f64]) {
        let fold = |f: fn(f64, f64) -> f64| values.iter().copied().reduce(f);
        let count = values.len().try_into().unwrap();
        let recorded = self.store.record(&[Point {
            series: Series {
                metric: Metric::named(name),
                dimensions: dimensions.iter().copied().collect(),
            },
            cut: 0,
            time: self.store.now() - SignedDuration::from_secs(ago),
            aggregate: Aggregate::new(values.iter().sum(), count, fold(f64::min), fold(f64::max)),
        }]);
        assert_eq!(recorded.dropped, 0);
    }

    pub fn get(&self, path: &str) -> Answer {
        request(&self.address, "GET", path, &[], b"")
    }

    /// A screen that is there.
    pub fn screen(&self, path: &str) -> Screen {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        Screen::of(&answer)
    }

    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        request(&self.address, "POST", path, &[FORM], encode(fields).as_bytes())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the server panicked");
        }
    }
}

/// As a form is sent.
pub fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A screen as a browser reads it.
pub struct Screen(pub Html);

impl Screen {
    pub fn of(answer: &Answer) -> Self {
        Self(Html::parse_document(&answer.body))
    }

    /// The text of everything that a selector finds.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let selector = Selector::parse(selector).unwrap();
        let found = self.0.select(&selector).map(|element| {
            let text: String = element.text().collect();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        });
        found.collect()
    }

    /// An attribute of everything that a selector finds.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let selector = Selector::parse(selector).unwrap();
        let found = self.0.select(&selector);
        found.filter_map(|element| element.attr(name)).map(str::to_owned).collect()
    }

    /// The rows of the table of numbers: for each the exact values, or what is said instead.
    pub fn numbers(&self) -> Vec<Vec<String>> {
        let (row, cell) = (selector("#numbers tbody tr"), selector("td"));
        let data = selector("data");
        let cells = |row: scraper::ElementRef| {
            let value = |cell: scraper::ElementRef| match cell.select(&data).next() {
                Some(data) => data.attr("value").unwrap().to_owned(),
                None => cell.text().collect(),
            };
            row.select(&cell).map(value).collect()
        };
        self.0.select(&row).map(cells).collect()
    }
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}
