//! Kerberos: a ticket instead of a password, from a real KDC, for a real OpenLDAP.

mod kdc;

use crate::ldap::{failure, group, look, names, people, read_it, settings};
use crate::openldap::{ACCOUNT, BASE, Extra, OpenLdap};
use crate::support::{Ended, World, ended, seed, user};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kdc::{Kdc, REALM, client_of, file};
use std::ffi::OsString;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use umsync_directory::Admission;
use umsync_directory::ldap::{
    Bind, Encryption, Failure, Kerberos, Members, Phase, Settings, Timeouts, Trouble,
};
use umsync_engine::directory::Wanted;
use url::Url;

/// The account that reads, as Kerberos calls it.
const PRINCIPAL: &str = "umsync@EXAMPLE.COM";
/// The server, which is `localhost` in every URL here.
const SERVICE: &str = "ldap/localhost";

/// A realm, and a directory that believes it.
struct Office {
    kdc: Kdc,
    ldap: Option<OpenLdap>,
    keytab: PathBuf,
}

impl Office {
    /// Its server takes tickets for these alone that were fetched for this very TLS connection.
    async fn open(ldif: &str) -> Self {
        Self::open_with(ldif, "sasl-cbinding tls-endpoint\n").await
    }

    async fn open_with(ldif: &str, lines: &str) -> Self {
        let kdc = Kdc::start(&["umsync", "somebody", SERVICE]);
        let mut environment = kdc.environment();
        environment.push(("KRB5_KTNAME", file(&kdc.keytab(SERVICE, "ldap.keytab"))));
        environment.push(("KRB5RCACHENAME", "none:".into()));
        let lines = format!(
            "sasl-host localhost\nsasl-realm {REALM}\nauthz-regexp \"^uid=umsync,.*cn=gssapi,cn=auth$\" \"{ACCOUNT}\"\n{lines}"
        );
        let ldap = OpenLdap::start_here(ldif, &Extra { lines, environment }).await;
        let keytab = kdc.keytab("umsync", "umsync.keytab");
        Self { kdc, ldap: Some(ldap), keytab }
    }

    fn ldap(&self) -> &OpenLdap {
        self.ldap.as_ref().expect("it runs until the office is closed")
    }

    /// Reads over TLS with this ticket.
    fn by(&self, url: Url, principal: Option<&str>, keytab: Option<&Path>) -> Settings {
        let principal = principal.map(str::to_owned);
        let mut environment = vec![("KRB5_CONFIG", self.kdc.path("krb5.conf").into())];
        if keytab.is_none() {
            environment = self.kdc.environment();
        }
        let kerberos = Kerberos { principal, keytab: keytab.map(Path::to_owned), agent: agent(environment) };
        Settings {
            encryption: Encryption::StartTls,
            bind: Bind::Kerberos(kerberos),
            ..settings(self.ldap(), &[url], Members::Member)
        }
    }

    fn by_keytab(&self) -> Settings {
        self.by(self.ldap().ldaps_url(), Some(PRINCIPAL), Some(&self.keytab))
    }

    /// What keeps this account from being let in.
    async fn trouble(&self, principal: Option<&str>, keytab: Option<&Path>) -> Trouble {
        trouble(&self.by(self.ldap().ldaps_url(), principal, keytab)).await
    }
}

/// The program as the agent, with this environment.
fn agent(environment: Vec<(&str, OsString)>) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["env".into()];
    words.extend(environment.into_iter().map(|(name, value)| {
        let mut word = OsString::from(format!("{name}="));
        word.push(value);
        word
    }));
    words.extend([env!("CARGO_BIN_EXE_umsync"), "kerberos-agent"].map(OsString::from));
    words
}

async fn trouble(settings: &Settings) -> Trouble {
    let (phase, reason) = failure(read_it(settings, &[]).await);
    assert!(matches!(phase, Phase::BindByKerberos { .. }), "{phase}: {reason}");
    let Failure::Kerberos { trouble, detail } = &reason else { panic!("{reason:?}") };
    // The library's words, on one line, without the sentence that says nothing.
    assert!(!detail.contains("Unspecified GSS failure") && !detail.contains('\n'), "{detail}");
    *trouble
}

async fn admission(settings: &Settings) -> Admission {
    read_it(settings, &[]).await.unwrap_err().admission()
}

#[tokio::test]
async fn a_ticket_is_an_account() {
    let office = Office::open(&(people(0..300) + &group("all", &names(&["p0", "p1"])))).await;
    let cache = office.kdc.ticket("umsync", &office.keytab, "umsync.ccache", &[]);
    for url in [office.ldap().ldaps_url(), office.ldap().url()] {
        let by_keytab = office.by(url.clone(), Some(PRINCIPAL), Some(&office.keytab));
        assert_eq!(read_it(&by_keytab, &["all"]).await.unwrap().entries.len(), 300, "{url}");
        let report = look(&by_keytab, &Wanted::default()).await;
        assert_eq!(
            report.servers[0].identity.as_deref(),
            Some(format!("dn:{ACCOUNT}").as_str()),
            "{report:?}"
        );

        for principal in [None, Some(PRINCIPAL), Some("umsync")] {
            let mut environment = office.kdc.environment();
            environment.push(("KRB5CCNAME", file(&cache)));
            let kerberos =
                Kerberos { principal: principal.map(str::to_owned), keytab: None, agent: agent(environment) };
            let by_cache = Settings { bind: Bind::Kerberos(kerberos), ..by_keytab.clone() };
            assert_eq!(read_it(&by_cache, &[]).await.unwrap().entries.len(), 300, "{url}");
        }
    }
    // With a keytab no cache is written, nor needed.
    assert!(!office.kdc.path("default.ccache").exists());
}

#[tokio::test]
async fn a_ticket_is_shown_over_tls_only() {
    let office = Office::open(&people(0..3)).await;
    let plain = Settings {
        encryption: Encryption::Plain,
        ..office.by(office.ldap().url(), Some(PRINCIPAL), Some(&office.keytab))
    };
    let error = read_it(&plain, &[]).await.unwrap_err();
    assert!(error.to_string().contains("over TLS only"), "{error}");
}

#[tokio::test]
async fn a_ticket_is_good_for_one_tls_connection_alone() {
    let office = Office::open(&people(0..3)).await;
    let good = office.by_keytab();
    read_it(&good, &[]).await.unwrap();
    // As if somebody with a certificate of their own stood between: the agent is told of another one.
    let Bind::Kerberos(kerberos) = &good.bind else { panic!("{good:?}") };
    let other = "exec \"${@:1:$#-1}\" dGxzLXNlcnZlci1lbmQtcG9pbnQ6b3RoZXI=";
    let mut words: Vec<OsString> = ["bash", "-c", other, "bash"].map(OsString::from).to_vec();
    words.extend(kerberos.agent.clone());
    let kerberos = Kerberos { agent: words, ..kerberos.clone() };
    let between = Settings { bind: Bind::Kerberos(kerberos), ..good };
    let (phase, reason) = failure(read_it(&between, &[]).await);
    assert!(matches!(phase, Phase::BindByKerberos { .. }), "{phase}: {reason}");
    assert!(matches!(reason, Failure::TicketRefused(_)), "{reason:?}");
    assert!(reason.to_string().contains("the server's keytab"), "{reason}");
}

#[tokio::test]
async fn why_there_is_no_ticket_is_told() {
    let mut office = Office::open(&people(0..3)).await;
    let (keytab, nothing) = (office.keytab.clone(), office.kdc.path("nothing.keytab"));
    assert_eq!(office.trouble(None, None).await, Trouble::NoTicket);
    assert_eq!(office.trouble(Some("somebody"), Some(&keytab)).await, Trouble::NoKey);
    assert_eq!(office.trouble(Some(PRINCIPAL), Some(&nothing)).await, Trouble::NoKey);

    let somebody = office.kdc.keytab("somebody", "somebody.keytab");
    let as_somebody = office.by(office.ldap().ldaps_url(), Some("somebody"), Some(&somebody));
    // Let in, and not let read.
    let (phase, reason) = failure(read_it(&as_somebody, &[]).await);
    assert!(!matches!(phase, Phase::BindByKerberos { .. }), "{phase}: {reason}");
    for (deed, expected) in [
        ("modprinc -allow_tix somebody", Trouble::Revoked),
        ("modprinc +allow_tix -expire yesterday somebody", Trouble::Revoked),
        ("modprinc -expire never -pwexpire yesterday somebody", Trouble::PasswordExpired),
        ("cpw -randkey somebody", Trouble::WrongKey),
        ("delprinc -force somebody", Trouble::UnknownPrincipal),
    ] {
        office.kdc.administer(deed);
        assert_eq!(trouble(&as_somebody).await, expected, "{deed}");
        // The KDC may count it.
        assert!(matches!(admission(&as_somebody).await, Admission::Refused { .. }), "{deed}");
    }

    let cache = office.kdc.ticket("umsync", &keytab, "short.ccache", &["-l", "1s"]);
    let mut environment = office.kdc.environment();
    environment.push(("KRB5CCNAME", file(&cache)));
    let kerberos = Kerberos { principal: None, keytab: None, agent: agent(environment) };
    let by_cache = Settings { bind: Bind::Kerberos(kerberos), ..office.by_keytab() };
    // It ends somewhere in the next second, for the KDC a little later.
    let begun = Instant::now();
    while read_it(&by_cache, &[]).await.is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the ticket does not expire");
    }
    assert_eq!(trouble(&by_cache).await, Trouble::Expired);
    assert_eq!(admission(&by_cache).await, Admission::Unknown);

    // The server's own key was changed, and its keytab was not.
    let good = office.by_keytab();
    office.kdc.administer(&format!("cpw -randkey {SERVICE}"));
    let (_, reason) = failure(read_it(&good, &[]).await);
    assert!(matches!(reason, Failure::TicketRefused(_)), "{reason:?}");

    office.kdc.administer(&format!("delprinc -force {SERVICE}"));
    assert_eq!(trouble(&good).await, Trouble::UnknownService);
    assert_eq!(admission(&good).await, Admission::Unknown);

    office.kdc.stop();
    assert_eq!(trouble(&good).await, Trouble::NoKdc);
    assert_eq!(admission(&good).await, Admission::Unknown);
}

#[test]
fn a_server_that_cannot_prove_itself_is_told_nothing_more() {
    let kdc = Kdc::start(&["umsync", SERVICE]);
    let keytab = kdc.keytab("umsync", "umsync.keytab");
    // Nothing, nonsense, and a KRB-ERROR that says KDC_ERR_PREAUTH_FAILED, which would be a KDC's to say.
    let mut error = b"\x60\x65\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x03\x00".to_vec();
    error.extend(b"\x7e\x56\x30\x54\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x1e\xa4\x11\x18\x0f20260101000000Z");
    error.extend(b"\xa5\x03\x02\x01\x00\xa6\x03\x02\x01\x18\xa9\x0d\x1b\x0bEXAMPLE.COM");
    error.extend(b"\xaa\x1c\x30\x1a\xa0\x03\x02\x01\x03\xa1\x13\x30\x11\x1b\x04ldap\x1b\x09localhost");
    for answer in [b"".as_slice(), b"nonsense", &error] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_umsync"));
        command.args(["kerberos-agent", "--service", SERVICE, "--principal", PRINCIPAL]);
        command
            .envs(kdc.environment())
            .env("KRB5_CLIENT_KTNAME", file(&keytab))
            .env("KRB5CCNAME", "MEMORY:us");
        let mut agent = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let line = STANDARD.encode(answer) + "\n";
        agent.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
        let said = String::from_utf8(agent.wait_with_output().unwrap().stdout).unwrap();
        let lines: Vec<&str> = said.lines().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(lines, ["say", "no"], "{said}");
        assert!(said.contains("\nno unproven "), "{said}");
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_of() {
    let office = Office::open(&people(0..3)).await;
    // Unless told otherwise the library goes by the KDC's clock, and ours does not matter.
    let conf = std::fs::read_to_string(office.kdc.path("krb5.conf")).unwrap();
    let strict = office.kdc.path("strict.conf");
    std::fs::write(&strict, conf.replace("[libdefaults]\n", "[libdefaults]\n kdc_timesync = 0\n")).unwrap();
    let good = office.by_keytab();
    let late = |conf: PathBuf| {
        let mut words: Vec<OsString> = ["faketime", "-f", "+1h"].map(OsString::from).to_vec();
        words.extend(agent(vec![("KRB5_CONFIG", conf.into())]));
        let kerberos = Kerberos {
            principal: Some(PRINCIPAL.to_owned()),
            keytab: Some(office.keytab.clone()),
            agent: words,
        };
        Settings { bind: Bind::Kerberos(kerberos), ..good.clone() }
    };
    read_it(&late(office.kdc.path("krb5.conf")), &[]).await.unwrap();
    assert_eq!(trouble(&late(strict)).await, Trouble::Skew);
}

#[tokio::test]
async fn a_ticket_of_nobody_in_particular_is_refused() {
    let office =
        Office::open_with(&people(0..3), "authz-regexp \"^uid=somebody,.*cn=gssapi,cn=auth$\" \"\"\n").await;
    let keytab = office.kdc.keytab("somebody", "somebody.keytab");
    let as_somebody = office.by(office.ldap().ldaps_url(), Some("somebody"), Some(&keytab));
    let (phase, reason) = failure(read_it(&as_somebody, &[]).await);
    assert!(matches!(phase, Phase::BindByKerberos { .. }), "{phase}: {reason}");
    assert!(matches!(reason, Failure::NobodyByTicket), "{reason:?}");
}

#[tokio::test]
async fn a_kdc_that_says_nothing_is_not_waited_for() {
    let office = Office::open(&people(0..3)).await;
    // It takes connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let conf = office.kdc.path("silent.conf");
    std::fs::write(&conf, client_of(silent.local_addr().unwrap().port())).unwrap();
    let kerberos = Kerberos {
        principal: Some(PRINCIPAL.to_owned()),
        keytab: Some(office.keytab.clone()),
        agent: agent(vec![("KRB5_CONFIG", conf.into())]),
    };
    let patience = Duration::from_secs(1);
    let settings = Settings {
        bind: Bind::Kerberos(kerberos),
        timeouts: Timeouts { bind: patience, ..Timeouts::default() },
        ..office.by_keytab()
    };
    assert_eq!(trouble(&settings).await, Trouble::Slow(patience));
}

#[tokio::test]
async fn a_server_that_wants_its_own_layer_inside_tls_is_told_of() {
    let office = Office::open_with(&people(0..3), "sasl-secprops minssf=300,maxssf=400\n").await;
    let (_, reason) = failure(read_it(&office.by_keytab(), &[]).await);
    assert!(matches!(reason, Failure::Kerberos { trouble: Trouble::NoPlainLayer, detail: _ }), "{reason:?}");
    assert!(reason.to_string().contains("minssf"), "{reason}");
}

const ANNA: &str = "dn: uid=anna,ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: anna\ncn: Anna\nsn: Doe\n\
    mail: anna@example.com\n\ndn: cn=design,ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: design\n\
    member: uid=anna,ou=people,dc=example,dc=com\n\n";

/// A program whose directory is this office's.
struct Customer {
    office: Office,
    world: World,
}

impl Customer {
    fn new() -> Self {
        let world = World::new(&seed(&["Design"], &[user("anna", &[])]), "");
        let office = world.runtime.block_on(Office::open(ANNA));
        std::fs::copy(office.ldap().ca_file(), world.path("ca.pem")).unwrap();
        std::fs::copy(&office.keytab, world.path("umsync.keytab")).unwrap();
        Self { office, world }
    }

    fn configure(&self, bind: &str) {
        let adobe = self.world.adobe_section(&["every: 0s", "pace: off"]);
        let url = self.office.ldap().ldaps_url();
        let text = format!(
            "{adobe}directory:\n  ldap:\n    servers: [{url}]\n    bind: {bind}\n    base: {BASE}\n    users: (objectClass=inetOrgPerson)\n    ca_file: ca.pem\n\
             people: {{country: US}}\ngroups: [{{directory: design, adobe: [Design]}}]\nstate: sqlite:state/umsync.db\n"
        );
        self.world.write("umsync.yaml", &text);
    }

    fn run(&self, arguments: &[&str], more: &[(&str, OsString)]) -> Ended {
        let mut command = self.world.command(arguments);
        command.envs(self.office.kdc.environment()).envs(more.iter().cloned());
        ended(command)
    }
}

impl Drop for Customer {
    fn drop(&mut self) {
        // A server says farewell on a runtime.
        let _inside = self.world.runtime.enter();
        self.office.ldap.take();
    }
}

#[test]
fn the_program_binds_by_keytab_and_by_credential_cache() {
    let customer = Customer::new();
    customer.configure("{kerberos: {principal: umsync@EXAMPLE.COM, keytab: umsync.keytab}}");
    let connected = format!("connected as dn:{ACCOUNT}");
    customer.run(&["check"], &[]).with(0).shows(&[&connected, "cn=design"]);
    let plan = customer.run(&["plan"], &[]).with(0);
    assert!(plan.stdout.contains(ACCOUNT), "{}", plan.stdout);
    customer.run(&["sync"], &[]).with(0);
    assert_eq!(customer.world.members("Design"), ["anna@example.com"]);

    // A credential of systemd's, whose place is known to the unit alone.
    customer.configure("{kerberos: {principal: umsync@EXAMPLE.COM, keytab: {credential: keytab}}}");
    customer.run(&["plan"], &[]).with(78).says(&["bind.kerberos.keytab", "CREDENTIALS_DIRECTORY"]);
    std::fs::create_dir(customer.world.path("credentials")).unwrap();
    std::fs::copy(&customer.office.keytab, customer.world.path("credentials/keytab")).unwrap();
    let credentials = ("CREDENTIALS_DIRECTORY", customer.world.path("credentials").into());
    customer.run(&["plan"], &[credentials]).with(0);

    customer.configure("{kerberos: {}}");
    customer.run(&["plan"], &[]).with(6).says(&[
        "there is no Kerberos ticket",
        "kinit",
        "in the credential cache",
    ]);
    let cache = customer.office.kdc.ticket("umsync", &customer.office.keytab, "mine.ccache", &[]);
    customer.run(&["check"], &[("KRB5CCNAME", file(&cache))]).with(0).shows(&[&connected]);
}

#[test]
fn d4_a_keytab_whose_password_was_changed_rests_for_an_hour() {
    let customer = Customer::new();
    customer.configure("{kerberos: {principal: umsync@EXAMPLE.COM, keytab: umsync.keytab}}");
    customer.run(&["plan"], &[]).with(0);
    customer.office.kdc.administer("cpw -randkey umsync");
    for _ in 0..3 {
        let words = ["cannot bind by Kerberos as `umsync@EXAMPLE.COM`", "write the keytab anew"];
        customer.run(&["plan"], &[]).with(6).says(&words);
    }
    customer.run(&["plan"], &[]).with(6).says(&["umsync@EXAMPLE.COM", "3 times in a row"]);
    std::fs::copy(customer.office.kdc.keytab("umsync", "new.keytab"), customer.world.path("umsync.keytab"))
        .unwrap();
    customer.run(&["check"], &[]).with(0);
    customer.run(&["plan"], &[]).with(0);
}

#[test]
fn mistakes_about_kerberos_are_named() {
    let world = World::new(&seed(&["Design"], &[]), "");
    let wrong = |server: &str, lines: &str, words: &[&str]| {
        let text = format!(
            "{}directory:\n  ldap:\n    servers: [{server}]\n    base: {BASE}\n    users: (mail=*)\n    {lines}\ngroups: [{{directory: design, adobe: [Design]}}]\nstate: sqlite:state/umsync.db\n",
            world.adobe_section(&[])
        );
        world.write("umsync.yaml", &text);
        world.run(&["plan"]).with(78).says(words);
    };
    let ldaps = "ldaps://dc1.example.com";
    world.write("a.keytab", "");
    wrong(ldaps, "bind: {kerberos: true}", &["directory.ldap.bind.kerberos: keys and values belong here"]);
    wrong(ldaps, "bind: {kerberos: {keytab: a.keytab}}", &["bind.kerberos.principal: missing", "whose key"]);
    wrong(ldaps, "bind: {kerberos: {principal: a b}}", &["bind.kerberos.principal", "is no principal"]);
    wrong(ldaps, "bind: {kerberos: {realm: A}}", &["realm"]);
    wrong(
        ldaps,
        "bind: {kerberos: {principal: a, keytab: no.keytab}}",
        &["bind.kerberos.keytab: ", "no.keytab: No such file"],
    );
    wrong(ldaps, "bind: {kerberos: {principal: a, keytab: {env: A}}}", &["keytab: a keytab is a file"]);
    wrong(
        ldaps,
        "bind: {kerberos: {}, dn: \"cn=a\", password: {file: a.keytab}}",
        &["directory.ldap.bind: either dn and password belong here, or certificate and key, or kerberos"],
    );
    wrong(
        "ldap://dc1.example.com",
        "starttls: false\n    bind: {kerberos: {}}",
        &["directory.ldap.bind: Kerberos is used over TLS only"],
    );
}
