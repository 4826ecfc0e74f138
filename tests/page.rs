//! A plan as a page: all of it in one file, and no name in it means anything.

use crate::support::{World, group, person, seed, user};

#[test]
fn a_page_tells_the_plan_and_no_name_in_it_means_anything() {
    let hostile = "<script>alert(1)</script>";
    let ldif = person("new", &[]).replace("givenName: new", &format!("givenName: {hostile}"))
        + &person("ann", &[])
        + &group("design", &["new", "ann"])
        + &group("video", &["ann"]);
    let users = [user("ann", &["Design"]), user("bob", &["Design"]), user("eve", &["Design"])];
    let mut adobe: serde_json::Value = serde_json::from_str(&seed(&["Design", "Video"], &users)).unwrap();
    adobe["groups"][1]["type"] = "PRODUCT_PROFILE".into();
    adobe["groups"][1]["quota"] = 0.into();
    let world = World::new(&adobe.to_string(), &ldif);
    world.configure(
        "groups:\n  - {directory: design, adobe: [Design]}\n  - {directory: video, adobe: [Video]}\nleavers: {action: remove, grace: 0s}\nlimits: {leave: 1}\nbaseline: accept\n",
    );
    let id = world.run(&["plan", "--json"]).with(3).json()["plan"]["id"].as_str().unwrap().to_owned();
    let ended = world.run(&["plan", "--format", "html"]).with(3);
    let page = ended.stdout.clone();
    ended.shows(&[
        "<!doctype html>",
        "1 account created, 2 memberships given: this is what the next run does; 2 changes are held back.",
        &format!("<code>umsync approve {id}</code>"),
        "2 users leaving the organization are more than the 1 allowed in one run",
        "&lt;script&gt;alert(1)&lt;/script&gt; Doe",
        "Find none left in Video",
        "Join Design",
        "<td>complete<td>",
        "<td>members<td>2 people in the groups, 0 unresolved",
    ]);
    for outside in ["<script", "src=", "href=", "http:", "https:", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert_eq!(page.matches("<details").count(), page.matches("</details>").count());
    world.run(&["plan", "--format", "html", "--json"]).with(64);
}
