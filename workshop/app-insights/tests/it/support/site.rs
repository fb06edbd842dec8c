//! The server in this process, on a clock that the test controls, and its screens.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    thread::JoinHandle,
};

use app_insights::{
    alerts::{Alerts, Timing},
    server::Server,
    store::{Aggregate, Limits, Metric, Point, Series, Store},
};
use harness::http::Reply;
use jiff::{SignedDuration, Timestamp};
use scraper::{Html, Selector};
use serde_json::Value;
use tokio::sync::oneshot;

use super::{FORM, JSON, send};

/// A server with its store. Dropping it stops the server.
pub struct Site {
    pub store: Arc<Store>,
    pub alerts: Arc<Alerts>,
    pub address: SocketAddr,
    clock: Arc<AtomicI64>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    /// Starts a server whose clock is stopped at noon.
    pub fn start() -> Self {
        Self::start_with(Limits::default())
    }

    pub fn start_with(limits: Limits) -> Self {
        let noon: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let clock = Arc::new(AtomicI64::new(noon.as_second()));
        let now = Arc::clone(&clock);
        let store = Arc::new(Store::new(10, limits, move || {
            Timestamp::from_second(now.load(Ordering::SeqCst)).unwrap()
        }));
        let alerts = Arc::new(Alerts::new(Timing::default()));
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = std::sync::mpsc::channel();
        let (held, watched) = (Arc::clone(&store), Arc::clone(&alerts));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async move {
                let any = ([127, 0, 0, 1], 0).into();
                let server = Server::bind(any, held, watched).await.unwrap();
                ready.send(server.local_addr()).unwrap();
                let shutdown = async move {
                    let _ = stopped.await;
                };
                server.serve(std::io::sink(), std::io::sink(), shutdown).await.unwrap();
            });
        });
        let address = address.recv().unwrap();
        Self { store, alerts, address, clock, stop: Some(stop), thread: Some(thread) }
    }

    /// Moves the clock forward.
    pub fn advance(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Records values in the grain that began `ago` seconds ago.
    pub fn record(&self, name: &str, dimensions: &[(&str, &str)], ago: i64, values: &[f64]) {
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

    /// Sends items that must all be accepted.
    pub fn track(&self, items: &[Value]) {
        let body = serde_json::to_vec(items).unwrap();
        let answer = send(self.address, "POST", "/v2.1/track", &[JSON], &body);
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    pub fn get(&self, path: &str) -> Reply {
        send(self.address, "GET", path, &[], b"")
    }

    /// A screen that must exist.
    pub fn screen(&self, path: &str) -> Screen {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        Screen::of(&answer)
    }

    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        send(self.address, "POST", path, &[FORM], encode(fields).as_bytes())
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

/// The fields in the format of a submitted form.
pub fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A screen, parsed as in a browser.
pub struct Screen(pub Html);

impl Screen {
    pub fn of(answer: &Reply) -> Self {
        Self(Html::parse_document(&answer.text()))
    }

    /// The texts of all elements that the selector finds.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let selector = Selector::parse(selector).unwrap();
        let found = self.0.select(&selector).map(|element| {
            let text: String = element.text().collect();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        });
        found.collect()
    }

    /// An attribute of all elements that the selector finds.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let selector = Selector::parse(selector).unwrap();
        let found = self.0.select(&selector);
        found.filter_map(|element| element.attr(name)).map(str::to_owned).collect()
    }

    /// The rows of the table of numbers: exact values, or the text of cells without a value.
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
