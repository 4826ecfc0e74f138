//! What is not negotiable: a wrong clock, a silence that Adobe asked for, hasty settings, a store that is lost.

use super::remote::{IMS, Remote, SERVER, shown};
use crate::support::store::EVERY;
use crate::support::{Ended, World, person, seed, user};
use chrono::{DateTime, TimeDelta, Utc};
use umsync_emulator::{Effect, Endpoint, Fault, Knobs, Options, Reply, Seed};

/// Every command that would call Adobe.
const CALLING: [&[&str]; 5] =
    [&["plan"], &["sync"], &["sync", "--dry-run"], &["sync", "--test-mode"], &["check"]];

#[test]
fn a_clock_six_minutes_off_ends_the_run_before_any_stamp_is_looked_at() {
    for minutes in [6, -6] {
        let remote = Remote::with_store();
        let now = remote.now();
        // Whose clock is right is not known yet, so even an impossible stamp stays.
        remote.change_stamps(|stamps| {
            stamps.users = Some(now - TimeDelta::hours(3));
            stamps.execution = Some(now + TimeDelta::hours(3));
        });
        let stamps = remote.stamps();
        remote.adobe.clock().set(now + TimeDelta::minutes(minutes));
        for arguments in [&["plan"][..], &["sync"], &["sync", "--test-mode"]] {
            let ended = remote.run(arguments).with(1).says(&["set the clock"]);
            let (local, adobe) = both_times(&ended);
            let apart = adobe - local;
            assert!((apart - TimeDelta::minutes(minutes)).abs() < TimeDelta::seconds(30), "{apart}");
        }
        let ended = remote.run(&["check"]).with(1);
        assert!(ended.stdout.contains("set the clock"), "{}", ended.stdout);
        assert_eq!(remote.stamps(), stamps);
        assert_eq!(remote.asked_since(0), [Endpoint::Token; 4]);
    }
}

/// The times of this machine and of Adobe that a message names.
fn both_times(ended: &Ended) -> (DateTime<Utc>, DateTime<Utc>) {
    let line = ended.stderr.lines().find(|line| line.contains("the clock of this machine says"));
    let line = line.unwrap_or_else(|| panic!("no times in:\n{}", ended.stderr));
    let mut times = line.split([' ', ',']).filter_map(|word| word.parse::<DateTime<Utc>>().ok());
    let mut next = || times.next().unwrap_or_else(|| panic!("too few times in: {line}"));
    (next(), next())
}

#[test]
fn a_clock_four_minutes_off_is_good_enough() {
    for minutes in [4, -4] {
        let remote = Remote::with_store();
        remote.adobe.clock().set(remote.now() + TimeDelta::minutes(minutes));
        remote.run(&["sync"]).with(0);
        remote.is_in_step();
        remote.run(&["sync"]).with(8);
        remote.saw(1, 1);
    }
}

#[test]
fn a_long_retry_after_silences_every_command_until_then() {
    // Before anything is done, and between two requests.
    for (request, code) in [(1, 8), (2, 4)] {
        let remote = Remote::with_store();
        let locked_out = Effect::Refuse(Reply::status(429).retry_after(2000));
        remote.adobe.faults().add(Fault::on(Endpoint::Action, locked_out).nth(request));
        let begun = remote.now();
        remote.run(&["sync"]).with(code).shows(&["Adobe asked for silence until"]);
        assert_eq!(remote.actions(), request as usize, "the rest is not sent");
        assert!(remote.adobe.user("bob@example.com").is_none());
        let until = remote.stamps().closed_until.expect("it is remembered");
        assert!(until >= begun + TimeDelta::seconds(2000), "{until}");
        assert!(until <= remote.now() + TimeDelta::seconds(2000), "{until}");
        is_silent(&remote, until);

        // Over: tokens and single reads go again; the execution is still the same one, and stays counted.
        remote.pass(TimeDelta::seconds(2001));
        remote.run(&["plan"]).with(0).shows(&["bob@example.com"]);
        remote.run(&["sync"]).with(0).shows(&["was cut short; it is over now"]);
        remote.run(&["sync"]).with(8).says(&["the last execution began at"]);
        remote.pass(EVERY);
        remote.run(&["sync"]).with(0);
        remote.is_in_step();
    }
}

#[test]
fn a_long_retry_after_silences_wherever_it_is_said() {
    for (endpoint, command) in
        [(Endpoint::Token, "plan"), (Endpoint::Groups, "sync"), (Endpoint::Users, "plan")]
    {
        let remote = Remote::with_store();
        let locked_out = Effect::Refuse(Reply::status(429).retry_after(2000));
        remote.adobe.faults().add(Fault::on(endpoint, locked_out).once());
        remote.run(&[command]).with(8).says(&["Adobe asked for silence until"]);
        let until = remote.stamps().closed_until.expect("it is remembered");
        is_silent(&remote, until);
    }
}

/// Nothing leaves, and everybody says until when.
#[track_caller]
fn is_silent(remote: &Remote, until: DateTime<Utc>) {
    let (asked, stamps) = (remote.proxy.asked(), remote.stamps());
    for arguments in CALLING {
        let ended = remote.run(arguments).with(8);
        let told = format!("{}{}", ended.stdout, ended.stderr);
        assert!(told.contains(&format!("until {}", shown(until))), "{arguments:?}:\n{told}");
    }
    remote
        .run(&["status"])
        .with(0)
        .shows(&[&format!("silence        Adobe asked for it until {}", shown(until))]);
    assert_eq!((remote.proxy.asked(), remote.stamps()), (asked, stamps));
}

#[test]
fn a_silence_longer_than_any_that_adobe_means_is_cut_once() {
    let remote = Remote::planned();
    let begun = remote.now();
    remote.change_stamps(|stamps| stamps.closed_until = Some(begun + TimeDelta::days(300)));
    // Adobe is asked what time it is, and nothing else.
    let requests = remote.requests();
    remote.run(&["sync"]).with(8);
    assert_eq!(remote.asked_since(requests), [Endpoint::Token]);
    let cut = remote.stamps().closed_until.expect("it is kept");
    assert!(cut <= remote.now() + TimeDelta::hours(4), "{cut}");
    is_silent(&remote, cut);
    remote.pass(TimeDelta::hours(4));
    remote.run(&["sync"]).with(0);
    remote.is_in_step();
}

#[test]
fn hasty_manners_are_refused_for_a_server_with_a_name() {
    let remote = Remote::with_store();
    let proxy = format!("proxy: {}", remote.proxy.url());
    let address = remote.adobe.address();
    let (server, ims) = (format!("https://{SERVER}"), format!("https://{IMS}"));
    let (plain_server, plain_ims) = (format!("http://{SERVER}"), format!("http://{IMS}"));
    let loopback = format!("https://{address}");
    let odd = format!("https://localhost.test.example:{}", address.port());
    for (server, ims, manners) in [
        (&server, &ims, &["every: 0s"][..]),
        (&server, &ims, &["every: 119m"]),
        (&server, &ims, &["pace: off"]),
        (&plain_server, &ims, &[]),
        (&server, &plain_ims, &[]),
        (&plain_server, &plain_ims, &["every: 2h"]),
        (&odd, &odd, &["every: 0s"]),
        // Behind a proxy nobody knows where a loopback address leads.
        (&loopback, &loopback, &["every: 0s"]),
        (&server, &loopback, &["pace: off"]),
    ] {
        let mut lines = vec!["ca_file: ca.pem", &proxy];
        lines.extend(manners);
        remote.reach_at(server, ims, &lines);
        for arguments in [&["sync"][..], &["plan"], &["check"]] {
            let ended = remote.run(arguments).with(78);
            let told = format!("{}{}", ended.stdout, ended.stderr);
            assert!(
                told.contains("are for an emulator on this machine only"),
                "{server} {manners:?}:\n{told}"
            );
        }
    }
    // A proven server does not vouch for another token service.
    remote.reach_at(
        &format!("https://localhost:{}", address.port()),
        &ims,
        &["ca_file: ca.pem", "every: 0s"],
    );
    remote.run(&["sync"]).with(78).says(&["adobe.ims"]);
    assert_eq!(remote.proxy.asked(), [""; 0]);
    assert!(remote.asked_since(0).iter().all(|endpoint| *endpoint == Endpoint::Status));
    assert_eq!(remote.stamps(), Default::default());
}

#[test]
fn hasty_manners_are_refused_for_a_loopback_server_that_is_no_emulator() {
    let knobs = Knobs { environment: "production".into(), ..Knobs::unthrottled() };
    let seed = Seed::parse(&seed(&["Design"], &[user("anna", &[])])).expect("a good seed");
    let options = Options { knobs: Some(knobs), ..Options::seeded(seed) };
    let world = World::with(options, &person("anna", &[]));
    // The address is plain, so even Adobe's own manners need the proof.
    for manners in [&["every: 1h"][..], &["every: 0s", "pace: off"], &["pace: off"], &[]] {
        world.configure_with(manners, "groups: [{directory: design, adobe: [Design]}]\n");
        for arguments in [&["sync"][..], &["plan"]] {
            world
                .run(arguments)
                .with(78)
                .says(&["the environment `production`", "an emulator on this machine only"]);
        }
    }
    assert!(world.adobe.log().iter().all(|entry| entry.endpoint == Some(Endpoint::Status)));
}

#[test]
fn a_store_that_is_missing_is_made_by_plan_and_by_nobody_who_writes() {
    let remote = Remote::new();
    let path = remote.path("state/umsync.db");
    let shown = path.display().to_string();
    let refused = || {
        for arguments in [&["sync"][..], &["sync", "--test-mode"], &["status"]] {
            remote.run(arguments).with(78).says(&[&shown, "run `umsync plan`"]);
            assert!(!path.exists());
        }
    };
    refused();
    assert_eq!((remote.proxy.asked().len(), remote.requests()), (0, 0));
    remote.run(&["plan"]).with(0);
    assert!(path.exists());
    remote.run(&["sync"]).with(0);
    remote.is_in_step();

    // Lost: without it the two hours would be forgotten.
    std::fs::remove_dir_all(remote.path("state")).expect("it was there");
    refused();
    remote.saw(1, 1);
}
