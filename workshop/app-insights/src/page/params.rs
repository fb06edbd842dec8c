//! Reads what a form sent, by its address or its body, and makes addresses.

use std::collections::BTreeMap;

use form_urlencoded::Serializer;

use super::{names, problem::Problem};
use crate::{
    metric::{DEFAULT_NAMESPACE, Metric},
    store::Store,
};

/// The fields of a form. Of those that are there twice, the last one counts.
///
/// Anything can be read: bytes that are no text become `�`, as every browser does it.
#[derive(Default)]
pub(super) struct Params(BTreeMap<String, String>);

impl Params {
    pub(super) fn read(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    pub(super) fn of(query: Option<&str>) -> Self {
        Self::read(query.unwrap_or_default().as_bytes())
    }

    /// A field, if it was sent and is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A field as it was sent; empty if it was not.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// Whether a field was sent, be it empty.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// An address with these fields; those that are empty are left out.
pub(super) fn address(path: &str, fields: &[(&str, &str)]) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// A metric in an address or a form: `NAME`, or `NAMESPACE/NAME` for one with its own namespace.
pub(super) fn metric_key(metric: &Metric) -> String {
    let name = names::portable(&metric.name);
    if &*metric.namespace == DEFAULT_NAMESPACE {
        name
    } else {
        format!("{}/{name}", names::portable(&metric.namespace))
    }
}

/// The metric of the store that a key stands for.
pub(super) fn find_metric(store: &Store, key: &str) -> Result<Metric, Problem> {
    /// Names without a control character are found at once; the others among so many.
    const MOST: usize = 1000;
    let plain = candidates(key).find(|metric| store.holds(metric));
    let escaped = || {
        let all = store.names(MOST).metrics.into_iter();
        key.contains("\\u").then(|| all.into_iter().find(|metric| metric_key(metric) == key))?
    };
    plain.or_else(escaped).ok_or_else(|| Problem::no_metric(key))
}

/// What a key may stand for: a name with slashes, or a namespace and a name.
fn candidates(key: &str) -> impl Iterator<Item = Metric> {
    /// A key may be all slashes.
    const MOST: usize = 20;
    let split = |(at, _)| Metric { namespace: key[..at].into(), name: key[at + 1..].into() };
    std::iter::once(Metric::named(key)).chain(key.match_indices('/').take(MOST).map(split))
}
