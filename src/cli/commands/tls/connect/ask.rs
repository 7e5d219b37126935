//! The request, from the arguments: where to, what, and what is never sent.

use std::path::Path;

use bytes::Bytes;
use http::header::{ACCEPT, CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT};
use http::uri::{Authority, PathAndQuery, Uri};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::cli::args::tls::TlsConnect;
use crate::cli::context::Network;
use crate::cli::failure::Failure;
use crate::cli::{inputs, net};
use crate::web::dial::Route;
use crate::web::request::Ask;

/// A service and a place in it.
pub(super) struct Target {
    pub(super) route: Route,
    authority: Authority,
    path: PathAndQuery,
}

impl Target {
    /// Reads `https://host[:port][/path][?query]`; what follows `#` is not sent.
    pub(super) fn parse(url: &str, network: Network) -> Result<Self, Failure> {
        // What stands before `@` may be a password.
        let shown = if url.contains('@') { "the argument".to_owned() } else { format!("`{url}`") };
        let wrong = || Failure::arguments(format!("{shown} is not an address `https://host…`"));
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let (Some("https"), Some(authority)) = (uri.scheme_str(), uri.authority().cloned()) else {
            return Err(wrong());
        };
        if authority.as_str().contains('@') {
            return Err(Failure::arguments("the address holds a user: others see the arguments")
                .hint("`--header @FILE` reads `Authorization: …` from a file"));
        }
        let port = authority.port_u16().unwrap_or(443);
        let route = net::route(authority.host(), port, &format!("`{url}`"), network)?;
        let path = uri.path_and_query().cloned();
        let path = path.unwrap_or_else(|| PathAndQuery::from_static("/"));
        Ok(Self { route, authority, path })
    }

    pub(super) fn ask(&self, args: &TlsConnect) -> Result<Ask, Failure> {
        let body = args.data.as_deref().map(body).transpose()?;
        let method = match (&args.method, &body) {
            (Some(name), _) => Method::from_bytes(name.as_bytes())
                .map_err(|_| Failure::arguments(format!("`--method {name}`: not a method")))?,
            (None, Some(_)) => Method::POST,
            (None, None) => Method::GET,
        };
        Ok(Ask {
            method,
            authority: self.authority.clone(),
            path: self.path.clone(),
            headers: headers(&args.header)?,
            body: body.unwrap_or_default(),
        })
    }
}

fn body(data: &str) -> Result<Bytes, Failure> {
    match data.strip_prefix('@') {
        None => Ok(Bytes::from(data.to_owned())),
        Some(path) => inputs::bytes(Path::new(path)).map(Bytes::from),
    }
}

/// Those given, and ours where none of the name is given.
fn headers(given: &[String]) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for argument in given {
        let lines = match argument.strip_prefix('@') {
            None => argument.clone(),
            Some(path) => String::from_utf8(inputs::bytes(Path::new(path))?)
                .map_err(|_| Failure::arguments(format!("`--header {argument}`: not text")))?,
        };
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            let (name, value) = header(line)?;
            headers.append(name, value);
        }
    }
    let agent = concat!("cpskit/", env!("CARGO_PKG_VERSION"));
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(agent));
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    Ok(headers)
}

/// `Name: value`. The value is not repeated in an error: it may be a token.
fn header(line: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    let wrong = || Failure::arguments("`--header` takes `Name: value`, or `@FILE`");
    let (name, value) = line.split_once(':').ok_or_else(wrong)?;
    let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| wrong())?;
    if [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(&name) {
        return Err(Failure::arguments(format!("`--header`: `{name}` is set by cpskit")));
    }
    let mut value = HeaderValue::from_str(value.trim()).map_err(|_| wrong())?;
    value.set_sensitive(true);
    Ok((name, value))
}
