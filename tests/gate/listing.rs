//! Which requests close the gate: those that left, and no others.

use super::remote::{Remote, SERVER, shown};
use crate::support::process::{hear, kill, until};
use crate::support::store::EVERY;
use chrono::TimeDelta;
use std::time::Duration;
use umsync_emulator::{Effect, Endpoint, Fault, Reply};

#[test]
fn a_listing_that_never_left_leaves_the_former_stamp() {
    let remote = Remote::with_store();
    let earlier = remote.now() - TimeDelta::hours(3);
    remote.change_stamps(|stamps| stamps.groups = Some(earlier));
    let former = remote.stamps();

    // Tokens come; to the API there is no way.
    remote.proxy.admit_only(SERVER, 0);
    let mut lost = remote.start(&["-v", "sync"]);
    hear(&mut lost, "trying again");
    assert_eq!(remote.proxy.refused(), 1);
    assert_eq!(remote.stamps(), former);
    kill(lost);

    remote.proxy.admit_all();
    remote.run(&["sync"]).with(0);
    remote.is_in_step();
    remote.saw(1, 1);
}

#[test]
fn an_execution_that_never_left_is_none() {
    let remote = Remote::with_store();
    // One connection for the groups, one for the users, none for the first action.
    remote.proxy.admit_only(SERVER, 2);
    let mut lost = remote.start(&["-v", "sync"]);
    hear(&mut lost, "trying again");
    assert_eq!(remote.proxy.refused(), 1);
    let stamps = remote.stamps();
    assert!(stamps.users.is_some() && stamps.execution.is_none(), "{stamps:?}");
    kill(lost);

    remote.proxy.admit_all();
    remote.run(&["sync"]).with(0).says(&["adobe known from the stored snapshot"]);
    remote.is_in_step();
    remote.saw(1, 1);
}

#[test]
fn a_page_zero_that_failed_three_times_keeps_its_stamp() {
    let remote = Remote::with_store();
    let busy = Effect::Refuse(Reply::status(503).retry_after(1));
    remote.adobe.faults().add(Fault::on(Endpoint::Users, busy));
    remote.run(&["sync"]).with(7).says(&["reading page 0 of the users"]);
    assert_eq!(remote.pages(), [0; 3]);
    let stamps = remote.stamps();
    let opens = stamps.users.expect("page 0 may have been counted") + EVERY;

    remote.adobe.faults().clear();
    let requests = remote.requests();
    for arguments in [&["plan"][..], &["sync"]] {
        remote
            .run(arguments)
            .with(8)
            .says(&[&format!("closed until {}", shown(opens)), "the users were listed"]);
    }
    assert_eq!(remote.asked_since(requests), [Endpoint::Token; 2]);
    assert_eq!(remote.stamps(), stamps);
}

#[test]
fn a_listing_cut_at_a_later_page_goes_on_there() {
    let remote = Remote::with_store();
    remote.adobe.with_knobs(|knobs| knobs.page_size_users = 2);
    let late = Effect::Replace(Reply::status(504).retry_after(1));
    remote.adobe.faults().add(Fault::on(Endpoint::Users, late).page(1).once());
    remote.run(&["sync"]).with(0);
    assert_eq!(remote.pages(), [0, 1, 1]);
    remote.is_in_step();
    remote.saw(1, 1);
}

#[test]
fn a_listing_that_a_crash_ended_counts_and_leaves_nothing_behind() {
    let remote = Remote::with_store();
    remote.adobe.with_knobs(|knobs| knobs.page_size_users = 2);
    let stuck = Effect::DelayReply(Duration::from_secs(600));
    remote.adobe.faults().add(Fault::on(Endpoint::Users, stuck).page(1));
    let listing = remote.start(&["sync"]);
    until("page 1 is asked for", || remote.pages() == [0, 1]);
    kill(listing);

    remote.lock_is_free();
    remote.adobe.faults().clear();
    let opens = remote.stamps().users.expect("page 0 was counted") + EVERY;
    // Two of three users are not a snapshot.
    for arguments in [&["sync"][..], &["plan"]] {
        remote.run(arguments).with(8).says(&[&format!("closed until {}", shown(opens))]);
    }
    assert_eq!(remote.pages(), [0, 1]);
    remote.pass(EVERY);
    remote.run(&["sync"]).with(0);
    remote.is_in_step();
    remote.saw(2, 1);
}
