//! What the proxy costs: the same service asked directly and through the door, one after the other in one run.
//!
//! The service speaks plain HTTP here, so that what is measured is the door: TLS and the card cost the same with and without it.
//! `--test` runs everything once and measures nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use cpskit::web::proxy::{
    Entry, Handshake, Journal, Listener, Opened, Opening, Protocol, Protocols, Proxy, Upstream,
};

/// Bytes of a large body.
const LARGE: usize = 256 << 20;

#[derive(Debug)]
struct Plain(SocketAddr);

impl Upstream for Plain {
    fn open(&self, _: Protocols) -> Opening<'_> {
        Box::pin(async move {
            let stream = tokio::net::TcpStream::connect(self.0).await.expect("it listens");
            stream.set_nodelay(true).expect("an option");
            let stream = Box::new(stream);
            Ok(Opened { stream, protocol: Protocol::Http1, handshake: Handshake::Resumed })
        })
    }

    fn forget(&self) {}
}

#[derive(Debug)]
struct Silent;

impl Journal for Silent {
    fn answered(&self, _: &Entry) {}
}

/// A client that keeps its connection.
struct Client {
    reader: BufReader<TcpStream>,
    host: SocketAddr,
    token: String,
}

#[allow(clippy::print_stdout)]
fn main() {
    let once = std::env::args().any(|argument| argument == "--test");
    let (requests, large) = if once { (10, 1 << 20) } else { (5_000, LARGE) };
    let service = service();
    let (door, token) = door(service);
    let direct = Client::new(service, &token);
    let through = Client::new(door, &token);
    let mut rows = vec![Vec::new(), Vec::new()];
    for (row, mut client) in rows.iter_mut().zip([direct, through]) {
        let mut times: Vec<Duration> = (0..requests).map(|_| client.timed()).collect();
        times.sort_unstable();
        for part in [times.len() / 2, times.len() * 99 / 100] {
            row.push(format!("{:.0} µs", times[part].as_secs_f64() * 1e6));
        }
        row.push(format!("{:.0}/s", rate(&client, requests)));
        row.push(throughput(large, || client.request("GET", "/large", large, 0)));
        row.push(throughput(large, || client.request("POST", "/", 5, large)));
    }
    println!(
        "| | median | 99th percentile | 8 clients at once | download | upload |\n|---|---|---|---|---|---|"
    );
    for (name, row) in ["directly", "through the door"].iter().zip(rows) {
        println!("| {name} | {} |", row.join(" | "));
    }
}

fn throughput(bytes: usize, work: impl FnOnce()) -> String {
    let start = Instant::now();
    work();
    let bytes = f64::from(u32::try_from(bytes).expect("less than 4 GiB"));
    format!("{:.2} GB/s", bytes / start.elapsed().as_secs_f64() / 1e9)
}

/// Requests a second of eight clients.
fn rate(like: &Client, requests: u32) -> f64 {
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut client = Client::new(like.host, &like.token);
                (0..requests / 4).for_each(|_| client.request("GET", "/", 5, 0));
            });
        }
    });
    f64::from(requests / 4 * 8) / start.elapsed().as_secs_f64()
}

impl Client {
    fn new(host: SocketAddr, token: &str) -> Self {
        let stream = TcpStream::connect(host).expect("it listens");
        stream.set_nodelay(true).expect("an option");
        Self { reader: BufReader::with_capacity(1 << 16, stream), host, token: token.to_owned() }
    }

    fn timed(&mut self) -> Duration {
        let start = Instant::now();
        self.request("GET", "/", 5, 0);
        start.elapsed()
    }

    /// Sends `up` bytes and reads `down`.
    fn request(&mut self, method: &str, path: &str, down: usize, up: usize) {
        let Self { reader, host, token } = self;
        let head = format!(
            "{method} {path}?{down} HTTP/1.1\r\nHost: {host}\r\nX-Cpskit-Token: {token}\r\nContent-Length: {up}\r\n\r\n"
        );
        reader.get_mut().write_all(head.as_bytes()).expect("it reads");
        send(reader.get_mut(), up);
        assert_eq!(read_head(reader).expect("an answer").1, down);
        skip(reader, down);
    }
}

fn door(service: SocketAddr) -> (SocketAddr, String) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let listener = runtime.block_on(Listener::bind("127.0.0.1:0".parse().expect("an address")));
    let listener = listener.expect("loopback");
    let address = listener.address();
    let to = "https://service.example/".parse().expect("a service");
    let within = Duration::from_secs(60);
    let proxy = Proxy::new(listener, to, Arc::new(Plain(service)), Arc::new(Silent), within);
    let proxy = proxy.expect("random bits");
    let token = proxy.token().expose().to_owned();
    thread::spawn(move || runtime.block_on(proxy.serve(std::future::pending::<()>())));
    (address, token)
}

/// Reads what comes, answers as many bytes as the query says.
fn service() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream));
        }
    });
    address
}

fn serve(stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::with_capacity(1 << 16, stream);
    loop {
        let (line, length) = read_head(&mut reader)?;
        skip(&mut reader, length);
        let down: usize = line.split(['?', ' ']).nth(2)?.parse().ok()?;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {down}\r\n\r\n");
        reader.get_mut().write_all(head.as_bytes()).ok()?;
        send(reader.get_mut(), down);
    }
}

/// The first line, and the length of the body.
fn read_head(reader: &mut BufReader<TcpStream>) -> Option<(String, usize)> {
    let (mut first, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            return Some((first, length));
        }
        if first.is_empty() {
            first = line;
        }
    }
}

fn skip(reader: &mut BufReader<TcpStream>, bytes: usize) {
    let bytes = u64::try_from(bytes).expect("it fits");
    let read = std::io::copy(&mut reader.take(bytes), &mut std::io::sink());
    assert_eq!(read.expect("the body"), bytes);
}

fn send(stream: &mut TcpStream, mut bytes: usize) {
    let block = vec![b'x'; 1 << 16];
    while bytes > 0 {
        let now = bytes.min(block.len());
        // A client that is gone is seen at the next head.
        let _ = stream.write_all(&block[..now]);
        bytes -= now;
    }
}
