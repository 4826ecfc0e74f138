//! From a server's name to a connection that may be asked: TCP, TLS, bind.

use super::certificate::{self, ServerCertificate};
use super::failure::{Answered, Failure, Phase};
use super::guard::{self, Fate};
use super::kerberos;
use super::message::{self, Meaning};
use super::server::Server;
use super::settings::{Bind, Encryption, Kerberos, Settings};
use super::shelf::Shelf;
use super::socket::Socket;
use super::tls;
use crate::error::Error;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, StdStream};
use rustls::ClientConfig;
use secrecy::ExposeSecret as _;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use umsync_engine::directory::ServerProof;
use url::Url;

/// StartTLS as message number 1: an extended request for 1.3.6.1.4.1.1466.20037 (RFC 4511, section 4.14.1).
const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// A bound connection to one server. A read that began on it ends on it, or fails.
pub(super) struct Connection {
    pub(super) ldap: Ldap,
    /// The server, for people.
    pub(super) place: String,
    /// How long to wait for a page.
    pub(super) patience: Duration,
    /// How it was made, to make more like it.
    pub(super) origin: Arc<Origin>,
    /// Others to the same server, of the same read.
    pub(super) more: Vec<Connection>,
    /// What this connection tells of a whole read.
    pub(super) proof: ServerProof,
    /// Which of the host's addresses answered.
    pub(super) address: Option<SocketAddr>,
    /// What the server's certificate says.
    pub(super) certificate: Option<ServerCertificate>,
    /// What everything that it brought has cost.
    pub(super) brought: u64,
    /// Where the guard puts entries aside.
    pub(super) shelf: Shelf,
    fate: Fate,
    carrier: JoinHandle<()>,
    driver: JoinHandle<Result<(), LdapError>>,
}

/// What a connection is made of.
pub(super) struct Origin {
    pub(super) server: Server,
    pub(super) settings: Settings,
    pub(super) tls: Arc<ClientConfig>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.carrier.abort();
        self.driver.abort();
    }
}

/// Connects and binds.
pub(super) async fn connect(
    server: &Server,
    settings: &Settings,
    trust: &Arc<ClientConfig>,
) -> Result<Connection, Error> {
    let mut connection = open(server, settings, trust).await?;
    bind(&mut connection, settings, is_encrypted(server, settings)).await?;
    Ok(connection)
}

/// Whether nobody between can listen.
pub(super) fn is_encrypted(server: &Server, settings: &Settings) -> bool {
    server.encrypted || settings.encryption == Encryption::StartTls
}

/// Connects, and is nobody yet: no name and no password have been sent. Only a ticket is shown at once, because the client
/// library cannot: for a connection of nobody, ask with [`Bind::Anonymous`].
pub(super) async fn open(
    server: &Server,
    settings: &Settings,
    trust: &Arc<ClientConfig>,
) -> Result<Connection, Error> {
    let failed =
        |phase, failure| Error::Server { server: server.place.clone(), phase, source: Box::new(failure) };
    let limits = settings.timeouts;
    let mut tcp = reach(server, limits.connect).await.map_err(|failure| failed(Phase::Connect, failure))?;
    let address = tcp.peer_addr().ok();
    let by_request = !server.encrypted && settings.encryption == Encryption::StartTls;
    if by_request {
        let asked = within(limits.connect, start_tls(&mut tcp)).await;
        asked.map_err(|failure| failed(Phase::StartTls, failure))?;
    }
    let (mut spoken, mut certificate) = (None, None);
    let adopted = if is_encrypted(server, settings) {
        let connector = tokio_rustls::TlsConnector::from(trust.clone());
        let handshake = async { connector.connect(server.name.clone(), tcp).await.map_err(tls::failed) };
        let mut stream =
            within(limits.connect, handshake).await.map_err(|failure| failed(Phase::Tls, failure))?;
        spoken = tls::spoken(stream.get_ref().1);
        certificate = certificate::shown(stream.get_ref().1);
        if let Bind::Kerberos(kerberos) = &settings.bind {
            let binding = tls::certificate(stream.get_ref().1).and_then(kerberos::endpoint);
            let binding = binding.as_deref();
            let bound = kerberos::bind(&mut stream, &server.host, kerberos, binding, limits.bind).await;
            bound.map_err(|failure| failed(by_ticket(kerberos), failure))?;
        }
        adopt(stream, server, settings, trust).await
    } else {
        adopt(tcp, server, settings, trust).await
    };
    let mut connection = adopted.map_err(|failure| failed(Phase::Connect, failure))?;
    connection.proof.tls = spoken;
    (connection.address, connection.certificate) = (address, certificate);
    Ok(connection)
}

/// The host's addresses in turn, each with its own time: one that swallows packets must not use up the others'. Where a read
/// has begun at one of them, only that one.
async fn reach(server: &Server, patience: Duration) -> Result<Socket, Failure> {
    let look_up = async {
        if let Some(address) = server.address {
            return Ok(vec![address]);
        }
        let addresses = tokio::net::lookup_host((server.host.as_str(), server.port)).await;
        Ok(addresses.map_err(Failure::Unreachable)?.collect())
    };
    let addresses = within(patience, look_up).await?;
    let mut last =
        Failure::Unreachable(std::io::Error::new(std::io::ErrorKind::NotFound, "the host has no address"));
    for address in addresses {
        let attempt = async { TcpStream::connect(address).await.map_err(Failure::Unreachable) };
        match within(patience, attempt).await {
            Ok(stream) => {
                // Requests are small and wait for their answer; without this each may wait for an acknowledgement too.
                let _ = stream.set_nodelay(true);
                return Socket::of(stream).map_err(Failure::Io);
            }
            Err(failure) => last = failure,
        }
    }
    Err(last)
}

/// Asks for StartTLS and reads exactly one message: whatever a listener adds to it in clear is taken for TLS and refused.
async fn start_tls(tcp: &mut Socket) -> Result<(), Failure> {
    tcp.write_all(START_TLS).await.map_err(Failure::Io)?;
    let mut answer = Vec::new();
    guard::next(tcp, &mut answer).await?;
    match message::check(&mut answer).map_err(Failure::Malformed)? {
        Meaning::Result(Answered { code: 0, text: _ }) => Ok(()),
        Meaning::Result(refused) | Meaning::Disconnection(refused) => Err(Failure::Answer(refused)),
        Meaning::Part => Err(Failure::Malformed("an answer to a question nobody asked")),
    }
}

/// Puts the guard between the server and the client library.
async fn adopt<S>(
    stream: S,
    server: &Server,
    settings: &Settings,
    tls: &Arc<ClientConfig>,
) -> Result<Connection, Failure>
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (ours, theirs) = UnixStream::pair().map_err(Failure::Io)?;
    let theirs = theirs.into_std().map_err(Failure::Io)?;
    let library = LdapConnSettings::new().set_std_stream(StdStream::Unix(theirs));
    // The library's only way to take a ready stream of this kind; the path is not used.
    let url = Url::parse("ldapi://guard").expect("a constant URL");
    let (conn, ldap) = LdapConnAsync::from_url_with_settings(library, &url).await.map_err(Failure::Client)?;
    let (shelf, fate) = (Shelf::default(), Fate::default());
    Ok(Connection {
        ldap,
        place: server.place.clone(),
        patience: settings.timeouts.page,
        origin: Arc::new(Origin { server: server.clone(), settings: settings.clone(), tls: tls.clone() }),
        more: Vec::new(),
        proof: ServerProof::default(),
        address: None,
        certificate: None,
        brought: 0,
        shelf: shelf.clone(),
        fate: fate.clone(),
        carrier: tokio::spawn(guard::carry(stream, ours, shelf, fate)),
        driver: tokio::spawn(conn.drive()),
    })
}

/// Says who reads.
pub(super) async fn bind(
    connection: &mut Connection,
    settings: &Settings,
    encrypted: bool,
) -> Result<(), Error> {
    match &settings.bind {
        Bind::Anonymous => Ok(()),
        // Before the client library had the connection.
        Bind::Kerberos(kerberos) => match connection.who_am_i(settings).await {
            Some(identity) if identity.is_empty() => {
                Err(connection.failed(by_ticket(kerberos), Failure::NobodyByTicket))
            }
            Some(_) | None => Ok(()),
        },
        Bind::Simple { dn, password } => {
            if !encrypted {
                tracing::warn!(
                    server = connection.place,
                    "the directory's password is sent unencrypted; prefer ldaps:// or StartTLS"
                );
            }
            let mut ldap = connection.ldap.clone();
            let asked = ldap.simple_bind(dn, password.expose_secret());
            let bound = bound(connection, settings, asked).await;
            bound.map_err(|failure| connection.failed(Phase::Bind { dn: dn.clone() }, failure))
        }
        Bind::Certificate { certificate, key: _ } => {
            let phase = Phase::BindByCertificate { certificate: certificate.display().to_string() };
            let mut ldap = connection.ldap.clone();
            let bound = bound(connection, settings, ldap.sasl_external_bind()).await;
            let known = match bound {
                Ok(()) => known(connection, settings).await,
                Err(Failure::Io(error)) if tls::is_about_our_certificate(&error) => {
                    Err(Failure::CertificateRefused(error))
                }
                Err(failure) => Err(failure),
            };
            known.map_err(|failure| connection.failed(phase, failure))
        }
    }
}

fn by_ticket(kerberos: &Kerberos) -> Phase {
    Phase::BindByKerberos { principal: kerberos.principal.clone() }
}

async fn bound(
    connection: &mut Connection,
    settings: &Settings,
    asked: impl Future<Output = ldap3::result::Result<LdapResult>>,
) -> Result<(), Failure> {
    match timeout(settings.timeouts.bind, asked).await {
        Ok(Ok(result)) if result.rc == 0 => Ok(()),
        Ok(Ok(result)) => Err(Failure::Answer(Answered { code: result.rc, text: result.text })),
        Ok(Err(error)) => Err(connection.explain(error).await),
        Err(_) => Err(Failure::TimedOut(settings.timeouts.bind)),
    }
}

/// Whoever is nobody in particular reads less, without an error. A server that cannot tell who we are is believed.
async fn known(connection: &mut Connection, settings: &Settings) -> Result<(), Failure> {
    match connection.who_am_i(settings).await {
        Some(identity) if identity.is_empty() => Err(Failure::NobodyByCertificate),
        Some(_) | None => Ok(()),
    }
}

impl Connection {
    /// An error of this server.
    pub(super) fn failed(&self, phase: Phase, failure: Failure) -> Error {
        Error::Server { server: self.place.clone(), phase, source: Box::new(failure) }
    }

    /// What really happened: the client library only says that its other half has gone.
    pub(super) async fn explain(&mut self, error: LdapError) -> Failure {
        match error {
            LdapError::EndOfStream
            | LdapError::ResultRecv { .. }
            | LdapError::OpSend { .. }
            | LdapError::IdScrubSend { .. }
            | LdapError::Io { .. } => self.end().await,
            other => Failure::Client(other),
        }
    }

    /// Why the connection ended.
    pub(super) async fn end(&mut self) -> Failure {
        // Both tasks end when one of them does; a moment lets the other tell.
        if !self.driver.is_finished() {
            let _ = timeout(Duration::from_secs(1), &mut self.carrier).await;
        }
        if let Some(failure) = self.fate.take() {
            return failure;
        }
        match timeout(Duration::from_secs(1), &mut self.driver).await {
            Ok(Err(crash)) if crash.is_panic() => Failure::Crashed(panic_text(crash)),
            Ok(Ok(Err(LdapError::Io { source }))) => Failure::Io(source),
            _ => Failure::Closed,
        }
    }

    /// Who the server says we are (RFC 4532), if it does; empty: nobody in particular.
    pub(super) async fn who_am_i(&mut self, settings: &Settings) -> Option<String> {
        let mut ldap = self.ldap.clone();
        let asked = timeout(settings.timeouts.bind, ldap.extended(ldap3::exop::WhoAmI)).await;
        let answer = asked.ok()?.ok()?;
        // Success without a value: the empty one may be left out.
        let identity = (answer.1.rc == 0).then(|| answer.0.val.unwrap_or_default())?;
        String::from_utf8(identity).ok()
    }

    /// Says good-bye, so that the server does not log a broken connection.
    pub(super) async fn close(mut self) {
        for mut connection in std::mem::take(&mut self.more) {
            let _ = timeout(Duration::from_secs(1), connection.ldap.unbind()).await;
        }
        let _ = timeout(Duration::from_secs(1), self.ldap.unbind()).await;
    }
}

fn panic_text(crash: tokio::task::JoinError) -> String {
    match crash.try_into_panic() {
        Ok(payload) => match payload.downcast::<String>() {
            Ok(text) => *text,
            Err(payload) => {
                payload.downcast_ref::<&str>().copied().unwrap_or("for an unknown reason").to_owned()
            }
        },
        Err(_) => "its task was cancelled".to_owned(),
    }
}

/// Waits, but not for ever.
pub(super) async fn within<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    timeout(patience, work).await.unwrap_or(Err(Failure::TimedOut(patience)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_read_stays_at_the_address_where_it_began() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // Whoever asked for the name's addresses would find none.
        let server = Server::of(&Url::parse("ldap://directory.invalid").unwrap()).unwrap();
        let patience = Duration::from_secs(10);
        assert!(matches!(reach(&server, patience).await, Err(Failure::Unreachable(_))));
        let there = Server { address: Some(address), ..server };
        assert_eq!(reach(&there, patience).await.unwrap().peer_addr().unwrap(), address);
    }
}
