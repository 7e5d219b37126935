//! A door in this process, and the service behind it: plain TCP where the real one is TLS, so that every byte is seen.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use cpskit::web::proxy::{
    Entry, Handshake, Journal, Listener, Opened, Opening, Protocol, Protocols, Proxy, Refusal,
    Service, Upstream,
};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// What a service does with a request: it is given the head and the connection, after the head.
pub(crate) type Serve = fn(&str, &mut TcpStream);

/// A door that stands open for the time of a test.
pub(crate) struct Scene {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    pub(crate) once: String,
    pub(crate) upstream: Arc<Plain>,
    pub(crate) journal: Arc<Log>,
    /// Heads of requests that reached the service.
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
    close: Option<oneshot::Sender<()>>,
    runtime: Option<Runtime>,
}

/// Connections in the clear, each counted; the first costs a signature, the others are resumed, as with TLS.
#[derive(Debug)]
pub(crate) struct Plain {
    service: SocketAddr,
    pub(crate) opened: AtomicUsize,
    pub(crate) signed: AtomicUsize,
    session: AtomicUsize,
    refusal: Mutex<Option<Refusal>>,
    protocol: Protocol,
}

#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<Vec<Entry>>);

impl Log {
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.0.lock().expect("whole").clone()
    }
}

impl Journal for Log {
    fn answered(&self, entry: &Entry) {
        self.0.lock().expect("whole").push(entry.clone());
    }
}

impl Plain {
    /// From now on no connection can be opened.
    pub(crate) fn refuse(&self, refusal: Refusal) {
        *self.refusal.lock().expect("whole") = Some(refusal);
    }
}

impl Upstream for Plain {
    fn open(&self, protocols: Protocols) -> Opening<'_> {
        Box::pin(async move {
            if let Some(refusal) = self.refusal.lock().expect("whole").clone() {
                return Err(refusal);
            }
            let stream = tokio::net::TcpStream::connect(self.service).await.map_err(|error| {
                Refusal::new(http::StatusCode::BAD_GATEWAY, "test", error.to_string())
            })?;
            self.opened.fetch_add(1, Ordering::SeqCst);
            let handshake = if self.session.swap(1, Ordering::SeqCst) == 0 {
                self.signed.fetch_add(1, Ordering::SeqCst);
                // As long as a card may take.
                tokio::time::sleep(Duration::from_millis(50)).await;
                Handshake::Full
            } else {
                Handshake::Resumed
            };
            let protocol =
                if protocols == Protocols::Http1 { Protocol::Http1 } else { self.protocol };
            Ok(Opened { stream: Box::new(stream), protocol, handshake })
        })
    }

    fn forget(&self) {
        self.session.store(0, Ordering::SeqCst);
    }
}

impl Scene {
    /// A door to a service that does this, known to it as `https://service.example/app`.
    pub(crate) fn new(serve: Serve) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let service = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let log = Arc::clone(&log);
                thread::spawn(move || each_request(stream, &log, serve));
            }
        });
        Self::to(service, Protocol::Http1, seen)
    }

    /// A door to a service that runs already.
    pub(crate) fn to(
        service: SocketAddr,
        protocol: Protocol,
        seen: Arc<Mutex<Vec<String>>>,
    ) -> Self {
        let upstream = Arc::new(Plain {
            service,
            opened: AtomicUsize::new(0),
            signed: AtomicUsize::new(0),
            session: AtomicUsize::new(0),
            refusal: Mutex::default(),
            protocol,
        });
        let journal = Arc::new(Log::default());
        let runtime = Runtime::new().expect("a runtime");
        let behind: Arc<dyn Upstream> = upstream.clone();
        let told: Arc<dyn Journal> = journal.clone();
        let address = "127.0.0.1:0".parse().expect("an address");
        let listener = runtime.block_on(Listener::bind(address)).expect("loopback");
        let address = listener.address();
        let service: Service = "https://service.example/app".parse().expect("a service");
        let proxy = Proxy::new(listener, service, behind, told, Duration::from_secs(20));
        let proxy = proxy.expect("random bits");
        let token = proxy.token().expose().to_owned();
        let once = proxy.once().expect("random bits");
        let (close, closed) = oneshot::channel();
        runtime.spawn(proxy.serve(closed));
        Self {
            address,
            token,
            once,
            upstream,
            journal,
            seen,
            close: Some(close),
            runtime: Some(runtime),
        }
    }

    /// What the door answers to these bytes, up to the end of the connection. `HOST` and `TOKEN` stand for the right ones.
    pub(crate) fn raw(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(self.filled(request).as_bytes()).expect("it listens");
        let mut answer = Vec::new();
        // A reset after the answer is an end too.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(crate) fn filled(&self, request: &str) -> String {
        request.replace("HOST", &self.address.to_string()).replace("TOKEN", &self.token)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        stream
    }

    /// The status of the answer to a request with these fields beside `Host` and `Connection: close`.
    pub(crate) fn status(&self, line: &str, fields: &str) -> u16 {
        status(
            &self.raw(&format!(
                "{line} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n{fields}\r\n"
            )),
        )
    }

    /// The answer to a request that has the token.
    pub(crate) fn get(&self, path: &str, fields: &str) -> String {
        self.raw(&format!(
            "GET {path} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nX-Cpskit-Token: TOKEN\r\n{fields}\r\n"
        ))
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("whole").clone()
    }

    /// Closes the door, and waits until it is.
    pub(crate) fn close(&mut self) {
        self.close.take();
        while TcpStream::connect(self.address).is_ok() {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub(crate) fn status(answer: &str) -> u16 {
    let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    code.unwrap_or_else(|| panic!("no status: {answer:?}"))
}

/// Answers requests on one connection until its end.
fn each_request(mut stream: TcpStream, log: &Mutex<Vec<String>>, serve: Serve) {
    while let Some(head) = head(&mut stream) {
        log.lock().expect("whole").push(head.clone());
        serve(&head, &mut stream);
    }
}

/// Up to and with the empty line; `None` at the end of the connection.
pub(crate) fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

/// Says hello, after a body with a length was read.
pub(crate) fn hello(head: &str, stream: &mut TcpStream) {
    let length = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).expect("the body");
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
}
