//! A proxy for tests: it knows `CONNECT` alone, and whatever name is asked for leads to one address.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// Longer than any request's head that a test sends.
const LONGEST_HEAD: usize = 16 * 1024;

/// A proxy at work, as long as the runtime it was started on.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    book: Arc<Mutex<Book>>,
}

/// What was asked, and what is let through.
#[derive(Debug, Default)]
struct Book {
    asked: Vec<String>,
    refused: usize,
    /// How many connections to a host are still let through; those not named here all are.
    left: BTreeMap<String, usize>,
}

impl Proxy {
    /// Listens on a free port of 127.0.0.1 and leads every name to `destination`.
    pub(crate) fn start(runtime: &Runtime, destination: SocketAddr) -> Self {
        let bound = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listener = bound.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let book = Arc::new(Mutex::new(Book::default()));
        let shared = book.clone();
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let book = shared.clone();
                tokio::spawn(async move {
                    // Whoever hangs up early tells it by what the test then sees.
                    let _ = serve(client, destination, &book).await;
                });
            }
        });
        Self { address, book }
    }

    /// Its address, as `adobe.proxy` wants it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The first lines of all requests so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        open(&self.book).asked.clone()
    }

    /// How many of them were refused.
    pub(crate) fn refused(&self) -> usize {
        open(&self.book).refused
    }

    /// Lets so many more connections to a host through, and refuses the rest.
    pub(crate) fn admit_only(&self, host: &str, connections: usize) {
        open(&self.book).left.insert(host.to_owned(), connections);
    }

    /// Lets everything through.
    pub(crate) fn admit_all(&self) {
        open(&self.book).left.clear();
    }
}

impl Book {
    /// Notes a request, and tells whether its connection is let through.
    fn admits(&mut self, line: &str) -> bool {
        self.asked.push(line.to_owned());
        let admitted = match line.strip_prefix("CONNECT ").and_then(|rest| rest.split([':', ' ']).next()) {
            None => false,
            Some(host) => match self.left.get_mut(host) {
                None => true,
                Some(0) => false,
                Some(left) => {
                    *left -= 1;
                    true
                }
            },
        };
        self.refused += usize::from(!admitted);
        admitted
    }
}

fn open(book: &Mutex<Book>) -> std::sync::MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut client: TcpStream, destination: SocketAddr, book: &Mutex<Book>) -> io::Result<()> {
    let head = head(&mut client).await?;
    let line = head.lines().next().unwrap_or_default();
    let admitted = open(book).admits(line);
    if !admitted {
        return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
    }
    let mut server = TcpStream::connect(destination).await?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// Reads up to the empty line and not a byte further: what follows belongs to the destination.
async fn head(client: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= LONGEST_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.push(client.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}
