//! Rules and alerts, as JSON.

use std::{collections::BTreeMap, fmt};

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::{Value, json};

use super::{answer, error, in_background, read};
use crate::{
    alerts::{Alert, Alerts, Timing, Watched},
    condition::{self, DEFAULT_SEVERITY},
    metric::{DEFAULT_NAMESPACE, Metric},
    rule::{Rule, RuleError},
    server::App,
    words,
};

/// A rule as it is sent, either way.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    name: String,
    #[serde(default)]
    description: String,
    metric: String,
    #[serde(default = "default_namespace")]
    namespace: String,
    #[serde(default, deserialize_with = "each_once")]
    dimensions: BTreeMap<String, Vec<String>>,
    aggregation: String,
    operator: String,
    threshold: f64,
    #[serde(default)]
    unit: String,
    window: Option<String>,
    frequency: Option<String>,
    #[serde(default = "default_severity")]
    severity: u8,
}

/// An object in which no key is there twice: the last one would count, and that without a word.
fn each_once<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Vec<String>>, D::Error> {
    struct EachOnce;

    impl<'de> Visitor<'de> for EachOnce {
        type Value = BTreeMap<String, Vec<String>>;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("an object with a list of values for each dimension")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut dimensions = BTreeMap::new();
            while let Some((key, values)) = map.next_entry::<String, Vec<String>>()? {
                if dimensions.contains_key(&key) {
                    return Err(A::Error::custom(RuleError::TwiceDimension(words::name(&key))));
                }
                dimensions.insert(key, values);
            }
            Ok(dimensions)
        }
    }

    deserializer.deserialize_map(EachOnce)
}

fn default_namespace() -> String {
    DEFAULT_NAMESPACE.into()
}

fn default_severity() -> u8 {
    DEFAULT_SEVERITY
}

impl From<&Rule> for Definition {
    fn from(rule: &Rule) -> Self {
        Self {
            name: rule.name.clone(),
            description: rule.description.clone(),
            metric: rule.metric.name.to_string(),
            namespace: rule.metric.namespace.to_string(),
            dimensions: rule.dimensions.iter().cloned().collect(),
            aggregation: rule.aggregation.to_string(),
            operator: rule.operator.to_string(),
            threshold: rule.threshold,
            unit: rule.unit.clone(),
            window: Some(rule.window.to_string()),
            frequency: Some(rule.frequency.to_string()),
            severity: rule.severity,
        }
    }
}

impl Definition {
    fn into_rule(self, timing: &Timing) -> Result<Rule, String> {
        let span = |what: &str, text: Option<String>| {
            let read = |text: String| {
                condition::duration(&text).map_err(|error| format!("The {what}: {error}"))
            };
            text.map(read).transpose()
        };
        let window = span("window", self.window)?.unwrap_or(timing.window);
        let frequency =
            span("frequency", self.frequency)?.unwrap_or_else(|| timing.frequency.min(window));
        Ok(Rule {
            name: self.name,
            description: self.description,
            metric: Metric { namespace: self.namespace.into(), name: self.metric.into() },
            dimensions: self.dimensions.into_iter().collect(),
            aggregation: self.aggregation.parse().map_err(words::sentence)?,
            operator: self.operator.parse().map_err(words::sentence)?,
            threshold: self.threshold,
            unit: self.unit,
            window,
            frequency,
            severity: self.severity,
        })
    }
}

/// `GET /api/rules`.
pub(super) async fn list(State(app): State<App>) -> Response {
    in_background(app, |app| {
        let rules: Vec<Value> = app.alerts.watched().iter().map(standing).collect();
        Ok(json!({"rules": rules}))
    })
    .await
}

/// `POST /api/rules`.
pub(super) async fn add(State(app): State<App>, headers: HeaderMap, body: Body) -> Response {
    let sent: Definition = match read(&headers, body).await {
        Ok(sent) => sent,
        Err(refusal) => return *refusal,
    };
    let rule = match sent.into_rule(&app.alerts.timing()) {
        Ok(rule) => rule,
        Err(sentence) => return error(StatusCode::BAD_REQUEST, sentence),
    };
    match add_rule(&app.alerts, rule) {
        Ok(standing) => answer(StatusCode::CREATED, &standing),
        Err(problem @ (RuleError::Taken(_) | RuleError::TooMany(_))) => {
            error(StatusCode::CONFLICT, problem.to_string())
        }
        Err(problem) => error(StatusCode::BAD_REQUEST, problem.to_string()),
    }
}

fn add_rule(alerts: &Alerts, rule: Rule) -> Result<Value, RuleError> {
    alerts.add(rule.clone())?;
    Ok(standing(&Watched::new(rule)))
}

/// `DELETE /api/rules/NAME`.
pub(super) async fn remove(
    State(app): State<App>,
    name: Result<Path<String>, PathRejection>,
) -> Response {
    let Ok(Path(name)) = name else {
        let sentence = "The rule's name must be UTF-8, its bytes written as %C3%A4: GET /api/rules \
                        lists the rules";
        return error(StatusCode::BAD_REQUEST, sentence);
    };
    if app.alerts.remove(&name) {
        return (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]).into_response();
    }
    let sentence = format!("There is no rule {}: GET /api/rules lists them", words::name(&name));
    error(StatusCode::NOT_FOUND, sentence)
}

/// `GET /api/alerts`.
pub(super) async fn alerts(State(app): State<App>) -> Response {
    in_background(app, |app| {
        let alerts: Vec<Value> = app.alerts.history().iter().map(told).collect();
        let forgotten = app.alerts.status().forgotten;
        Ok(json!({"alerts": alerts, "forgotten": forgotten}))
    })
    .await
}

fn standing(watched: &Watched) -> Value {
    let last = watched
        .last
        .map(|last| json!({"at": last.at.to_string(), "value": last.value, "met": last.met}));
    json!({
        "rule": Definition::from(&watched.rule),
        "condition": watched.rule.condition(),
        "last": last,
        "alert": watched.alert.as_ref().map(told),
        "quiet": watched.quiet,
    })
}

fn told(alert: &Alert) -> Value {
    json!({
        "id": alert.id,
        "rule": alert.rule,
        "severity": alert.severity,
        "condition": alert.condition,
        "unit": alert.unit,
        "threshold": alert.threshold,
        "state": alert.state,
        "value": alert.value,
        "fired_at": alert.fired_at.to_string(),
        "resolved_at": alert.resolved_at.map(|at| at.to_string()),
        "resolved_value": alert.resolved_value,
        "rule_deleted": alert.rule_deleted,
    })
}
