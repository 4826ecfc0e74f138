//! Countries of new accounts: the entry's, else the configured one; `UD` is Adobe's own affair; none is ever changed.

use super::{REVIEWED, emails};
use crate::support::{ORGANIZATION, World, group, person};
use serde_json::json;

const MAPPING: &str = "groups:\n  - {directory: Design, adobe: [Art]}\n";

/// Ann has a country in the directory, Bob has none, Cid's is none.
fn world(identity: &str, rules: &str) -> World {
    let entry = |name: &str, country: &str| person(name, &[]).replace("c: US\n", country);
    let ldif = entry("ann", "c: de\n") + &entry("bob", "") + &entry("cid", "c: Germany\n");
    let seed = json!({
        "organization": ORGANIZATION,
        "domains": [{"domain": "example.com", "type": identity, "login": "email"}],
        "groups": [{"name": "Art"}],
        "users": [],
    });
    let world = World::new(&seed.to_string(), &(ldif + &group("Design", &["ann", "bob", "cid"])));
    world.configure(&format!("{MAPPING}people: {{identity: {identity}{rules}}}\n{REVIEWED}"));
    world
}

fn country_of(world: &World, name: &str) -> String {
    world
        .adobe
        .user(&format!("{name}@example.com"))
        .expect("there is such a user")
        .country
        .unwrap_or_default()
}

#[test]
fn a_federated_account_without_a_country_is_not_made() {
    let world = world("federated", "");
    world.run(&["sync"]).with(0).shows(&[
        "bob@example.com",
        "needs a country",
        "cid@example.com",
        "`Germany`",
    ]);
    assert_eq!(emails(&world), ["ann@example.com"]);
    assert_eq!(country_of(&world, "ann"), "DE");
}

#[test]
fn the_configured_country_is_for_those_who_have_none() {
    let world = world("federated", ", country: FR");
    world.run(&["sync"]).with(0);
    assert_eq!(emails(&world), ["ann@example.com", "bob@example.com"]);
    assert_eq!((country_of(&world, "ann"), country_of(&world, "bob")), ("DE".to_owned(), "FR".to_owned()));
    // It is fixed when the account is made, whatever the entry says later.
    let ldif = person("ann", &[]) + &person("bob", &[]) + &group("Design", &["ann", "bob"]);
    world.write("people.ldif", &ldif);
    world.run(&["sync"]).with(0);
    assert_eq!((country_of(&world, "ann"), country_of(&world, "bob")), ("DE".to_owned(), "FR".to_owned()));
    world.run(&["plan"]).with(0).shows(&["Everything is in step"]);
}

#[test]
fn an_enterprise_account_without_a_country_has_an_undefined_one() {
    let world = world("enterprise", "");
    world.run(&["sync"]).with(0);
    assert_eq!(emails(&world), ["ann@example.com", "bob@example.com"]);
    assert_eq!((country_of(&world, "ann"), country_of(&world, "bob")), ("DE".to_owned(), "UD".to_owned()));
}
