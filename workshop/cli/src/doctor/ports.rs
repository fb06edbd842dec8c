//! Checks that the ports are free.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

use clap::Args;
use harness::http::Request;

use super::report::{Finding, State};
use super::{LIMIT, join, shell};

/// The ports of the workshop's programs, on 127.0.0.1.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Ports, if they are not the defaults")]
pub struct Ports {
    /// The app, in all steps
    #[arg(long, value_name = "PORT", default_value_t = 8000)]
    app: u16,

    /// The book
    #[arg(long, value_name = "PORT", default_value_t = 3000)]
    book: u16,

    /// The Collector or its stand-in
    #[arg(long, value_name = "PORT", default_value_t = 4318)]
    collector: u16,

    /// The Collector's health check
    #[arg(long, value_name = "PORT", default_value_t = 13133)]
    health: u16,

    /// The Application Insights stand-in
    #[arg(long, value_name = "PORT", default_value_t = 4319)]
    app_insights: u16,
}

/// A port, the program that needs it, and how to recognize that program.
struct Port {
    number: u16,
    purpose: &'static str,
    /// The program that listens there.
    program: &'static str,
    /// A path, and a part of the program's response to a GET request for that path.
    path: &'static str,
    sign: &'static str,
    /// How to use another port.
    other: String,
}

/// The program that listens on a port.
#[derive(PartialEq)]
enum Listener {
    None,
    Ours,
    Other,
    /// The system does not allow the port.
    Forbidden(String),
}

pub(super) fn check(ports: Ports) -> Vec<Finding> {
    let ports = all(ports);
    // Probe the ports at the same time: each probe may wait for a response until the limit.
    let listeners = thread::scope(|scope| {
        let threads = ports.each_ref().map(|port| scope.spawn(|| port.listener()));
        threads.map(join)
    });
    // If the book is served, `cargo workshop` is expected on all ports except that of the app.
    let is_open = listeners[1] == Listener::Ours;
    let expected = [false, true, is_open, is_open, is_open];
    let findings = ports.iter().zip(listeners).zip(expected);
    findings.map(|((port, listener), expected)| port.finding(listener, expected)).collect()
}

fn all(ports: Ports) -> [Port; 5] {
    let any_port = |option: &str| format!("cargo workshop --{option} 127.0.0.1:0");
    [
        Port {
            number: ports.app,
            purpose: "the app",
            program: "a step",
            path: "/Ada/",
            sign: "Ada, you have been",
            other: shell::with("PORT", "0", "cargo run -p step-01"),
        },
        Port {
            number: ports.book,
            purpose: "the book",
            program: "cargo workshop",
            path: "/a-page-that-does-not-exist",
            sign: "Go to the start of the book.",
            other: "cargo workshop --port 0".to_owned(),
        },
        Port {
            number: ports.collector,
            purpose: "the Collector",
            program: "a Collector",
            path: "/v1/metrics",
            sign: "supported: [POST]",
            other: any_port("collector"),
        },
        Port {
            number: ports.health,
            purpose: "the Collector's health check",
            program: "a Collector",
            path: "/",
            sign: "\"Server available\"",
            other: any_port("health"),
        },
        Port {
            number: ports.app_insights,
            purpose: "Application Insights",
            program: "the Application Insights stand-in",
            path: "/",
            sign: "Application Insights stand-in",
            other: any_port("app-insights"),
        },
    ]
}

impl Port {
    fn listener(&self) -> Listener {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.number));
        match listen(address) {
            Ok(()) => Listener::None,
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                match Request::get(self.path).limit(LIMIT).send(address) {
                    Ok(reply) if reply.text().contains(self.sign) => Listener::Ours,
                    _ => Listener::Other,
                }
            }
            Err(error) => Listener::Forbidden(error.to_string()),
        }
    }

    fn finding(&self, listener: Listener, expected: bool) -> Finding {
        let what = format!("port {}", self.number);
        let running = format!("{} is running there", self.program);
        match listener {
            Listener::None => Finding::fine(what, format!("free, for {}", self.purpose)),
            Listener::Ours if expected => Finding::fine(what, running),
            Listener::Ours => {
                let fix = format!("Ctrl-C in the terminal where it runs, or {}", self.other);
                Finding::new(State::Odd, what, running, fix)
            }
            Listener::Other => {
                let command = shell::find_listener(self.number);
                let found = format!("in use, but {} needs it; used by: {command}", self.purpose);
                let fix = format!("stop that program, or {}", self.other);
                Finding::new(State::Wrong, what, found, fix)
            }
            Listener::Forbidden(error) => Finding::new(State::Wrong, what, error, &self.other),
        }
    }
}

/// Listens on `address` for a moment.
fn listen(address: SocketAddr) -> io::Result<()> {
    // Some systems allow this although another program listens on all addresses.
    match TcpStream::connect_timeout(&address, LIMIT) {
        Ok(_) => Err(ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == ErrorKind::TimedOut => Err(ErrorKind::AddrInUse.into()),
        Err(_) => TcpListener::bind(address).map(drop),
    }
}
