//! The configuration and the certificates of a test server.

use super::{ACCOUNT, BASE};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
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
    /// Whether the account may read everything, for good.
    pub(crate) access: Access,
    /// Whether the server maintains `memberOf`.
    pub(crate) member_of: MemberOf,
    /// Until when its certificate is good.
    pub(crate) certificate: Validity,
    /// Whether the account may read what the server knows.
    pub(crate) subschema: Subschema,
    /// Whether it takes passwords in the clear.
    pub(crate) passwords: Passwords,
}

/// Whether a server takes passwords in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Passwords {
    /// It does.
    #[default]
    Anyhow,
    /// Over TLS only.
    Encrypted,
}

/// What only a server here can have.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extra {
    /// Lines of the global part of its configuration.
    pub(crate) lines: String,
    /// Its environment, beside the test's.
    pub(crate) environment: Vec<(&'static str, std::ffi::OsString)>,
}

/// What the account may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Access {
    /// Everything.
    #[default]
    Granted,
    /// `ou=branch,ou=people`, `cn=design,ou=groups`, `mail` and the `entryUUID` of groups only as a member of
    /// `cn=may-branch`, `cn=may-group`, `cn=may-mail` and `cn=may-anchor` below [`BASE`], so that a test can take it away.
    Revocable,
}

/// Whether the server maintains `memberOf`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum MemberOf {
    /// The overlay does.
    #[default]
    On,
    /// Nobody does, although the server knows the attribute.
    Off,
}

/// Until when a certificate is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Validity {
    /// For as long as anybody tests.
    #[default]
    Good,
    /// It was good in 2020.
    Expired,
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
    /// The same, and this line below it.
    FiveHundredBut(&'static str),
}

/// Where a server finds things; in a container these are other places than here.
pub(super) struct Places<'a> {
    pub(super) schema: &'a Path,
    pub(super) modules: &'a Path,
    /// Data and certificates.
    pub(super) folder: &'a Path,
}

/// `slapd.conf`, see slapd.conf(5), slapo-memberof(5), slapo-refint(5).
pub(super) fn slapd_conf(places: &Places<'_>, options: Options, extra: &str) -> String {
    let Places { schema, modules, folder } = places;
    let (schema, modules, folder) = (schema.display(), modules.display(), folder.display());
    let limits = match options.size_limit {
        SizeLimit::Lifted => {
            format!(
                "limits dn.exact=\"{ACCOUNT}\" size=unlimited size.prtotal=unlimited size.pr=1000 time=unlimited"
            )
        }
        SizeLimit::FiveHundred => "sizelimit 500".to_owned(),
        SizeLimit::FiveHundredBut(line) => format!("sizelimit 500\n{line}"),
    };
    let access = match options.access {
        Access::Granted => String::new(),
        Access::Revocable => [
            ("dn.subtree=\"ou=groups,{BASE}\" attrs=entryUUID", "anchor"),
            ("dn.subtree=\"ou=branch,ou=people,{BASE}\"", "branch"),
            ("dn.exact=\"cn=design,ou=groups,{BASE}\"", "group"),
            ("attrs=mail", "mail"),
        ]
        .map(|(what, name)| {
            let what = what.replace("{BASE}", BASE);
            format!("access to {what} by group.exact=\"cn=may-{name},{BASE}\" read by * none\n")
        })
        .concat(),
    };
    let member_of = match options.member_of {
        MemberOf::On => "overlay memberof\n",
        MemberOf::Off => "",
    };
    let passwords = match options.passwords {
        Passwords::Anyhow => "",
        Passwords::Encrypted => "security simple_bind=128",
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
TLSCACertificateFile {folder}/ca.pem
# Whoever shows a certificate must show one of ours; whoever shows none is let in as before.
TLSVerifyClient try
{passwords}
authz-regexp "^cn=reader$" "{ACCOUNT}"
{extra}access to dn.base="" by * read
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
{access}access to * by dn.exact="{ACCOUNT}" read by * none
{member_of}overlay refint
refint_attributes member memberOf

# It tells the time, see slapd-monitor(5).
database monitor
access to * by dn.exact="{ACCOUNT}" read by * none
"#
    )
}

/// A folder with certificates, and with the data of a local server.
pub(super) struct Files(TempDir);

impl Files {
    /// Makes an authority, certificates of it for `localhost`, for the account that reads and for a stranger, and another
    /// authority, with a certificate of it for that account.
    pub(super) fn new(options: Options) -> Self {
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
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        if options.certificate == Validity::Expired {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2020, 12, 31);
        }
        let certificate = params.signed_by(&key, &ours).unwrap();
        let client_key = KeyPair::generate().unwrap();
        let client = |name: &str, authority| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.distinguished_name.push(rcgen::DnType::CommonName, name);
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            params.signed_by(&client_key, authority).unwrap().pem()
        };
        for (name, text) in [
            ("ca.pem", ours.pem()),
            ("wrong-ca.pem", other.pem()),
            ("server.pem", certificate.pem()),
            ("server.key", key.serialize_pem()),
            ("client.pem", client("reader", &ours)),
            ("stranger.pem", client("stranger", &ours)),
            ("forged.pem", client("reader", &other)),
            ("client.key", client_key.serialize_pem()),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    pub(super) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }
}
