//! Fetching, against servers on loopback: one that misbehaves in every way, and real ones (nginx, slapd).
#![cfg(all(feature = "net", feature = "cli"))]

mod caching;
mod directory;
mod faults;
mod ldap_faults;
#[cfg(target_os = "linux")]
mod offline;
mod proxies;
mod server;
#[path = "../support/support.rs"]
mod support;
mod web;

use std::path::Path;
use std::time::Duration;

use cpskit::net::{Addresses, Cache, Client, Limits, Proxies, Settings};
use cpskit::pki::source::{Fetch, FetchError, FetchProblem, Fetched, Freshness, Request, What};
use jiff::Timestamp;

/// What a client of a test takes at most.
const LIMIT: u64 = 1 << 20;

/// How long it waits where it is meant to wait in vain.
const SHORT: Duration = Duration::from_millis(400);

/// A client that may reach this machine, patient, without proxies and without a cache.
fn settings() -> Settings {
    Settings {
        now: at(1000),
        addresses: Addresses::Any,
        limits: Limits { list: LIMIT, total: Duration::from_secs(60), ..Limits::default() },
        proxies: Proxies::default(),
        cache: None,
    }
}

fn client() -> Client {
    Client::new(settings())
}

fn impatient() -> Client {
    let settings = settings();
    Client::new(Settings { limits: Limits { total: SHORT, ..settings.limits }, ..settings })
}

/// A client at this instant whose cache is in this folder.
fn caching(folder: &Path, now: i64) -> Client {
    Client::new(Settings { now: at(now), cache: Some(Cache::new(folder)), ..settings() })
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("an instant")
}

fn list_at(url: &str) -> Request {
    Request { url: url.to_owned(), what: What::List }
}

/// What a client says about the list at this address.
fn fetch(client: &Client, url: &str) -> Result<Fetched, FetchProblem> {
    client.fetch(&list_at(url)).map_err(|FetchError { url: asked, problem }| {
        assert_eq!(asked, url);
        problem
    })
}

fn current(bytes: &[u8]) -> Result<Fetched, FetchProblem> {
    Ok(Fetched { bytes: bytes.to_vec(), freshness: Freshness::Current })
}

/// What looks like a list from outside: a SEQUENCE of this many bytes, header included.
fn list(length: usize) -> Vec<u8> {
    let content = u32::try_from(length - 6).expect("not that long").to_be_bytes();
    let mut list = [&[0x30, 0x84][..], &content].concat();
    list.resize(length, 0x05);
    list
}
