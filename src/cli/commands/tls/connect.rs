//! `cpskit tls connect`: one request to a service, with the card or a key in a file.

mod ask;
mod report;

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use self::ask::Target;
use self::report::{Body, Plan, Told};
use crate::cli::args::Format;
use crate::cli::args::tls::{TlsConnect, TlsVersion};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::judging::PeerJudge;
use crate::cli::output::{Outcome, Stream};
use crate::tls::{Alpn, Client, Host, Version, Versions};
use crate::web::request::{self, Answer, Ask};

/// What the holder of a card may take to type a PIN, and the card to sign.
const HOLDER: Duration = Duration::from_secs(120);

/// More than this is not put into a document.
const LARGEST_IN_DOCUMENT: usize = 16 << 20;

pub(super) fn run(args: &TlsConnect, context: &Context) -> Result<Outcome, Failure> {
    let target = Target::parse(&args.url, context.network)?;
    let ask = target.ask(args)?;
    let judge = Arc::new(PeerJudge::new(&args.judge, context)?);
    let host = &target.route.host;
    let credential = args.client.credential(host, &args.judge.trust.store, context)?;
    let plan = Plan::new(args, &target, credential.as_deref());
    let client = Client::new(credential, judge.clone(), versions(args.tls))
        .map_err(|error| Failure::tls(&error, None))?;
    let call = Call { args, context, plan: &plan, client: &client, judge: &judge };
    runtime()?.block_on(call.run(ask))
}

pub(super) fn versions(asked: Option<TlsVersion>) -> Versions {
    match asked {
        None => Versions::Both,
        Some(TlsVersion::Tls12) => Versions::Only(Version::Tls12),
        Some(TlsVersion::Tls13) => Versions::Only(Version::Tls13),
    }
}

/// Two threads: one signs while the other keeps the time.
fn runtime() -> Result<Runtime, Failure> {
    let built = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    built.map_err(|error| {
        Failure::new("net.runtime", Exit::Temporary, format!("no threads: {error}"))
    })
}

struct Call<'c> {
    args: &'c TlsConnect,
    context: &'c Context,
    plan: &'c Plan<'c>,
    client: &'c Client,
    judge: &'c PeerJudge,
}

impl Call<'_> {
    async fn run(&self, ask: Ask) -> Result<Outcome, Failure> {
        let limit = Duration::from_secs(self.args.timeout.into());
        let patience = if self.args.client.is_card() { limit + HOLDER } else { limit };
        let late = |_| Failure::late(self.args.timeout);
        let route = &self.plan.target.route;
        let host = Host::parse(&route.host)
            .map_err(|error| Failure::arguments(format!("`{}`: {error}", self.args.url)))?;
        let tcp = timeout(limit, route.dial()).await.map_err(late)?;
        let tcp = tcp.map_err(|error| Failure::dial(&error))?;
        let alpn = [Alpn::Http2, Alpn::Http11];
        let stream = timeout(patience, self.client.over(tcp, &host, &alpn)).await.map_err(late)?;
        let stream = stream.map_err(|error| Failure::tls(&error, self.client.limit()))?;
        let facts = stream.facts().clone();
        let format = self.context.printer.format;
        let server = self.judge.row(&host.to_string(), &facts.server, format);
        let told = Told { plan: self.plan, facts, limit: self.client.limit(), server };
        let answer = timeout(limit, request::send(stream, ask)).await.map_err(late)?;
        let mut answer = answer.map_err(|error| Failure::request(&error, self.client.limit()))?;
        if format == Format::Text {
            told.remarks(&answer).iter().for_each(|line| self.context.printer.remark(line));
        }
        let body = self.body(&mut answer, limit).await?;
        let outcome = told.outcome(&answer, body);
        Ok(match self.args.fail && answer.status.as_u16() >= 400 {
            true => outcome.ending(Exit::Negative),
            false => outcome,
        })
    }

    /// Takes the body, piece by piece: into the file, onto standard output, or into the document.
    async fn body(&self, answer: &mut Answer, limit: Duration) -> Result<Body, Failure> {
        let printer = self.context.printer;
        let mut file = match &self.args.out {
            None => None,
            Some(path) => {
                let file = File::create(path).map_err(|error| Failure::input(path, &error))?;
                Some((path, file))
            }
        };
        let mut kept = Vec::new();
        let mut length: u64 = 0;
        loop {
            let piece = timeout(limit, answer.piece()).await;
            let piece = piece.map_err(|_| Failure::late(self.args.timeout))?;
            let piece = piece.map_err(|error| Failure::request(&error, self.client.limit()))?;
            let Some(piece) = piece else { break };
            length = length.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            match &mut file {
                Some((path, file)) => {
                    file.write_all(&piece).map_err(|error| Failure::input(path, &error))?;
                }
                None if printer.format == Format::Text => {
                    if printer.piece(&piece)? == Stream::Closed {
                        break;
                    }
                }
                None if kept.len() + piece.len() > LARGEST_IN_DOCUMENT => {
                    return Err(Failure::new(
                        "tls.body.size",
                        Exit::Usage,
                        "the body is too large for a document",
                    )
                    .hint("`--out FILE` writes it to a file"));
                }
                None => kept.extend_from_slice(&piece),
            }
        }
        Ok(match file {
            Some((path, _)) => Body::File { path: path.clone(), length },
            None => Body::Kept { bytes: kept, length },
        })
    }
}
