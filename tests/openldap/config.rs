//! The configuration and the certificates of a test server.

use super::{ACCOUNT, BASE};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The administrator who loads the data.
pub(super) const ADMIN: &str = "cn=admin,dc=example,dc=com";
/// Its password.
pub(super) const ADMIN_PASSWORD: &str = "admin";

/// What a test may ask of its server.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    /// How many entries the account may read.
    pub(crate) size_limit: SizeLimit,
    /// Whether the account may read what the server knows.
    pub(crate) subschema: Subschema,
}

/// Whether the account may read what the server knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Subschema {
    /// It may, as is usual.
    #[default]
    Readable,
    /// It may not: OpenLDAP's way where rules of access are given and none is about it.
    Hidden,
}

/// How many entries the account may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SizeLimit {
    /// As many as there are, in pages of up to 1000.
    #[default]
    Lifted,
    /// OpenLDAP's default, said aloud: paging does not lift it.
    FiveHundred,
}

/// Where a server finds things; in a container these are other places than here.
pub(super) struct Places<'a> {
    pub(super) schema: &'a Path,
    pub(super) modules: &'a Path,
    /// Data and certificates.
    pub(super) folder: &'a Path,
}

/// `slapd.conf`, see slapd.conf(5), slapo-memberof(5), slapo-refint(5).
pub(super) fn slapd_conf(places: &Places<'_>, options: Options) -> String {
    let Places { schema, modules, folder } = places;
    let (schema, modules, folder) = (schema.display(), modules.display(), folder.display());
    let limits = match options.size_limit {
        SizeLimit::Lifted => {
            format!(
                "limits dn.exact=\"{ACCOUNT}\" size=unlimited size.prtotal=unlimited size.pr=1000 time=unlimited"
            )
        }
        SizeLimit::FiveHundred => "sizelimit 500".to_owned(),
    };
    let schema_access = match options.subschema {
        Subschema::Readable => r#"access to dn.base="cn=Subschema" by * read"#,
        Subschema::Hidden => "",
    };
    format!(
        r#"include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/nis.schema
include {schema}/inetorgperson.schema
modulepath {modules}
moduleload back_mdb
moduleload memberof
moduleload refint
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
access to dn.base="" by * read
{schema_access}

database mdb
suffix "{BASE}"
rootdn "{ADMIN}"
rootpw {ADMIN_PASSWORD}
directory {folder}
maxsize 1073741824
# The data lives as long as a test.
dbnosync
index objectClass,entryUUID,cn,uid,member,memberOf eq
{limits}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{ACCOUNT}" read by * none
overlay memberof
overlay refint
refint_attributes member memberOf
"#
    )
}

/// A folder with certificates, and with the data of a local server.
pub(super) struct Files(TempDir);

impl Files {
    /// Makes an authority, a certificate of it for `localhost`, and an authority that vouches for nobody.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = |name: &str| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.distinguished_name.push(rcgen::DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
            CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
        };
        let (ours, other) = (authority("tests"), authority("somebody else"));
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &ours).unwrap();
        for (name, text) in [
            ("ca.pem", ours.pem()),
            ("wrong-ca.pem", other.pem()),
            ("server.pem", certificate.pem()),
            ("server.key", key.serialize_pem()),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    pub(super) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn ca_file(&self) -> PathBuf {
        self.folder().join("ca.pem")
    }

    pub(super) fn wrong_ca_file(&self) -> PathBuf {
        self.folder().join("wrong-ca.pem")
    }
}
