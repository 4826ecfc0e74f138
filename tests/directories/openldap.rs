//! Two real servers.

use super::{OFF, configure, mails};
use crate::openldap::{ACCOUNT, BASE, Deed, OpenLdap, Options, PASSWORD};
use crate::support::{World, seed};
use std::fmt::Write as _;

/// Everybody is in `design`.
fn company(names: &[&str]) -> String {
    let mut ldif = String::new();
    for name in names {
        let _ = write!(
            ldif,
            "dn: uid={name},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\ngivenName: {name}\nsn: Doe\nmail: {name}@example.com\n\n"
        );
    }
    let _ = writeln!(ldif, "dn: cn=design,ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: design");
    for name in names {
        let _ = writeln!(ldif, "member: uid={name},ou=people,{BASE}");
    }
    ldif + "\n"
}

fn section(world: &World, name: &str, server: &OpenLdap) -> String {
    std::fs::copy(server.ca_file(), world.path(&format!("{name}.pem"))).unwrap();
    format!(
        "ldap:\n  servers: [{}]\n  ca_file: {name}.pem\n  bind: {{dn: \"{ACCOUNT}\", password: {{file: {name}.secret}}}}\n  base: {BASE}\n  users: (objectClass=inetOrgPerson)",
        server.ldaps_url()
    )
}

#[test]
fn d15_d30_of_two_servers_one_that_crashes_or_shuts_us_out_takes_nothing() {
    let world = World::new(&seed(&["Design"], &[]), "");
    // A container says farewell to its engine on a runtime.
    let _inside = world.runtime.enter();
    let start = |names: &[&str]| world.runtime.block_on(OpenLdap::start(&company(names), Options::default()));
    let (emea, apac) = (start(&["anna", "aron"]), start(&["bob", "bea"]));
    let rest = format!("people: {{country: US}}\ngroups: [{{directory: design, adobe: [Design]}}]\n{OFF}");
    for name in ["emea", "apac"] {
        world.write(&format!("{name}.secret"), PASSWORD);
    }
    configure(
        &world,
        &[("emea", &section(&world, "emea", &emea)), ("apac", &section(&world, "apac", &apac))],
        &rest,
    );
    world.run(&["check"]).with(0);
    world.run(&["sync"]).with(0).shows(&[
        "  directory  apac, ldaps://",
        "  directory  emea, ldaps://",
        "  read as    ",
    ]);
    let all = mails(&["anna", "aron", "bea", "bob"]);
    assert_eq!(world.members("Design"), all);

    // A password that was changed in one of them: three refusals, and the account rests, the other's does not.
    world.write("apac.secret", "wrong");
    for _ in 0..3 {
        world.run(&["sync"]).with(3).shows(&["  not read   apac: ", "and nobody counts as gone"]);
    }
    world.run(&["sync"]).with(3).shows(&["  not read   apac: the directory has refused"]);
    world.run(&["status"]).with(0).shows(&["account        of apac rests until"]);
    assert_eq!(world.members("Design"), all);
    world.write("apac.secret", PASSWORD);
    world.run(&["check"]).with(0);
    world.run(&["sync"]).with(0);

    // One is gone, and in the other somebody leaves the group and somebody the company.
    apac.crash();
    let gone = |deed| world.runtime.block_on(deed);
    gone(emea.administer(
        &format!("cn=design,ou=groups,{BASE}"),
        Deed::Take("member", &format!("uid=aron,ou=people,{BASE}")),
    ));
    world.run(&["sync"]).with(3).shows(&["  not read   apac: "]);
    assert_eq!(world.members("Design"), all);
    emea.crash();
    let before = (world.actions(), world.listings());
    world.run(&["sync"]).with(6).says(&["no directory could be read whole", "\n  apac: ", "\n  emea: "]);
    assert_eq!((world.actions(), world.listings()), before);
}
