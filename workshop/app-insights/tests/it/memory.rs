//! The memory of the program under attack.

use std::{fmt::Write as _, thread};

use jiff::Timestamp;

use crate::support::{GZIP, JSON, Program, gzip};

const HEADERS: [&str; 2] = [JSON, GZIP];

/// The peak memory of the program, in MiB.
fn peak(program: &Program) -> u64 {
    harness::Memory::of(program.running.id()).unwrap().peak >> 20
}

#[test]
#[ignore = "unpacks 2 GiB"]
fn a_gzip_bomb_takes_no_memory() {
    let program = Program::start();
    let before = peak(&program);
    // The unpacked body is a thousand times as large. Several clients send the body at once.
    let bomb = gzip(&vec![b' '; 256 << 20]);
    assert!(bomb.len() < 4 << 20, "{}", bomb.len());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                assert_eq!(program.post("/v2.1/track", &HEADERS, &bomb).status, 413);
            });
        }
    });
    let peak = peak(&program);
    println!("{before} MiB before, at most {peak} MiB after");
    assert!(peak < before + 64, "{before} MiB grew to {peak} MiB");
}

#[test]
#[ignore = "sends 6 million dimensions"]
fn items_with_many_dimensions_take_little_memory() {
    let program = Program::start();
    let time = Timestamp::now();
    // As many dimensions as fit into an item, and as many items as fit into a body.
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
    let peak = peak(&program);
    println!("at most {peak} MiB");
    assert!(peak < 100, "{peak} MiB");
}

#[test]
#[ignore = "sends a million envelopes"]
fn a_million_names_take_little_memory() {
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
    let peak = peak(&program);
    println!("{sent} envelopes with unique names: at most {peak} MiB");
    assert!(peak < 100, "{peak} MiB");
}
