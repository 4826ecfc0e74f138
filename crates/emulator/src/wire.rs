//! Connections, plain or TLS, that can be cut at any byte.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use crate::error::Error;
use crate::options::Tls;

/// A client that never finishes its handshake must not stay forever.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Where connections come in.
pub(crate) struct Porch {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
    /// Handshakes run beside each other; finished ones come back here.
    done: mpsc::UnboundedSender<(Connection, SocketAddr)>,
    ready: mpsc::UnboundedReceiver<(Connection, SocketAddr)>,
}

impl Porch {
    pub(crate) fn new(tcp: TcpListener, tls: Option<TlsAcceptor>) -> Self {
        let (done, ready) = mpsc::unbounded_channel();
        Self { tcp, tls, done, ready }
    }

    fn shake_hands(&self, acceptor: TlsAcceptor, tcp: TcpStream, address: SocketAddr) {
        let done = self.done.clone();
        tokio::spawn(async move {
            match tokio::time::timeout(HANDSHAKE, acceptor.accept(tcp)).await {
                Ok(Ok(tls)) => {
                    // Nobody waits for it once the server stops.
                    let _ = done.send((Connection::new(Stream::Tls(Box::new(tls))), address));
                }
                Ok(Err(error)) => debug!(%error, "TLS handshake failed"),
                Err(_) => debug!("TLS handshake took too long"),
            }
        });
    }
}

impl Listener for Porch {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            tokio::select! {
                Some(ready) = self.ready.recv() => return ready,
                // The inner listener waits and tries again by itself when the system has no more sockets.
                (tcp, address) = Listener::accept(&mut self.tcp) => {
                    // Small answers should not wait for more.
                    let _ = tcp.set_nodelay(true);
                    match self.tls.clone() {
                        None => return (Connection::new(Stream::Plain(tcp)), address),
                        Some(acceptor) => self.shake_hands(acceptor, tcp, address),
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// The handle by which a request cuts its own connection: the bytes that may still be written.
#[derive(Debug, Clone)]
pub(crate) struct Wire(Arc<AtomicUsize>);

/// No end to what may be written.
const UNCUT: usize = usize::MAX;

impl Wire {
    pub(crate) fn cut_after(&self, bytes: usize) {
        self.0.store(bytes, Ordering::SeqCst);
    }

    /// How many of `wanted` bytes may be written now.
    fn allowed(&self, wanted: usize) -> io::Result<usize> {
        match self.0.load(Ordering::SeqCst) {
            UNCUT => Ok(wanted),
            0 => Err(io::ErrorKind::ConnectionReset.into()),
            left => Ok(left.min(wanted)),
        }
    }

    fn wrote(&self, bytes: usize) {
        let spend = |left| (left != UNCUT).then(|| left - bytes.min(left));
        // An uncut wire counts nothing.
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend);
    }
}

impl Connected<IncomingStream<'_, Porch>> for Wire {
    fn connect_info(stream: IncomingStream<'_, Porch>) -> Self {
        stream.io().wire.clone()
    }
}

/// One accepted connection.
pub(crate) struct Connection {
    stream: Stream,
    wire: Wire,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    fn new(stream: Stream) -> Self {
        Self { stream, wire: Wire(Arc::new(AtomicUsize::new(UNCUT))) }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Stream::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let allowed = self.wire.allowed(buf.len())?;
        let buf = &buf[..allowed];
        let written = match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Stream::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        };
        if let Poll::Ready(Ok(bytes)) = &written {
            self.wire.wrote(*bytes);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A cut wire does not say goodbye.
        if self.wire.allowed(1).is_err() {
            return Poll::Ready(Ok(()));
        }
        match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

/// What accepts TLS with a given certificate. The provider is named here, so that it does not matter whether, or
/// which, a process-wide one is installed.
pub(crate) fn acceptor(tls: &Tls) -> Result<TlsAcceptor, Error> {
    let wrong = |what: &dyn std::fmt::Display| Error::Tls(what.to_string());
    let Tls { certificates, key } = tls;
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificates.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| wrong(&error))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| wrong(&error))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error))?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|error| wrong(&error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
