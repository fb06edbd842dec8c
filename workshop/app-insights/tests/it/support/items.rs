//! Items of transactions, in the form in which Rust's exporter sends them.

use app_insights::{
    ingest::envelope::{self, Item},
    store::Entry,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;

use super::KEY;

/// 2026-11-22T12:00:00Z, the initial time on the clock of a site.
pub fn noon() -> Timestamp {
    Timestamp::from_second(1_795_348_800).unwrap()
}

/// The time this number of milliseconds after noon.
pub fn at(ms: i64) -> Timestamp {
    noon() + SignedDuration::from_millis(ms)
}

/// An item of a process. Its parent may be empty.
pub fn item(base: &str, role: &str, time: Timestamp, ids: [&str; 2], mut data: Value) -> Value {
    let [operation, parent] = ids;
    let mut tags = json!({"ai.cloud.role": role, "ai.operation.id": operation});
    if !parent.is_empty() {
        tags["ai.operation.parentId"] = parent.into();
    }
    data["ver"] = 2.into();
    json!({
        "name": format!("Microsoft.ApplicationInsights.{}", base.trim_end_matches("Data")),
        "time": time.to_string(),
        "sampleRate": 100.0,
        "iKey": KEY,
        "tags": tags,
        "data": {"baseType": base, "baseData": data},
    })
}

/// A duration in the format of the exporters.
pub fn duration(ms: i64) -> String {
    let (seconds, ms) = (ms / 1000, ms % 1000);
    let (minutes, hours, days) = (seconds / 60 % 60, seconds / 3600 % 24, seconds / 86_400);
    format!("{days}.{hours:02}:{minutes:02}:{:02}.{ms:03}000", seconds % 60)
}

/// A request, with its start and its length in milliseconds.
pub fn request(role: &str, ids: [&str; 3], start: i64, ms: i64, name: &str) -> Value {
    let [operation, parent, id] = ids;
    let data = json!({"id": id, "name": name, "duration": duration(ms), "responseCode": "200",
                      "success": true, "properties": {"service.name": role}});
    item("RequestData", role, at(start), [operation, parent], data)
}

/// A call within a process, or to another process.
pub fn call(role: &str, ids: [&str; 3], start: i64, ms: i64, name: &str) -> Value {
    let [operation, parent, id] = ids;
    let data = json!({"id": id, "name": name, "duration": duration(ms), "resultCode": "0"});
    item("RemoteDependencyData", role, at(start), [operation, parent], data)
}

/// A log record.
pub fn message(role: &str, ids: [&str; 2], time: i64, text: &str) -> Value {
    item("MessageData", role, at(time), ids, json!({"message": text, "severityLevel": 1}))
}

/// The same item, but failed.
pub fn failed(mut item: Value) -> Value {
    item["data"]["baseData"]["success"] = false.into();
    item
}

/// The entry that the store keeps for an item.
pub fn entry(item: &Value) -> Arc<Entry> {
    match envelope::parse(&item.to_string(), noon()) {
        Ok(Item::Entry(entry)) => entry,
        other => panic!("{item}: {other:?}"),
    }
}
