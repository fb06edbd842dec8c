//! Adds up what arrives, per metric, set of dimensions and time grain, in bounded memory.
//!
//! Nothing here waits for a limit to be reached by accident: when one is, what no longer fits is
//! left out and counted, and [`Store::status`] says so.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::{Range, RangeInclusive},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    limits::{Dropped, Limit, Limits},
    metric::{Aggregate, Dimensions, Metric, Point, Series},
    timing::{grain_index, grain_start},
};

mod browse;

pub use browse::{Names, Split};

/// The oldest `time` that is taken. The real endpoint's words are "older than the allowed min
/// date. Expected: now - 172800000ms".
pub const MAX_AGE: SignedDuration = SignedDuration::from_hours(48);

/// How far ahead of this machine's clock a `time` may be. Azure Monitor's standard columns allow
/// `TimeGenerated` to be at most "a day in the future".
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// How full the store is.
#[derive(Clone, Debug)]
pub struct Status {
    /// Series held now.
    pub series: usize,
    /// Grains held now, of all series together.
    pub grains: usize,
    /// Limits that were reached at any time since the start.
    pub reached: BTreeSet<Limit>,
    /// What was left out because of them.
    pub dropped: Dropped,
}

/// What became of the points given to [`Store::record`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// How many of the points were left out.
    pub dropped: usize,
    /// Limits that these points were the first to reach.
    pub reached: Vec<Limit>,
}

/// The values of one time grain.
#[derive(Clone, Copy, Debug)]
pub struct Grain {
    /// When the grain begins; it ends where the next one begins.
    pub start: Timestamp,
    /// Everything measured within it.
    pub aggregate: Aggregate,
}

/// Adds an aggregate to the last grain, or starts a new one.
pub(crate) fn merge_into_last(grains: &mut Vec<Grain>, start: Timestamp, aggregate: &Aggregate) {
    match grains.last_mut() {
        Some(last) if last.start == start => last.aggregate.merge(aggregate),
        _ => grains.push(Grain { start, aggregate: *aggregate }),
    }
}

/// The store. Share it with [`Arc`]; every method takes a short lock.
pub struct Store {
    grain: i64,
    limits: Limits,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ids: BTreeMap<Arc<Series>, u64>,
    series: BTreeMap<u64, Held>,
    next_id: u64,
    text: usize,
    /// By time first, so that what is oldest is always in front.
    grains: BTreeMap<(i64, u64), Aggregate>,
    reached: BTreeSet<Limit>,
    dropped: Dropped,
}

struct Held {
    series: Arc<Series>,
    grains: usize,
}

impl Store {
    /// An empty store whose grains are `grain` seconds long (at least one).
    ///
    /// `clock` is asked for the time whenever it matters, so that a test can turn it.
    pub fn new(
        grain: u32,
        limits: Limits,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        Self {
            grain: i64::from(grain.max(1)),
            limits,
            clock: Box::new(clock),
            state: Mutex::default(),
        }
    }

    /// The time by the store's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// How long a grain is.
    #[must_use]
    pub fn grain(&self) -> SignedDuration {
        SignedDuration::from_secs(self.grain)
    }

    /// Adds points, as far as the limits allow.
    pub fn record<'a>(&self, points: impl IntoIterator<Item = &'a Point>) -> Recorded {
        let now = self.now();
        let mut state = self.lock();
        self.expire(&mut state, now);
        let now = self.index_of(now);
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

    /// The metrics held, sorted, each with the keys of its dimensions.
    #[must_use]
    pub fn metrics(&self) -> BTreeMap<Metric, BTreeSet<String>> {
        let mut metrics: BTreeMap<Metric, BTreeSet<String>> = BTreeMap::new();
        for series in self.lock().ids.keys() {
            let keys = metrics.entry(series.metric.clone()).or_default();
            keys.extend(series.dimensions.iter().map(|(key, _)| key.to_owned()));
        }
        metrics
    }

    /// The dimension sets of a metric, sorted.
    #[must_use]
    pub fn series(&self, metric: &Metric) -> Vec<Dimensions> {
        let state = self.lock();
        state.of_metric(metric).map(|(series, _)| series.dimensions.clone()).collect()
    }

    /// A metric's grains that overlap `range`, oldest first, over all series whose dimensions
    /// match. A grain in which nothing was measured is missing: no data is not zero.
    pub fn query(
        &self,
        metric: &Metric,
        range: Range<Timestamp>,
        matches: impl Fn(&Dimensions) -> bool,
    ) -> Vec<Grain> {
        let Some(indices) = self.indices(range) else {
            return Vec::new();
        };
        let state = self.lock();
        let ids: BTreeSet<u64> = state
            .of_metric(metric)
            .filter(|(series, _)| matches(&series.dimensions))
            .map(|(_, id)| id)
            .collect();
        let (first, last) = indices.into_inner();
        let mut grains: Vec<Grain> = Vec::new();
        for ((index, id), aggregate) in state.grains.range((first, 0)..=(last, u64::MAX)) {
            if !ids.contains(id) {
                continue;
            }
            let start = grain_start(*index, self.grain);
            merge_into_last(&mut grains, start, aggregate);
        }
        grains
    }

    /// How full the store is, and what it had to leave out.
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
        // A panic while the lock was held leaves at worst one point half counted, which is no
        // reason to stop taking the others.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The grains that overlap a range, or nothing when it is empty.
    fn indices(&self, range: Range<Timestamp>) -> Option<RangeInclusive<i64>> {
        let end = range.end.saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(range.end);
        (!range.is_empty()).then(|| self.index_of(range.start)..=self.index_of(end))
    }

    fn index_of(&self, time: Timestamp) -> i64 {
        grain_index(time, self.grain)
    }

    /// Forgets what would no longer be accepted today. That is not only what is old: after the
    /// clock was set back, a far future must not fill the store.
    fn expire(&self, state: &mut State, now: Timestamp) {
        let oldest = self.index_of(now.saturating_sub(MAX_AGE).unwrap_or(Timestamp::MIN));
        let newest = self.index_of(now.saturating_add(MAX_AHEAD).unwrap_or(Timestamp::MAX));
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
        now: i64,
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

        let index = self.index_of(point.time);
        let id = known.unwrap_or(state.next_id);
        if let Some(aggregate) = state.grains.get_mut(&(index, id)) {
            aggregate.merge(&point.aggregate);
            return Ok(());
        }
        if state.grains.len() >= self.limits.grains {
            let limit = Limit::Grains(self.limits.grains);
            let evicted = state.grain_to_evict((index, id), now).ok_or(limit)?;
            state.remove(evicted);
            state.dropped.grains += 1;
            state.reach(limit, recorded);
        }
        state.grains.insert((index, id), point.aggregate);
        // Making room may have cost this very series its last grain, and with it its entry.
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

    /// The grain to evict for a new one, if one matters less, where `now` is the current grain.
    /// Grains ahead of the clock go first: a sender with a wrong clock must not keep out live data.
    fn grain_to_evict(&self, grain: (i64, u64), now: i64) -> Option<(i64, u64)> {
        let (&oldest, _) = self.grains.first_key_value()?;
        let (&furthest, _) = self.grains.last_key_value()?;
        if furthest.0 > now && grain.0 <= now {
            return Some(furthest);
        }
        (oldest < grain).then_some(oldest)
    }

    fn remove(&mut self, grain: (i64, u64)) {
        self.grains.remove(&grain);
        let Some(held) = self.series.get_mut(&grain.1) else {
            return;
        };
        held.grains -= 1;
        if held.grains == 0 {
            self.text -= held.series.text();
            self.ids.remove(&held.series);
            self.series.remove(&grain.1);
        }
    }

    fn reach(&mut self, limit: Limit, recorded: &mut Recorded) {
        if self.reached.insert(limit) {
            recorded.reached.push(limit);
        }
    }
}
