//! What has cost other directory syncs their users, by the numbers of the study: reproduced against the whole program.
//! Unless a test says otherwise: the exit code is that of the cause, and nothing was sent.

/// The servers of the directory reader's own tests.
#[allow(dead_code, reason = "its own tests use the rest")]
#[path = "../crates/directory/tests/fake/mod.rs"]
pub(crate) mod fake;

mod openldap;
mod scripted;
mod sides;

use crate::support::World;
use std::fmt::Write as _;
use url::Url;

/// The program's configuration for a server without TLS, with these lines more for the directory, and `rest`.
fn configure(world: &World, servers: &[&Url], account: &str, lines: &[&str], rest: &str) {
    let servers: Vec<&str> = servers.iter().map(|url| url.as_str()).collect();
    let mut text = world.adobe_section(&["every: 0s", "pace: off"]);
    let _ = write!(
        text,
        "directory:\n  ldap:\n    servers: [{}]\n    starttls: false\n    bind: {{dn: \"{account}\", password: {{file: ldap.secret}}}}\n    base: dc=example,dc=com\n",
        servers.join(", ")
    );
    if !lines.iter().any(|line| line.starts_with("users:")) {
        text.push_str("    users: (objectClass=inetOrgPerson)\n");
    }
    for line in lines {
        let _ = writeln!(text, "    {line}");
    }
    let _ = write!(text, "people: {{country: US}}\nstate: sqlite:state/umsync.db\n{rest}");
    world.write("umsync.yaml", &text);
}

/// Whether every place is to be tried, and not only some.
fn long() -> bool {
    std::env::var_os("UMSYNC_TEST_LONG").is_some()
}

/// So many different numbers below `end`, the same every time, the first and the last among them; all of them in a long run.
fn some_of(end: usize, count: usize) -> Vec<usize> {
    if long() {
        return (0..end).collect();
    }
    let mut seed: u64 = 0x5eed;
    let mut numbers: Vec<usize> = (0..count)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).expect("31 bits") % end
        })
        .chain([0, end - 1])
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}
