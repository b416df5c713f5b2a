use actix_web::test::TestRequest;

use super::*;

#[track_caller]
fn check(peer: &str, forwarded: &[&str], trusted: &[&str], client: &str) {
    let mut request = TestRequest::default().peer_addr(format!("{peer}:4711").parse().unwrap());
    for line in forwarded {
        request = request.append_header((FORWARDED_FOR, *line));
    }
    let trusted: Vec<Network> = trusted.iter().map(|text| text.parse().unwrap()).collect();
    let found = address(&request.to_http_request(), &trusted);
    assert_eq!(found, Some(client.parse().unwrap()), "{peer} {forwarded:?} {trusted:?}");
}

#[test]
fn without_trusted_proxies_the_other_end_is_the_client_whatever_it_says() {
    check("10.0.0.1", &[], &[], "10.0.0.1");
    check("10.0.0.1", &["1.2.3.4"], &[], "10.0.0.1");
    check("10.0.0.1", &["1.2.3.4"], &["10.0.0.2"], "10.0.0.1");
}

#[test]
fn a_trusted_proxy_names_the_client_and_clients_cannot_put_words_in_its_mouth() {
    let proxies = ["10.0.0.0/8", "fd00::/8"];
    check("10.0.0.1", &[], &proxies, "10.0.0.1");
    check("10.0.0.1", &["1.2.3.4"], &proxies, "1.2.3.4");
    check("10.0.0.1", &["9.9.9.9, 1.2.3.4"], &proxies, "1.2.3.4");
    check("10.0.0.1", &["9.9.9.9", "1.2.3.4, 10.7.7.7"], &proxies, "1.2.3.4");
    check("10.0.0.1", &["10.1.1.1, 10.2.2.2"], &proxies, "10.1.1.1");
    check("10.0.0.1", &["1.2.3.4:5678"], &proxies, "1.2.3.4");
    check("10.0.0.1", &["[2001:db8::1]:5678"], &proxies, "2001:db8::1");
    check("10.0.0.1", &["1.2.3.4, unknown"], &proxies, "10.0.0.1");
    check("[fd00::1]", &["2001:db8::1"], &proxies, "2001:db8::1");
    check("[::ffff:10.0.0.1]", &["1.2.3.4"], &proxies, "1.2.3.4");
}

#[test]
fn a_network_is_read_and_what_is_none_is_refused() {
    for text in ["10.0.0.0/8", "10.0.0.7", "0.0.0.0/0", "::/0", "fd00::/8", "::1/128"] {
        assert!(text.parse::<Network>().is_ok(), "{text}");
    }
    for text in ["", "10.0.0.0/33", "::1/129", "10.0.0.0/", "10.0.0/8", "proxy", "10.0.0.0/-1"] {
        let error = text.parse::<Network>().unwrap_err();
        assert!(error.to_string().contains(&format!("`{text}`")), "{error}");
    }
    let everyone: Network = "0.0.0.0/0".parse().unwrap();
    assert!(everyone.contains("203.0.113.9".parse().unwrap()));
    assert!(!everyone.contains("::1".parse().unwrap()));
}
