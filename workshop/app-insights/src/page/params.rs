//! The fields of a form, in an address or in a body.

use std::collections::BTreeMap;

use form_urlencoded::Serializer;

use super::problem::Problem;
use crate::{
    format::visible,
    store::{DEFAULT_NAMESPACE, Metric, Store},
};

/// The fields of a form. If two fields have the same name, the last one counts. Invalid UTF-8
/// becomes `�`, as in every browser.
#[derive(Default)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    pub(super) fn read(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    pub(crate) fn of(query: Option<&str>) -> Self {
        Self::read(query.unwrap_or_default().as_bytes())
    }

    /// A field, if it was sent and is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A field; empty if it was not sent.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// Whether a field was sent, even if it is empty.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// An address with these fields, without the empty ones.
pub(super) fn address(path: &str, fields: &[(&str, &str)]) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// A metric in an address or a form: `NAME`, or `NAMESPACE/NAME` for a metric with a custom
/// namespace.
pub(super) fn metric_key(metric: &Metric) -> String {
    let name = visible(&metric.name);
    if &*metric.namespace == DEFAULT_NAMESPACE {
        name
    } else {
        format!("{}/{name}", visible(&metric.namespace))
    }
}

/// The metric in the store with this key.
pub(super) fn find_metric(store: &Store, key: &str) -> Result<Metric, Problem> {
    /// The maximum number of metrics among which a name with a misleading character is searched.
    const MOST: usize = 1000;
    let plain = candidates(key).find(|metric| store.holds(metric));
    let escaped = || {
        let all = store.names(MOST).metrics.into_iter();
        key.contains("\\u").then(|| all.into_iter().find(|metric| metric_key(metric) == key))?
    };
    plain.or_else(escaped).ok_or_else(|| Problem::no_metric(key))
}

/// The possible meanings of a key: a name with slashes, or a namespace and a name.
fn candidates(key: &str) -> impl Iterator<Item = Metric> {
    /// The maximum number of slashes to try, because a key may consist of slashes.
    const MOST: usize = 20;
    let split = |(at, _)| Metric { namespace: key[..at].into(), name: key[at + 1..].into() };
    std::iter::once(Metric::named(key)).chain(key.match_indices('/').take(MOST).map(split))
}
