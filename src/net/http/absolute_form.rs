//! Plain HTTP through a proxy: the request names the whole address (RFC 9112 §3.2.2). `ureq` would open a tunnel, which most
//! proxies refuse for port 80.

use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport,
};

/// Makes a connection to a proxy out of a connection to a server.
#[derive(Debug)]
pub(super) struct AbsoluteForm;

impl<In: Transport> Connector<In> for AbsoluteForm {
    type Out = Either<In, Rewritten<In>>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        let authority = details.uri.authority().map(ToString::to_string).unwrap_or_default();
        let origin = format!("http://{authority}");
        Ok(chained.map(|inner| Either::B(Rewritten { inner, origin: Some(origin) })))
    }
}

/// A connection whose first line is rewritten once: `GET /path` becomes `GET http://host/path`.
#[derive(Debug)]
pub(super) struct Rewritten<T> {
    inner: T,
    /// What is put before the path, until it was.
    origin: Option<String>,
}

impl<T: Transport> Transport for Rewritten<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let Some(origin) = self.origin.take() else {
            return self.inner.transmit_output(amount, timeout);
        };
        let output = self.inner.buffers().output();
        let head = output.get(..amount).unwrap_or_default();
        let method = head.iter().position(|byte| *byte == b' ').map_or(0, |space| space + 1);
        let (method, rest) = head.split_at(method);
        let rewritten = [method, origin.as_bytes(), rest].concat();
        let room = output.get_mut(..rewritten.len());
        room.ok_or(Error::LargeResponseHeader(rewritten.len(), amount))?
            .copy_from_slice(&rewritten);
        self.inner.transmit_output(rewritten.len(), timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }
}
