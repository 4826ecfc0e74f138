//! An Adobe that is far away: names that are not loopback, TLS, a proxy, and the machine's real clock.

use crate::support::proxy::Proxy;
use crate::support::store::EVERY;
use crate::support::{ORGANIZATION, World, group, person, seed, user};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::fmt::Write as _;
use std::ops::Deref;
use umsync_emulator::{DEFAULT_CLIENT, Endpoint, Options, Seed, Tls};
use umsync_store::{Missing, Purpose, Store};

/// Where the User Management API is.
pub(super) const SERVER: &str = "usermanagement.test.example";
/// Where tokens are given.
pub(super) const IMS: &str = "ims.test.example";

/// What is mapped: a sync of [`Remote::new`] sends two action requests, first the new group, then three people.
const RULES: &str = "groups:\n  - {directory: design, adobe: [Design]}\n  - {directory: video, adobe: [Video], create: true}\nbaseline: accept\n";

/// The action requests of one whole execution here.
pub(super) const WHOLE: usize = 2;

/// A world whose Adobe is reached by name.
pub(super) struct Remote {
    world: World,
    pub(super) proxy: Proxy,
}

impl Deref for Remote {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Remote {
    /// Anna joins Design, Bob is new, Carol moves from Design to Video, which is new. There is no store yet.
    pub(super) fn new() -> Self {
        let ldif = [
            person("anna", &[]),
            person("bob", &[]),
            person("carol", &[]),
            group("design", &["anna", "bob"]),
            group("video", &["carol"]),
        ];
        let users = [user("anna", &[]), user("carol", &["Design"]), user("dora", &["Other"])];
        let (ca, tls) = certificates();
        let seed = Seed::parse(&seed(&["Design", "Other"], &users)).expect("a good seed");
        // With Adobe's quota per minute: the pace of the program must fit into it.
        let options = Options { tls: Some(tls), ..Options::seeded(seed) };
        let world = World::with(options, &ldif.concat());
        world.write("ca.pem", &ca);
        let proxy = Proxy::start(&world.runtime, world.adobe.address());
        let remote = Self { world, proxy };
        remote.reach(&[]);
        remote
    }

    /// The same with a store in which nothing is remembered.
    pub(super) fn with_store() -> Self {
        let remote = Self::new();
        let opened = remote.runtime.block_on(async {
            let store = Store::open(remote.path("state/umsync.db"), Missing::Create).await?;
            store.close().await;
            Ok::<(), umsync_store::Error>(())
        });
        opened.expect("a new store");
        remote
    }

    /// The same after `umsync plan`, which listed.
    pub(super) fn planned() -> Self {
        let remote = Self::new();
        remote.run(&["plan"]).with(0).shows(&["bob@example.com"]);
        remote
    }

    /// Writes `umsync.yaml` with Adobe reached by name, through the proxy, with these manners.
    pub(super) fn reach(&self, manners: &[&str]) {
        let proxy = format!("proxy: {}", self.proxy.url());
        let mut lines = vec!["ca_file: ca.pem", &proxy];
        lines.extend(manners);
        self.reach_at(&format!("https://{SERVER}"), &format!("https://{IMS}"), &lines);
    }

    /// The same with other addresses and nothing but these lines.
    pub(super) fn reach_at(&self, server: &str, ims: &str, lines: &[&str]) {
        let mut adobe = format!(
            "adobe:\n  organization: {ORGANIZATION}\n  client_id: {DEFAULT_CLIENT}\n  client_secret: {{file: secret}}\n  server: {server}\n  ims: {ims}\n"
        );
        for line in lines {
            let _ = writeln!(adobe, "  {line}");
        }
        let directory = "directory:\n  ldif: {file: people.ldif, users: (objectClass=inetOrgPerson)}\n";
        self.write("umsync.yaml", &format!("{adobe}{directory}{RULES}state: sqlite:state/umsync.db\n"));
    }

    /// The time, which the program and Adobe agree on as long as nobody moves Adobe's clock.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.adobe.clock().now()
    }

    /// Lets time pass until the gate, which one run closed just now, opens in so long.
    pub(super) fn pass_until_it_opens_in(&self, left: TimeDelta) {
        let stamps = self.stamps();
        let last = [stamps.users, stamps.groups, stamps.execution].into_iter().flatten().max();
        self.pass(last.expect("a stamp") + EVERY - self.now() - left);
    }

    /// Panics unless nobody holds the lock.
    #[track_caller]
    pub(super) fn lock_is_free(&self) {
        self.while_somebody_lists(|| ());
    }

    /// Takes the lock as a run that lists, and lets it go again.
    #[track_caller]
    pub(super) fn while_somebody_lists(&self, meanwhile: impl FnOnce()) {
        let now = self.now();
        let store = self.runtime.block_on(self.store()).expect("a readable store");
        let lock = store.lock(ORGANIZATION, Purpose::Listing, "a test", now).expect("the lock is free");
        meanwhile();
        drop(lock);
        self.runtime.block_on(store.close());
    }

    /// What Adobe was asked since the first `number` requests, tokens included.
    pub(super) fn asked_since(&self, number: usize) -> Vec<Endpoint> {
        self.adobe.log()[number..].iter().filter_map(|entry| entry.endpoint).collect()
    }

    /// How many requests Adobe has had.
    pub(super) fn requests(&self) -> usize {
        self.adobe.log().len()
    }

    /// The pages of all users that were asked for, in order.
    pub(super) fn pages(&self) -> Vec<u64> {
        self.adobe.calls(Endpoint::Users).iter().filter_map(|entry| entry.page).collect()
    }

    /// Panics unless Adobe has been listed and executed at so often, with nothing refused and each listing whole.
    #[track_caller]
    pub(super) fn saw(&self, listings: usize, executions: usize) {
        let first = |endpoint| {
            let calls = self.adobe.calls(endpoint);
            calls.iter().filter(|entry| (entry.page, entry.status) == (Some(0), Some(200))).count()
        };
        let tests = self.adobe.calls(Endpoint::Action).iter().filter(|entry| entry.test_only).count();
        let told = self.adobe.log().iter().map(|entry| format!("{entry}\n")).collect::<String>();
        assert_eq!((first(Endpoint::Groups), first(Endpoint::Users)), (listings, listings), "{told}");
        assert_eq!(self.actions() - tests, executions * WHOLE, "{told}");
    }

    /// Panics unless Adobe holds what the directory says.
    #[track_caller]
    pub(super) fn is_in_step(&self) {
        assert_eq!(self.members("Design"), ["anna@example.com", "bob@example.com"]);
        assert_eq!(self.members("Video"), ["carol@example.com"]);
        assert_eq!(self.members("Other"), ["dora@example.com"]);
    }
}

/// A moment as the program writes it.
pub(super) fn shown(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// An authority's certificate, and one that it gave to both names.
fn certificates() -> (String, Tls) {
    let new_key = || KeyPair::generate().expect("a key");
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(authority, new_key()).expect("an authority");
    let names = [SERVER, IMS, "localhost"].map(str::to_owned);
    let params = CertificateParams::new(names).expect("good names");
    let key = new_key();
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    (issuer.pem(), Tls { certificates: certificate.pem(), key: key.serialize_pem() })
}
