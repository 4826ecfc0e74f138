//! People and groups from a source, whole or not at all.
//!
//! A source is asked for [`Wanted`](umsync_engine::directory::Wanted), some attributes and some groups, and answers with
//! a [`Directory`](umsync_engine::directory::Directory) or with an [`Error`]. There is no third answer: a read that fails
//! on page seven, a group that is missing, an export that stops in the middle and a source without people are errors,
//! because whoever is absent from a directory may lose what they have.
//!
//! * [`ldap`]: a server (RFC 4511).
//! * [`ldif`]: a file (RFC 2849).
//! * [`dn`] and [`filter`]: names and filters, understood without a server.
//!
//! One value that is no text is not an error: it is named in its entry's `undecodable`, and the rest of the entry stays.
//! Nor is a word on the state of the account that cannot be understood; its entry is neither enabled nor disabled.
//! Two entries with one anchor are an error: nobody could tell whose account is whose.

mod account;
mod anchors;
pub mod dn;
mod error;
pub mod filter;
mod groups;
pub mod ldap;
pub mod ldif;
mod record;
mod strangers;
mod time;

pub use dn::{Dn, DnError};
pub use error::Error;
pub use filter::{Filter, FilterError};
