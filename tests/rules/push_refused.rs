//! What a configuration with `strategy: push` may not ask for: whatever takes something, or cannot be known without a
//! listing. Each is told with both places and what to write instead.

use crate::support::{World, group, person, seed};

/// A configuration whose strategy stands in line 11, and this after it.
fn world(strategy: &str, rest: &str) -> World {
    let world = World::new(&seed(&["Design"], &[]), &(person("anna", &[]) + &group("design", &["anna"])));
    let groups = "groups:\n  - {directory: design, adobe: [Design]}\n";
    let groups = if rest.contains("groups:\n") { "" } else { groups };
    world.configure(&format!("strategy: {strategy}\n{groups}{rest}"));
    world
}

#[test]
fn whatever_takes_something_or_needs_a_listing_is_refused_and_only_with_push() {
    for (rest, key, remedy) in [
        ("leavers: {action: remove-groups}\n", "leavers.action", "write `keep`"),
        ("leavers: {action: remove-all-groups}\n", "leavers.action", "write `keep`"),
        ("leavers: {action: remove}\n", "leavers.action", "write `keep`"),
        ("leavers: {action: delete}\n", "leavers.action", "write `keep`"),
        ("leavers: {write: left.csv}\n", "leavers.write", "remove this key"),
        ("leavers: {list: left.csv}\n", "leavers.list", "remove this key"),
        ("people: {create: nobody}\n", "people.create", "write `selected` or `mapped`"),
        ("people: {update: [first_name, email]}\n", "people.update", "write [first_name, last_name] or []"),
        ("people: {update: [first_name]}\n", "people.update", "write [first_name, last_name] or []"),
        ("people: {domains: [example.com]}\n", "people.domains", "remove this key"),
        ("people: {adobe_id_twin: manage}\n", "people.adobe_id_twin", "remove this key"),
        ("protect: {groups: [Keep]}\n", "protect.groups", "name the people under protect.users"),
        (
            "groups:\n  - {directory: design, adobe: [Design], mode: owned}\n",
            "groups[0].mode",
            "write `additive` or remove this key",
        ),
        (
            "groups:\n  - {directory: design, adobe: [New], create: {description: Text}}\n",
            "groups[0].create",
            "write `create: true`",
        ),
        ("limits: {create: 20%}\n", "limits.create", "write how many may be sent in one run"),
    ] {
        let world = world("push", rest);
        let ended = world.run(&["check", "--offline"]).with(78).says(&[
            "1 mistake",
            &format!(", {key}: `strategy: push` in line 11 "),
            remedy,
            "or write `strategy: sync` there",
        ]);
        assert!(ended.stderr.lines().any(|line| line.trim_start().starts_with("line ")), "{}", ended.stderr);
        assert!(world.adobe.log().is_empty());
        let told = self::world("sync", rest).run(&["check", "--offline"]);
        assert!(!told.stderr.contains("strategy"), "{rest}: {}", told.stderr);
    }
}

#[test]
fn what_takes_nothing_goes_together_with_it() {
    for rest in [
        "",
        "leavers: {action: keep, groups: [former]}\n",
        "people: {create: mapped, update: [last_name, first_name]}\n",
        "people: {update: []}\nmemberships: keep\n",
        "protect: {users: [\"vip@*\"], identities: [adobe], groups: []}\n",
        "groups:\n  - {directory: design, adobe: [Design], mode: additive, create: true}\n",
        "limits: {create: 5000, leave: 3%}\n",
        "limits: {create: off}\n",
    ] {
        let ended = world("push", rest).run(&["check", "--offline"]);
        assert!(!ended.stderr.contains("mistake"), "{rest}: {}", ended.stderr);
        assert_ne!(ended.code, 78, "{rest}: {}", ended.stderr);
    }
    world("pull", "").run(&["check", "--offline"]).with(78).says(&["`pull` is none of `sync`, `push`"]);
}
