//! The rules for requests, dependencies, logs, exceptions and events.

use app_insights::{
    ingest::envelope::{self, Item},
    store::{Entry, Kind},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::items::{at, entry, item, noon};

const IDS: [&str; 2] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];

/// The data of an item of this type, with all texts in the schema.
fn valid(base: &str) -> Value {
    let data = match base {
        "RequestData" => json!({"id": "1", "name": "GET /{name}/", "duration": "00:00:01.5",
            "success": true, "responseCode": "200", "source": "::1", "url": "http://a/"}),
        "RemoteDependencyData" => json!({"id": "1", "name": "SELECT", "duration": "1.02:03:04.5",
            "success": false, "resultCode": "7", "data": "select 1", "type": "SQL", "target": "db"}),
        "MessageData" => json!({"message": "hello", "severityLevel": "Warning"}),
        "ExceptionData" => json!({"problemId": "p", "severityLevel": 4, "exceptions":
            [{"typeName": "Io", "message": "broken", "stack": "main.rs:1"}, {"message": "pipe"}]}),
        "EventData" => json!({"name": "shelf-empty"}),
        "AvailabilityData" => json!({"id": "1", "name": "ping", "duration": "00:00:01",
            "success": true, "runLocation": "here", "message": "ok"}),
        _ => json!({"id": "1", "name": "start", "url": "http://a/", "referredUri": "http://b/"}),
    };
    let mut data = data;
    data["properties"] = json!({"value": "nice"});
    data["measurements"] = json!({"size": 4.5});
    item(base, "shop", at(0), IDS, data)
}

fn with(base: &str, field: &str, value: Option<Value>) -> Value {
    let mut item = valid(base);
    let data = item["data"]["baseData"].as_object_mut().unwrap();
    data.remove(field);
    data.extend(value.map(|value| (field.to_owned(), value)));
    item
}

fn refused(item: &Value) -> String {
    envelope::parse(&item.to_string(), noon()).unwrap_err().to_string()
}

#[test]
fn reads_every_kind() {
    let shown = |base| {
        let Entry { kind, text, code, failed, severity, duration, id, .. } = &*entry(&valid(base));
        let length = duration.as_millis();
        format!("{kind} {text:?} {id:?} {code:?} {failed} {severity:?} {length}")
    };
    assert_eq!(shown("RequestData"), r#"request "GET /{name}/" "1" "200" false None 1500"#);
    let day = 93_784_500;
    let expected = format!(r#"dependency "SELECT" "1" "7" true None {day}"#);
    assert_eq!(shown("RemoteDependencyData"), expected);
    assert_eq!(shown("MessageData"), r#"message "hello" "" "" false Some(2) 0"#);
    assert_eq!(shown("ExceptionData"), r#"exception "Io: broken" "" "" true Some(4) 0"#);
    assert_eq!(shown("EventData"), r#"event "shelf-empty" "" "" false None 0"#);
    for base in ["AvailabilityData", "PageViewData", "PageViewPerfData"] {
        let item = envelope::parse(&valid(base).to_string(), noon());
        assert!(matches!(&item, Ok(Item::Ignored(name)) if &**name == base), "{item:?}");
    }
}

#[test]
fn keeps_tags_and_all_other_fields() {
    let read = entry(&valid("RequestData"));
    assert_eq!((&*read.operation, &*read.parent, &*read.role), (IDS[0], IDS[1], "shop"));
    let details: Value = serde_json::from_str(read.details.get()).unwrap();
    let expected = json!({"source": "::1", "url": "http://a/", "properties": {"value": "nice"},
                          "measurements": {"size": 4.5}});
    assert_eq!(details, expected);
    let details = entry(&valid("ExceptionData")).details.get().to_owned();
    assert!(details.contains("main.rs:1") && details.contains("pipe"), "{details}");
}

#[test]
fn optional_fields_may_be_missing() {
    // The form in which Rust's exporter sends a span without a status.
    let call = entry(&with("RemoteDependencyData", "success", None));
    assert!(!call.failed);
    assert_eq!(&*entry(&with("RequestData", "name", None)).text, "http://a/");
    assert_eq!(entry(&with("MessageData", "severityLevel", None)).severity, None);
    let mut bare = valid("MessageData");
    bare["tags"] = Value::Null;
    let bare = entry(&bare);
    assert_eq!((&*bare.operation, &*bare.parent, &*bare.role), ("", "", ""));
}

#[test]
fn ids_of_zeros_and_of_the_transaction_are_not_parents() {
    // The form in which Python's exporter sends a log outside a span.
    let mut outside = valid("MessageData");
    outside["tags"]["ai.operation.id"] = "0".repeat(32).into();
    outside["tags"]["ai.operation.parentId"] = "0".repeat(16).into();
    let outside = entry(&outside);
    assert_eq!((&*outside.operation, &*outside.parent), ("", ""));
    // The form in which older SDKs send the first request.
    let mut first = valid("RequestData");
    first["tags"]["ai.operation.parentId"] = IDS[0].into();
    assert_eq!(&*entry(&first).parent, "");
}

#[test]
fn long_tags_are_truncated_to_their_documented_length() {
    let mut long = valid("RequestData");
    long["tags"] = json!({"ai.operation.id": "é".repeat(200), "ai.operation.parentId": "1".repeat(200),
                          "ai.cloud.role": "é".repeat(300)});
    let long = entry(&long);
    let length = |text: &str| text.chars().count();
    let lengths = (length(&long.operation), length(&long.parent), length(&long.role));
    assert_eq!(lengths, (128, 128, 256));
}

#[test]
fn a_sampled_item_represents_several() {
    for (rate, count) in [
        (json!(100.0), 1),
        (json!(25), 4),
        (json!(33.3), 3),
        (json!(null), 1),
        (json!(0), 1),
        (json!(-5), 1),
        (json!(400), 1),
        (json!(1e-300), u32::MAX),
    ] {
        let mut sampled = valid("RequestData");
        sampled["sampleRate"] = rate.clone();
        assert_eq!(entry(&sampled).count, count, "{rate}");
    }
}

#[test]
fn durations_are_parsed_like_those_of_the_endpoint() {
    let read = |text: &str| entry(&with("RequestData", "duration", Some(text.into()))).duration;
    for (text, micros) in [
        ("00:00:00", 0),
        ("0:0:1", 1_000_000),
        ("0.00:00:00.000001", 1),
        ("00:00:00.0000019", 1),
        ("1.10:17:36.789123", 123_456_789_123),
        ("999.23:59:59.9999999", 86_399_999_999_999),
    ] {
        assert_eq!(read(text).as_micros(), micros, "{text}");
    }
    assert_eq!(read("00:00:00.0000019"), SignedDuration::from_nanos(1900));
    for text in [
        "1000.00:00:00",
        "24:00:00",
        "00:60:00",
        "00:00:60",
        "0:00:00:04.4786555",
        "00:00:02.227.99999999988358",
        "00:00:00.12345678",
        "00:00:00.",
        "-00:00:01",
        "00:00",
        "1500",
        "+1:00:00",
        "::",
        "٠٠:٠٠:٠٠",
    ] {
        assert_eq!(
            refused(&with("RequestData", "duration", Some(text.into()))),
            "108: Field 'duration' on type 'RequestData' is not a valid duration string. \
             Expected: dd.hh:mm:ss.fffffff format not exceeding 1000 days",
            "{text}"
        );
    }
}

#[test]
fn each_required_field_is_required() {
    for (base, field, expected) in [
        ("RequestData", "id", "string"),
        ("RequestData", "duration", "string"),
        ("RequestData", "responseCode", "string"),
        ("RequestData", "success", "boolean"),
        ("RequestData", "ver", "number"),
        ("RemoteDependencyData", "name", "string"),
        ("RemoteDependencyData", "duration", "string"),
        ("MessageData", "message", "string"),
        ("ExceptionData", "exceptions", "array"),
        ("EventData", "name", "string"),
        ("AvailabilityData", "id", "string"),
        ("PageViewData", "name", "string"),
        ("PageViewPerfData", "id", "string"),
    ] {
        let empty = match expected {
            "string" => Some(json!("")),
            "array" => Some(json!([])),
            _ => None,
        };
        for value in [None, Some(Value::Null), empty] {
            assert_eq!(
                refused(&with(base, field, value)),
                format!(
                    "109: Field '{field}' on type '{base}' is required but missing or empty. \
                     Expected: {expected}"
                )
            );
        }
    }
    let chain = json!([{"message": "first"}, {"typeName": "Second", "message": ""}]);
    assert_eq!(
        refused(&with("ExceptionData", "exceptions", Some(chain))),
        "109: Field 'message' on type 'ExceptionDetails' is required but missing or empty. \
         Expected: string"
    );
}

#[test]
fn each_text_has_its_limit() {
    for (base, field, max) in [
        ("RequestData", "id", 512),
        ("RequestData", "name", 1024),
        ("RequestData", "url", 2048),
        ("RemoteDependencyData", "data", 8192),
        ("RemoteDependencyData", "target", 1024),
        ("MessageData", "message", 32768),
        ("ExceptionData", "problemId", 1024),
        ("EventData", "name", 512),
        ("AvailabilityData", "message", 8192),
        ("PageViewData", "referredUri", 2048),
    ] {
        let text = |length| with(base, field, Some("x".repeat(length).into()));
        assert!(envelope::parse(&text(max).to_string(), noon()).is_ok(), "{base} {field}");
        assert_eq!(
            refused(&text(max + 1)),
            format!(
                "100: Field '{field}' on type '{base}' is too long. Expected: {max} characters"
            )
        );
    }
    let key = with("EventData", "properties", Some(json!({"k".repeat(151): "x"})));
    assert!(refused(&key).starts_with("100: Field 'key of properties' on type 'EventData'"));
    let stack = json!([{"message": "m", "stack": "x".repeat(32769)}]);
    let stack = refused(&with("ExceptionData", "exceptions", Some(stack)));
    assert!(stack.starts_with("100: Field 'stack' on type 'ExceptionDetails'"), "{stack}");
}

#[test]
fn each_type_is_checked() {
    for (base, field, value, expected) in [
        ("RequestData", "success", json!("yes"), "boolean"),
        ("RequestData", "duration", json!(1500), "string"),
        ("RequestData", "responseCode", json!(200), "string"),
        ("MessageData", "message", json!({}), "string"),
        ("MessageData", "severityLevel", json!(5), "SeverityLevel"),
        ("MessageData", "severityLevel", json!(-1), "SeverityLevel"),
        ("MessageData", "severityLevel", json!("warning"), "SeverityLevel"),
        ("MessageData", "severityLevel", json!([]), "SeverityLevel"),
        ("ExceptionData", "exceptions", json!({}), "array"),
        ("ExceptionData", "exceptions", json!(["broken"]), "array of objects"),
        ("EventData", "properties", json!([]), "object"),
        ("EventData", "measurements", json!("many"), "object"),
    ] {
        assert_eq!(
            refused(&with(base, field, Some(value))),
            format!(
                "106: Field '{field}' on type '{base}' is of incorrect type. Expected: {expected}"
            )
        );
    }
    let size = refused(&with("EventData", "measurements", Some(json!({"size": "large"}))));
    assert!(size.starts_with("106: Field 'size' on type 'EventData'"), "{size}");
}

#[test]
fn every_kind_has_a_name_that_can_be_read_again() {
    for kind in Kind::ALL {
        assert_eq!(kind.to_string().parse(), Ok(kind));
    }
    assert!("span".parse::<Kind>().is_err());
    assert_eq!(Kind::Dependency.counted(1), "1 dependency");
    assert_eq!(Kind::Dependency.counted(2), "2 dependencies");
    assert_eq!(Kind::Request.counted(0), "0 requests");
}
