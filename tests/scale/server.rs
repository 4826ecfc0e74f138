//! An OpenLDAP on loopback with a company in it.

use crate::company::{BASE, Company};
use ldap3::{LdapConnAsync, Scope, SearchEntry};
use std::fs::File;
use std::io::BufWriter;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A running slapd. It ends when it is dropped.
pub(crate) struct Server {
    port: u16,
    process: Child,
    _folder: TempDir,
}

impl Server {
    /// Loads the company and starts a server with it.
    pub(crate) fn start(company: &Company) -> Self {
        let folder = TempDir::new().unwrap();
        let at = folder.path();
        std::fs::create_dir(at.join("data")).unwrap();
        std::fs::write(at.join("slapd.conf"), configuration(at)).unwrap();
        let ldif = at.join("company.ldif");
        company.write(&mut BufWriter::new(File::create(&ldif).unwrap())).unwrap();
        let loaded = Command::new(program("slapadd"))
            .args(["-q", "-f"])
            .arg(at.join("slapd.conf"))
            .arg("-l")
            .arg(&ldif)
            .stderr(File::create(at.join("load.log")).unwrap())
            .status()
            .unwrap();
        assert!(loaded.success(), "{}", std::fs::read_to_string(at.join("load.log")).unwrap_or_default());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(program("slapd"))
            .args(["-d", "none", "-h", &format!("ldap://127.0.0.1:{port}"), "-f"])
            .arg(at.join("slapd.conf"))
            .stdin(Stdio::null())
            .stderr(File::create(at.join("slapd.log")).unwrap())
            .spawn()
            .unwrap();
        let mut server = Self { port, process, _folder: folder };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(server.process.try_wait().unwrap().is_none(), "slapd ended");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// How many searches it has carried out since it was started. (slapd-monitor(5), "cn=Operations")
    pub(crate) fn searches(&self) -> u64 {
        let asked = async {
            let (connection, mut ldap) = LdapConnAsync::new(&self.url()).await.unwrap();
            tokio::spawn(connection.drive());
            let (counters, counter) = ("cn=Search,cn=Operations,cn=Monitor", "monitorOpCompleted");
            let (entries, _) = ldap
                .search(counters, Scope::Base, "(objectClass=*)", [counter])
                .await
                .unwrap()
                .success()
                .unwrap();
            let entry =
                SearchEntry::construct(entries.into_iter().next().expect("the server counts searches"));
            entry.attrs[counter][0].parse().unwrap()
        };
        Runtime::new().unwrap().block_on(asked)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A program of OpenLDAP, in PATH or where distributions put daemons.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let daemons = ["/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/usr/lib/openldap"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(daemons)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("no {name}; install it with: apt-get install -y slapd"))
}

fn first(places: &[&'static str], file: &str) -> &'static str {
    places.iter().find(|place| Path::new(place).join(file).exists()).unwrap_or_else(|| {
        panic!("no {file} in any of {places:?}; install it with: apt-get install -y slapd")
    })
}

fn configuration(folder: &Path) -> String {
    let schema =
        first(&["/etc/ldap/schema", "/etc/openldap/schema", "/usr/local/etc/openldap/schema"], "core.schema");
    let modules = first(&["/usr/lib/ldap", "/usr/lib64/openldap", "/usr/libexec/openldap"], "back_mdb.la");
    let folder = folder.display();
    format!(
        "include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
modulepath {modules}
moduleload back_mdb
moduleload back_monitor
sizelimit unlimited
access to * by * read
database mdb
suffix \"{BASE}\"
directory {folder}/data
maxsize 4294967296
dbnosync
index objectClass,entryUUID,cn,uid eq
database monitor
"
    )
}
