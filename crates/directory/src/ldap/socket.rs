//! A connection that is watched only while somebody waits for it.
//!
//! tokio watches a socket for as long as there is one, and is woken whenever something arrives. OpenLDAP sends each entry by
//! itself: while entries [gather](super::guard), whoever is woken for each of them, only to go on sleeping, spends more on that
//! than on reading them.

use std::io::{ErrorKind, Read as _, Result, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream as Watched;

/// One end of a connection.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    /// The same, while somebody waits.
    watched: Option<Watched>,
    /// Somebody waits until there is something to read.
    reading: bool,
    /// Somebody waits until more can be written.
    writing: bool,
}

impl Socket {
    /// Of a stream that tokio has connected.
    pub(super) fn of(stream: Watched) -> Result<Self> {
        // It stays one that never blocks.
        Ok(Self { stream: stream.into_std()?, watched: None, reading: false, writing: false })
    }

    pub(super) fn peer_addr(&self) -> Result<SocketAddr> {
        self.stream.peer_addr()
    }

    fn watch(&mut self) -> Result<Pin<&mut Watched>> {
        let watched = match &mut self.watched {
            Some(watched) => watched,
            none => none.insert(Watched::from_std(self.stream.try_clone()?)?),
        };
        Ok(Pin::new(watched))
    }

    fn rest(&mut self) {
        if !self.reading && !self.writing {
            self.watched = None;
        }
    }
}

fn would_block<T>(done: &Result<T>) -> bool {
    done.as_ref().is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted))
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let socket = self.get_mut();
        let mut done = (&socket.stream).read(into.initialize_unfilled()).map(|count| into.advance(count));
        if would_block(&done) {
            socket.reading = true;
            done = ready!(socket.watch()?.poll_read(cx, into));
        }
        socket.reading = false;
        socket.rest();
        Poll::Ready(done)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<Result<usize>> {
        let socket = self.get_mut();
        let mut done = (&socket.stream).write(from);
        if would_block(&done) {
            socket.writing = true;
            done = ready!(socket.watch()?.poll_write(cx, from));
        }
        socket.writing = false;
        socket.rest();
        Poll::Ready(done)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(self.stream.shutdown(Shutdown::Write))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    async fn pair() -> (Socket, Watched) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (ours, theirs) =
            tokio::join!(Watched::connect(listener.local_addr().unwrap()), listener.accept());
        (Socket::of(ours.unwrap()).unwrap(), theirs.unwrap().0)
    }

    #[tokio::test]
    async fn what_comes_later_is_waited_for_and_what_is_there_is_not() {
        let (mut ours, mut theirs) = pair().await;
        let mut four = [0; 4];
        let (read, ()) = tokio::join!(ours.read_exact(&mut four), async {
            tokio::task::yield_now().await;
            theirs.write_all(b"late").await.unwrap();
        });
        assert_eq!((read.unwrap(), &four), (4, b"late"));
        assert!(ours.watched.is_none(), "nobody waits any more");

        theirs.write_all(b"here").await.unwrap();
        theirs.shutdown().await.unwrap();
        let mut rest = Vec::new();
        ours.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"here");
    }

    #[tokio::test]
    async fn both_directions_wait_at_once() {
        const MUCH: usize = 32 << 20;
        let (ours, theirs) = pair().await;
        let (mut from, mut to) = tokio::io::split(ours);
        let (mut their_from, mut their_to) = theirs.into_split();
        // Far more than the system keeps on its way: each side is full again and again.
        let write = async {
            to.write_all(&vec![7; MUCH]).await.unwrap();
            to.shutdown().await.unwrap();
        };
        let echo = async {
            tokio::io::copy(&mut their_from, &mut their_to).await.unwrap();
            their_to.shutdown().await.unwrap();
        };
        let read = async {
            let mut all = Vec::new();
            from.read_to_end(&mut all).await.unwrap();
            all
        };
        let ((), (), all) = tokio::join!(write, echo, read);
        assert!(all.len() == MUCH && all.iter().all(|byte| *byte == 7));
    }
}
