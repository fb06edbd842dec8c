//! Aggregates metrics by series and time grain, and keeps transactions, in bounded memory.
//!
//! Data beyond a limit is left out and counted; [`Store::status`] and [`Store::kept`] return the
//! counts.

mod aggregation;
mod choices;
mod entry;
mod grain;
mod limits;
mod metric;
mod transactions;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

pub use self::{
    aggregation::{Aggregation, UnknownAggregation},
    entry::{Entry, Kind, Tally, UnknownKind},
    grain::{Grain, coarsen, floor},
    limits::{Dropped, Limit, Limits},
    metric::{
        Aggregate, DEFAULT_NAMESPACE, Dimensions, MAX_DIMENSIONS, MAX_KEY, MAX_NAME, MAX_NAMESPACE,
        MAX_VALUE, Metric, Point, Series,
    },
    transactions::{Found, KEPT, Kept, by_kind},
};

/// The maximum age of a point. The real endpoint's message is "older than the allowed min date.
/// Expected: now - 172800000ms".
pub const MAX_AGE: SignedDuration = SignedDuration::from_hours(48);

/// The maximum time by which a point may be ahead of this machine's clock. Azure Monitor's standard
/// columns allow `TimeGenerated` to be at most "a day in the future".
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// The sizes of the store, and the limits that it reached.
#[derive(Clone, Debug)]
pub struct Status {
    /// Series held now.
    pub series: usize,
    /// Grains held now, of all series together.
    pub grains: usize,
    /// Limits that were reached at any time since the start.
    pub reached: BTreeSet<Limit>,
    /// The data that was left out because of these limits.
    pub dropped: Dropped,
}

/// The result of [`Store::record`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The number of points that were left out.
    pub dropped: usize,
    /// Limits that were reached for the first time.
    pub reached: Vec<Limit>,
}

/// Metrics by name.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The first metrics, sorted.
    pub metrics: Vec<Metric>,
    /// The number of other metrics.
    pub more: usize,
}

/// A metric, split by a dimension.
#[derive(Clone, Debug, Default)]
pub struct Split {
    /// The grains for each value of the dimension, oldest first. `None` represents the series
    /// without the dimension. The values with the most measurements come first.
    pub parts: Vec<(Option<String>, Vec<Grain>)>,
    /// The number of values that were left out.
    pub more: usize,
}

/// The store. Share the store with an [`Arc`]; every method holds a lock for a short time.
pub struct Store {
    grain: SignedDuration,
    limits: Limits,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    state: Mutex<State>,
    queue: Mutex<transactions::Queue>,
}

/// The beginning of a grain and the id of a series. Ordered by time, so that the oldest grain comes
/// first.
type GrainKey = (Timestamp, u64);

#[derive(Default)]
struct State {
    ids: BTreeMap<Arc<Series>, u64>,
    series: BTreeMap<u64, Held>,
    next_id: u64,
    text: usize,
    grains: BTreeMap<GrainKey, Aggregate>,
    reached: BTreeSet<Limit>,
    dropped: Dropped,
}

struct Held {
    series: Arc<Series>,
    grains: usize,
}

impl Store {
    /// An empty store with grains of `grain` seconds (at least one). A test passes a `clock` that
    /// the test controls.
    pub fn new(
        grain: u32,
        limits: Limits,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        Self {
            grain: SignedDuration::from_secs(grain.max(1).into()),
            limits,
            clock: Box::new(clock),
            state: Mutex::default(),
            queue: Mutex::default(),
        }
    }

    /// The time by the store's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The length of a grain.
    #[must_use]
    pub fn grain(&self) -> SignedDuration {
        self.grain
    }

    /// Adds points, within the limits.
    pub fn record<'a>(&self, points: impl IntoIterator<Item = &'a Point>) -> Recorded {
        let now = self.now();
        let mut state = self.lock();
        self.expire(&mut state, now);
        let mut recorded = Recorded::default();
        for point in points {
            if let Err(limit) = self.add(&mut state, point, now, &mut recorded) {
                recorded.dropped += 1;
                state.dropped.points += 1;
                state.reach(limit, &mut recorded);
            }
        }
        recorded
    }

    /// The dimension sets of a metric, sorted.
    #[must_use]
    pub fn series(&self, metric: &Metric) -> Vec<Dimensions> {
        let state = self.lock();
        state.of_metric(metric).map(|(series, _)| series.dimensions.clone()).collect()
    }

    /// A metric's grains that overlap `range`, oldest first, over all series whose dimensions
    /// match. A grain without measurements is missing: no data is not zero.
    pub fn query(
        &self,
        metric: &Metric,
        range: Range<Timestamp>,
        matches: impl Fn(&Dimensions) -> bool,
    ) -> Vec<Grain> {
        let state = self.lock();
        let mut parts = self.collect(&state, metric, range, matches, |_| None);
        parts.pop().map(|(_, grains)| grains).unwrap_or_default()
    }

    /// A metric's grains that overlap `range`, separately for each value of the dimension `key`.
    /// The result contains the `most` values with the most measurements, of the series that match.
    #[must_use]
    pub fn split(
        &self,
        metric: &Metric,
        range: Range<Timestamp>,
        key: &str,
        most: usize,
        matches: impl Fn(&Dimensions) -> bool,
    ) -> Split {
        let state = self.lock();
        let mut parts = self.collect(&state, metric, range, matches, |series| series.get(key));
        parts.sort_by_cached_key(|(value, grains)| {
            let counts = grains.iter().map(|grain| grain.aggregate.count());
            (std::cmp::Reverse(counts.fold(0, u64::saturating_add)), *value)
        });
        let more = parts.len().saturating_sub(most);
        let parts = parts.into_iter().take(most);
        Split { parts: parts.map(|(it, grains)| (it.map(str::to_owned), grains)).collect(), more }
    }

    /// The sizes of the store, and the limits that it reached.
    #[must_use]
    pub fn status(&self) -> Status {
        let now = self.now();
        let mut state = self.lock();
        self.expire(&mut state, now);
        Status {
            series: state.ids.len(),
            grains: state.grains.len(),
            reached: state.reached.clone(),
            dropped: state.dropped,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // After a panic while the lock is held, at most one point is partially counted, which is no
        // reason to refuse the others.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A metric's grains that overlap `range`, separately for each `part` of its series. The result
    /// does not contain parts without grains.
    fn collect<'a>(
        &self,
        state: &'a State,
        metric: &'a Metric,
        range: Range<Timestamp>,
        matches: impl Fn(&Dimensions) -> bool,
        part: impl Fn(&'a Dimensions) -> Option<&'a str>,
    ) -> Vec<(Option<&'a str>, Vec<Grain>)> {
        let Some(starts) = grain::overlapping(&range, self.grain) else {
            return Vec::new();
        };
        let mut parts: Vec<(Option<&str>, Vec<Grain>)> = Vec::new();
        let mut numbers: HashMap<Option<&str>, usize> = HashMap::new();
        let mut part_of_series: HashMap<u64, usize> = HashMap::new();
        for (series, id) in state.of_metric(metric) {
            if matches(&series.dimensions) {
                let value = part(&series.dimensions);
                let number = *numbers.entry(value).or_insert(parts.len());
                if number == parts.len() {
                    parts.push((value, Vec::new()));
                }
                part_of_series.insert(id, number);
            }
        }
        let grains = state.grains.range((*starts.start(), 0)..=(*starts.end(), u64::MAX));
        for ((start, id), aggregate) in grains {
            if let Some(number) = part_of_series.get(id) {
                grain::add(&mut parts[*number].1, *start, aggregate);
            }
        }
        parts.retain(|(_, grains)| !grains.is_empty());
        parts
    }

    /// Removes the grains whose time would be refused now: old grains, and, after the clock was set
    /// back, grains in the far future, which would fill the store.
    fn expire(&self, state: &mut State, now: Timestamp) {
        let oldest = now.saturating_sub(MAX_AGE).unwrap_or(Timestamp::MIN);
        let newest = now.saturating_add(MAX_AHEAD).unwrap_or(Timestamp::MAX);
        let (oldest, newest) = (floor(oldest, self.grain), floor(newest, self.grain));
        while let Some((&key, _)) = state.grains.first_key_value()
            && key.0 < oldest
        {
            state.remove(key);
        }
        while let Some((&key, _)) = state.grains.last_key_value()
            && key.0 > newest
        {
            state.remove(key);
        }
    }

    fn add(
        &self,
        state: &mut State,
        point: &Point,
        now: Timestamp,
        recorded: &mut Recorded,
    ) -> Result<(), Limit> {
        let series = &point.series;
        if point.cut > 0 {
            state.dropped.dimensions += point.cut as u64;
            state.reach(Limit::Dimensions, recorded);
        }
        let known = state.ids.get(series).copied();
        let text = series.text();
        if known.is_none() {
            if state.ids.len() >= self.limits.series {
                return Err(Limit::Series(self.limits.series));
            }
            if state.text + text > self.limits.text {
                return Err(Limit::Text(self.limits.text));
            }
        }

        let id = known.unwrap_or(state.next_id);
        let key = (floor(point.time, self.grain), id);
        if let Some(aggregate) = state.grains.get_mut(&key) {
            aggregate.merge(&point.aggregate);
            return Ok(());
        }
        if state.grains.len() >= self.limits.grains {
            let limit = Limit::Grains(self.limits.grains);
            let evicted = state.evictable_for(key, floor(now, self.grain)).ok_or(limit)?;
            state.remove(evicted);
            state.dropped.grains += 1;
            state.reach(limit, recorded);
        }
        state.grains.insert(key, point.aggregate);
        // The evicted grain may have been the last grain of this series, so that the series was
        // removed.
        if let Some(held) = state.series.get_mut(&id) {
            held.grains += 1;
        } else {
            let series = Arc::new(series.clone());
            state.next_id = state.next_id.max(id + 1);
            state.text += text;
            state.ids.insert(Arc::clone(&series), id);
            state.series.insert(id, Held { series, grains: 1 });
        }
        Ok(())
    }
}

impl State {
    fn of_metric<'a>(&'a self, metric: &'a Metric) -> impl Iterator<Item = (&'a Series, u64)> {
        let first = Series { metric: metric.clone(), dimensions: Dimensions::default() };
        let from = self.ids.range::<Series, _>(first..);
        from.map(|(series, id)| (&**series, *id))
            .take_while(move |(series, _)| series.metric == *metric)
    }

    /// The grain to evict for a new grain, or `None` if the new grain is less important. `now` is
    /// the beginning of the current grain. A sender with a wrong clock sends grains ahead of the
    /// clock, which must not keep current grains out.
    fn evictable_for(&self, new: GrainKey, now: Timestamp) -> Option<GrainKey> {
        let (&oldest, _) = self.grains.first_key_value()?;
        let (&furthest, _) = self.grains.last_key_value()?;
        if furthest.0 > now && new.0 <= now {
            return Some(furthest);
        }
        (oldest < new).then_some(oldest)
    }

    fn remove(&mut self, key: GrainKey) {
        self.grains.remove(&key);
        let Some(held) = self.series.get_mut(&key.1) else {
            return;
        };
        held.grains -= 1;
        if held.grains == 0 {
            self.text -= held.series.text();
            self.ids.remove(&held.series);
            self.series.remove(&key.1);
        }
    }

    fn reach(&mut self, limit: Limit, recorded: &mut Recorded) {
        if self.reached.insert(limit) {
            recorded.reached.push(limit);
        }
    }
}
