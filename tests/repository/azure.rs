//! `azure/`, which nobody here can deploy: whether it is Bicep at all, whether its rule still
//! watches what step 05 measures, and whether the commands that are told to do the same still do.
//! No Bicep compiler is at hand, so names and types of properties go unchecked.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use app_insights::timing::Timing;
use harness::{Recorder, recorder::Temporality};
use step_05::latency::{Instruments, measure};
use tests::{folder, root};
use tower::ServiceExt;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every Bicep file, by name.
fn files() -> BTreeMap<String, String> {
    let entries = fs::read_dir(root().join("azure")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let bicep = names.filter(|name| name != "README.md");
    bicep.map(|name| (name.clone(), read(&format!("azure/{name}")))).collect()
}

fn monitoring() -> String {
    read("azure/monitoring.bicep")
}

/// Whether a text follows Bicep's grammar.
fn is_bicep(text: &str) -> bool {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_bicep::LANGUAGE.into()).unwrap();
    !parser.parse(text, None).unwrap().root_node().has_error()
}

#[test]
fn each_file_is_bicep() {
    for (name, text) in files() {
        assert!(is_bicep(&text), "{name}");
        // It would notice a brace that is missing.
        let (before, after) = text.rsplit_once('}').unwrap();
        assert!(!is_bicep(&format!("{before}{after}")), "{name}");
    }
}

/// What a line that begins with `start` goes on with.
fn after<'a>(text: &'a str, start: &str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| line.trim().strip_prefix(start))
}

/// The block that declares `symbol`, without its last brace.
fn block(text: &str, symbol: &str) -> String {
    let (_, rest) = text.split_once(&format!(" {symbol} '")).expect(symbol);
    rest.split_once("\n}").unwrap().0.to_string()
}

/// The first property of that name, without quotation marks. That of a resource itself comes
/// before those of its parts.
fn property(block: &str, name: &str) -> String {
    let value = after(block, &format!("{name}: ")).next();
    value.unwrap_or_else(|| panic!("{name}")).trim_matches('\'').to_string()
}

/// The value of a variable, or what a parameter is unless it is given.
fn value(text: &str, name: &str) -> String {
    let variable = after(text, &format!("var {name} = ")).next();
    let parameter = after(text, &format!("param {name} ")).next();
    let value = variable.or_else(|| Some(parameter?.split_once(" = ")?.1));
    value.unwrap_or_else(|| panic!("{name}")).trim_matches('\'').to_string()
}

/// The names of the parameters.
fn parameters(text: &str) -> BTreeSet<&str> {
    after(text, "param ").map(|rest| rest.split(' ').next().unwrap()).collect()
}

/// Without their versions, the types of the resources.
fn types(text: &str) -> BTreeSet<String> {
    let resources = text.lines().filter(|line| line.starts_with("resource "));
    let types = resources.map(|line| line.split('\'').nth(1).unwrap());
    types.map(|name| name.split('@').next().unwrap().to_string()).collect()
}

#[test]
fn the_first_file_gives_the_second_all_that_it_asks_for() {
    let (main, monitoring) = (read("azure/main.bicep"), monitoring());
    let module = block(&main, "monitoring");
    assert!(module.starts_with("monitoring.bicep'"));
    let (_, given) = module.split_once("params: {").unwrap();
    for name in parameters(&monitoring) {
        assert_eq!(property(given, name), name);
        // Whoever deploys the second file by itself gets the same.
        if !["email", "location"].contains(&name) {
            assert_eq!(value(&main, name), value(&monitoring, name), "{name}");
        }
    }
    assert_eq!(parameters(&main), parameters(&monitoring));
    for (name, text) in files() {
        let described = after(&text, "@description(").count();
        let declared = after(&text, "param ").chain(after(&text, "output ")).count();
        assert_eq!(described, declared, "{name}");
    }
}

/// A rule in Azure's own words, wherever it is written down.
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
    /// Whether it is resolved without anybody's help.
    resolves: bool,
    /// Whether the metric may still be unknown.
    unknown: bool,
}

fn rule() -> Rule {
    let text = monitoring();
    let slow = block(&text, "slow");
    let of = |name: &str| property(&slow, name);
    Rule {
        name: of("name"),
        namespace: of("metricNamespace"),
        metric: of("metricName"),
        aggregation: of("timeAggregation"),
        operator: of("operator"),
        threshold: value(&text, &of("threshold")),
        window: of("windowSize"),
        frequency: of("evaluationFrequency"),
        severity: of("severity"),
        resolves: of("autoMitigate") == "true",
        unknown: of("skipMetricValidation") == "true",
    }
}

/// The class sees the same rule fire as whoever deploys it, apart from how long it takes.
#[test]
fn the_stand_in_has_the_rule_of_the_file() {
    let slow = app_insights::rule::Rule::slow(&Timing::azure());
    let of_the_stand_in = Rule {
        name: slow.name.clone(),
        namespace: slow.metric.namespace.to_string(),
        metric: slow.metric.name.to_string(),
        aggregation: slow.aggregation.azure().into(),
        operator: slow.operator.azure().into(),
        threshold: slow.threshold.to_string(),
        window: slow.window.to_string(),
        frequency: slow.frequency.to_string(),
        severity: slow.severity.to_string(),
        ..rule()
    };
    assert_eq!(of_the_stand_in, rule());
    let text = monitoring();
    assert_eq!(property(&block(&text, "slow"), "description"), slow.description);
    assert!(slow.dimensions.is_empty());

    let timing = Timing::default();
    let usual = app_insights::rule::Rule::slow(&timing);
    let slower =
        app_insights::rule::Rule { window: slow.window, frequency: slow.frequency, ..usual };
    assert_eq!(slower, slow, "only the timing differs");
}

/// Counts one request, and says in which unit the metric of that name is.
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
async fn the_rule_watches_what_step_05_measures() {
    let (text, rule) = (monitoring(), rule());
    let unit = unit_in_step_05(&rule.metric).await;
    // A second, in the instrument's own unit, and the name that says so.
    let (second, threshold) = match unit.as_str() {
        "ms" => ("1000", "thresholdInMilliseconds"),
        "s" => ("1", "thresholdInSeconds"),
        unit => panic!("a latency in {unit}"),
    };
    assert_eq!(rule.threshold, second);
    assert_eq!(property(&block(&text, "slow"), "threshold"), threshold);
    assert_eq!((rule.aggregation.as_str(), rule.operator.as_str()), ("Average", "GreaterThan"));
    assert!(rule.resolves && rule.unknown);

    let minutes = rule.window.trim_start_matches("PT").trim_end_matches('M');
    assert_eq!(rule.frequency, "PT1M");
    let said = format!(
        "average `{}` over {minutes} minutes above {} {unit}, asked every minute | `{}` |",
        rule.metric, rule.threshold, rule.name
    );
    assert!(read("azure/README.md").contains(&said), "{said}");
}

#[test]
fn the_readme_lists_what_is_created() {
    let readme = read("azure/README.md");
    let mut listed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in readme.lines().filter(|line| line.contains("| `Microsoft.")) {
        let cells: Vec<_> =
            row.split(" | ").map(|cell| cell.trim_matches(['`', ' ', '|'])).collect();
        listed.entry(cells[3].into()).or_default().insert(cells[2].into());
    }
    let declared = files().into_iter().map(|(name, text)| (name, types(&text))).collect();
    assert_eq!(listed, declared);

    let text = monitoring();
    let retention = property(&block(&text, "workspace"), "retentionInDays");
    assert!(readme.contains(&format!("where the data is kept, {retention} days")));
    let cap = value(&text, "dailyCapGb");
    assert!(readme.contains(&format!("`dailyCapGb`: {cap} gigabyte,")));
}

/// Twenty apps, all day, each with visitors who wait and visitors who do not. Azure bills less
/// than the size of what is sent.
#[test]
fn a_class_stays_below_the_daily_cap() {
    let snapshot = fs::read_to_string(folder(5).join("snapshots/envelopes.snap")).unwrap();
    let json = snapshot.splitn(3, "---\n").nth(2).unwrap();
    let envelopes: serde_json::Value = serde_json::from_str(json).unwrap();
    let (series, apps, exports) = (2, 20, 24 * 60 * 60 / 5);
    let bytes = envelopes.to_string().len() * series * exports * apps;
    let cap: usize = value(&monitoring(), "dailyCapGb").parse().unwrap();
    assert!(bytes < cap * 1_000_000_000, "{bytes} bytes a day");
}

/// The pages that tell how to do it by hand: each list makes all that the files make.
const BY_HAND: [&[&str]; 2] =
    [&["azure/README.md"], &["book/src/step-04.md", "book/src/step-05.md"]];

/// What each command creates.
const CREATES: [(&str, &str); 5] = [
    ("group create", "Microsoft.Resources/resourceGroups"),
    ("monitor log-analytics workspace create", "Microsoft.OperationalInsights/workspaces"),
    ("monitor app-insights component create", "Microsoft.Insights/components"),
    ("monitor action-group create", "Microsoft.Insights/actionGroups"),
    ("monitor metrics alert create", "Microsoft.Insights/metricAlerts"),
];

/// A command for Azure: what comes before its options, and the options' values.
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

    /// As the CLI understands it.
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

/// The words of a command, as a shell splits it. What is in `"$(...)"` stays one word.
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

/// The commands for Azure on a page, also those within others.
fn commands(page: &str) -> Vec<Az> {
    let text = read(page);
    let mut commands = Vec::new();
    for line in after(&text, "$ ") {
        commands.extend(line.strip_prefix("az ").map(Az::parse));
        let inner = line.split_once("$(az ").map(|(_, rest)| rest.split_once(')').unwrap().0);
        commands.extend(inner.map(Az::parse));
    }
    commands
}

#[test]
fn the_commands_do_what_the_files_say() {
    let text = monitoring();
    let name = value(&text, "name");
    let (workspace, people) = (block(&text, "workspace"), block(&text, "people"));
    for pages in BY_HAND {
        let commands: Vec<_> = pages.iter().flat_map(|page| commands(page)).collect();
        let created: BTreeSet<_> = CREATES
            .iter()
            .filter(|(create, _)| commands.iter().any(|command| command.name == *create))
            .map(|(_, resource)| (*resource).to_string())
            .collect();
        let declared: BTreeSet<_> = files().values().flat_map(|text| types(text)).collect();
        assert_eq!(created, declared, "{pages:?}");

        for command in &commands {
            let line = &command.line;
            let is = |option: &str, expected: &str| {
                assert_eq!(command.get(option), expected, "{line}");
            };
            for option in ["--resource-group", "--app", "--workspace-name", "--workspace"] {
                assert!(
                    command.options.get(option).is_none_or(|found| found == &[&*name]),
                    "{line}"
                );
            }
            match command.name.as_str() {
                "group create" | "group delete" | "deployment sub delete" => is("--name", &name),
                "monitor log-analytics workspace create" => {
                    is("--retention-time", &property(&workspace, "retentionInDays"));
                    is("--quota", &value(&text, "dailyCapGb"));
                }
                "monitor action-group create" => {
                    is("--name", &name);
                    is("--short-name", &property(&people, "groupShortName"));
                    assert!(people.contains("name: 'me'") && people.contains("Schema: true"));
                    let action = ["email", "me", "you@example.com", "usecommonalertschema"];
                    assert_eq!(command.options["--action"], action, "{line}");
                }
                "monitor metrics alert create" => {
                    assert_eq!(command.rule(), rule(), "{line}");
                    is("--action", &name);
                }
                "monitor metrics list" => {
                    is("--namespace", &rule().namespace);
                    is("--metrics", &rule().metric);
                    is("--aggregation", &rule().aggregation);
                }
                "deployment sub create" => {
                    let file = read(command.get("--template-file"));
                    assert!(file.contains("\ntargetScope = 'subscription'\n"), "{line}");
                    is("--parameters", "email=you@example.com");
                    assert!(file.contains(" email=you@example.com\n"), "its header says the same");
                }
                "login"
                | "monitor app-insights component create"
                | "monitor app-insights component show"
                | "monitor log-analytics workspace delete" => (),
                other => panic!("nothing is known of {other}"),
            }
        }
    }
}
