//! The alert rule of the book.

use app_insights::{
    alerts::{Rule, Timing},
    store::Metric,
};
use harness::{Running, http};
use url::form_urlencoded::Serializer;

/// The rule that a learner creates on the page, and that `azure/monitoring.bicep` deploys: the
/// average latency exceeds a second.
pub fn too_slow(timing: &Timing) -> Rule {
    let latency = Metric::named("request-latency");
    let rule = Rule::average_above(latency, 1000.0, timing);
    Rule { name: "too-slow".into(), unit: "ms".into(), ..rule }
}

/// The fields of the page's form that a learner fills in for the rule.
pub fn form(rule: &Rule) -> String {
    let mut fields = Serializer::new(String::new());
    fields.append_pair("metric", &rule.metric.name);
    fields.append_pair("threshold", &rule.threshold.to_string());
    fields.append_pair("unit", &rule.unit);
    fields.append_pair("name", &rule.name);
    fields.finish()
}

/// Posts the page's form to a stand-in.
pub fn make_rule(stand_in: &Running, rule: &Rule) {
    let url = stand_in.url("/alerts/new");
    let made = http::post(&url, "application/x-www-form-urlencoded", form(rule).as_bytes());
    let made = made.expect("the stand-in answers");
    assert_eq!(made.status, 303, "{made:?}");
}
