//! Whether the ports are free, and who has them.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use clap::Args;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::report::Finding;
use super::{LIMIT, Machine, shell};
use crate::http::get;

/// Where things are to listen, on 127.0.0.1.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Ports, if not the usual ones")]
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

/// A port: whose it is, how to tell that they have it already, and how to take another.
struct Port {
    number: u16,
    whose: &'static str,
    asked: &'static str,
    /// In their answer, and in nobody else's.
    sign: &'static str,
    /// Who answers like that.
    who: &'static str,
    other: String,
}

/// Who has a port.
#[derive(PartialEq)]
enum Owner {
    Nobody,
    Ours,
    SomebodyElse,
    /// The system lets nobody have it.
    Forbidden(String),
}

pub(super) async fn check(machine: &Machine<'_>) -> Vec<Finding> {
    let [app, book, collector, health, app_insights] = &all(machine.ports);
    // At the same time: somebody who never answers costs a while.
    let owners = tokio::join!(
        app.owner(),
        book.owner(),
        collector.owner(),
        health.owner(),
        app_insights.owner()
    );
    // Then the stand-ins are in the same terminal, and all is as it should be.
    let open = owners.1 == Owner::Ours;
    vec![
        app.finding(owners.0, false),
        book.finding(owners.1, true),
        collector.finding(owners.2, open),
        health.finding(owners.3, open),
        app_insights.finding(owners.4, open),
    ]
}

fn all(ports: Ports) -> [Port; 5] {
    let another = |option: &str| format!("cargo workshop --{option} 127.0.0.1:0");
    [
        Port {
            number: ports.app,
            whose: "the app",
            asked: "/Ada/",
            sign: "Ada, you have been",
            who: "a step",
            other: shell::with("PORT", "0", "cargo run -p step-01"),
        },
        Port {
            number: ports.book,
            whose: "the book",
            asked: "/.workshop/state",
            sign: "\"edition\":",
            who: "cargo workshop",
            other: "cargo workshop --port 0".to_owned(),
        },
        Port {
            number: ports.collector,
            whose: "the Collector",
            asked: "/v1/metrics",
            sign: "supported: [POST]",
            who: "a Collector",
            other: another("collector"),
        },
        Port {
            number: ports.health,
            whose: "the Collector's health check",
            asked: "/",
            sign: "\"Server available\"",
            who: "a Collector",
            other: another("health"),
        },
        Port {
            number: ports.app_insights,
            whose: "Application Insights",
            asked: "/",
            sign: "Application Insights stand-in",
            who: "the Application Insights stand-in",
            other: another("app-insights"),
        },
    ]
}

impl Port {
    async fn owner(&self) -> Owner {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.number));
        match listen(address).await {
            Ok(()) => Owner::Nobody,
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                match get(address, self.asked, LIMIT).await {
                    Ok(answer) if answer.contains(self.sign) => Owner::Ours,
                    _ => Owner::SomebodyElse,
                }
            }
            Err(error) => Owner::Forbidden(error.to_string()),
        }
    }

    /// `expected`: whether it is well that they have it already.
    fn finding(&self, owner: Owner, expected: bool) -> Finding {
        let what = format!("port {}", self.number);
        let who = self.who;
        match owner {
            Owner::Nobody => Finding::fine(what, format!("free, for {}", self.whose)),
            Owner::Ours if expected => Finding::fine(what, format!("{who} runs there already")),
            Owner::Ours => {
                let cure = format!("Ctrl-C in the terminal where it runs, or {}", self.other);
                Finding::odd(what, format!("{who} runs there already"), cure)
            }
            Owner::SomebodyElse => {
                let which = shell::who_listens(self.number);
                let found = format!("taken, and {} needs it; by whom: {which}", self.whose);
                Finding::wrong(what, found, format!("stop that program, or {}", self.other))
            }
            Owner::Forbidden(why) => Finding::wrong(what, why, &self.other),
        }
    }
}

/// Whether one can listen there.
async fn listen(address: SocketAddr) -> io::Result<()> {
    // On some systems one can listen on a loopback address though somebody listens on all.
    match timeout(LIMIT, TcpStream::connect(address)).await {
        Ok(Ok(_)) | Err(_) => Err(ErrorKind::AddrInUse.into()),
        Ok(Err(_)) => TcpListener::bind(address).map(drop),
    }
}
