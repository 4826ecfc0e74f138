//! OpenLDAP in a container, from the image that `tests/openldap/image` builds.

use super::OpenLdap;
use super::config::{Files, Options, Places, slapd_conf};
use std::path::Path;
use std::process::{Command, Stdio};
use testcontainers::core::IntoContainerPort as _;
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{GenericImage, ImageExt as _};

const NAME: &str = "umsync-openldap";
/// As in `tests/openldap/image`.
const TAG: &str = "1";

pub(super) fn image() -> String {
    format!("{NAME}:{TAG}")
}

/// Whether an engine answers and has the image. Asked of the engine beforehand: testcontainers would try to pull it.
pub(super) fn ready() -> bool {
    let inspect = Command::new("docker")
        .args(["image", "inspect", &image()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    inspect.is_ok_and(|status| status.success())
}

pub(super) async fn start(options: Options) -> OpenLdap {
    let files = Files::new(options);
    // A folder of every Debian; nothing else is in it.
    let folder = Path::new("/srv");
    let places =
        Places { schema: Path::new("/etc/ldap/schema"), modules: Path::new("/usr/lib/ldap"), folder };
    let read = |name: &str| std::fs::read(files.folder().join(name)).unwrap();
    let container = GenericImage::new(NAME, TAG)
        .with_exposed_port(389.tcp())
        .with_exposed_port(636.tcp())
        // slapd reserves memory for as many connections as there may be files.
        .with_ulimit("nofile", 1024, Some(1024))
        .with_copy_to("/srv/slapd.conf", slapd_conf(&places, options, "").into_bytes())
        .with_copy_to("/srv/server.pem", read("server.pem"))
        .with_copy_to("/srv/ca.pem", read("ca.pem"))
        .with_copy_to("/srv/server.key", read("server.key"))
        .with_cmd(["/usr/sbin/slapd", "-d", "none", "-f", "/srv/slapd.conf", "-h", "ldap:/// ldaps:///"])
        .start()
        .await
        .expect("the container starts");
    let host = container.get_host().await.unwrap().to_string();
    let port = container.get_host_port_ipv4(389.tcp()).await.unwrap();
    let tls_port = container.get_host_port_ipv4(636.tcp()).await.unwrap();
    let id = container.id().to_owned();
    let crash = Box::new(move || super::run("docker", &["kill", &id]));
    OpenLdap { host, port, tls_port, files, crash, _running: Box::new(container) }
}
