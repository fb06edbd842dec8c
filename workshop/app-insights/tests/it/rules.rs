//! The semantics of alert rules as a table: the measurements in each minute, and the state of the
//! rule at the end of the minute.
//!
//! Each row has a sentence from Azure's documentation, or the reason for our own decision. The
//! sentences are quoted without their markup.

use crate::support::story::{Row, azure, differs, ours};

const OVERVIEW: &str = "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-overview";
const TROUBLE: &str =
    "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-troubleshoot-metric";
const CREATE: &str =
    "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-metric-alert-rule";
const SCHEMA: &str = "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema";
const SERIES: &str = "https://learn.microsoft.com/azure/azure-monitor/alerts/\
                      alerts-metric-multiple-time-series-single-rule";
const AGGREGATION: &str =
    "https://learn.microsoft.com/azure/azure-monitor/essentials/metrics-aggregation-explained";
/// An older, more detailed page.
const HOW: &str = "https://github.com/MicrosoftDocs/azure-docs/blob/\
                   19b0e92b8b31feb38e49011db28d198dd6d5cbdf/articles/azure-monitor/alerts/\
                   alerts-metric-overview.md";

/// The measurements in a minute, `->`, and the state of the rule after the evaluation at the end of
/// the minute:
///
/// | measurements | |
/// |---|---|
/// | `5,7` | these values |
/// | `nice:5` | a value with the dimension `who` = `nice` |
/// | `5@2` | a value that arrives now and was measured two minutes ago |
/// | `-` | nothing |
/// | `clock+10m` | before the minute, the clock is set forward without an evaluation |
/// | `clock-3m` | before the minute, the clock is set back |
///
/// | state | |
/// |---|---|
/// | `ok` | the rule has no alert |
/// | `FIRED` | the rule has just fired |
/// | `fired` | the rule fired earlier, and the condition is still met |
/// | `quiet1`, `quiet2` | the rule fired earlier; the last one or two evaluations were quiet |
/// | `RESOLVED` | the alert has just been resolved |
/// | `not-due` | the rule was not evaluated |
///
/// The value of the evaluation can follow: `=5` or `=none`.
#[rustfmt::skip]
#[expect(clippy::too_many_lines, reason = "this function is a table")]
fn table() -> Vec<Row> { vec![
    // Operators.
    azure("greater than: the threshold itself is not enough", HOW,
        "From the time the alert rule is created, the monitor runs every 1 min and looks at metric values for the last 5 minutes and checks if the average of those values exceeds 70.",
        "average m > 70 over 5m",
        "70 -> ok=70 | 72 -> FIRED=71"),
    azure("greater than or equal: the threshold itself is enough", CREATE,
        "Select the operator for comparing the metric value against the threshold.",
        "average m >= 70 over 1m",
        "69 -> ok | 70 -> FIRED=70"),
    azure("less than: the threshold itself is not enough", CREATE,
        "Select the operator for comparing the metric value against the threshold.",
        "average m < 70 over 1m",
        "70 -> ok | 69 -> FIRED=69"),
    azure("less than or equal: the threshold itself is enough", CREATE,
        "Select the operator for comparing the metric value against the threshold.",
        "average m <= 70 over 1m",
        "71 -> ok | 70 -> FIRED=70"),
    ours("a threshold may be negative",
        "Azure accepts any number; the documentation does not restrict it.",
        "average m < -5 over 1m",
        "-5 -> ok | -5.5 -> FIRED=-5.5"),

    // Aggregations.
    azure("average: the sum divided by the count", AGGREGATION,
        "Average – the average of the metric values captured over the aggregation interval. For most metrics, this value is Sum/Count.",
        "average m > 4 over 1m",
        "1,2,9 -> ok=4 | 1,2,12 -> FIRED=5"),
    azure("average: over the whole window, not over the averages of the minutes", AGGREGATION,
        "Average – the average of the metric values captured over the aggregation interval. For most metrics, this value is Sum/Count.",
        "average m > 25 over 2m",
        "10,10,10 -> ok=10 | 50 -> ok=20 | 50 -> FIRED=50"),
    azure("total: the sum of all values", AGGREGATION,
        "Sum – the sum of all values captured over the aggregation interval. Sometimes referred to as the Total aggregation.",
        "sum m > 9 over 1m",
        "4,5 -> ok=9 | 4,6 -> FIRED=10"),
    azure("count: how many, not how large", AGGREGATION,
        "Count – the number of measurements captured over the aggregation interval. Count doesn't look at the value of the measurement, only the number of records.",
        "count m > 2 over 1m",
        "99,99 -> ok=2 | 0,0,0 -> FIRED=3"),
    azure("minimum: the smallest value", AGGREGATION,
        "Min – the smallest value captured over the aggregation interval.",
        "minimum m < 1 over 1m",
        "1,50 -> ok=1 | 0.5,50 -> FIRED=0.5"),
    azure("maximum: the largest value", AGGREGATION,
        "Max – the largest value captured over the aggregation interval.",
        "maximum m > 9 over 1m",
        "9,1 -> ok=9 | 10,1 -> FIRED=10"),

    // Window and frequency.
    azure("an evaluation looks back as far as the window", TROUBLE,
        "Aggregation granularity (Period) controls how far back the evaluation aggregates the metric values each time the alert rule runs.",
        "sum m > 9 over 5m",
        "10 -> FIRED=10 | 1 -> fired=11 | 1 -> fired=12 | 1 -> fired=13 | 1 -> fired=14 | 1 -> quiet1=5"),
    azure("a rule is evaluated at its frequency, and not in between", CREATE,
        "Select how often the alert rule checks if the condition is met.",
        "average m > 70 over 3m every 3m",
        // The table begins at noon, so the third minute ends at a multiple of three.
        "80 -> ok | 80 -> not-due | 80 -> FIRED | 1 -> not-due | 1 -> not-due | 1 -> quiet1"),
    azure("a short peak does not fire over a long window", AGGREGATION,
        "Typically, you usually don't want to be alerted by short spikes in CPU time over 90%.",
        "average m > 90 over 5m",
        "10 -> ok | 10 -> ok | 100 -> ok=40 | 10 -> ok | 10 -> ok=28"),
    ours("the minute that has not ended yet is in no window",
        "Azure's windows also consist of grains; the documentation does not say where they end.",
        "average m > 70 over 1m",
        "10 80@-1 -> ok=10 | - -> FIRED=80"),

    // State.
    azure("an alert fires once, however long the condition is met", OVERVIEW,
        "Stateful alerts fire when the rule conditions are met, and will not fire again or trigger any more actions until the conditions are resolved.",
        "average m > 70 over 1m",
        "80 -> FIRED | 90 -> fired | 99 -> fired | 80 -> fired"),
    azure("an alert keeps the value with which it fired", SCHEMA,
        "The metric value at the time that it violated the threshold.",
        "average m > 70 over 1m",
        "80 -> FIRED=80 | 90 -> fired=90").line("alert r fired: average m 80 > 70 over 1 min"),
    azure("three consecutive evaluations resolve an alert", OVERVIEW,
        "The alert condition isn't met for three consecutive checks.",
        "average m > 70 over 1m",
        "80 -> FIRED | 1 -> quiet1 | 1 -> quiet2 | 1 -> RESOLVED | 1 -> ok"),
    azure("if the condition is met after two quiet evaluations, the count restarts", TROUBLE,
        "The alert is resolved automatically when the alert condition isn't met for three consecutive evaluations.",
        "average m > 70 over 1m",
        "80 -> FIRED | 1 -> quiet1 | 1 -> quiet2 | 80 -> fired | 1 -> quiet1 | 1 -> quiet2 | 1 -> RESOLVED"),
    azure("flapping is one alert", HOW,
        "The alert rule sends out a resolved/deactivated message when the alert condition is not met for three consecutive periods to reduce noise in case of flapping conditions.",
        "average m > 70 over 1m",
        "80 -> FIRED | 1 -> quiet1 | 80 -> fired | 1 -> quiet1 | 80 -> fired | 1 -> quiet1 | 1 -> quiet2 | 80 -> fired"),
    azure("a value equal to the threshold is quiet, too", HOW,
        "The alert rule sends out a resolved/deactivated message when the alert condition is not met for three consecutive periods to reduce noise in case of flapping conditions.",
        "average m > 70 over 1m",
        "80 -> FIRED | 70 -> quiet1 | 70 -> quiet2 | 70 -> RESOLVED=70")
        .line("alert r resolved: average m 70 is not > 70 over 1 min"),
    azure("after an alert is resolved, the rule can fire another alert", HOW,
        "Say the usage on \"myVM\" continues being above the threshold in subsequent checks, the alert rule will not fire again until the conditions are resolved.",
        "average m > 70 over 1m",
        "80 -> FIRED | 1 -> quiet1 | 1 -> quiet2 | 1 -> RESOLVED | 80 -> FIRED | 1 -> quiet1 | 1 -> quiet2 | 1 -> RESOLVED"),
    azure("the evaluation right after the resolution can fire", OVERVIEW,
        "The alert condition for stateful alerts is fired, until it is considered resolved.",
        "average m > 70 over 1m",
        "80 -> FIRED | 1 -> quiet1 | 1 -> quiet2 | 1 -> RESOLVED | 99 -> FIRED"),

    // No data.
    azure("no data is not zero", AGGREGATION,
        "NULL is different than a zero value, which becomes important in the calculation of aggregations and charting.",
        "average m < 10 over 1m",
        "- -> ok=none | 0 -> FIRED=0"),
    azure("no data is not a count of zero", AGGREGATION,
        "NULL values aren't counted as valid measurements.",
        "count m < 1 over 1m",
        "- -> ok=none | 5 -> ok=1"),
    azure("no data is not a total of zero", AGGREGATION,
        "Custom metrics always use NULLs when no data is received.",
        "sum m <= 0 over 1m",
        "- -> ok=none | 0 -> FIRED=0"),
    azure("an empty minute does not change an average", AGGREGATION,
        "When calculating averages that include NULLs, there are fewer data points to take the average from.",
        "average m > 50 over 3m",
        "60 -> FIRED=60 | - -> fired=60 | - -> fired=60"),
    ours("an empty window does not meet the condition, so three of them resolve",
        "Azure says that no data is NULL, but not how NULL is evaluated. An alert that never ends would not be instructive.",
        "average m > 70 over 1m",
        "80 -> FIRED | - -> quiet1=none | - -> quiet2=none | - -> RESOLVED=none")
        .line("alert r resolved: average m has no data over 1 min"),

    // Late data.
    azure("late data counts while a window covers its time", AGGREGATION,
        "The examples below are simplified for illustration, and the actual metric data included in each aggregation is affected by the data available when the evaluation occurs.",
        "sum m > 9 over 3m",
        "1 -> ok | 1 -> ok | 10@2 -> FIRED=12"),
    ours("late data does not cause a past evaluation to be repeated",
        "Azure says that an evaluation uses the data available when it occurs, and mentions no second evaluation.",
        "sum m > 9 over 2m",
        "1 -> ok | 1 -> ok | 1 10@2 -> ok=2"),
    ours("late data does not revoke an alert",
        "As above.",
        "average m > 70 over 1m",
        "80 -> FIRED=80 | 80 0@1,0@1 -> fired=80").line("alert r fired: average m 80 > 70 over 1 min"),

    // Clocks.
    ours("missed evaluations are not repeated",
        "A laptop can sleep; Azure does not.",
        "average m > 70 over 1m",
        "80 -> FIRED | clock+10m - -> quiet1 | 1 -> quiet2 | 80 -> fired"),
    ours("a peak between missed evaluations fires only if it is in the newest window",
        "As above.",
        "average m > 70 over 2m",
        "1 -> ok | clock+10m 99@5 1 -> ok=1 | clock+10m 99@1 99 -> FIRED=99"),
    ours("after the clock is set back, evaluation continues at the new time, and the alert is kept",
        "Azure's clock is not set back.",
        "average m > 70 over 1m",
        "80 -> FIRED | clock-30m 80 -> fired | 1 -> quiet1 | 1 -> quiet2 | 1 -> RESOLVED"),
    ours("a minute that occurs twice on the clock is evaluated once",
        "Azure's clock is not set back.",
        "average m > 70 over 1m",
        "1 -> ok | clock-1m 999 -> not-due | 80 -> FIRED=80"),

    // Dimensions.
    azure("without a filter, all series count", SERIES,
        "For example, you can choose to have an alert fired when the number of transactions is high across all API names (which is the aggregated data).",
        "sum m > 9 over 1m",
        "nice:5 naughty:4 -> ok=9 | nice:5 naughty:4 1 -> FIRED=10"),
    azure("a filter excludes the other series", CREATE,
        "By using dimensions, you can filter the metrics and monitor specific time-series, instead of monitoring the aggregate of all the dimensional values.",
        "average m > 70 over 1m where who includes nice",
        "nice:10 naughty:99 99 -> ok=10 | nice:80 naughty:1 -> FIRED=80"),
    azure("a filter by an unknown value finds no data", SERIES,
        "If the dimension value you're looking for isn't yet emitted, you can add a custom dimension value.",
        "average m > 70 over 1m where who includes saint",
        "nice:99 -> ok=none | saint:99 -> FIRED=99"),
    differs("several values in a filter are watched together", CREATE,
        "If you select more than one dimension value, each time series that results from the combination triggers its own alert and is charged separately.",
        "A rule has one alert here. To watch values separately, add a rule for each value.",
        "sum m > 9 over 1m where who includes nice or naughty",
        "nice:5 naughty:4 rude:9 -> ok=9 | nice:5 naughty:5 -> FIRED=10"),

    // Text.
    ours("the unit is shown",
        "The telemetry has no unit, so the rule has one.",
        "average m > 1000 ms over 1m",
        "1512 -> FIRED").line("alert r fired: average m 1512 ms > 1000 ms over 1 min"),
    ours("a count has no unit, even if the metric has one",
        "A count is a number of measurements.",
        "count m > 1 ms over 1m",
        "7,8 -> FIRED").line("alert r fired: count m 2 > 1 over 1 min"),
    ours("a value above the threshold is never printed as equal to the threshold",
        "Otherwise, numbers in lines are rounded to three decimals.",
        "average m > 1000 ms over 1m",
        "1000.00001 -> FIRED").line("alert r fired: average m 1000.00001 ms > 1000 ms over 1 min"),
    ours("the filter is shown",
        "The filter distinguishes the rule from others.",
        "maximum m > 1 over 1m where who includes nice or 'very naughty'",
        "nice:2 -> FIRED")
        .line("alert r fired: maximum m 2 > 1 over 1 min where who includes nice or \"very naughty\""),
]}

#[test]
fn every_row_of_the_table_holds() {
    let table = table();
    let failed: Vec<String> = table.iter().filter_map(|row| row.check().err()).collect();
    assert!(failed.is_empty(), "{} of {} rows:\n{}", failed.len(), table.len(), failed.join("\n"));
}

#[test]
fn a_wrong_row_fails_with_its_reason() {
    let wrong = ours("wrong", "to see it", "average m > 70 over 1m", "80 -> ok");
    let complaint = wrong.check().unwrap_err();
    for part in ["wrong", "to see it", "minute 1", "FIRED"] {
        assert!(complaint.contains(part), "{complaint}");
    }
    let wrong = azure("value", OVERVIEW, "quote", "average m > 70 over 1m", "80 -> FIRED=81");
    let complaint = wrong.check().unwrap_err();
    assert!(complaint.contains("FIRED=80") && complaint.contains(OVERVIEW), "{complaint}");
}
