use super::*;

const EVERY: Duration = LEAST_EVERY;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(30_000_000 + minutes)
}

fn gate() -> Gate {
    Gate::new(EVERY)
}

#[test]
fn a_new_store_is_open() {
    let opens = Gate::opens(&Stamps::default(), at(0), EVERY);
    assert_eq!(opens, Opens { listing: None, execution: None, silence: None });
}

#[test]
fn listing_opens_when_both_stamps_are_old() {
    let stamps = Stamps { users: Some(at(0)), groups: Some(at(-10)), ..Stamps::default() };
    let shut = Gate::opens(&stamps, at(60), EVERY).listing.unwrap();
    assert_eq!(shut, Shut { opens_at: at(120), why: Why::UsersListed(at(0)) });
    assert!(Gate::opens(&stamps, at(119), EVERY).listing.is_some());
    assert!(Gate::opens(&stamps, at(120), EVERY).listing.is_none());
    assert!(Gate::opens(&stamps, at(60), EVERY).execution.is_none());
}

#[test]
fn a_stamp_in_the_future_closes_once_and_no_longer() {
    let mut stamps = Stamps { users: Some(at(100_000)), ..Stamps::default() };
    assert_eq!(gate().list(&mut stamps, at(0)).unwrap_err().opens_at, at(120));
    assert_eq!(stamps.users, Some(at(0)));
    assert!(gate().list(&mut stamps, at(119)).is_err());
    let _permit = gate().list(&mut stamps, at(120)).unwrap();
}

#[test]
fn silence_closes_both_sides_for_four_hours_at_most() {
    let mut stamps = Stamps::default();
    let shut = gate().be_silent(&mut stamps, at(0), Duration::from_secs(u64::MAX));
    assert_eq!(shut.opens_at, at(240));
    let shorter = gate().be_silent(&mut stamps, at(1), Duration::from_secs(700));
    assert_eq!(shorter.opens_at, at(240));
    let opens = Gate::opens(&stamps, at(239), EVERY);
    assert!(opens.listing.is_some() && opens.execution.is_some() && opens.silence.is_some());
    assert!(Gate::opens(&stamps, at(240), EVERY).silence.is_none());
    stamps.closed_until = Some(at(10_000));
    gate().believe(&mut stamps, at(0));
    assert_eq!(stamps.closed_until, Some(at(240)));
}

#[test]
fn of_several_reasons_the_longest_is_named() {
    let stamps = Stamps { users: Some(at(-60)), closed_until: Some(at(30)), ..Stamps::default() };
    assert_eq!(Gate::opens(&stamps, at(0), EVERY).listing.unwrap().why, Why::UsersListed(at(-60)));
    let stamps = Stamps { closed_until: Some(at(90)), ..stamps };
    assert_eq!(Gate::opens(&stamps, at(0), EVERY).listing.unwrap().why, Why::Silence(at(90)));
}

#[test]
fn a_request_that_never_left_restores_the_former_stamp() {
    let former = Some(at(-500));
    let mut stamps = Stamps { groups: former, ..Stamps::default() };
    let permit = gate().list(&mut stamps, at(0)).unwrap();
    let (mut groups, _) = Stamping::groups(permit);
    groups.write(&gate(), &mut stamps, at(1)).unwrap();
    assert_eq!(stamps.groups, Some(at(1)));
    groups.take_back(&mut stamps);
    assert_eq!(stamps.groups, former);
    // Only once: nothing is left to take back.
    groups.take_back(&mut stamps);
    assert_eq!(stamps.groups, former);
}

#[test]
fn an_attempt_that_may_have_arrived_stays_stamped() {
    let mut stamps = Stamps::default();
    let permit = gate().list(&mut stamps, at(0)).unwrap();
    let (mut groups, _) = Stamping::groups(permit);
    groups.write(&gate(), &mut stamps, at(1)).unwrap();
    // The first left and was lost; the second, under the same stamp, never left.
    groups.write(&gate(), &mut stamps, at(2)).unwrap();
    assert_eq!(stamps.groups, Some(at(2)));
    groups.take_back(&mut stamps);
    assert_eq!(stamps.groups, Some(at(1)));
}

#[test]
fn who_stamps_first_has_it() {
    let mut stamps = Stamps::default();
    let (mut ours, _) = Stamping::groups(gate().list(&mut stamps, at(0)).unwrap());
    let (mut theirs, _) = Stamping::groups(gate().list(&mut stamps, at(0)).unwrap());
    theirs.write(&gate(), &mut stamps, at(1)).unwrap();
    let shut = ours.write(&gate(), &mut stamps, at(1)).unwrap_err();
    assert_eq!(shut.why, Why::GroupsListed(at(1)));
    assert_eq!(stamps.groups, Some(at(1)));
    // Nothing of ours is there to be taken back.
    ours.take_back(&mut stamps);
    assert_eq!(stamps.groups, Some(at(1)));
}

#[test]
fn an_execution_is_stamped_once_however_long_it_lasts() {
    let mut stamps = Stamps::default();
    let mut stamping = gate().execute(&mut stamps, at(0)).unwrap().stamping();
    stamping.write(&gate(), &mut stamps, at(0)).unwrap();
    stamping.write(&gate(), &mut stamps, at(90)).unwrap();
    assert_eq!(stamps.execution, Some(at(0)));
    stamping.take_back(&mut stamps);
    assert_eq!(stamps.execution, Some(at(0)));
}

#[test]
fn an_execution_that_another_has_begun_after_stops_the_first() {
    let mut stamps = Stamps::default();
    let mut first = gate().execute(&mut stamps, at(0)).unwrap().stamping();
    first.write(&gate(), &mut stamps, at(0)).unwrap();
    // Stopped for hours; alone, it may go on.
    first.write(&gate(), &mut stamps, at(200)).unwrap();
    let mut second = gate().execute(&mut stamps, at(201)).unwrap().stamping();
    second.write(&gate(), &mut stamps, at(201)).unwrap();
    let shut = first.write(&gate(), &mut stamps, at(202)).unwrap_err();
    assert_eq!(shut, Shut { opens_at: at(321), why: Why::Executed(at(201)) });
    assert!(first.was_lost(&shut));
    assert_eq!(first.is_held(&gate(), &stamps, at(202)), Err(shut));
    // Nothing of its own is there to be taken back, and it never comes to hold again.
    first.take_back(&mut stamps);
    assert_eq!(stamps.execution, Some(at(201)));
    assert_eq!(first.write(&gate(), &mut stamps, at(900)).unwrap_err().opens_at, at(900));
    second.write(&gate(), &mut stamps, at(900)).unwrap();
}

#[test]
fn a_stamp_that_is_gone_is_no_longer_ours() {
    let mut stamps = Stamps::default();
    let mut stamping = gate().execute(&mut stamps, at(0)).unwrap().stamping();
    stamping.write(&gate(), &mut stamps, at(0)).unwrap();
    stamps = Stamps::default();
    let shut = stamping.write(&gate(), &mut stamps, at(1)).unwrap_err();
    assert_eq!(shut, Shut { opens_at: at(1), why: Why::Executed(at(0)) });
    assert_eq!(stamps, Stamps::default());
}

#[test]
fn who_sets_its_own_stamp_back_keeps_it() {
    let mut stamps = Stamps::default();
    let mut stamping = gate().execute(&mut stamps, at(4)).unwrap().stamping();
    stamping.write(&gate(), &mut stamps, at(4)).unwrap();
    // The clock went back. Looking for a silence leaves the stamp alone, the next request rewrites it.
    gate().believe_silence(&mut stamps, at(0));
    assert_eq!(stamps.execution, Some(at(4)));
    stamping.write(&gate(), &mut stamps, at(0)).unwrap();
    assert_eq!(stamps.execution, Some(at(0)));
    stamping.write(&gate(), &mut stamps, at(1)).unwrap();
    // Where another has rewritten it, nobody can know whose it is.
    stamping.write(&gate(), &mut stamps, at(3)).unwrap();
    gate().believe(&mut stamps, at(-1));
    assert!(stamping.write(&gate(), &mut stamps, at(3)).is_err());
}

#[test]
fn an_execution_cut_short_goes_on_within_its_window_only() {
    let mut stamps = Stamps { execution: Some(at(0)), ..Stamps::default() };
    let permit = gate().go_on(&mut stamps, at(0), at(119)).unwrap().unwrap();
    permit.stamping().write(&gate(), &mut stamps, at(119)).unwrap();
    assert_eq!(stamps.execution, Some(at(0) + TURN));
    assert!(gate().go_on(&mut stamps, at(0), at(120)).unwrap().is_none());
    assert!(gate().go_on(&mut stamps, at(-1), at(10)).unwrap().is_none());
    assert!(gate().execute(&mut stamps, at(119)).is_err());
    stamps.closed_until = Some(at(60));
    assert!(gate().go_on(&mut stamps, at(0), at(10)).is_err());
}

#[test]
fn who_goes_on_with_an_execution_has_it() {
    let mut stamps = Stamps::default();
    let mut first = gate().execute(&mut stamps, at(0)).unwrap().stamping();
    first.write(&gate(), &mut stamps, at(0)).unwrap();
    let mut second = gate().go_on(&mut stamps, at(0), at(5)).unwrap().unwrap().stamping();
    let mut third = gate().go_on(&mut stamps, at(0), at(5)).unwrap().unwrap().stamping();
    // A permit alone takes nothing away.
    first.write(&gate(), &mut stamps, at(6)).unwrap();
    second.write(&gate(), &mut stamps, at(7)).unwrap();
    let shut = first.write(&gate(), &mut stamps, at(8)).unwrap_err();
    assert_eq!(shut.why, Why::Executed(at(0) + TURN));
    assert!(third.write(&gate(), &mut stamps, at(8)).is_err());
    second.write(&gate(), &mut stamps, at(9)).unwrap();
    assert_eq!(stamps.execution, Some(at(0) + TURN));
    // And so on, by the stamp that it began with.
    let mut fourth = gate().go_on(&mut stamps, at(0), at(10)).unwrap().unwrap().stamping();
    fourth.write(&gate(), &mut stamps, at(10)).unwrap();
    assert!(second.write(&gate(), &mut stamps, at(11)).is_err());
}

#[test]
fn the_reasons_read_well() {
    let shut = Shut { opens_at: at(120), why: Why::Executed(at(0)) };
    assert_eq!(
        shut.to_string(),
        "the gate is closed until 2027-01-15T10:00:00Z: the last execution began at 2027-01-15T08:00:00Z"
    );
}
