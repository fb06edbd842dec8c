//! The rules of the envelope, and its limits.

use app_insights::ingest::envelope::{self, Item, MetricItem};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn valid() -> Value {
    json!({
        "ver": 1,
        "name": "Microsoft.ApplicationInsights.Metric",
        "time": "2026-11-22T11:59:58.1234567Z",
        "sampleRate": 100.0,
        "seq": "1",
        "iKey": "a-key",
        "tags": {"ai.cloud.role": "app"},
        "data": {"baseType": "MetricData", "baseData": {
            "ver": 2,
            "metrics": [{
                "ns": "shop", "name": "request-latency", "kind": "Aggregation",
                "value": 61.5, "count": 5, "min": 0.4, "max": 30.1, "stdDev": 2.5
            }],
            "properties": {"value": "nice", "host": "a"}
        }}
    })
}

/// A valid envelope with a different value at `pointer`, or without that member.
fn changed(pointer: &str, value: Option<Value>) -> String {
    let mut envelope = valid();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = envelope.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(key.to_owned(), value),
        None => parent.remove(key),
    };
    envelope.to_string()
}

fn metric(envelope: &str) -> MetricItem {
    match envelope::parse(envelope, now()) {
        Ok(Item::Metric(metric)) => metric,
        other => panic!("{envelope}: {other:?}"),
    }
}

const POINT: &str = "/data/baseData/metrics/0";
const PROPERTIES: &str = "/data/baseData/properties";

#[test]
fn reads_all_fields_of_an_envelope() {
    let item = metric(&valid().to_string());
    let series = &item.point.series;
    assert_eq!((&*series.metric.namespace, &*series.metric.name), ("shop", "request-latency"));
    assert_eq!(series.dimensions.iter().collect::<Vec<_>>(), [("host", "a"), ("value", "nice")]);
    let a = item.point.aggregate;
    assert!((a.sum() - 61.5).abs() < 1e-9);
    assert_eq!((a.count(), a.min(), a.max()), (5, Some(0.4), Some(30.1)));
    assert_eq!(item.point.time.to_string(), "2026-11-22T11:59:58.1234567Z");
}

#[test]
fn optional_fields_have_defaults() {
    let point = |point: Value| {
        let item = metric(&changed("/data/baseData/metrics", Some(json!([point]))));
        let a = item.point.aggregate;
        (a.sum(), a.count(), a.min(), a.max(), a.averageable())
    };
    // A counter from Rust's exporter, then one from Python's exporter.
    let counter = (7.0, 1, Some(7.0), Some(7.0), false);
    assert_eq!(point(json!({"name": "m", "value": 7, "kind": "Aggregation"})), counter);
    assert_eq!(point(json!({"name": "m", "value": 7, "count": 1})), counter);
    // A gauge from Rust's exporter. Fields that "should not be set" are ignored.
    let gauge = (7.0, 1, Some(7.0), Some(7.0), true);
    assert_eq!(point(json!({"name": "m", "value": 7, "kind": "Measurement"})), gauge);
    let set =
        json!({"name": "m", "value": 7, "kind": "Measurement", "count": 3, "min": 1, "max": 9});
    assert_eq!(point(set), gauge);
    // Several values without a minimum and a maximum.
    let several = json!({"name": "m", "value": 7, "count": 2.0, "min": null});
    assert_eq!(point(several), (7.0, 2, None, None, true));

    let without_namespace = metric(&changed(&format!("{POINT}/ns"), None));
    assert_eq!(&*without_namespace.point.series.metric.namespace, "azure.applicationinsights");
    let without_properties = metric(&changed(PROPERTIES, None));
    assert!(without_properties.point.series.dimensions.iter().next().is_none());
}

#[test]
fn keeps_the_first_ten_dimensions_by_name() {
    let properties = |count: usize| -> Value {
        (0..count)
            .rev()
            .map(|i| (format!("d{i:02}"), json!("x")))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let read = |count| {
        let point = metric(&changed(PROPERTIES, Some(properties(count)))).point;
        let keys = point.series.dimensions.iter().map(|(key, _)| key.to_owned());
        (keys.collect::<Vec<_>>(), point.cut)
    };
    let first: Vec<String> = (0..10).map(|i| format!("d{i:02}")).collect();
    assert_eq!(read(10), (first.clone(), 0));
    assert_eq!(read(12), (first, 2));
}

#[test]
fn reads_only_the_first_metric() {
    let metrics = json!([{"name": "first", "value": 1}, {"name": 2}, "three"]);
    let item = metric(&changed("/data/baseData/metrics", Some(metrics)));
    assert_eq!((&*item.point.series.metric.name, item.further), ("first", 2));
}

#[test]
fn accepts_and_ignores_other_types() {
    for (pointer, value, name) in [
        ("/data/baseType", Some(json!("NewData")), "NewData"),
        ("/data/baseType", None, "without a type"),
        ("/data", None, "without a type"),
    ] {
        let other = changed(pointer, value);
        let item = envelope::parse(&other, now());
        assert!(matches!(&item, Ok(Item::Ignored(n)) if &**n == name), "{item:?}");
    }
}

#[test]
fn refuses_old_and_future_times() {
    let at = |age: SignedDuration| {
        let time = now().checked_sub(age).unwrap().to_string();
        envelope::parse(&changed("/time", Some(json!(time))), now())
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    let (hour, nano) = (SignedDuration::from_hours(1), SignedDuration::from_nanos(1));
    assert_eq!(at(hour * 48), Ok(()));
    assert_eq!(
        at(hour * 48 + nano),
        Err("103: Field 'time' on type 'Envelope' is older than the allowed min date. \
             Expected: now - 172800000ms"
            .to_owned())
    );
    assert_eq!(at(hour * -24), Ok(()));
    assert_eq!(
        at(hour * -24 - nano),
        Err("Field 'time' on type 'Envelope' is too far in the future. \
             Expected: at most now + 86400000ms"
            .to_owned())
    );
    // The same time in another time zone.
    assert!(
        envelope::parse(&changed("/time", Some(json!("2026-11-22T12:00:00+02:00"))), now()).is_ok()
    );
}

#[test]
fn enforces_limits_of_length() {
    let name = format!("{POINT}/name");
    let namespace = format!("{POINT}/ns");
    let value = format!("{PROPERTIES}/value");
    // The limit counts characters, not bytes: é has two bytes.
    for (pointer, max, on) in [
        ("/seq", 64, "Envelope"),
        (&*name, 1024, "DataPoint"),
        (&*namespace, 256, "DataPoint"),
        (&*value, 8192, "MetricData"),
    ] {
        let field = pointer.rsplit('/').next().unwrap();
        let fits = changed(pointer, Some(json!("é".repeat(max))));
        assert!(envelope::parse(&fits, now()).is_ok(), "{field}");
        let too_long = changed(pointer, Some(json!("é".repeat(max + 1))));
        assert_eq!(
            envelope::parse(&too_long, now()).unwrap_err().to_string(),
            format!("100: Field '{field}' on type '{on}' is too long. Expected: {max} characters")
        );
    }
    let key = |length| changed(PROPERTIES, Some(json!({"é".repeat(length): "x"})));
    assert!(envelope::parse(&key(150), now()).is_ok());
    assert_eq!(
        envelope::parse(&key(151), now()).unwrap_err().to_string(),
        "100: Field 'key of properties' on type 'MetricData' is too long. Expected: 150 characters"
    );
    let padding = (64 << 10) - valid().to_string().len();
    let padded = valid().to_string() + &" ".repeat(padding);
    assert!(envelope::parse(&padded, now()).is_ok());
    assert_eq!(
        envelope::parse(&(padded + " "), now()).unwrap_err().to_string(),
        "The item is larger than 65536 bytes"
    );
}

#[test]
fn each_error_has_its_message() {
    let missing = |field: &str, on: &str, expected: &str| {
        format!(
            "109: Field '{field}' on type '{on}' is required but missing or empty. Expected: {expected}"
        )
    };
    let wrong = |field: &str, on: &str, expected: &str| {
        format!("106: Field '{field}' on type '{on}' is of incorrect type. Expected: {expected}")
    };
    let no_time = "102: Field 'time' on type 'Envelope' is not a valid time string. Expected: date";
    let count = "Field 'count' on type 'DataPoint' is out of range. Expected: 1 to 2147483647";
    let rows: Vec<(&str, Option<Value>, String)> = vec![
        ("/name", None, missing("name", "Envelope", "string")),
        ("/name", Some(json!("")), missing("name", "Envelope", "string")),
        ("/name", Some(json!(1)), wrong("name", "Envelope", "string")),
        ("/time", None, missing("time", "Envelope", "string")),
        ("/time", Some(json!(0)), wrong("time", "Envelope", "string")),
        ("/time", Some(json!("yesterday")), no_time.into()),
        ("/time", Some(json!("2026-11-22T12:00:00")), no_time.into()),
        ("/time", Some(json!("2026-02-30T12:00:00Z")), no_time.into()),
        ("/ver", Some(json!("1")), wrong("ver", "Envelope", "number")),
        ("/sampleRate", Some(json!("all")), wrong("sampleRate", "Envelope", "number")),
        ("/iKey", None, "Invalid instrumentation key".into()),
        ("/iKey", Some(json!("")), "Invalid instrumentation key".into()),
        ("/iKey", Some(json!(5)), wrong("iKey", "Envelope", "string")),
        ("/tags", Some(json!([])), wrong("tags", "Envelope", "object")),
        ("/tags", Some(json!({"ai.cloud.role": 1})), wrong("tags", "Envelope", "strings")),
        ("/data", Some(json!("x")), wrong("data", "Envelope", "object")),
        ("/data/baseType", Some(json!(1)), wrong("baseType", "Base", "string")),
        ("/data/baseData", None, missing("baseData", "Base", "object")),
        ("/data/baseData", Some(json!([])), wrong("baseData", "Base", "object")),
        ("/data/baseData/ver", None, missing("ver", "MetricData", "number")),
        ("/data/baseData/metrics", None, missing("metrics", "MetricData", "array")),
        ("/data/baseData/metrics", Some(json!([])), missing("metrics", "MetricData", "array")),
        ("/data/baseData/metrics", Some(json!({})), wrong("metrics", "MetricData", "array")),
        ("/data/baseData/metrics", Some(json!([1])), wrong("metrics[0]", "MetricData", "object")),
        ("/data/baseData/properties", Some(json!([])), wrong("properties", "MetricData", "object")),
        ("/data/baseData/properties/value", Some(json!(1)), wrong("value", "MetricData", "string")),
        ("/data/baseData/metrics/0/name", Some(json!("")), missing("name", "DataPoint", "string")),
        ("/data/baseData/metrics/0/name", Some(json!(7)), wrong("name", "DataPoint", "string")),
        ("/data/baseData/metrics/0/value", None, missing("value", "DataPoint", "number")),
        (
            "/data/baseData/metrics/0/value",
            Some(json!("NaN")),
            wrong("value", "DataPoint", "number"),
        ),
        (
            "/data/baseData/metrics/0/min",
            Some(json!("-Infinity")),
            wrong("min", "DataPoint", "number"),
        ),
        (
            "/data/baseData/metrics/0/kind",
            Some(json!("Histogram")),
            wrong("kind", "DataPoint", "Measurement or Aggregation"),
        ),
        ("/data/baseData/metrics/0/count", Some(json!(0)), count.into()),
        ("/data/baseData/metrics/0/count", Some(json!(-1)), count.into()),
        ("/data/baseData/metrics/0/count", Some(json!(1.5)), count.into()),
        ("/data/baseData/metrics/0/count", Some(json!(2_147_483_648_u32)), count.into()),
        ("/data/baseData/metrics/0/count", Some(json!("5")), wrong("count", "DataPoint", "number")),
        (
            "/data/baseData/metrics/0/min",
            Some(json!(30.2)),
            "Field 'min' on type 'DataPoint' is greater than field 'max'".into(),
        ),
        (
            "/data/baseData/metrics/0/stdDev",
            Some(json!(-0.5)),
            "Field 'stdDev' on type 'DataPoint' is negative".into(),
        ),
    ];
    for (pointer, value, message) in rows {
        // An element of a JSON array cannot be changed like a member.
        let envelope = match pointer.strip_prefix(&format!("{POINT}/")) {
            Some(field) => {
                let mut envelope = valid();
                let point = envelope.pointer_mut(POINT).unwrap().as_object_mut().unwrap();
                point.remove(field);
                point.extend(value.map(|value| (field.to_owned(), value)));
                envelope.to_string()
            }
            None => changed(pointer, value),
        };
        let error = envelope::parse(&envelope, now()).unwrap_err();
        assert_eq!(error.to_string(), message, "{envelope}");
    }
}

#[test]
fn refuses_an_item_that_is_not_a_json_object() {
    let refused = |text: &str| envelope::parse(text, now()).unwrap_err().to_string();
    assert_eq!(refused("[]"), "The item is not a JSON object");
    assert_eq!(refused("7"), "The item is not a JSON object");
    let huge = valid().to_string().replace("61.5", "1e999");
    assert!(refused(&huge).starts_with("The item is not valid JSON: number out of range"));
    let nan = valid().to_string().replace("61.5", "NaN");
    assert!(refused(&nan).starts_with("The item is not valid JSON: expected value"));
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    assert!(refused(&deep).starts_with("The item is not valid JSON: recursion limit exceeded"));
}

#[test]
fn no_message_repeats_a_value() {
    let secret = "5ec4e7a1";
    for pointer in ["/time", "/seq", "/data/baseData/metrics/0/kind", "/data/baseData", "/iKey"] {
        for value in [json!(secret.repeat(500)), json!([secret]), json!({"a": secret})] {
            let mut envelope = valid();
            *envelope.pointer_mut(pointer).unwrap() = value;
            if let Err(error) = envelope::parse(&envelope.to_string(), now()) {
                assert!(!error.to_string().contains(secret), "{error}");
                assert!(!format!("{error:?}").contains(secret), "{error:?}");
            }
        }
    }
}
