//! Visits an app as a crowd would, with many requests at a time to random names.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    net::SocketAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use harness::http::{self, Request};

use crate::registry::Counts;

/// The longest time that a visitor waits for a response.
const LIMIT: Duration = Duration::from_secs(10);
/// The number of visitors at the same time.
const CROWD: usize = 100;
/// The number of names that show whether each name creates a series.
pub const NAMES: usize = 50;

/// The verdicts. Each page has one of them.
const VERDICTS: [&str; 2] = ["naughty", "nice"];

/// A kind of request, with the response that the app should give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `/{name}/`, answered with a verdict.
    Verdict,
    /// `/{name}/` with markup in the name, which the page has to escape.
    Markup,
    /// `/{name}/` with a blank name, which is refused.
    Blank,
    /// `/{name}/` with a control character, which is refused.
    Control,
    /// `/{name}`, redirected to `/{name}/`.
    Redirect,
    /// `/favicon.ico`, which is not a name.
    Icon,
    /// A path that no route matches.
    Unknown,
}

impl Kind {
    fn status(self) -> u16 {
        match self {
            Self::Verdict | Self::Markup => 200,
            Self::Blank | Self::Control => 400,
            Self::Redirect => 307,
            Self::Icon | Self::Unknown => 404,
        }
    }

    /// Whether the route `/{name}/` answers.
    fn is_visit(self) -> bool {
        matches!(self, Self::Verdict | Self::Markup | Self::Blank | Self::Control)
    }
}

/// A request to be made.
#[derive(Clone, Debug)]
struct Plan {
    kind: Kind,
    path: String,
    name: String,
}

/// Requests that were made.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// The number of requests that were answered.
    pub requests: usize,
    /// The number of these requests to `/{name}/`.
    pub visits: usize,
    /// The number of these visits that were answered with 200.
    pub verdicts: usize,
    /// The names of the visitors.
    pub names: BTreeSet<String>,
    /// The total time that all visitors waited.
    pub waited: Duration,
    /// The total time that the visitors of `/{name}/` waited.
    pub waited_for_visits: Duration,
    /// The longest time that a visitor waited.
    pub longest: Duration,
    /// The verdicts on the pages, each once.
    pub words: BTreeSet<&'static str>,
    /// The first response of each kind with a wrong status or a wrong redirect target.
    pub surprises: BTreeMap<Kind, Surprise>,
    /// The first page of each kind with a wrong text.
    pub pages: BTreeMap<Kind, Surprise>,
}

/// An unexpected response.
#[derive(Clone, Debug)]
pub struct Surprise {
    /// The request.
    pub path: String,
    /// The expected response.
    pub expected: String,
    /// The actual response.
    pub seen: String,
}

impl Tally {
    /// The first unexpected response.
    pub fn surprise(&self) -> Option<&Surprise> {
        self.surprises.values().next()
    }

    /// The number of events that a metric should have counted.
    pub fn count(&self, counts: Counts) -> usize {
        match counts {
            Counts::Requests => self.requests,
            Counts::Visits => self.visits,
            Counts::Verdicts => self.verdicts,
        }
    }

    /// Whether the visitors of `/{name}/` waited much longer than the work itself takes.
    pub fn wait_long(&self) -> bool {
        let visits = u32::try_from(self.visits.max(1)).unwrap_or(u32::MAX);
        self.waited_for_visits / visits > Duration::from_millis(700)
    }

    /// The time that the visitors waited for these events.
    pub fn waited(&self, counts: Counts) -> Duration {
        if counts == Counts::Requests { self.waited } else { self.waited_for_visits }
    }
}

/// A name that the app cannot predict.
pub fn name() -> String {
    let letters = (0..7).map(|_| fastrand::lowercase());
    let name: String = letters.collect();
    format!("{}{name}", fastrand::uppercase())
}

/// One request that no handler delays, to test whether the app responds at all.
pub fn probe(app: SocketAddr) -> Tally {
    visit(app, &[plan(Kind::Icon)])
}

/// One visit to `/{name}/`.
pub fn one(app: SocketAddr) -> Tally {
    visit(app, &[plan(Kind::Verdict)])
}

/// Random numbers of requests of all kinds, with enough names that a series for each name would be
/// noticed.
pub fn crowd(app: SocketAddr) -> Tally {
    let mut plans = Vec::new();
    let numbers = [
        (Kind::Verdict, NAMES + fastrand::usize(5..20)),
        (Kind::Markup, fastrand::usize(1..4)),
        (Kind::Blank, fastrand::usize(1..4)),
        (Kind::Control, fastrand::usize(1..4)),
        (Kind::Redirect, fastrand::usize(1..6)),
        (Kind::Icon, fastrand::usize(1..4)),
        (Kind::Unknown, fastrand::usize(1..4)),
    ];
    for (kind, number) in numbers {
        plans.extend((0..number).map(|_| plan(kind)));
    }
    fastrand::shuffle(&mut plans);
    visit(app, &plans)
}

/// A random number of visits to `/{name}/`.
pub fn few(app: SocketAddr) -> Tally {
    let plans: Vec<Plan> = (0..fastrand::usize(6..12)).map(|_| plan(Kind::Verdict)).collect();
    visit(app, &plans)
}

/// Sends requests, waits until the app has begun to handle them, and closes the connections without
/// reading the responses. Returns the number of requests.
pub fn abort(app: SocketAddr) -> usize {
    let attempts = fastrand::usize(10..15);
    let connections: Vec<_> = (0..attempts)
        .filter_map(|_| {
            let mut connection = http::connect(app, LIMIT).ok()?;
            let head = format!("GET /{}/ HTTP/1.1\r\nHost: {app}\r\n\r\n", name());
            connection.write_all(head.as_bytes()).ok()?;
            Some(connection)
        })
        .collect();
    // The response shows that the app has accepted the earlier connections, too. The app cannot
    // count a request that is aborted before its handler begins.
    probe(app);
    probe(app);
    connections.len()
}

fn plan(kind: Kind) -> Plan {
    let name = name();
    let path = match kind {
        Kind::Verdict => format!("/{name}/"),
        Kind::Markup => format!("/%3Ci%3E{name}/"),
        Kind::Blank => "/%20/".to_string(),
        Kind::Control => format!("/{name}%07/"),
        // An escaped slash: a handler that unescapes the name would redirect to another path.
        Kind::Redirect => format!("/{name}%2F"),
        Kind::Icon => "/favicon.ico".to_string(),
        Kind::Unknown => format!("/{name}/and/more"),
    };
    Plan { kind, path, name }
}

fn visit(app: SocketAddr, plans: &[Plan]) -> Tally {
    let next = AtomicUsize::new(0);
    let visits = Mutex::new(Tally::default());
    thread::scope(|scope| {
        for _ in 0..plans.len().min(CROWD) {
            scope.spawn(|| {
                while let Some(plan) = plans.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let started = Instant::now();
                    let answer = Request::get(&plan.path).limit(LIMIT).send(app);
                    let waited = started.elapsed();
                    let mut visits = visits.lock().unwrap_or_else(PoisonError::into_inner);
                    let lost = answer.is_err();
                    visits.add(plan, answer, waited);
                    if lost {
                        // The other visitors would also wait in vain.
                        next.store(plans.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    visits.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Tally {
    fn add(&mut self, plan: &Plan, answer: std::io::Result<http::Reply>, waited: Duration) {
        let Plan { kind, path, name } = plan;
        let status = format!("{} for GET {path}", kind.status());
        // A redirect names its target.
        let location = (*kind == Kind::Redirect).then(|| format!("{path}/"));
        let expected = match &location {
            Some(location) => format!("{status}, to {location}"),
            None => status,
        };
        let seen = match answer {
            Ok(reply) => {
                self.requests += 1;
                self.waited += waited;
                self.longest = self.longest.max(waited);
                if kind.is_visit() {
                    self.visits += 1;
                    self.waited_for_visits += waited;
                    self.verdicts += usize::from(reply.status == 200);
                }
                if *kind != Kind::Blank {
                    self.names.insert(name.clone());
                }
                if reply.status != kind.status() {
                    Some(format!("{} {}", reply.status, first_line(&reply.text())))
                } else if let Some(location) = location {
                    let seen = reply.header("location").unwrap_or("no address");
                    (!seen.ends_with(&location)).then(|| format!("{}, to {seen}", reply.status))
                } else {
                    self.read(plan, &reply);
                    None
                }
            }
            Err(error) => Some(format!("no answer: {error}")),
        };
        if let Some(seen) = seen {
            let surprise = Surprise { path: path.clone(), expected, seen };
            self.surprises.entry(*kind).or_insert(surprise);
        }
    }

    /// Reads the page of a visitor.
    fn read(&mut self, plan: &Plan, reply: &http::Reply) {
        let Plan { kind, path, name } = plan;
        let page = reply.text();
        let sentence = |verdict: &str| format!("{name}, you have been very {verdict} this year!");
        let verdict = VERDICTS.into_iter().find(|verdict| page.contains(&sentence(verdict)));
        self.words.extend(verdict);
        let html = reply.header("content-type").is_some_and(|it| it.starts_with("text/html"));
        let expected = match kind {
            Kind::Verdict if verdict.is_none() || !html => {
                format!("`{}`, or `nice` instead, as text/html", sentence("naughty"))
            }
            Kind::Markup if page.contains(&format!("<i>{name}")) => format!("`&lt;i&gt;{name}`"),
            _ => return,
        };
        let expected = format!("{expected}, for GET {path}");
        let content_type = reply.header("content-type").unwrap_or("no type");
        let seen = format!("`{}`, as {content_type}", first_line(&page));
        self.pages.entry(*kind).or_insert(Surprise { path: path.clone(), expected, seen });
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(100).collect()
}

impl Tally {
    /// Adds the requests of `other`.
    pub fn join(&mut self, other: Self) {
        self.requests += other.requests;
        self.visits += other.visits;
        self.verdicts += other.verdicts;
        self.names.extend(other.names);
        self.waited += other.waited;
        self.waited_for_visits += other.waited_for_visits;
        self.longest = self.longest.max(other.longest);
        self.words.extend(other.words);
        self.surprises.extend(other.surprises);
        self.pages.extend(other.pages);
    }
}
