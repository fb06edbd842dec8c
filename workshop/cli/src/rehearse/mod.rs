//! Runs everything once as a class will, without a network.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::cargo::STAND_INS;
use crate::http::get;
use crate::workspace::{Step, Telemetry, Workspace};
use crate::{say, seconds};
use program::{LIMIT, Program};

mod program;

/// In milliseconds. A class waits five seconds for the first metrics; here nobody looks.
const EXPORT_INTERVAL: &str = "200";
/// The key that the stand-in prints for everybody.
const KEY: &str = "00000000-0000-0000-0000-000000000000";

/// The programs that are run.
///
/// # Errors
/// When a step cannot be read.
pub fn packages(workspace: &Workspace) -> Result<Vec<String>> {
    let steps = workspace.steps()?.into_iter().map(|step| step.package);
    Ok(STAND_INS.map(str::to_owned).into_iter().chain(steps).collect())
}

/// Runs the stand-ins and, one after the other, the steps. They are built already.
///
/// # Errors
/// When one does not do what it should; what each does is on stdout.
pub async fn all(workspace: &Workspace) -> Result<()> {
    let start = Instant::now();
    let [collector, app_insights] = STAND_INS;
    let nowhere = [("--listen", "127.0.0.1:0"), ("--health", "127.0.0.1:0")];
    let mut faults = Vec::new();
    let stand_ins = StandIns {
        collector: open(workspace, collector, &nowhere, &mut faults).await?,
        app_insights: open(workspace, app_insights, &nowhere[..1], &mut faults).await?,
    };
    let steps = workspace.steps()?;
    for step in &steps {
        let start = Instant::now();
        let did = rehearse(workspace, step, &stand_ins).await;
        tell(&step.package, start, did, &mut faults)?;
    }
    for (name, stand_in) in
        [(collector, stand_ins.collector), (app_insights, stand_ins.app_insights)]
    {
        if let Some(stand_in) = stand_in {
            let start = Instant::now();
            let did = stand_in.stop().await.map(|stopped| format!("took telemetry, {stopped}"));
            tell(name, start, did, &mut faults)?;
        }
    }
    if let Some(first) = faults.first() {
        bail!(
            "{} of {} did not do what the class will want. Type cargo workshop doctor, then cargo \
             run --offline -p {first}, and see what each says",
            faults.len(),
            steps.len() + STAND_INS.len()
        );
    }
    let all = steps.len() + STAND_INS.len();
    say(&format!("All {all} programs work without a network, in {}.", seconds(start)));
    Ok(())
}

struct StandIns {
    collector: Option<Program>,
    app_insights: Option<Program>,
}

/// Starts a stand-in. Without it the steps can still be tried.
async fn open(
    workspace: &Workspace,
    name: &'static str,
    options: &[(&str, &str)],
    faults: &mut Vec<String>,
) -> Result<Option<Program>> {
    let start = Instant::now();
    let arguments: Vec<_> = options.iter().flat_map(|(name, value)| [*name, *value]).collect();
    match Program::start(workspace, name, &arguments, &[]).await {
        Ok(program) => Ok(Some(program)),
        Err(error) => {
            tell(name, start, Err(error), faults)?;
            Ok(None)
        }
    }
}

/// What a step did, in words.
async fn rehearse(workspace: &Workspace, step: &Step, stand_ins: &StandIns) -> Result<String> {
    let at = |stand_in: &Option<Program>| stand_in.as_ref().map(|program| program.address);
    // Where nobody listens, a step runs too.
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let collector = at(&stand_ins.collector).unwrap_or(nowhere);
    let app_insights = at(&stand_ins.app_insights).unwrap_or(nowhere);
    // Each gets all of it, and heeds what it knows.
    let variables = [
        ("PORT", "0".to_owned()),
        ("OTEL_METRIC_EXPORT_INTERVAL", EXPORT_INTERVAL.to_owned()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{collector}")),
        (
            "APPLICATIONINSIGHTS_CONNECTION_STRING",
            format!("InstrumentationKey={KEY};IngestionEndpoint=http://{app_insights}/"),
        ),
    ];
    let before = |stand_in: &Option<Program>| stand_in.as_ref().map_or(0, Program::printed);
    let printed = (before(&stand_ins.collector), before(&stand_ins.app_insights));
    let program = Program::start(workspace, &step.package, &[], &variables).await?;
    let answer = get(program.address, "/Ada/", LIMIT).await;
    let answer = answer.context("it does not answer a request")?;
    if !answer.starts_with("HTTP/1.1 200 ") {
        bail!("it answers a request with {:?}", answer.lines().next().unwrap_or_default());
    }
    let metrics = match step.telemetry {
        Telemetry::None => "",
        Telemetry::Console => {
            program.prints_more_than(0).await.context("no metrics are on its stdout")?;
            "metrics on stdout, "
        }
        Telemetry::Collector => {
            arrives(stand_ins.collector.as_ref(), printed.0, STAND_INS[0]).await?;
            "metrics at the Collector stand-in, "
        }
        Telemetry::AppInsights => {
            arrives(stand_ins.app_insights.as_ref(), printed.1, STAND_INS[1]).await?;
            "metrics at the Application Insights stand-in, "
        }
    };
    Ok(format!("a page, {metrics}{}", program.stop().await?))
}

async fn arrives(stand_in: Option<&Program>, printed: usize, name: &str) -> Result<()> {
    let stand_in =
        stand_in.with_context(|| format!("{name} does not run, so nothing can arrive"))?;
    stand_in.prints_more_than(printed).await.with_context(|| format!("nothing arrives at {name}"))
}

/// Prints a line on stdout, and remembers a fault.
fn tell(name: &str, start: Instant, did: Result<String>, faults: &mut Vec<String>) -> Result<()> {
    let line = match did {
        Ok(did) => format!("✓ {name:<12}  {did} ({})", seconds(start)),
        Err(error) => {
            faults.push(name.to_owned());
            format!("✗ {name:<12}  {error:#}")
        }
    };
    // Not println!, which panics when nobody reads.
    writeln!(io::stdout(), "{line}").context("Cannot print what happened")
}
