//! OpenLDAP as a process on loopback.

use super::OpenLdap;
use super::config::{Extra, Files, Options, Places, slapd_conf};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Ends the server with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `slapd` in PATH or where distributions put daemons.
pub(super) fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let daemons = ["/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/usr/lib/openldap"].map(PathBuf::from);
    std::env::split_paths(&path).chain(daemons).map(|folder| folder.join("slapd")).find(|file| file.is_file())
}

pub(super) async fn start(options: Options, extra: &Extra) -> OpenLdap {
    let slapd = find().expect("slapd is installed: apt-get install -y slapd");
    let first = |places: [&'static str; 4], file: &str| -> &'static Path {
        let found = places.map(Path::new).into_iter().find(|place| place.join(file).exists());
        found.unwrap_or_else(|| {
            panic!("no {file} in any of {places:?}; install it with: apt-get install -y slapd")
        })
    };
    let schema = first(
        [
            "/etc/ldap/schema",
            "/etc/openldap/schema",
            "/usr/local/etc/openldap/schema",
            "/opt/local/etc/openldap/schema",
        ],
        "core.schema",
    );
    let modules = first(
        ["/usr/lib/ldap", "/usr/lib64/openldap", "/usr/libexec/openldap", "/usr/lib/openldap"],
        "memberof.la",
    );
    // Another process may take a port between our look and slapd's; then there are other ports.
    for _ in 0..5 {
        let files = Files::new(options);
        let conf = files.folder().join("slapd.conf");
        let places = Places { schema, modules, folder: files.folder() };
        std::fs::write(&conf, slapd_conf(&places, options, &extra.lines)).unwrap();
        let (port, tls_port) = (free_port(), free_port());
        let log = files.folder().join("log");
        let child = Command::new(&slapd)
            .args([
                "-d",
                "none",
                "-h",
                &format!("ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls_port}"),
                "-f",
            ])
            .arg(&conf)
            .envs(extra.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .expect("slapd starts");
        let mut process = Process(child);
        loop {
            if let Some(status) = process.0.try_wait().unwrap() {
                let log = std::fs::read_to_string(&log).unwrap_or_default();
                assert!(log.contains("bind("), "slapd ended with {status}:\n{log}");
                break;
            }
            if tokio::net::TcpStream::connect(("127.0.0.1", tls_port)).await.is_ok() {
                let host = "localhost".to_owned();
                let id = process.0.id().to_string();
                let crash = Box::new(move || super::run("sh", &["-c", "kill -KILL $0", &id]));
                return OpenLdap { host, port, tls_port, files, crash, _running: Box::new(process) };
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    panic!("slapd found no free port in five attempts");
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
