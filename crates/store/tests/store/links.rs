//! Who is who, and who they were.

use crate::world::{ORG, Place, anchor, carried_out, emails, join, link, noon, set};
use std::collections::BTreeSet;
use std::time::Instant;
use umsync_engine::adobe::Identity;
use umsync_engine::directory::Anchor;
use umsync_engine::key::GroupName;
use umsync_engine::memory::{Known, KnownTexts};
use umsync_store::{Error, Given, Link, LinkRecord, Noted, Seen};

fn noted(value: &str, first: i64, last: i64) -> Noted {
    Noted { value: value.to_owned(), first_seen: noon(first), last_seen: noon(last) }
}

#[tokio::test]
async fn a_link_is_renewed_and_others_stay() {
    let place = Place::new();
    let store = place.store().await;
    let first = [link("1", "A", "Ann@Example.com"), link("2", "B", "bob@example.com")];
    store.note_links(ORG, &first, noon(0)).await.unwrap();
    let renewed = Link { identity: Identity::Adobe, ..link("1", "A", "anna@example.com") };
    store.note_links(ORG, &[link("1", "Z", "z@example.com"), renewed], noon(5)).await.unwrap();
    store.note_links(ORG, &[], noon(6)).await.unwrap();
    store.note_links("other", &[link("1", "Q", "ann@example.com")], noon(6)).await.unwrap();

    let store = place.reopened(store).await;

    let known = |id: &str, identity, email: &str, former: &[&str], uuid: &str, at| {
        let texts =
            KnownTexts { anchor: &anchor(uuid), id, email, dn: &format!("uid={uuid},dc=example,dc=com") };
        let mut known = Known::new(Some(identity), texts, noon(at));
        known.former = former.iter().map(|email| (*email).to_owned()).collect();
        known
    };
    let links = store.links(ORG).await.unwrap();
    let ann = known("A", Identity::Adobe, "anna@example.com", &["ann@example.com"], "1", 5);
    let bob = known("B", Identity::Federated, "bob@example.com", &[], "2", 0);
    assert_eq!(links, [ann, bob].into_iter().collect());
    assert!(store.drop_link(ORG, &anchor("2")).await.unwrap());
    assert!(!store.drop_link(ORG, &anchor("2")).await.unwrap());
    assert_eq!(store.links(ORG).await.unwrap().len(), 1);
    assert_eq!(store.links("other").await.unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_was_seen_as_before_is_renewed_and_nobody_comes_back() {
    let place = Place::new();
    let store = place.store().await;
    let all = [("1", "A"), ("2", "B"), ("3", "C")].map(|(uuid, id)| link(uuid, id, "ann@example.com"));
    store.note_links(ORG, &all, noon(0)).await.unwrap();
    store.drop_link(ORG, &anchor("3")).await.unwrap();
    store.still_seen(ORG, Seen::Only(&[anchor("1").as_str(), anchor("3").as_str()]), noon(5)).await.unwrap();
    store.still_seen("other", Seen::Only(&[anchor("2").as_str()]), noon(6)).await.unwrap();
    let links = store.links(ORG).await.unwrap();
    assert_eq!(links.anchors(), [anchor("1").as_str(), anchor("2").as_str()]);
    assert_eq!((links[&anchor("1")].seen_at, links[&anchor("2")].seen_at), (noon(5), noon(0)));
    assert_eq!(links[&anchor("1")].id(), "A");
}

#[tokio::test]
async fn a_link_tells_what_it_was() {
    let place = Place::new();
    let store = place.store().await;
    let moved = |email: &str, dn: &str| Link { dn: dn.to_owned(), ..link("1", "A", email) };
    for (email, dn, at) in [
        ("ann@example.com", "cn=ann,ou=a", 0),
        ("ann@example.com", "cn=ann,ou=a", 10),
        ("Ann@Example.com", "cn=ann,ou=b", 20),
        ("anna@example.com", "cn=ann,ou=b", 30),
        ("ann@example.com", "cn=ann,ou=b", 40),
    ] {
        store.note_links(ORG, &[moved(email, dn)], noon(at)).await.unwrap();
    }
    let story = store.link_story(ORG, &anchor("1")).await.unwrap().unwrap();
    assert_eq!(story.emails, [noted("ann@example.com", 0, 40), noted("anna@example.com", 30, 30)]);
    assert_eq!(story.dns, [noted("cn=ann,ou=a", 0, 10), noted("cn=ann,ou=b", 20, 40)]);
    assert_eq!((story.adobe_id.as_str(), story.email.as_str()), ("A", "ann@example.com"));
    assert_eq!(story.seen_at, noon(40));
    assert_eq!(store.link_story(ORG, &anchor("2")).await.unwrap(), None);
    // What is long past may be forgotten, what is may not.
    store.forget(noon(35)).await.unwrap();
    let story = store.link_story(ORG, &anchor("1")).await.unwrap().unwrap();
    assert_eq!(story.emails, [noted("ann@example.com", 0, 40)]);
    assert_eq!(story.dns, [noted("cn=ann,ou=b", 20, 40)]);
}

#[tokio::test]
async fn links_go_from_one_store_to_another() {
    let (place, other) = (Place::new(), Place::new());
    let store = place.store().await;
    store
        .note_links(ORG, &[link("1", "A", "ann@old.com"), link("2", "B", "bob@example.com")], noon(0))
        .await
        .unwrap();
    store.note_links(ORG, &[link("1", "A", "ann@example.com")], noon(5)).await.unwrap();
    carried_out(&store, "1", &[join("ann", "Design")]).await;
    let records = store.export_links(ORG).await.unwrap();
    assert_eq!(records[0].given, [Given { group: GroupName::new("Design"), at: noon(2) }]);
    assert_eq!(records[1].given, []);
    assert_eq!(records[0].emails, [noted("ann@old.com", 0, 0), noted("ann@example.com", 5, 5)]);

    let text = serde_json::to_string(&records).unwrap();
    let read: Vec<LinkRecord> = serde_json::from_str(&text).unwrap();
    let there = other.store().await;
    there
        .note_links(ORG, &[link("1", "X", "x@example.com"), link("3", "C", "cid@example.com")], noon(9))
        .await
        .unwrap();
    assert_eq!(there.import_links(ORG, &read).await.unwrap(), 1);

    let there = other.reopened(there).await;
    let after = there.export_links(ORG).await.unwrap();
    assert_eq!(after[..2], records);
    assert_eq!(after[2].anchor, anchor("3"), "others stay");
    assert_eq!(there.import_links(ORG, &read).await.unwrap(), 2);
    assert_eq!(there.export_links(ORG).await.unwrap(), after);
    // Nobody can say which of two is meant.
    let twice = [read[1].clone(), LinkRecord { adobe_id: "Z".to_owned(), ..read[1].clone() }];
    let error = there.import_links(ORG, &twice).await.unwrap_err();
    assert!(matches!(&error, Error::Twice { .. }), "{error}");
    assert!(error.to_string().contains("the link of entryuuid=2 comes twice"), "{error}");
    assert_eq!(there.export_links(ORG).await.unwrap(), after);
    // What people wrote by hand is folded, and what the link is now stands in its history.
    let by_hand = LinkRecord {
        email: "Dot@Example.com".to_owned(),
        emails: vec![noted("D@Example.com", 1, 2)],
        ..read[1].clone()
    };
    there.import_links(ORG, &[by_hand]).await.unwrap();
    assert_eq!(
        emails(&there.links(ORG).await.unwrap()[&anchor("2")]),
        set(&["d@example.com", "dot@example.com"])
    );
}

#[tokio::test]
async fn a_large_company_is_noted_quickly_when_nothing_is_new() {
    let place = Place::new();
    let store = place.store().await;
    let mut links: Vec<Link> =
        (0..100_000).map(|n| link(&format!("{n:06}"), "id", &format!("person{n}@example.com"))).collect();
    let mut took = Vec::new();
    for run in 0..3 {
        let begin = Instant::now();
        store.note_links(ORG, &links, noon(run)).await.unwrap();
        took.push(begin.elapsed());
        links[7].email = "new@example.com".to_owned();
    }
    let begin = Instant::now();
    let known = store.links(ORG).await.unwrap();
    took.push(begin.elapsed());
    assert_eq!(known.len(), 100_000);
    assert_eq!(emails(&known[&anchor("000007")]), set(&["new@example.com", "person7@example.com"]));
    assert!(known.iter().all(|link| link.seen_at == noon(2)));
    println!("first, changed, same, read: {took:?}");
}

/// How it is told which links were seen.
#[derive(Clone, Copy)]
enum Told {
    Those,
    TheOthers,
}

#[tokio::test]
async fn whoever_is_seen_with_most_others_has_their_moment_and_keeps_it() {
    for told in [Told::Those, Told::TheOthers] {
        seen_together(told).await;
    }
}

async fn seen_together(told: Told) {
    let place = Place::new();
    let store = place.store().await;
    // More than are read at once, and one whose place has the character that parts values.
    let of = |at: usize| Link {
        dn: format!("uid={at}\u{1f}x"),
        ..link(&at.to_string(), &format!("A{at}"), "ann@example.com")
    };
    let all: Vec<Link> = (0..4_500).map(of).collect();
    let anchors: Vec<Anchor> = all.iter().map(|link| link.anchor.clone()).collect();
    let seen = async |at: usize| store.links(ORG).await.unwrap()[&anchors[at]].seen_at;
    let see = async |those: &[Anchor], at| {
        let those: Vec<&str> = those.iter().map(Anchor::as_str).collect();
        let among: BTreeSet<&str> = those.iter().copied().collect();
        let others: Vec<&str> =
            anchors.iter().map(Anchor::as_str).filter(|anchor| !among.contains(anchor)).collect();
        let seen = match told {
            Told::Those => Seen::Only(&those),
            Told::TheOthers => Seen::AllBut(&others),
        };
        store.still_seen(ORG, seen, noon(at)).await.unwrap();
    };
    store.note_links("other", &all[..2], noon(0)).await.unwrap();
    store.note_links(ORG, &all[..3_000], noon(0)).await.unwrap();
    store.note_links(ORG, &all[1_000..], noon(1)).await.unwrap();
    assert_eq!((seen(0).await, seen(1_000).await, seen(4_499).await), (noon(0), noon(1), noon(1)));
    see(&anchors, 1).await;
    assert_eq!((seen(0).await, seen(4_499).await), (noon(1), noon(1)));
    // One entry that two directories give is one, and another one is missing.
    see(&[&anchors[1..], &anchors[1..2]].concat(), 2).await;
    assert_eq!((seen(0).await, seen(1).await), (noon(1), noon(2)));
    see(&anchors[1..], 2).await;
    assert_eq!((seen(0).await, seen(1).await, seen(4_499).await), (noon(1), noon(2), noon(2)));
    see(&anchors[..2], 3).await;
    assert_eq!((seen(0).await, seen(1).await, seen(2).await), (noon(3), noon(3), noon(2)));
    see(&anchors[2..], 4).await;
    assert_eq!((seen(0).await, seen(1).await, seen(2).await), (noon(3), noon(3), noon(4)));
    let links = store.links(ORG).await.unwrap();
    assert_eq!((links.len(), links[&anchors[7]].dn()), (4_500, "uid=7\u{1f}x"));
    assert_eq!(store.link_story(ORG, &anchors[2]).await.unwrap().unwrap().seen_at, noon(4));
    let others = store.links("other").await.unwrap();
    assert!(others.iter().all(|link| link.seen_at == noon(0)), "another organization's are its own");
}

#[tokio::test]
async fn whatever_was_noted_since_the_links_were_read_has_its_own_moment() {
    let place = Place::new();
    let store = place.store().await;
    let links: Vec<Link> =
        (0..9).map(|at| link(&at.to_string(), &format!("A{at}"), "ann@example.com")).collect();
    store.note_links(ORG, &links, noon(0)).await.unwrap();
    // One of them is renewed, and one more comes.
    let renewed = [link("1", "A1", "anna@example.com"), link("9", "A9", "new@example.com")];
    store.note_links(ORG, &renewed, noon(1)).await.unwrap();

    let unseen = [anchor("1"), anchor("2")];
    let unseen: Vec<&str> = unseen.iter().map(Anchor::as_str).collect();
    store.still_seen(ORG, Seen::AllBut(&unseen), noon(1)).await.unwrap();

    let links = store.links(ORG).await.unwrap();
    let seen = ["0", "1", "2", "3", "9"].map(|uuid| links[&anchor(uuid)].seen_at);
    assert_eq!(seen, [noon(1), noon(1), noon(0), noon(1), noon(1)]);
}
