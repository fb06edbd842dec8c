//! What a page asks of the store: what there is to choose from, and a metric split in one pass.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

use jiff::Timestamp;

use super::{Grain, Store, merge_into_last};
use crate::{
    metric::{Dimensions, Metric},
    timing::grain_start,
};

/// Metrics by name, as many as were asked for.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The first of them, sorted.
    pub metrics: Vec<Metric>,
    /// How many there are beyond those.
    pub more: usize,
}

/// A metric, split by a dimension.
#[derive(Clone, Debug, Default)]
pub struct Split {
    /// For each value of the dimension its grains, oldest first; `None` stands for the series that
    /// do not have it. The values measured most often come first.
    pub parts: Vec<(Option<String>, Vec<Grain>)>,
    /// How many values were left out.
    pub more: usize,
}

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

    /// Whether anything is held of a metric.
    #[must_use]
    pub fn holds(&self, metric: &Metric) -> bool {
        self.lock().of_metric(metric).next().is_some()
    }

    /// The metric measured last. Of several in the same grain it is one that can be averaged, and
    /// of those the first by name.
    #[must_use]
    pub fn newest(&self) -> Option<Metric> {
        // More in one grain are looked at no further: any of them will do.
        const MOST: usize = 1000;
        let now = self.index_of(self.now());
        let state = self.lock();
        let mut newest = state.grains.range(..=(now, u64::MAX)).rev().peekable();
        let index = newest.peek()?.0.0;
        newest
            .take(MOST)
            .take_while(|((i, _), _)| *i == index)
            .filter_map(|((_, id), aggregate)| {
                let metric = &state.series.get(id)?.series.metric;
                Some((aggregate.min().is_none(), metric))
            })
            .min()
            .map(|(_, metric)| metric.clone())
    }

    /// Whether the newest grain of a metric has more than a sum, so that an average tells more.
    #[must_use]
    pub fn averages(&self, metric: &Metric) -> bool {
        let state = self.lock();
        let ids: BTreeSet<u64> = state.of_metric(metric).map(|(_, id)| id).collect();
        let newest = state.grains.iter().rev().find(|((_, id), _)| ids.contains(id));
        newest.is_some_and(|(_, aggregate)| aggregate.min().is_some())
    }

    /// The keys of a metric's dimensions, sorted, at most `most` of them.
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

    /// A metric's grains that overlap `range`, apart for each value of the dimension `key`: the
    /// `most` values that were measured most often. Only series that match are looked at.
    #[must_use]
    pub fn split(
        &self,
        metric: &Metric,
        range: Range<Timestamp>,
        key: &str,
        most: usize,
        matches: impl Fn(&Dimensions) -> bool,
    ) -> Split {
        let Some(range) = self.indices(range) else {
            return Split::default();
        };
        let state = self.lock();
        let mut numbers: HashMap<Option<&str>, usize> = HashMap::new();
        let mut part_of: HashMap<u64, usize> = HashMap::new();
        for (series, id) in state.of_metric(metric) {
            if matches(&series.dimensions) {
                let next = numbers.len();
                let part = *numbers.entry(series.dimensions.get(key)).or_insert(next);
                part_of.insert(id, part);
            }
        }
        let mut counted: Vec<(u64, Vec<Grain>)> = vec![(0, Vec::new()); numbers.len()];
        for ((index, id), aggregate) in
            state.grains.range((*range.start(), 0)..=(*range.end(), u64::MAX))
        {
            let Some((count, grains)) = part_of.get(id).and_then(|part| counted.get_mut(*part))
            else {
                continue;
            };
            *count = count.saturating_add(aggregate.count());
            merge_into_last(grains, grain_start(*index, self.grain), aggregate);
        }
        let mut order: Vec<(u64, Option<&str>, usize)> = numbers
            .into_iter()
            .map(|(value, part)| (counted[part].0, value, part))
            .filter(|(count, ..)| *count > 0)
            .collect();
        order.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let more = order.len().saturating_sub(most);
        let parts = order
            .into_iter()
            .take(most)
            .map(|(_, value, part)| {
                (value.map(str::to_owned), std::mem::take(&mut counted[part].1))
            })
            .collect();
        Split { parts, more }
    }
}
