//! How much memory the real program takes under attack.
#![cfg(target_os = "linux")]

use std::{fmt::Write as _, thread};

use crate::support::{Program, gzip};
use jiff::Timestamp;

const HEADERS: [&str; 2] = ["Content-Type: application/json", "Content-Encoding: gzip"];

#[test]
#[ignore = "unpacks a gzip bomb and measures memory"]
fn a_gzip_bomb_takes_no_memory() {
    let program = Program::start();
    let before = program.peak_memory();
    // A thousand times as large once unpacked, from several sides at once.
    let bomb = gzip(&vec![b' '; 256 << 20]);
    assert!(bomb.len() < 4 << 20, "{}", bomb.len());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                assert_eq!(program.post("/v2.1/track", &HEADERS, &bomb).status, 413);
            });
        }
    });
    let peak = program.peak_memory();
    println!("{before} MiB before, at most {peak} MiB after");
    assert!(peak < before + 64, "{before} MiB grew to {peak} MiB");
}

#[test]
#[ignore = "sends large requests and measures memory"]
fn items_made_to_be_large_in_memory_take_little() {
    let program = Program::start();
    let time = Timestamp::now();
    // As many dimensions as fit into an item, as many items as fit into a body.
    let properties: Vec<String> = (0..6000).map(|i| format!("\"{i:x}\":\"\"")).collect();
    let item = format!(
        r#"{{"name":"n","time":"{time}","iKey":"k","data":{{"baseType":"MetricData","baseData":{{"ver":2,"metrics":[{{"name":"m","value":1}}],"properties":{{{}}}}}}}}}"#,
        properties.join(",")
    );
    assert!(item.len() < 64 << 10, "{}", item.len());
    let body = gzip(format!("[{}]", vec![item; 130].join(",")).as_bytes());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                assert_eq!(program.post("/v2.1/track", &HEADERS, &body).status, 200);
            });
        }
    });
    let peak = program.peak_memory();
    println!("at most {peak} MiB");
    assert!(peak < 100, "{peak} MiB");
}

#[test]
#[ignore = "sends a million names"]
fn random_names_leave_it_small() {
    const COUNT: usize = 1_000_000;
    let program = Program::start();
    let mut random = fastrand::Rng::with_seed(4319);
    let time = Timestamp::now();
    let mut sent = 0;
    while sent < COUNT {
        let mut body = String::from("[");
        for _ in 0..5000 {
            let (name, value) = (random.u128(..), random.u64(..));
            let _ = write!(
                body,
                r#"{{"name":"n","time":"{time}","iKey":"k","data":{{"baseType":"MetricData","baseData":{{"ver":2,"metrics":[{{"name":"{name:032x}","value":1,"kind":"Aggregation"}}],"properties":{{"value":"{value:x}"}}}}}}}},"#
            );
        }
        body.pop();
        body.push(']');
        assert_eq!(program.post("/v2.1/track", &HEADERS, &gzip(body.as_bytes())).status, 200);
        sent += 5000;
    }
    program.err("Limit reached: 50000 series are held");
    let peak = program.peak_memory();
    println!("{sent} envelopes with names of their own: at most {peak} MiB");
    assert!(peak < 100, "{peak} MiB");
}
