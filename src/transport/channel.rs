//! A transaction seen as commands and answers: the T=0 procedures, the counts, the trace.

use super::{Disposition, Error, Keypad, Protocol, Transaction};
use crate::iso7816::apdu::{Command, Hex, Response, Visibility};
use crate::iso7816::status::{Meaning, StatusWord};

/// What a run cost: every command that reached the card, GET RESPONSE and repeats after `6Cxx` included.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Exchanges {
    /// Commands sent.
    pub commands: u64,
    /// Bytes sent, headers included.
    pub bytes_sent: u64,
    /// Bytes received, status words included.
    pub bytes_received: u64,
}

/// The use of a card for the time of a transaction.
pub struct Channel<'t> {
    transaction: Box<dyn Transaction + 't>,
    protocol: Protocol,
    /// The most bytes asked for at once, 1 to 256.
    chunk: u16,
    /// Commands sent in this transaction.
    commands: u64,
    exchanges: &'t mut Exchanges,
}

/// An answer longer than this is a card that never ends, not data: no CPx object comes near it.
const ANSWER_LIMIT: usize = 0x1_0000;

/// A transaction that takes more commands than this is with a card that never ends: a card read whole takes less than a
/// hundred. Commands sent as [bytes](Channel::exchange_bytes) are the user's own, and do not count.
const COMMANDS: u64 = 2048;

impl<'t> Channel<'t> {
    /// Speaks `protocol` over the transaction and adds to the counts.
    pub fn new(
        transaction: Box<dyn Transaction + 't>,
        protocol: Protocol,
        exchanges: &'t mut Exchanges,
    ) -> Self {
        Self { transaction, protocol, chunk: 256, commands: 0, exchanges }
    }

    /// The protocol in use.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The most bytes asked for at once.
    pub fn chunk(&self) -> u16 {
        self.chunk
    }

    /// Asks for at most so many bytes at once (CPS3: E7; CPx fact sheet §2.1).
    pub fn limit_chunk(&mut self, chunk: u16) {
        self.chunk = chunk.clamp(1, 256);
    }

    /// Says what becomes of the card at the end, however the end comes.
    pub fn at_end(&mut self, disposition: Disposition) {
        self.transaction.at_end(disposition);
    }

    /// The reader's keypad.
    ///
    /// # Errors
    /// As [`Transaction::keypad`].
    pub fn keypad(&mut self) -> Result<Option<Keypad<'_>>, Error> {
        self.transaction.keypad()
    }

    /// Ends the transaction.
    ///
    /// # Errors
    /// As [`Transaction::end`].
    pub fn end(self) -> Result<(), Error> {
        self.transaction.end()
    }

    /// Sends a command and collects its whole answer: `61xx` is followed by GET RESPONSE when an answer is wanted, `6Cxx`
    /// by one repeat. The status returned is the last one, and 9000 in place of a `61xx` that nobody wants.
    ///
    /// # Errors
    /// Those of [`Transaction::transmit`]; [`Error::Endless`], [`Error::Garbled`]. A refusal by the card is a [`Response`].
    pub fn send(&mut self, command: &Command) -> Result<Response, Error> {
        let mut response = self.exchange(command)?;
        if let Meaning::RepeatWithLe(le) = response.status.meaning() {
            response = self.exchange(&command.clone().le(le))?;
        }
        self.collect(command, response)
    }

    /// As [`send`](Self::send) without the procedures: one command, one answer, as it comes.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn exchange(&mut self, command: &Command) -> Result<Response, Error> {
        if self.commands == COMMANDS {
            return Err(Error::Endless { commands: COMMANDS });
        }
        self.commands += 1;
        let bytes = match self.protocol {
            Protocol::T0 => command.encode_t0(),
            Protocol::T1 => command.encode_t1(),
        };
        self.transmit(&bytes, command, command.answer())
    }

    /// Sends bytes as they are; `shown` is what the trace may say of them.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn exchange_bytes(
        &mut self,
        bytes: &[u8],
        shown: &dyn std::fmt::Display,
    ) -> Result<Response, Error> {
        self.transmit(bytes, shown, Visibility::Public)
    }

    fn transmit(
        &mut self,
        bytes: &[u8],
        shown: &dyn std::fmt::Display,
        visibility: Visibility,
    ) -> Result<Response, Error> {
        tracing::trace!(target: "cpskit::apdu", "> {shown}");
        self.exchanges.commands += 1;
        self.exchanges.bytes_sent += count(bytes);
        let answer = self.transaction.transmit(bytes)?;
        self.exchanges.bytes_received += count(&answer);
        let length = answer.len();
        let response = Response::parse(answer).ok_or(Error::Garbled { length })?;
        match visibility {
            Visibility::Public => {
                tracing::trace!(target: "cpskit::apdu", "< {} {}", Hex(&response.data), response.status);
            }
            Visibility::Secret => {
                tracing::trace!(target: "cpskit::apdu", "< [secret] {}", response.status);
            }
        }
        Ok(response)
    }

    fn collect(&mut self, command: &Command, first: Response) -> Result<Response, Error> {
        let Meaning::MoreData(mut waiting) = first.status.meaning() else { return Ok(first) };
        if command.wanted().is_none() {
            return Ok(Response { data: first.data, status: StatusWord::OK });
        }
        // 9Fxx is the CPS2ter volume, whose GET RESPONSE has its class; so has logical channel 1.
        let cla = command.header[0] & !CHAINING;
        let mut data = first.data;
        loop {
            let le = waiting.min(self.chunk);
            let mut get = Command::new(cla, 0xC0, 0x00, 0x00).le(le);
            if command.answer() == Visibility::Secret {
                get = get.secret_answer();
            }
            let mut part = self.exchange(&get)?;
            if let Meaning::RepeatWithLe(le) = part.status.meaning() {
                part = self.exchange(&get.le(le))?;
            }
            let stuck = part.data.is_empty() || data.len() > ANSWER_LIMIT;
            data.append(&mut part.data);
            match part.status.meaning() {
                Meaning::MoreData(more) if !stuck => waiting = more,
                _ => return Ok(Response { data, status: part.status }),
            }
        }
    }
}

/// CLA bit 5: more commands of the chain follow.
const CHAINING: u8 = 0x10;

fn count(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers from a list, in order, and keeps what it was sent.
    struct Script<'a> {
        answers: &'a [&'a [u8]],
        sent: &'a mut Vec<String>,
    }

    impl Transaction for Script<'_> {
        fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
            self.sent.push(Hex(command).to_string());
            let position = self.sent.len() - 1;
            let answer =
                self.answers.get(position).expect("the script has an answer for each command");
            Ok(answer.to_vec())
        }

        fn at_end(&mut self, _: Disposition) {}

        fn end(self: Box<Self>) -> Result<(), Error> {
            Ok(())
        }
    }

    fn run(answers: &[&[u8]], command: &Command) -> (Result<Response, Error>, Vec<String>) {
        let mut sent = Vec::new();
        let mut exchanges = Exchanges::default();
        let script = Box::new(Script { answers, sent: &mut sent });
        let mut channel = Channel::new(script, Protocol::T0, &mut exchanges);
        channel.limit_chunk(0xE7);
        let result = channel.send(command);
        drop(channel);
        assert_eq!(exchanges.commands, count(&vec![0; sent.len()]));
        (result, sent)
    }

    #[test]
    fn an_answer_is_collected_in_parts_that_the_card_can_send() {
        let part = [[7; 0xE7].as_slice(), &[0x61, 0x19]].concat();
        let rest = [[8; 0x19].as_slice(), &[0x90, 0x00]].concat();
        let command = Command::new(0x01, 0x2A, 0x9E, 0x9A).le(256);
        let (result, sent) = run(&[&[0x61, 0x00], &part, &rest], &command);
        let data = [[7; 0xE7].as_slice(), &[8; 0x19]].concat();
        assert_eq!(result, Ok(Response { data, status: StatusWord::OK }));
        assert_eq!(sent, ["012A9E9A00", "01C00000E7", "01C0000019"]);
    }

    #[test]
    fn an_answer_nobody_wants_is_left_on_the_card() {
        let select = Command::new(0, 0xA4, 0x09, 0x0C).data(&[0x3F, 0]);
        let (result, sent) = run(&[&[0x61, 0x1B]], &select);
        assert_eq!(result, Ok(Response { data: vec![], status: StatusWord::OK }));
        assert_eq!(sent, ["00A4090C023F00"]);
    }

    #[test]
    fn a_wrong_length_is_corrected_once() {
        let read = Command::new(0, 0xB0, 0, 0).le(256);
        let (result, sent) = run(&[&[0x6C, 0x02], &[1, 2, 0x90, 0]], &read);
        assert_eq!(result, Ok(Response { data: vec![1, 2], status: StatusWord::OK }));
        assert_eq!(sent, ["00B0000000", "00B0000002"]);
        let (result, _) = run(&[&[0x6C, 0x02], &[0x6C, 0x02]], &read);
        assert_eq!(result, Ok(Response { data: vec![], status: StatusWord(0x6C02) }));
    }

    #[test]
    fn a_card_that_promises_without_end_is_not_followed() {
        let command = Command::new(0, 0xCB, 0x3F, 0xFF).data(&[0]).le(256);
        let promise: &[u8] = &[0x61, 0x10];
        let (result, sent) = run(&[promise, promise, promise], &command);
        assert_eq!(result, Ok(Response { data: vec![], status: StatusWord(0x6110) }));
        assert_eq!(sent.len(), 2);
    }

    #[test]
    fn a_transaction_without_end_is_ended() {
        let done: &[u8] = &[0x90, 0x00];
        let answers = vec![done; 3000];
        let mut sent = Vec::new();
        let mut exchanges = Exchanges::default();
        let script = Box::new(Script { answers: &answers, sent: &mut sent });
        let mut channel = Channel::new(script, Protocol::T0, &mut exchanges);
        let read = Command::new(0, 0xB0, 0, 0).le(1);
        let outcome = (0..3000).try_for_each(|_| channel.send(&read).map(drop));
        assert_eq!(outcome, Err(Error::Endless { commands: COMMANDS }));
        drop(channel);
        assert_eq!(exchanges.commands, COMMANDS);
    }

    #[test]
    fn fewer_bytes_than_a_status_word_are_an_error() {
        let (result, _) = run(&[&[0x90]], &Command::new(0, 0xB0, 0, 0).le(1));
        assert_eq!(result, Err(Error::Garbled { length: 1 }));
    }
}
