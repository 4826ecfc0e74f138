//! A realm for one test: MIT's KDC on loopback, with all of its files in a folder.

use crate::support::process::until;
use std::ffi::OsString;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

pub(super) const REALM: &str = "EXAMPLE.COM";

/// A running realm. It ends when it is dropped.
pub(super) struct Kdc {
    folder: TempDir,
    port: u16,
    running: Option<Child>,
}

impl Drop for Kdc {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Kdc {
    /// Starts a realm with these principals, whose keys nobody knows.
    pub(super) fn start(principals: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut kdc = Self { folder: TempDir::new().unwrap(), port, running: None };
        let folder = kdc.folder.path().display();
        let client = client_of(port);
        let server = format!(
            "[kdcdefaults]\n kdc_listen = \"\"\n kdc_tcp_listen = 127.0.0.1:{port}\n[realms]\n {REALM} = {{\n  database_name = {folder}/principal\n  \
             key_stash_file = {folder}/stash\n  acl_file = {folder}/acl\n  max_life = 10h\n  \
             supported_enctypes = aes256-cts-hmac-sha1-96:normal\n }}\n\
             [logging]\n kdc = FILE:{folder}/kdc.log\n"
        );
        std::fs::write(kdc.path("krb5.conf"), client).unwrap();
        std::fs::write(kdc.path("kdc.conf"), server).unwrap();
        std::fs::write(kdc.path("acl"), "").unwrap();
        kdc.run("kdb5_util", &["-r", REALM, "-P", "master", "create", "-s"]);
        for principal in principals {
            kdc.administer(&format!("addprinc -randkey {principal}"));
        }
        kdc.open();
        kdc
    }

    /// Starts the KDC itself.
    fn open(&mut self) {
        let mut command = self.command("krb5kdc");
        command.arg("-n").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.running = Some(command.spawn().unwrap());
        let port = self.port;
        until("the KDC answers", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    /// Ends the KDC; what it keeps stays.
    pub(super) fn stop(&mut self) {
        if let Some(mut child) = self.running.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// A file of the realm.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What tells programs of this realm.
    pub(super) fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("KRB5_CONFIG", self.path("krb5.conf").into()),
            ("KRB5_KDC_PROFILE", self.path("kdc.conf").into()),
            // Not the caches and keytabs of whoever runs the tests.
            ("KRB5CCNAME", file(&self.path("default.ccache"))),
            ("KRB5_CLIENT_KTNAME", file(&self.path("default.keytab"))),
        ]
    }

    /// Does what an administrator does.
    pub(super) fn administer(&self, query: &str) {
        self.run("kadmin.local", &["-r", REALM, "-q", query]);
    }

    /// Writes the present keys of a principal into a keytab.
    pub(super) fn keytab(&self, principal: &str, name: &str) -> PathBuf {
        let keytab = self.path(name);
        self.administer(&format!("ktadd -norandkey -k {} {principal}", keytab.display()));
        keytab
    }

    /// Fetches a ticket into a cache, by a keytab.
    pub(super) fn ticket(&self, principal: &str, keytab: &Path, cache: &str, more: &[&str]) -> PathBuf {
        let cache = self.path(cache);
        let (keytab, place) = (keytab.to_str().unwrap(), cache.to_str().unwrap());
        let mut arguments = vec!["-k", "-t", keytab, "-c", place];
        arguments.extend(more);
        arguments.push(principal);
        self.run("kinit", &arguments);
        cache
    }

    /// Runs one of the realm's programs.
    fn run(&self, program: &str, arguments: &[&str]) {
        let output = self.command(program).args(arguments).stdin(Stdio::null()).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        // kadmin.local ends well whatever became of its query.
        let failed = program == "kadmin.local" && errors.lines().any(|line| line.contains(": "));
        assert!(output.status.success() && !failed, "{program} {arguments:?}: {errors}");
    }

    pub(super) fn command(&self, program: &str) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let daemons = ["/usr/sbin", "/usr/local/sbin", "/usr/lib/mit/sbin"].map(PathBuf::from);
        let found = std::env::split_paths(&path).chain(daemons).map(|folder| folder.join(program));
        let found = found.into_iter().find(|file| file.is_file()).unwrap_or_else(|| {
            panic!(
                "no {program} to test with; install it with: apt-get install -y krb5-kdc krb5-admin-server krb5-user slapd libsasl2-modules-gssapi-mit"
            )
        });
        let mut command = Command::new(found);
        command.envs(self.environment());
        command
    }
}

/// `FILE:path`.
pub(super) fn file(path: &Path) -> OsString {
    let mut place = OsString::from("FILE:");
    place.push(path);
    place
}

/// `krb5.conf` of a realm whose KDC is at this port.
pub(super) fn client_of(port: u16) -> String {
    format!(
        "[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n udp_preference_limit = 1\n\
         [realms]\n {REALM} = {{\n  kdc = 127.0.0.1:{port}\n }}\n"
    )
}
