//! A server that says what a test tells it to: for everything that a real OpenLDAP never does.

pub(crate) mod company;

use ldap3::asn1::{StructureTag, parse_tag};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use url::Url;

/// What a client asked.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    Bind { dn: String, password: Vec<u8> },
    Search(Search),
    Unbind,
    Other,
}

/// One search request.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    pub(crate) base: String,
    /// One entry only.
    pub(crate) single: bool,
    pub(crate) attributes: Vec<String>,
    /// Page size and cookie, and whether the control was critical.
    pub(crate) paging: Option<(u8, Vec<u8>, bool)>,
}

/// What to answer: bytes, then perhaps nothing more.
pub(crate) enum Reply {
    Send(Vec<Vec<u8>>),
    /// Send this and hang up.
    SendAndClose(Vec<Vec<u8>>),
    /// Never answer.
    Silence,
}

/// A listening fake. It forgets its threads; they end with the test.
pub(crate) struct Fake {
    pub(crate) url: Url,
    pub(crate) requests: Arc<Mutex<Vec<Request>>>,
}

impl Fake {
    /// `answer` gets the message number and the request.
    pub(crate) fn start(answer: impl Fn(u8, &Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::talking(move |id, request, stream| {
            let (replies, go_on) = match answer(u8::try_from(id).unwrap(), request) {
                Reply::Send(replies) => (replies, true),
                Reply::SendAndClose(replies) => (replies, false),
                Reply::Silence => (Vec::new(), true),
            };
            stream.write_all(&replies.concat()).is_ok() && go_on
        })
    }

    /// Cuts each connection after so many bytes from its beginning, as `limit` says at that moment; `longest` is told how
    /// many were sent on one.
    pub(crate) fn cut(
        limit: Arc<AtomicUsize>,
        longest: Arc<AtomicUsize>,
        answer: impl Fn(u32, &Request) -> Vec<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        let sent = AtomicUsize::new(0);
        Self::talking(move |id, request, stream| {
            if matches!(request, Request::Unbind) {
                return false;
            }
            // A connection begins with its bind; there is one connection at a time.
            if matches!(request, Request::Bind { dn: _, password: _ }) {
                sent.store(0, Ordering::SeqCst);
            }
            let reply = answer(id, request).concat();
            let before = sent.fetch_add(reply.len(), Ordering::SeqCst);
            longest.fetch_max(before + reply.len(), Ordering::SeqCst);
            let left = limit.load(Ordering::SeqCst).saturating_sub(before);
            stream.write_all(&reply[..left.min(reply.len())]).is_ok() && left >= reply.len()
        })
    }

    /// `talk` gets the message number, the request and the connection, and says whether the connection goes on.
    pub(crate) fn talking(
        talk: impl Fn(u32, &Request, &mut TcpStream) -> bool + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("ldap://{}", listener.local_addr().unwrap())).unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (talk, log) = (Arc::new(talk), requests.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (talk, log, stream) = (talk.clone(), log.clone(), stream.unwrap());
                std::thread::spawn(move || serve(stream, &*talk, &log));
            }
        });
        Self { url, requests }
    }

    pub(crate) fn count(&self, wanted: impl Fn(&Request) -> bool) -> usize {
        self.requests.lock().unwrap().iter().filter(|request| wanted(request)).count()
    }
}

type Talk = dyn Fn(u32, &Request, &mut TcpStream) -> bool;

fn serve(mut stream: TcpStream, talk: &Talk, log: &Mutex<Vec<Request>>) {
    stream.set_nodelay(true).unwrap();
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        while let Ok((rest, message)) = parse_tag(&bytes) {
            bytes = rest.to_vec();
            let mut parts = children(message).into_iter();
            let id = octets(parts.next().unwrap()).iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
            let request = request(parts.next().unwrap(), parts.next());
            log.lock().unwrap().push(request.clone());
            if !talk(id, &request, &mut stream) {
                return;
            }
        }
        match stream.read(&mut chunk) {
            Ok(count) if count > 0 => bytes.extend_from_slice(&chunk[..count]),
            _ => return,
        }
    }
}

fn request(operation: StructureTag, controls: Option<StructureTag>) -> Request {
    match operation.id {
        0 => {
            let parts = children(operation);
            Request::Bind { dn: text(&parts[1]), password: octets(parts[2].clone()) }
        }
        2 => Request::Unbind,
        3 => {
            let parts = children(operation);
            let paging = controls.map(|controls| {
                let control = children(children(controls).remove(0));
                let (critical, value) = (control.len() == 3, octets(control.last().unwrap().clone()));
                let value = children(parse_tag(&value).unwrap().1);
                (*octets(value[0].clone()).last().unwrap(), octets(value[1].clone()), critical)
            });
            Request::Search(Search {
                base: text(&parts[0]),
                single: octets(parts[1].clone()) == [0],
                attributes: children(parts[7].clone()).iter().map(text).collect(),
                paging,
            })
        }
        _ => Request::Other,
    }
}

fn children(tag: StructureTag) -> Vec<StructureTag> {
    tag.expect_constructed().unwrap()
}

fn octets(tag: StructureTag) -> Vec<u8> {
    tag.expect_primitive().unwrap()
}

fn text(tag: &StructureTag) -> String {
    String::from_utf8(octets(tag.clone())).unwrap()
}

/// One element, with a length of four bytes as Active Directory writes them.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84], length.as_slice(), content].concat()
}

/// A message with any operation.
pub(crate) fn message(id: impl TryInto<u32>, operation: &[u8], controls: &[u8]) -> Vec<u8> {
    let id: u32 = id.try_into().ok().unwrap();
    let id = id.to_be_bytes();
    // Without leading zeroes, but not negative.
    let start = id.iter().position(|byte| *byte != 0).unwrap_or(3);
    let start = if id[start] & 0x80 != 0 { start - 1 } else { start };
    element(0x30, &[&element(2, &id[start..]), operation, controls].concat())
}

/// The end of a search (`0x65`), a bind (`0x61`) or an extended operation (`0x78`).
pub(crate) fn result(id: impl TryInto<u32>, operation: u8, code: u8, text: &[u8]) -> Vec<u8> {
    message(id, &outcome(operation, code, text), b"")
}

fn outcome(operation: u8, code: u8, text: &[u8]) -> Vec<u8> {
    element(operation, &[element(10, &[code]), element(4, b""), element(4, text)].concat())
}

/// The end of a page.
pub(crate) fn page_end(id: impl TryInto<u32>, code: u8, cookie: &[u8]) -> Vec<u8> {
    let value = element(0x30, &[element(2, &[0]), element(4, cookie)].concat());
    let control = element(0x30, &[element(4, b"1.2.840.113556.1.4.319"), element(4, &value)].concat());
    message(id, &outcome(0x65, code, b"diagnosis"), &element(0xa0, &control))
}

/// An entry of a search.
pub(crate) fn entry(id: impl TryInto<u32>, dn: &[u8], attributes: &[(&str, Vec<Vec<u8>>)]) -> Vec<u8> {
    let attributes: Vec<u8> = attributes
        .iter()
        .flat_map(|(name, values)| {
            let values = values.iter().map(|value| element(4, value)).collect::<Vec<_>>().concat();
            element(0x30, &[element(4, name.as_bytes()), element(0x31, &values)].concat())
        })
        .collect();
    message(id, &element(0x64, &[element(4, dn), element(0x30, &attributes)].concat()), b"")
}

/// A reference to another server.
pub(crate) fn reference(id: impl TryInto<u32>, url: &str) -> Vec<u8> {
    message(id, &element(0x73, &element(4, url.as_bytes())), b"")
}

/// Ends a connection that nobody asked to end.
pub(crate) fn farewell(code: u8, text: &[u8]) -> Vec<u8> {
    message(0, &outcome(0x78, code, text), &element(0x8a, b"1.3.6.1.4.1.1466.20036"))
}
