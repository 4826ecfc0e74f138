//! One run at a time.

use crate::world::{ORG, Place, noon};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use umsync_store::{Busy, LockError, Missing, Purpose, Store};

fn busy(store: &Store) -> Busy {
    match store.lock(ORG, Purpose::Listing, "pid 2, plan", noon(60)) {
        Err(LockError::Busy(busy)) => busy,
        other => panic!("not busy: {other:?}"),
    }
}

#[tokio::test]
async fn who_meets_a_lock_is_told_by_whom_it_is_held_and_why() {
    let place = Place::new();
    let (one, two) = (place.store().await, place.store().await);

    let mut lock = one.lock(ORG, Purpose::Listing, "pid 1, sync", noon(0)).unwrap();
    let expected =
        Busy { purpose: Purpose::Listing, who: Some("pid 1, sync".to_owned()), since: Some(noon(0)) };
    assert_eq!(busy(&two), expected);
    assert_eq!(expected.to_string(), "another run (pid 1, sync) is listing since 2026-03-01T12:00:00Z");
    // The same process, too, is another run.
    assert_eq!(busy(&one), expected);

    lock.purpose(Purpose::Executing).unwrap();
    assert_eq!(busy(&two).purpose, Purpose::Executing);
    lock.purpose(Purpose::Listing).unwrap();
    assert_eq!(busy(&two), expected);

    drop(lock);
    two.lock(ORG, Purpose::Executing, "pid 2, sync", noon(60)).unwrap();
}

#[tokio::test]
async fn organizations_do_not_wait_for_each_other() {
    let place = Place::new();
    let store = place.store().await;
    let names = [ORG, "other@adobeorg", "a/b", "a_b", "a%2fb", "a b", "ä", "", ".."];
    let locks: Vec<_> =
        names.iter().map(|name| store.lock(name, Purpose::Listing, "pid 1", noon(0)).unwrap()).collect();
    assert_eq!(locks.len(), names.len());
}

#[tokio::test]
async fn a_holder_that_does_not_say_counts_as_executing() {
    let place = Place::new();
    let store = place.store().await;
    let _lock = store.lock(ORG, Purpose::Listing, "pid 1, sync", noon(0)).unwrap();
    let file = place.folder.path().join("umsync.db.1a2b3c@adobeorg.lock");
    let text = std::fs::read_to_string(&file).unwrap();
    for torn in ["", &text[..text.len() / 2], &format!("{text}\"}}"), "\u{0}\u{0}"] {
        std::fs::write(&file, torn).unwrap();
        assert_eq!(busy(&store), Busy { purpose: Purpose::Executing, who: None, since: None }, "{torn:?}");
    }
}

/// This test is also the process that it kills: started with this variable set, it takes the lock and waits.
const HOLD: &str = "UMSYNC_TEST_HOLD_LOCK";

#[tokio::test]
async fn a_killed_process_releases_its_lock() {
    if let Some(path) = std::env::var_os(HOLD) {
        let store = Store::open(path, Missing::Refuse).await.unwrap();
        let _lock = store.lock(ORG, Purpose::Executing, "the other process", noon(0)).unwrap();
        std::io::stdout().write_all(b"\nheld\n").unwrap();
        std::io::stdout().flush().unwrap();
        // Until the pipe closes, or until we are killed.
        std::io::stdin().read_line(&mut String::new()).unwrap();
        return;
    }
    let place = Place::new();
    let store = place.store().await;
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lock::a_killed_process_releases_its_lock", "--nocapture"])
        .env(HOLD, place.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(other.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "held"));
    assert_eq!(busy(&store).who.as_deref(), Some("the other process"));

    other.kill().unwrap();
    other.wait().unwrap();

    store.lock(ORG, Purpose::Listing, "pid 1, sync", noon(0)).unwrap();
}
