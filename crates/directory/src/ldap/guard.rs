//! Stands between a server and the client library: whole, well-formed messages pass, entries are put aside on the shelf, and
//! anything else ends the connection and says why.
//!
//! The client library is given one end of a socket pair, so that it never touches the network. It has no limit on the size
//! of a message, and tells the end of a connection from the end of an answer only with care.
//!
//! How large a message may be depends on what it is: see `bounds`.

use super::ber::{self, Malformed};
use super::bounds::{ENTRY_TOO_LARGE, LARGEST, LARGEST_ENTRY, LARGEST_RESULT, RESULT_TOO_LARGE, TOO_LARGE};
use super::failure::Failure;
use super::message::{self, Meaning};
use super::shelf::Shelf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, BufWriter,
};
use tokio::net::UnixStream;

/// How many bytes travel at once, in either direction.
const BUFFER: usize = 64 * 1024;

/// How long entries gather in a long answer, where a server on a fast network sends them one by one: whoever looks at once
/// is woken for each of them, and that costs more than the entry.
const GATHER: Duration = Duration::from_millis(1);

/// An answer with so many entries is a long one.
const LONG: usize = 16;

/// Fewer than so many entries at once are not worth being woken for; more may be on their way faster than they are read.
const FEW: usize = 128;

/// Why a connection ended, once it has.
#[derive(Clone, Default)]
pub(super) struct Fate(Arc<Mutex<Option<Failure>>>);

impl Fate {
    pub(super) fn take(&self) -> Option<Failure> {
        self.0.lock().ok().and_then(|mut fate| fate.take())
    }

    fn set(&self, failure: Failure) {
        if let Ok(mut fate) = self.0.lock() {
            fate.get_or_insert(failure);
        }
    }
}

/// Carries messages until one side ends.
pub(super) async fn carry<S>(server: S, client: UnixStream, shelf: Shelf, fate: Fate)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (from_server, mut to_server) = tokio::io::split(server);
    let (mut from_client, to_client) = client.into_split();
    let down = down(BufReader::with_capacity(BUFFER, from_server), to_client, &shelf);
    let up = async {
        let sent = tokio::io::copy(&mut from_client, &mut to_server).await;
        // The client hung up: the server is told, and what it still says does not matter.
        let _ = to_server.shutdown().await;
        sent.map(|_| ()).map_err(Failure::Io)
    };
    tokio::select! {
        failure = down => if let Some(failure) = failure { fate.set(failure) },
        sent = up => if let Err(failure) = sent { fate.set(failure) },
    }
}

/// `None`: the client library has gone, and its own task knows why.
async fn down(
    mut server: BufReader<impl AsyncRead + Unpin>,
    client: impl AsyncWrite + Unpin,
    shelf: &Shelf,
) -> Option<Failure> {
    let mut client = BufWriter::with_capacity(BUFFER, client);
    let failure = whole_messages(&mut server, &mut client, shelf).await;
    // What came before the end is as good as if it had come alone.
    let _ = client.flush().await;
    failure
}

async fn whole_messages(
    server: &mut BufReader<impl AsyncRead + Unpin>,
    client: &mut BufWriter<impl AsyncWrite + Unpin>,
    shelf: &Shelf,
) -> Option<Failure> {
    let mut message = Vec::new();
    // Entries since something else came, and since there was something to wait for.
    let (mut answered, mut gathered) = (0, 0);
    loop {
        match entries(server.buffer(), shelf) {
            Ok((length, count)) => {
                server.consume(length);
                answered += count;
                gathered += count;
            }
            Err(reason) => return Some(Failure::Malformed(reason)),
        }
        // What has arrived whole goes on together. Nothing waits for bytes that are still on their way.
        if whole(server.buffer()).is_none() {
            client.flush().await.ok()?;
            if answered >= LONG && gathered < FEW {
                tokio::time::sleep(GATHER).await;
            }
            gathered = 0;
        }
        if let Err(failure) = next(server, &mut message).await {
            return Some(failure);
        }
        let frame = match message::frame(&message) {
            Ok(frame) => frame,
            Err(reason) => return Some(Failure::Malformed(reason)),
        };
        if frame.is_entry() {
            match shelf.put(frame.id, frame.entry_of(std::mem::take(&mut message))) {
                Ok(()) => {
                    answered += 1;
                    gathered += 1;
                    continue;
                }
                Err(reason) => return Some(Failure::Malformed(reason)),
            }
        }
        answered = 0;
        match message::meaning(&mut message, &frame) {
            Ok(Meaning::Result(_) | Meaning::Part) => {}
            Ok(Meaning::Disconnection(answered)) => return Some(Failure::Answer(answered)),
            Err(reason) => return Some(Failure::Malformed(reason)),
        }
        if frame.is_end() {
            shelf.end(frame.id);
        }
        client.write_all(&message).await.ok()?;
    }
}

/// Puts aside the entries that these bytes begin with, and tells how long they are together, and how many. Entries are
/// small, and nearly all of them have arrived whole; they are far below every bound.
fn entries(bytes: &[u8], shelf: &Shelf) -> Result<(usize, usize), Malformed> {
    let (mut at, mut count) = (0, 0);
    while let Some(length) = whole(&bytes[at..]) {
        let message = &bytes[at..at + length];
        let frame = message::frame(message)?;
        if !frame.is_entry() {
            break;
        }
        shelf.put(frame.id, frame.entry(message))?;
        at += length;
        count += 1;
    }
    Ok((at, count))
}

/// How long the message is that these bytes begin with, if all of it is there.
fn whole(bytes: &[u8]) -> Option<usize> {
    let (_, start, length) = ber::header(bytes).ok()??;
    start.checked_add(length).filter(|end| *end <= bytes.len())
}

/// One message, header and content, into `message`; nothing beyond it is read.
pub(super) async fn next(
    server: &mut (impl AsyncRead + Unpin),
    message: &mut Vec<u8>,
) -> Result<(), Failure> {
    message.clear();
    // What a large group took is given back before the next message comes.
    message.shrink_to(LARGEST_RESULT);
    let (start, length) = loop {
        match ber::header(message).map_err(Failure::Malformed)? {
            Some((ber::SEQUENCE, start, length)) => break (start, length),
            Some(_) => return Err(Failure::Malformed("no message")),
            None => {}
        }
        match server.read_u8().await {
            Ok(byte) => message.push(byte),
            Err(end) if end.kind() == std::io::ErrorKind::UnexpectedEof && message.is_empty() => {
                return Err(Failure::Closed);
            }
            Err(end) if end.kind() == std::io::ErrorKind::UnexpectedEof => return Err(Failure::Cut),
            Err(error) => return Err(Failure::Io(error)),
        }
    };
    if length > LARGEST {
        return Err(Failure::TooMuch(TOO_LARGE));
    }
    // The length is the server's word: memory is taken as bytes arrive, and what comes first tells how many may.
    if length > LARGEST_RESULT {
        fill(server, message, start + LARGEST_RESULT).await?;
        if !message::begins_entry(message, start) {
            return Err(Failure::TooMuch(RESULT_TOO_LARGE));
        }
    }
    if length > LARGEST_ENTRY {
        fill(server, message, start + LARGEST_ENTRY).await?;
        if !message::is_among_members(message, start) {
            return Err(Failure::TooMuch(ENTRY_TOO_LARGE));
        }
    }
    fill(server, message, start + length).await
}

/// Reads until there are so many bytes.
async fn fill(
    server: &mut (impl AsyncRead + Unpin),
    message: &mut Vec<u8>,
    end: usize,
) -> Result<(), Failure> {
    let wanted = end.saturating_sub(message.len());
    match server.take(u64::try_from(wanted).unwrap_or(u64::MAX)).read_to_end(message).await {
        Ok(_) if message.len() == end => Ok(()),
        Ok(_) => Err(Failure::Cut),
        Err(error) => Err(Failure::Io(error)),
    }
}
