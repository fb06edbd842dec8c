//! Requests from other websites are refused.

use std::net::SocketAddr;

use harness::http::{Reply, Request};

use crate::support::{FORM, JSON, Program, counter, request, send, site::Site};

const RULE: &str = "name=r&metric=m&aggregation=average&operator=>&threshold=1";

/// A request to create a rule, and a request to delete the rule.
fn attempts(site: SocketAddr, headers: &[&str]) -> [Reply; 2] {
    let headers = [&[FORM], headers].concat();
    [("/alerts/new", RULE), ("/alerts/delete", "name=r")]
        .map(|(path, body)| send(site, "POST", path, &headers, body.as_bytes()))
}

#[test]
fn other_sites_cannot_make_changes() {
    let site = Site::start();
    let own = format!("Origin: http://{}", site.address);
    for foreign in [
        &["Origin: http://evil.example"][..],
        &["Origin: null"],
        &["Origin: http://127.0.0.1:1"],
        &["Origin: https://127.0.0.1"],
        &["Sec-Fetch-Site: cross-site"],
        &["Sec-Fetch-Site: same-site"],
        &[&own, "Sec-Fetch-Site: cross-site"],
    ] {
        for refused in attempts(site.address, foreign) {
            assert_eq!(refused.status, 403, "{foreign:?}");
            assert!(refused.text().contains("Another website requested"), "{}", refused.text());
        }
    }
    assert!(site.alerts.watched().is_empty());
    for allowed in [&[&*own, "Sec-Fetch-Site: same-origin"][..], &["Sec-Fetch-Site: none"], &[&own]]
    {
        let statuses = attempts(site.address, allowed).map(|reply| reply.status);
        assert_eq!(statuses, [303, 303], "{allowed:?}");
    }
}

#[test]
fn other_sites_can_link_but_not_embed() {
    let site = Site::start();
    let get = |path: &str, headers: &[&str]| {
        let headers = [&["Sec-Fetch-Site: cross-site"], headers].concat();
        send(site.address, "GET", path, &headers, b"")
    };
    for path in ["/", "/alerts", "/api/alerts"] {
        assert_eq!(get(path, &["Sec-Fetch-Mode: navigate"]).status, 200);
        let link = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"];
        assert_eq!(get(path, &link).status, 200);
        for embedded in [
            &[][..],
            &["Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"],
            &["Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"],
            &["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"],
        ] {
            let answer = get(path, embedded);
            assert_eq!(answer.status, 403, "{path} {embedded:?}");
            assert!(answer.text().contains("in the background"), "{answer:?}");
        }
    }
}

#[test]
fn a_foreign_host_is_refused() {
    let program = Program::start();
    program.make_rule(&[("name", "secret"), ("metric", "m"), ("threshold", "1")]);
    let get = |target: &str, hosts: &[&str]| {
        let lines =
            hosts.iter().fold(String::new(), |lines, host| lines + "Host: " + host + "\r\n");
        let head = format!("GET {target} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
        program.running.raw(head.as_bytes()).unwrap()
    };
    let with_port = format!("localhost:{}", program.address.port());
    for own in [&*with_port, "LOCALHOST", "127.0.0.1", "[::1]:80"] {
        let answer = get("/alerts", &[own]);
        assert!(answer.starts_with("HTTP/1.1 200"), "{own}: {answer}");
        assert!(answer.contains("secret"), "{own}: {answer}");
    }
    for path in ["/", "/alerts", "/api/alerts", "/api/metrics"] {
        for hosts in [
            &["evil.example"][..],
            &["localhost.evil.example"],
            &[""],
            &["192.0.2.1"],
            &["localhost", "evil.example"],
            &[],
        ] {
            let answer = get(path, hosts);
            let refused = answer.starts_with("HTTP/1.1 403") || answer.starts_with("HTTP/1.1 400");
            assert!(refused && !answer.contains("secret"), "{path} {hosts:?}: {answer}");
        }
        let answer = get(&format!("http://evil.example{path}"), &["localhost"]);
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    }
    // An exporter may use any name.
    let exporter: Request = request(
        "POST",
        "/v2.1/track",
        &[JSON, "Host: host.docker.internal"],
        counter(1).to_string().as_bytes(),
    );
    assert_eq!(exporter.send(program.address).unwrap().status, 200);
}
