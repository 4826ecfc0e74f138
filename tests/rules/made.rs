//! Groups that umsync makes at Adobe: with which product profiles, and which it never makes.

use super::REVIEWED;
use crate::support::{ORGANIZATION, World, group, person, user};
use serde_json::json;

fn world(groups: &str) -> World {
    let ldif = person("ann", &[]) + &person("bob", &[]) + &group("Design", &["ann"]);
    let profile = |name: &str| json!({"name": name, "type": "PRODUCT_PROFILE", "product": "Creative Cloud"});
    let seed = json!({
        "organization": ORGANIZATION,
        "domains": [{"domain": "example.com", "type": "federated", "login": "email"}],
        "groups": [profile("All Apps"), profile("Photoshop"), {"name": "Plain"}],
        "users": [user("bob", &[])],
    });
    let world = World::new(&seed.to_string(), &ldif);
    world.configure(&format!("groups:\n{groups}{REVIEWED}"));
    world
}

#[test]
fn a_group_that_is_made_has_its_product_profiles_and_its_description() {
    let world = world(
        "  - {directory: Design, adobe: [Artists], create: {profiles: [all apps, Photoshop], description: Made by hand}}\n",
    );
    world.run(&["sync", "--test-mode"]).with(0);
    assert!(world.adobe.members("Artists").is_none());
    world.run(&["sync"]).with(0).shows(&["+ Artists", "entitles its members to All Apps", "1 group created"]);
    let groups = world.adobe.groups();
    let made = groups.iter().find(|group| group.name == "Artists").expect("it was made");
    assert_eq!(made.profiles, ["All Apps", "Photoshop"]);
    assert_eq!(made.description.as_deref(), Some("Made by hand"));
    assert_eq!(world.members("Artists"), ["ann@example.com"]);
    let commands: usize =
        world.adobe.calls(umsync_emulator::Endpoint::Action).iter().map(|call| call.commands.len()).sum();
    assert_eq!(commands, 4, "one for the group and one for Ann, tried and sent");
    world.run(&["plan"]).with(0).shows(&["Everything is in step"]);
}

#[test]
fn a_group_that_is_there_keeps_what_it_has() {
    let world =
        world("  - {directory: Design, adobe: [Plain], create: {profiles: [All Apps], description: New}}\n");
    world.run(&["sync"]).with(0);
    let groups = world.adobe.groups();
    let plain = groups.iter().find(|group| group.name == "Plain").expect("it is there");
    assert!(plain.profiles.is_empty() && plain.description.is_none());
}

#[test]
fn what_is_no_product_profile_is_refused() {
    for (profile, told) in [("Nothing", "`Nothing`"), ("Plain", "`Plain`")] {
        let world = world(&format!(
            "  - {{directory: Design, adobe: [Artists], create: {{profiles: [{profile}]}}}}\n"
        ));
        world.run(&["sync"]).with(78).says(&["no product profile", told]);
        assert_eq!(world.actions(), 0);
    }
    let world = world(
        "  - {directory: Design, adobe: [A], create: {profiles: [_org_admin, _support_admin], name: x}}\n",
    );
    world.run(&["sync"]).with(78).says(&[
        "groups[0].create.profiles[0]: system administrators",
        "groups[0].create.profiles[1]: `_support_admin` is no product profile",
        "groups[0].create.name: unknown key",
    ]);
}

#[test]
fn roles_are_given_by_name_and_never_made() {
    let roles = "_support_admin, _deployment_admin, \"_admin_All Apps\", \"_product_admin_Creative Cloud\", \"_developer_All Apps\"";
    let world = world(&format!("  - {{directory: Design, adobe: [{roles}], create: true}}\n"));
    world.run(&["sync"]).with(0);
    let ann = world.adobe.user("ann@example.com").expect("she has an account");
    assert_eq!(ann.groups.len(), 5, "{:?}", ann.groups);
    world.configure(&format!(
        "groups:\n  - {{directory: Design, adobe: [_admin_Nothing, _made_up], create: true}}\n{REVIEWED}"
    ));
    world.run(&["sync"]).with(78).says(&["_admin_Nothing", "_made_up"]);
}
