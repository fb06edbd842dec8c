//! `azure/`, which is deployed by hand: its files follow Bicep's grammar, its rule watches a metric
//! of step 05, and the commands on the pages create the same resources as the files.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use app_insights::alerts::Timing;
use harness::{Recorder, recorder::Temporality};
use step_05::latency::{Instruments, measure};
use tests::{folder, root, too_slow};
use tower::ServiceExt;

use crate::bicep::Bicep;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The text of every Bicep file, by name.
fn texts() -> BTreeMap<String, String> {
    let entries = fs::read_dir(root().join("azure")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let bicep = names.filter(|name| !["README.md", "collector"].contains(&&**name));
    bicep.map(|name| (name.clone(), read(&format!("azure/{name}")))).collect()
}

fn parse(path: &str) -> Bicep {
    Bicep::parse(&read(path)).unwrap_or_else(|| panic!("{path} is not Bicep"))
}

fn monitoring() -> Bicep {
    parse("azure/monitoring.bicep")
}

#[test]
fn each_file_is_bicep() {
    for (name, text) in texts() {
        assert!(Bicep::parse(&text).is_some(), "{name}");
        let (before, after) = text.rsplit_once('}').unwrap();
        let broken = format!("{before}{after}");
        assert!(Bicep::parse(&broken).is_none(), "{name} without a brace");
    }
}

#[test]
fn main_passes_every_parameter_to_monitoring() {
    let (main, monitoring) = (parse("azure/main.bicep"), monitoring());
    let module = &main.blocks["monitoring"];
    assert_eq!(module.kind, "monitoring.bicep");
    for name in &monitoring.parameters {
        assert_eq!(module.get(&format!("params.{name}")), name);
        // The second file has the same defaults when it is deployed by itself.
        if !["email", "location"].contains(&name.as_str()) {
            assert_eq!(main.values[name], monitoring.values[name], "{name}");
        }
    }
    assert_eq!(main.parameters, monitoring.parameters);
    for file in [main, monitoring] {
        assert!(file.undescribed.is_empty(), "without a description: {:?}", file.undescribed);
    }
}

/// A rule in the terms of Azure.
#[derive(Debug, PartialEq)]
struct Rule {
    name: String,
    namespace: String,
    metric: String,
    aggregation: String,
    operator: String,
    threshold: String,
    window: String,
    frequency: String,
    severity: String,
    /// Whether an alert is resolved automatically.
    resolves: bool,
    /// Whether the metric may not exist yet.
    unknown: bool,
}

fn rule() -> Rule {
    let file = monitoring();
    let property =
        |name: &str| file.blocks["tooSlow"].get(&format!("properties.{name}")).to_string();
    let condition = |name: &str| property(&format!("criteria.allOf.0.{name}"));
    Rule {
        name: file.blocks["tooSlow"].get("name").to_string(),
        namespace: condition("metricNamespace"),
        metric: condition("metricName"),
        aggregation: condition("timeAggregation"),
        operator: condition("operator"),
        threshold: file.values[&condition("threshold")].clone(),
        window: property("windowSize"),
        frequency: property("evaluationFrequency"),
        severity: property("severity"),
        resolves: property("autoMitigate") == "true",
        unknown: condition("skipMetricValidation") == "true",
    }
}

/// The rule equals the one that a learner creates in the stand-in with `--azure-timing`.
#[test]
fn rule_is_the_one_of_the_book() {
    let too_slow = too_slow(&Timing::azure());
    let of_the_book = Rule {
        name: too_slow.name.clone(),
        namespace: too_slow.metric.namespace.to_string(),
        metric: too_slow.metric.name.to_string(),
        aggregation: format!("{:?}", too_slow.aggregation),
        operator: format!("{:?}", too_slow.operator),
        threshold: too_slow.threshold.to_string(),
        window: too_slow.window.to_string(),
        frequency: too_slow.frequency.to_string(),
        severity: too_slow.severity.to_string(),
        ..rule()
    };
    assert_eq!(of_the_book, rule());
    assert!(too_slow.dimensions.is_empty());
}

/// The types of the resources in every file.
fn declared_types() -> BTreeMap<String, BTreeSet<String>> {
    let types = |name: String| {
        let types = parse(&format!("azure/{name}")).resource_types();
        (name, types)
    };
    texts().into_keys().map(types).collect()
}

/// The unit of a metric of step 05, after one request.
async fn unit_in_step_05(name: &str) -> String {
    let recorder = Recorder::new(Temporality::Delta);
    let instruments = Instruments::new(&recorder.meter());
    let app = axum::Router::new()
        .route("/", axum::routing::get(async || "done"))
        .layer(axum::middleware::from_fn_with_state(instruments, measure));
    app.oneshot(axum::http::Request::get("/").body(axum::body::Body::empty()).unwrap())
        .await
        .unwrap();
    recorder.collect_metric(name).expect("the rule's metric is there").unit
}

#[tokio::test(start_paused = true)]
async fn rule_watches_the_latency_of_step_05() {
    let rule = rule();
    let unit = unit_in_step_05(&rule.metric).await;
    // One second in the unit of the instrument, and the variable's name with that unit.
    let (second, threshold) = match unit.as_str() {
        "ms" => ("1000", "thresholdInMilliseconds"),
        "s" => ("1", "thresholdInSeconds"),
        unit => panic!("a latency in {unit}"),
    };
    assert_eq!(rule.threshold, second);
    let variable =
        monitoring().blocks["tooSlow"].get("properties.criteria.allOf.0.threshold").to_string();
    assert_eq!(variable, threshold);
    assert_eq!((rule.aggregation.as_str(), rule.operator.as_str()), ("Average", "GreaterThan"));
    assert!(rule.resolves && rule.unknown);

    let minutes = rule.window.trim_start_matches("PT").trim_end_matches('M');
    assert_eq!(rule.frequency, "PT1M");
    let said = format!(
        "average `{}` over {minutes} minutes above {} {unit}, evaluated every minute | `{}` |",
        rule.metric, rule.threshold, rule.name
    );
    assert!(read("azure/README.md").contains(&said), "{said}");
}

#[test]
fn readme_lists_every_resource() {
    let readme = read("azure/README.md");
    let mut listed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in readme.lines().filter(|line| line.contains("| `Microsoft.")) {
        let cells: Vec<_> =
            row.split(" | ").map(|cell| cell.trim_matches(['`', ' ', '|'])).collect();
        listed.entry(cells[3].into()).or_default().insert(cells[2].into());
    }
    assert_eq!(listed, declared_types());

    let file = monitoring();
    let retention = file.blocks["workspace"].get("properties.retentionInDays");
    assert!(readme.contains(&format!("where the data is kept, {retention} days")));
    let cap = &file.values["dailyCapGb"];
    assert!(readme.contains(&format!("`dailyCapGb`: {cap} gigabyte,")));
}

/// Twenty apps run all day, each with two series. Azure bills less than the size of the envelopes.
#[test]
fn class_stays_below_the_daily_cap() {
    let snapshot = fs::read_to_string(folder(5).join("snapshots/envelopes.snap")).unwrap();
    let json = snapshot.splitn(3, "---\n").nth(2).unwrap();
    let envelopes: serde_json::Value = serde_json::from_str(json).unwrap();
    let (series, apps, exports) = (2, 20, 24 * 60 * 60 / 5);
    let bytes = envelopes.to_string().len() * series * exports * apps;
    let cap: usize = monitoring().values["dailyCapGb"].parse().unwrap();
    assert!(bytes < cap * 1_000_000_000, "{bytes} bytes a day");
}

/// The pages with the commands. Each list of pages creates everything that the files create.
const BY_HAND: [&[&str]; 2] = [&["azure/README.md"], &["book/src/azure.md", "book/src/step-05.md"]];

/// The resource that each command creates.
const CREATES: [(&str, &str); 5] = [
    ("group create", "Microsoft.Resources/resourceGroups"),
    ("monitor log-analytics workspace create", "Microsoft.OperationalInsights/workspaces"),
    ("monitor app-insights component create", "Microsoft.Insights/components"),
    ("monitor action-group create", "Microsoft.Insights/actionGroups"),
    ("monitor metrics alert create", "Microsoft.Insights/metricAlerts"),
];

/// A command for Azure: its name, and the values of its options.
struct Az {
    line: String,
    name: String,
    options: BTreeMap<String, Vec<String>>,
}

impl Az {
    fn parse(line: &str) -> Self {
        let mut words = words(line).into_iter().peekable();
        let mut until_option = || {
            let mut values = Vec::new();
            while let Some(word) = words.next_if(|word| !word.starts_with("--")) {
                values.push(word);
            }
            (values, words.next())
        };
        let (name, mut option) = until_option();
        let mut options = BTreeMap::new();
        while let Some(option_name) = option {
            let (values, next) = until_option();
            options.insert(option_name, values);
            option = next;
        }
        Self { line: line.to_string(), name: name.join(" "), options }
    }

    fn get(&self, option: &str) -> &str {
        let values = self.options.get(option).unwrap_or_else(|| panic!("{option}: {}", self.line));
        &values[0]
    }

    /// The rule that the command creates.
    fn rule(&self) -> Rule {
        let condition = words(self.get("--condition"));
        let (namespace, metric) = condition[1].rsplit_once('.').unwrap();
        let duration = |option| format!("PT{}", self.get(option).to_uppercase());
        let flag = self.options.get("--auto-mitigate");
        Rule {
            name: self.get("--name").into(),
            namespace: namespace.into(),
            metric: metric.into(),
            aggregation: if condition[0] == "avg" { "Average" } else { &condition[0] }.into(),
            operator: if condition[2] == ">" { "GreaterThan" } else { &condition[2] }.into(),
            threshold: condition[3].clone(),
            window: duration("--window-size"),
            frequency: duration("--evaluation-frequency"),
            severity: self.get("--severity").into(),
            resolves: flag.is_none_or(|values| values == &["true"]),
            unknown: condition[4..] == ["with", "skipmetricvalidation"],
        }
    }
}

/// The words of a command, as a shell splits it. `"$(...)"` stays one word.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for char in line.chars() {
        match char {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            char => words.last_mut().unwrap().push(char),
        }
    }
    words
}

/// The commands for Azure on a page, including commands within commands.
fn commands(page: &str) -> Vec<Az> {
    let text = read(page);
    let mut commands = Vec::new();
    for line in text.lines().filter_map(|line| line.trim().strip_prefix("$ ")) {
        commands.extend(line.strip_prefix("az ").map(Az::parse));
        let inner = line.split_once("$(az ").map(|(_, rest)| rest.split_once(')').unwrap().0);
        commands.extend(inner.map(Az::parse));
    }
    commands
}

#[test]
fn the_commands_create_what_the_files_declare() {
    let file = monitoring();
    let name = &file.values["name"];
    let (workspace, people) = (&file.blocks["workspace"], &file.blocks["people"]);
    for pages in BY_HAND {
        let commands: Vec<_> = pages.iter().flat_map(|page| commands(page)).collect();
        let created: BTreeSet<_> = CREATES
            .iter()
            .filter(|(create, _)| commands.iter().any(|command| command.name == *create))
            .map(|(_, resource)| (*resource).to_string())
            .collect();
        let declared: BTreeSet<_> = declared_types().into_values().flatten().collect();
        assert_eq!(created, declared, "{pages:?}");

        for command in &commands {
            let line = &command.line;
            let is = |option: &str, expected: &str| {
                assert_eq!(command.get(option), expected, "{line}");
            };
            for option in ["--resource-group", "--app", "--workspace-name", "--workspace"] {
                assert!(
                    command.options.get(option).is_none_or(|found| found == &[name.as_str()]),
                    "{line}"
                );
            }
            match command.name.as_str() {
                "group create" | "group delete" | "deployment sub delete" => is("--name", name),
                "monitor log-analytics workspace create" => {
                    is("--retention-time", workspace.get("properties.retentionInDays"));
                    is("--quota", &file.values["dailyCapGb"]);
                }
                "monitor action-group create" => {
                    is("--name", name);
                    is("--short-name", people.get("properties.groupShortName"));
                    let receiver =
                        |name: &str| people.get(&format!("properties.emailReceivers.0.{name}"));
                    assert_eq!(
                        (receiver("name"), receiver("useCommonAlertSchema")),
                        ("me", "true")
                    );
                    let action = ["email", "me", "you@example.com", "usecommonalertschema"];
                    assert_eq!(command.options["--action"], action, "{line}");
                }
                "monitor metrics alert create" => {
                    assert_eq!(command.rule(), rule(), "{line}");
                    if command.options.contains_key("--description") {
                        is("--description", file.blocks["tooSlow"].get("properties.description"));
                    }
                    is("--action", name);
                }
                "monitor metrics list" => {
                    is("--namespace", &rule().namespace);
                    is("--metrics", &rule().metric);
                    is("--aggregation", &rule().aggregation);
                }
                "deployment sub create" => {
                    let path = command.get("--template-file");
                    assert_eq!(parse(path).target_scope.as_deref(), Some("subscription"), "{line}");
                    is("--parameters", "email=you@example.com");
                    assert!(
                        read(path).contains(" email=you@example.com\n"),
                        "its header says the same"
                    );
                }
                "login"
                | "monitor app-insights component create"
                | "monitor app-insights component show"
                | "monitor log-analytics workspace delete" => (),
                other => panic!("unknown command {other}"),
            }
        }
    }
}
