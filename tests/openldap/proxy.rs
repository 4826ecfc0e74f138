//! A cable between client and server that can be cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

/// Carries connections to a server, each until it has carried so many bytes of answers.
pub(crate) struct Proxy {
    /// Where it listens, with the scheme of the server.
    pub(crate) url: Url,
    carried: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// Cuts each connection after `limit` bytes from the server.
    pub(crate) async fn start(server: &Url, limit: u64) -> Self {
        Self::before(&[server], limit).await
    }

    /// The same before several servers: the first connection is the first one's, and so on; the last one has the rest.
    pub(crate) async fn before(servers: &[&Url], limit: u64) -> Self {
        let target = |server: &&Url| (server.host_str().unwrap().to_owned(), server.port().unwrap());
        let targets: Vec<_> = servers.iter().map(target).collect();
        let server = servers[0];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{}://localhost:{}", server.scheme(), listener.local_addr().unwrap().port());
        let carried = Arc::new(AtomicU64::new(0));
        let total = carried.clone();
        let task = tokio::spawn(async move {
            let mut next = 0;
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, targets[next].clone(), limit, total.clone()));
                next = (next + 1).min(targets.len() - 1);
            }
        });
        Self { url: Url::parse(&url).unwrap(), carried, task }
    }

    /// Bytes of answers carried so far.
    pub(crate) fn carried(&self) -> u64 {
        self.carried.load(Ordering::SeqCst)
    }
}

async fn carry(client: TcpStream, target: (String, u16), limit: u64, total: Arc<AtomicU64>) {
    let server = TcpStream::connect(target).await.unwrap();
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async { tokio::io::copy(&mut from_client, &mut to_server).await };
    let down = async {
        let mut left = limit;
        let mut chunk = vec![0; 16 * 1024];
        while left > 0 {
            let Ok(count @ 1..) = from_server.read(&mut chunk).await else { return };
            let passed = count.min(usize::try_from(left).unwrap_or(usize::MAX));
            if to_client.write_all(&chunk[..passed]).await.is_err() {
                return;
            }
            left -= u64::try_from(passed).unwrap();
            total.fetch_add(u64::try_from(passed).unwrap(), Ordering::SeqCst);
        }
    };
    // Both halves are dropped with the first that ends.
    tokio::select! {
        _ = up => {}
        () = down => {}
    }
}
