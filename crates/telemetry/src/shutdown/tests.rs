use std::process::Command;
use std::time::Duration;

use super::*;

#[test]
fn each_signal_asks_the_process_to_stop_under_its_own_name() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let all = [Signal::Terminate, Signal::Interrupt, Signal::Hangup];
    for expected in all {
        if expected == Signal::Hangup && is_hangup_ignored() {
            eprintln!("not tried: these tests were started with SIGHUP ignored");
            continue;
        }
        let came = runtime.block_on(async {
            let signal = shutdown_signal().unwrap();
            let name = expected.to_string();
            let args = ["-c", "kill -s \"$0\" -- \"$1\"", name.trim_start_matches("SIG")];
            let own_id = std::process::id().to_string();
            assert!(Command::new("sh").args(args).arg(own_id).status().unwrap().success());
            tokio::time::timeout(Duration::from_secs(30), signal).await
        });
        assert_eq!(came, Ok(expected));
    }
}

#[test]
fn a_signal_is_ignored_if_its_bit_is_in_the_mask() {
    let status = "Name:\tapi\nSigBlk:\t0000000000000001\nSigIgn:\t0000000000001001\n";
    assert!(is_ignored(status, 1));
    assert!(!is_ignored(status, 2));
    assert!(is_ignored(status, 13));
    assert!(!is_ignored("Name:\tapi\n", 1));
    assert!(!is_ignored("SigIgn:\tzz\n", 1));
}

#[test]
fn a_service_is_asked_to_stop_or_to_read_its_settings_again() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let all = [
        ("TERM", Request::Stop(Signal::Terminate)),
        ("INT", Request::Stop(Signal::Interrupt)),
        ("HUP", Request::Reload),
    ];
    runtime.block_on(async {
        let mut signals = ServiceSignals::new().unwrap();
        for (name, expected) in all {
            if name == "HUP" && is_hangup_ignored() {
                eprintln!("not tried: these tests were started with SIGHUP ignored");
                continue;
            }
            let own_id = std::process::id().to_string();
            let args = ["-c", "kill -s \"$0\" -- \"$1\"", name, &own_id];
            assert!(Command::new("sh").args(args).status().unwrap().success());
            let came = tokio::time::timeout(Duration::from_secs(30), signals.next()).await;
            assert_eq!(came, Ok(expected));
        }
    });
}
