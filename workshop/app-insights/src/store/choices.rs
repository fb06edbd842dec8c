//! The metrics and dimensions that the page offers to choose from.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Metric, Names, Store, floor};

impl Store {
    /// The first `most` metrics by name.
    #[must_use]
    pub fn names(&self, most: usize) -> Names {
        let state = self.lock();
        let mut names = Names::default();
        let mut last = None;
        for series in state.ids.keys() {
            if last == Some(&series.metric) {
                continue;
            }
            last = Some(&series.metric);
            if names.metrics.len() < most {
                names.metrics.push(series.metric.clone());
            } else {
                names.more += 1;
            }
        }
        names
    }

    /// Whether the store has values of a metric.
    #[must_use]
    pub fn holds(&self, metric: &Metric) -> bool {
        self.lock().of_metric(metric).next().is_some()
    }

    /// The metric with the newest measurement. If several metrics have measurements in the newest
    /// grain, metrics with an average come first, and then the first by name is chosen.
    #[must_use]
    pub fn newest(&self) -> Option<Metric> {
        // Enough metrics of one grain, because any of them will do.
        const MOST: usize = 1000;
        let now = floor(self.now(), self.grain);
        let state = self.lock();
        let mut newest = state.grains.range(..=(now, u64::MAX)).rev().peekable();
        let start: Timestamp = newest.peek()?.0.0;
        newest
            .take(MOST)
            .take_while(|(key, _)| key.0 == start)
            .filter_map(|((_, id), aggregate)| {
                let metric = &state.series.get(id)?.series.metric;
                Some((!aggregate.averageable(), metric))
            })
            .min()
            .map(|(_, metric)| metric.clone())
    }

    /// Whether the newest grain of a metric has more than a sum, so that its average is meaningful.
    #[must_use]
    pub fn has_average(&self, metric: &Metric) -> bool {
        let state = self.lock();
        let ids: BTreeSet<u64> = state.of_metric(metric).map(|(_, id)| id).collect();
        let newest = state.grains.iter().rev().find(|((_, id), _)| ids.contains(id));
        newest.is_some_and(|(_, aggregate)| aggregate.averageable())
    }

    /// The first `most` keys of a metric's dimensions, sorted.
    #[must_use]
    pub fn keys(&self, metric: &Metric, most: usize) -> Vec<String> {
        let state = self.lock();
        let mut keys = BTreeSet::new();
        for (series, _) in state.of_metric(metric) {
            keys.extend(series.dimensions.iter().map(|(key, _)| key));
            while keys.len() > most {
                keys.pop_last();
            }
        }
        keys.into_iter().map(str::to_owned).collect()
    }
}
