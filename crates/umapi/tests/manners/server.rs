//! A tiny HTTP server that plays given answers, one connection per request.

use crate::world::TestClock;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As written, still encoded.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    /// Seconds since the world began.
    pub(crate) at: i64,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// What is played.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// The head and half of the body.
    Cut {
        status: u16,
        body: String,
    },
    /// The connection ends without a word.
    HangUp,
    /// The connection stays, and no word comes.
    Mute,
}

impl Reply {
    pub(crate) fn json(body: serde_json::Value) -> Self {
        Self::Answer { status: 200, headers: vec![], body: body.to_string() }
    }

    pub(crate) fn status(status: u16, body: impl ToString) -> Self {
        Self::Answer { status, headers: vec![], body: body.to_string() }
    }

    pub(crate) fn with(self, name: &'static str, value: impl ToString) -> Self {
        match self {
            Self::Answer { status, mut headers, body } => {
                headers.push((name, value.to_string()));
                Self::Answer { status, headers, body }
            }
            other => other,
        }
    }
}

type Script = Box<dyn FnMut(&Request) -> Reply + Send>;

/// A server whose script may be changed while it runs.
pub(crate) struct Server {
    address: SocketAddr,
    clock: Arc<TestClock>,
    script: Arc<Mutex<Script>>,
    seen: Arc<Mutex<Vec<Request>>>,
    listening: Mutex<Option<JoinHandle<()>>>,
}

impl Server {
    pub(crate) async fn start(
        clock: Arc<TestClock>,
        script: impl FnMut(&Request) -> Reply + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script: Script = Box::new(script);
        let server = Self {
            address,
            clock,
            script: Arc::new(Mutex::new(script)),
            seen: Arc::default(),
            listening: Mutex::default(),
        };
        server.listen(listener);
        server
    }

    pub(crate) fn url(&self) -> url::Url {
        url::Url::parse(&format!("http://{}", self.address)).unwrap()
    }

    pub(crate) fn play(&self, script: impl FnMut(&Request) -> Reply + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    /// Everything that came so far.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// `METHOD path?query` of everything that came so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |request: &Request| match request.query.as_str() {
            "" => format!("{} {}", request.method, request.path),
            query => format!("{} {}?{query}", request.method, request.path),
        };
        self.seen().iter().map(line).collect()
    }

    /// Refuses connections from now on.
    pub(crate) async fn go_down(&self) {
        let listening = self.listening.lock().unwrap().take();
        if let Some(listening) = listening {
            listening.abort();
            let _ = listening.await;
        }
    }

    fn listen(&self, listener: TcpListener) {
        let (clock, script, seen) = (self.clock.clone(), self.script.clone(), self.seen.clone());
        let listening = tokio::spawn(async move {
            let mut mute = Vec::new();
            loop {
                let Ok((mut stream, _)) = listener.accept().await else { continue };
                let Some(mut request) = read(&mut stream).await else { continue };
                request.at = clock.elapsed();
                seen.lock().unwrap().push(request.clone());
                let reply = script.lock().unwrap()(&request);
                let date = httpdate::fmt_http_date(clock.adobe().into());
                let (status, headers, body, sent) = match reply {
                    Reply::Answer { status, headers, body } => {
                        let length = body.len();
                        (status, headers, body, length)
                    }
                    Reply::Cut { status, body } => {
                        let half = body.len() / 2;
                        (status, vec![], body, half)
                    }
                    Reply::HangUp => continue,
                    Reply::Mute => {
                        mute.push(stream);
                        continue;
                    }
                };
                let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
                if !headers.iter().any(|(name, _)| *name == "date") {
                    head += &format!("date: {date}\r\n");
                }
                for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
                    head += &format!("{name}: {value}\r\n");
                }
                head += "connection: close\r\n\r\n";
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(&body.as_bytes()[..sent]).await;
                let _ = stream.shutdown().await;
            }
        });
        *self.listening.lock().unwrap() = Some(listening);
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).ok()?;
    let mut lines = text.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < head + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes[head + 4..].to_vec()).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Request { method, path: path.to_owned(), query: query.to_owned(), headers, body, at: 0 })
}
