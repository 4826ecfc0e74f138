//! What a server says of itself (RFC 4512, section 5.1).

use super::connect::Connection;
use super::failure::Phase;
use super::settings::Settings;
use crate::dn::Dn;
use crate::error::Error;

/// LDAP_CAP_ACTIVE_DIRECTORY_OID (MS-ADTS 3.1.1.3.4.3.1).
const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";
/// "Who am I?" (RFC 4532).
pub(super) const WHO_AM_I: &str = "1.3.6.1.4.1.4203.1.11.3";

/// What a server says of itself; nothing where it does not let us ask.
#[derive(Debug, Default)]
pub(super) struct Root {
    pub(super) active_directory: bool,
    /// Whether it tells who we are.
    pub(super) who_am_i: bool,
    /// Where it describes its schema.
    pub(super) subschema: Option<String>,
    /// The tops of the trees that it holds.
    pub(super) contexts: Vec<Dn>,
}

impl Root {
    pub(super) async fn read(connection: &mut Connection) -> Result<Self, Error> {
        let attributes =
            ["supportedcapabilities", "supportedextension", "subschemasubentry", "namingcontexts"];
        let record = match connection.look("", &attributes).await {
            Ok(Some(record)) => record,
            // A server may keep this to itself.
            Ok(None) => return Ok(Self::default()),
            Err(failure) if failure.denies() => return Ok(Self::default()),
            Err(failure) => return Err(connection.failed(Phase::Root, failure)),
        };
        let has = |attribute, wanted| record.texts(attribute).any(|text| text == wanted);
        Ok(Self {
            active_directory: has("supportedcapabilities", ACTIVE_DIRECTORY),
            who_am_i: has("supportedextension", WHO_AM_I),
            subschema: record.texts("subschemasubentry").next().map(str::to_owned),
            contexts: record.texts("namingcontexts").filter_map(|text| Dn::parse(text).ok()).collect(),
        })
    }

    /// Active Directory gives 1000 entries a page (its MaxPageSize), OpenLDAP 500 (its default limit).
    pub(super) fn page_size(&self, settings: &Settings) -> u32 {
        let usual = if self.active_directory { 1000 } else { 500 };
        settings.page_size.map_or(usual, |size| size.max(1))
    }
}
