//! A real OpenLDAP for one test: in a container where a Docker engine has the image, else as a process on loopback.
//!
//! `tests/openldap/image` builds the image. `UMSYNC_TEST_LDAP=docker` or `local` forces one kind; which one is used is
//! said once on stderr. Every server has its own data, certificates and ports, and ends with its test.

mod config;
mod docker;
mod load;
mod local;
mod proxy;

#[cfg(feature = "kerberos")]
pub(crate) use config::Extra;
#[cfg(not(feature = "kerberos"))]
use config::Extra;
pub(crate) use config::{Access, MemberOf, Options, Passwords, SizeLimit, Subschema, Validity};
pub(crate) use load::Deed;
pub(crate) use proxy::Proxy;

use config::Files;
use secrecy::SecretString;
use std::any::Any;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use url::Url;

/// Where the directory begins.
pub(crate) const BASE: &str = "dc=example,dc=com";

/// The account that reads; its limits are [`Options::size_limit`].
pub(crate) const ACCOUNT: &str = "cn=sync,dc=example,dc=com";

/// Its password.
pub(crate) const PASSWORD: &str = "correct horse";

/// A running server. It ends when it is dropped.
pub(crate) struct OpenLdap {
    host: String,
    port: u16,
    tls_port: u16,
    files: Files,
    /// Ends it as a crash does.
    crash: Box<dyn Fn() + Send + Sync>,
    /// The container or the process, which ends when it is dropped.
    _running: Box<dyn Any + Send + Sync>,
}

#[derive(Clone, Copy)]
enum Kind {
    Docker,
    Local,
}

impl OpenLdap {
    /// Starts a server and adds `ldif` below [`BASE`], which exists, with `ou=people`, `ou=groups` and [`ACCOUNT`].
    /// The entries are added one by one over LDAP, so that the memberOf overlay does its work.
    pub(crate) async fn start(ldif: &str, options: Options) -> Self {
        let server = match kind() {
            Kind::Docker => docker::start(options).await,
            Kind::Local => local::start(options, &Extra::default()).await,
        };
        load::load(&server.url(), ldif).await;
        server
    }

    /// The same as a process on loopback, whatever the kind of the others, with something more.
    #[cfg(feature = "kerberos")]
    pub(crate) async fn start_here(ldif: &str, extra: &Extra) -> Self {
        let server = local::start(Options::default(), extra).await;
        load::load(&server.url(), ldif).await;
        server
    }

    /// Adds a member, by its DN, to the group `cn=group,ou=groups`.
    pub(crate) async fn add_member(&self, group: &str, member: &str) {
        load::add_member(&self.url(), group, member).await;
    }

    /// Adds entries while it runs.
    pub(crate) async fn add(&self, ldif: &str) {
        load::add(&self.url(), ldif).await;
    }

    /// Does something to an entry as the administrator.
    pub(crate) async fn administer(&self, dn: &str, deed: Deed<'_>) {
        load::administer(&self.url(), dn, deed).await;
    }

    /// Ends the server at once, in the middle of whatever it is doing.
    pub(crate) fn crash(&self) {
        (self.crash)();
    }

    /// `ldap://`, for plain text and StartTLS.
    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("ldap://{}:{}", self.host, self.port)).unwrap()
    }

    /// `ldaps://`
    pub(crate) fn ldaps_url(&self) -> Url {
        Url::parse(&format!("ldaps://{}:{}", self.host, self.tls_port)).unwrap()
    }

    /// The authority that vouches for it, in PEM.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.files.file("ca.pem")
    }

    /// An authority that has nothing to do with it.
    pub(crate) fn wrong_ca_file(&self) -> PathBuf {
        self.files.file("wrong-ca.pem")
    }

    /// A certificate that it takes for [`ACCOUNT`]'s; `client.key` is its key, and that of the two below.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.files.file("client.pem")
    }

    /// A certificate of its authority for somebody who has no account.
    pub(crate) fn strangers_certificate(&self) -> PathBuf {
        self.files.file("stranger.pem")
    }

    /// A certificate for [`ACCOUNT`] of an authority that it does not trust.
    pub(crate) fn forged_certificate(&self) -> PathBuf {
        self.files.file("forged.pem")
    }

    /// The key of these certificates.
    pub(crate) fn key(&self) -> PathBuf {
        self.files.file("client.key")
    }

    /// The password of [`ACCOUNT`].
    pub(crate) fn password(&self) -> SecretString {
        PASSWORD.to_owned().into()
    }
}

fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).status().expect("it starts");
    assert!(status.success(), "{program} {arguments:?}: {status}");
}

fn kind() -> Kind {
    static KIND: OnceLock<Kind> = OnceLock::new();
    *KIND.get_or_init(|| {
        let (kind, name) = choose();
        // Not `eprintln!`: the test harness would keep it for itself.
        let _ = writeln!(std::io::stderr(), "OpenLDAP for the tests: {name}");
        kind
    })
}

fn choose() -> (Kind, String) {
    let docker = || (Kind::Docker, format!("Docker image {}", docker::image()));
    match std::env::var("UMSYNC_TEST_LDAP").ok().as_deref() {
        Some("docker") if docker::ready() => docker(),
        Some("docker") => {
            panic!("the Docker image {} is missing; build it with: tests/openldap/image", docker::image())
        }
        Some("local") | None => {
            if std::env::var_os("UMSYNC_TEST_LDAP").is_none() && docker::ready() {
                return docker();
            }
            let slapd = local::find().expect(
                "no OpenLDAP to test with; install it with: apt-get install -y slapd (or build the Docker image with: tests/openldap/image)",
            );
            (Kind::Local, slapd.display().to_string())
        }
        Some(other) => panic!("UMSYNC_TEST_LDAP is `{other}`; write `docker` or `local`, or leave it out"),
    }
}
