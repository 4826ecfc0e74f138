//! Plans and reports, which may be large: a first sync tells of everybody. SQLite takes a value of one gigabyte at most
//! (`SQLITE_MAX_LENGTH`), and a text that is handed over is in memory twice. So what is not small is compressed while it is
//! written, and read piece by piece.

use crate::{Error, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Encode, Sqlite, Type};
use std::io::{BufReader, Write};
use zstd::stream::{read::Decoder, write::Encoder};

/// What is no larger stays text, which anybody can read who opens the database.
const SMALL: usize = 1 << 16;

/// The fastest: what plans say of one person they say of the next, so they shrink all the same.
const LEVEL: i32 = 1;

/// With what a compressed value begins (RFC 8878, 3.1.1), and no JSON does.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A value as it is stored.
pub(crate) enum Large {
    Plain(String),
    Packed(Vec<u8>),
}

impl Large {
    /// Hands it to a statement.
    pub(crate) fn bind<'q>(
        self,
        query: Query<'q, Sqlite, SqliteArguments>,
    ) -> Query<'q, Sqlite, SqliteArguments>
    where
        String: Encode<'q, Sqlite> + Type<Sqlite>,
        Vec<u8>: Encode<'q, Sqlite> + Type<Sqlite>,
    {
        match self {
            Self::Plain(text) => query.bind(text),
            Self::Packed(bytes) => query.bind(bytes),
        }
    }
}

/// Where JSON is written to, of which nobody knows how much comes.
enum Writer {
    Plain(Vec<u8>),
    Packed(Box<Encoder<'static, Vec<u8>>>),
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(text) if text.len() + bytes.len() <= SMALL => text.write(bytes),
            Self::Plain(text) => {
                let mut packed = Box::new(Encoder::new(Vec::new(), LEVEL)?);
                // SQLite keeps no checksums.
                packed.include_checksum(true)?;
                packed.write_all(text)?;
                packed.write_all(bytes)?;
                *self = Self::Packed(packed);
                Ok(bytes.len())
            }
            Self::Packed(packed) => packed.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Store {
    /// A value as it is stored.
    pub(crate) fn to_large<T: Serialize>(&self, what: &'static str, value: &T) -> Result<Large, Error> {
        let mut writer = Writer::Plain(Vec::new());
        serde_json::to_writer(&mut writer, value).map_err(|source| self.unreadable(what, source))?;
        match writer {
            Writer::Plain(text) => {
                String::from_utf8(text).map(Large::Plain).map_err(|source| self.unreadable(what, source))
            }
            Writer::Packed(packed) => {
                packed.finish().map(Large::Packed).map_err(|source| self.unreadable(what, source))
            }
        }
    }

    /// A stored value.
    pub(crate) fn parse_large<T: DeserializeOwned>(
        &self,
        what: &'static str,
        bytes: &[u8],
    ) -> Result<T, Error> {
        if !bytes.starts_with(&MAGIC) {
            return serde_json::from_slice(bytes).map_err(|source| self.unreadable(what, source));
        }
        let packed = Decoder::with_buffer(bytes).map_err(|source| self.unreadable(what, source))?;
        serde_json::from_reader(BufReader::new(packed)).map_err(|source| self.unreadable(what, source))
    }
}
