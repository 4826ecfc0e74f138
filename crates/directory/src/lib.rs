//! People and groups from a source, whole or not at all.
//!
//! A source is asked for [`Wanted`](umsync_engine::directory::Wanted), some attributes and some groups, and answers with
//! a [`Directory`](umsync_engine::directory::Directory) or with an [`Error`]. There is no third answer: a read that fails
//! on page seven, a group that is missing, an export that stops in the middle and a source without people are errors,
//! because whoever is absent from a directory may lose what they have.
//!
//! * [`ldap`]: a server (RFC 4511).
//! * [`ldif`]: a file of entries (RFC 2849).
//! * [`csv`]: a file of rows (RFC 4180).
//! * [`dn`] and [`filter`]: names and filters, understood without a server.
//!
//! One value that is no text is not an error: it is named in its entry's `undecodable`, and the rest of the entry stays. (A
//! table has one encoding for all its cells, and who stated the wrong one has no cell right: there it is an error.)
//! Nor is a word on the state of the account that cannot be understood; its entry is neither enabled nor disabled.
//! Two entries with one anchor are an error: nobody could tell whose account is whose.

mod account;
mod anchors;
pub mod csv;
pub mod dn;
mod error;
pub mod filter;
mod groups;
mod keys;
pub mod ldap;
pub mod ldif;
mod matching;
mod near;
mod paths;
mod person;
mod proof;
mod record;
mod strangers;
mod time;

pub use dn::{Dn, DnError};
pub use error::{Admission, Error, OtherGroup};
pub use filter::{Filter, FilterError};
pub use near::nearest;
