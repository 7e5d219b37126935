//! PC/SC return codes: the symbol is kept, and those a user can act on get a case of their own.

use pcsc::Error as Code;

use crate::transport::{Error, PcscError};

/// Says what a return code means for the card in `reader`.
pub(super) fn translate(code: Code, reader: &str) -> Error {
    let cause = PcscError { symbol: symbol(code), code: number(code) };
    let reader = reader.to_owned();
    match code {
        Code::NoService | Code::ServiceStopped | Code::Shutdown => Error::NoService { cause },
        // On macOS and Windows a lost service shows as a handle that is no longer valid.
        Code::InvalidHandle => Error::NoService { cause },
        Code::NoAccess | Code::SecurityViolation => Error::NotAuthorised { cause },
        Code::NoReadersAvailable => Error::NoReader,
        Code::UnknownReader | Code::ReaderUnavailable => Error::UnknownReader { reader },
        Code::NoSmartcard => Error::NoCard { reader },
        Code::RemovedCard => Error::Removed { reader },
        Code::ResetCard => Error::Reset,
        Code::SharingViolation => Error::Held { reader, cause },
        Code::UnpoweredCard | Code::UnresponsiveCard => Error::Unresponsive { reader, cause },
        _ => Error::Pcsc(cause),
    }
}

/// Says what a return code means where no card is concerned: what breaks there is the connection to the service.
pub(super) fn of_service(code: Code) -> Error {
    match code {
        Code::CommError => {
            Error::NoService { cause: PcscError { symbol: symbol(code), code: number(code) } }
        }
        code => translate(code, ""),
    }
}

/// The 32-bit code. The enumeration's discriminants are those codes.
#[allow(clippy::as_conversions)]
fn number(code: Code) -> u32 {
    code as u32
}

fn symbol(code: Code) -> &'static str {
    match code {
        Code::InternalError => "SCARD_F_INTERNAL_ERROR",
        Code::Cancelled => "SCARD_E_CANCELLED",
        Code::InvalidHandle => "SCARD_E_INVALID_HANDLE",
        Code::InvalidParameter => "SCARD_E_INVALID_PARAMETER",
        Code::InvalidTarget => "SCARD_E_INVALID_TARGET",
        Code::NoMemory => "SCARD_E_NO_MEMORY",
        Code::WaitedTooLong => "SCARD_F_WAITED_TOO_LONG",
        Code::InsufficientBuffer => "SCARD_E_INSUFFICIENT_BUFFER",
        Code::UnknownReader => "SCARD_E_UNKNOWN_READER",
        Code::Timeout => "SCARD_E_TIMEOUT",
        Code::SharingViolation => "SCARD_E_SHARING_VIOLATION",
        Code::NoSmartcard => "SCARD_E_NO_SMARTCARD",
        Code::UnknownCard => "SCARD_E_UNKNOWN_CARD",
        Code::CantDispose => "SCARD_E_CANT_DISPOSE",
        Code::ProtoMismatch => "SCARD_E_PROTO_MISMATCH",
        Code::NotReady => "SCARD_E_NOT_READY",
        Code::InvalidValue => "SCARD_E_INVALID_VALUE",
        Code::SystemCancelled => "SCARD_E_SYSTEM_CANCELLED",
        Code::CommError => "SCARD_F_COMM_ERROR",
        Code::UnknownError => "SCARD_F_UNKNOWN_ERROR",
        Code::InvalidAtr => "SCARD_E_INVALID_ATR",
        Code::NotTransacted => "SCARD_E_NOT_TRANSACTED",
        Code::ReaderUnavailable => "SCARD_E_READER_UNAVAILABLE",
        Code::Shutdown => "SCARD_P_SHUTDOWN",
        Code::PciTooSmall => "SCARD_E_PCI_TOO_SMALL",
        Code::ReaderUnsupported => "SCARD_E_READER_UNSUPPORTED",
        Code::DuplicateReader => "SCARD_E_DUPLICATE_READER",
        Code::CardUnsupported => "SCARD_E_CARD_UNSUPPORTED",
        Code::NoService => "SCARD_E_NO_SERVICE",
        Code::ServiceStopped => "SCARD_E_SERVICE_STOPPED",
        Code::UnsupportedFeature => "SCARD_E_UNSUPPORTED_FEATURE",
        Code::NoAccess => "SCARD_E_NO_ACCESS",
        Code::NoReadersAvailable => "SCARD_E_NO_READERS_AVAILABLE",
        Code::CommDataLost => "SCARD_E_COMM_DATA_LOST",
        Code::ServerTooBusy => "SCARD_E_SERVER_TOO_BUSY",
        Code::UnsupportedCard => "SCARD_W_UNSUPPORTED_CARD",
        Code::UnresponsiveCard => "SCARD_W_UNRESPONSIVE_CARD",
        Code::UnpoweredCard => "SCARD_W_UNPOWERED_CARD",
        Code::ResetCard => "SCARD_W_RESET_CARD",
        Code::RemovedCard => "SCARD_W_REMOVED_CARD",
        Code::SecurityViolation => "SCARD_W_SECURITY_VIOLATION",
        Code::CancelledByUser => "SCARD_W_CANCELLED_BY_USER",
        // What the service cannot return to the calls made here.
        _ => "SCARD_E_OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_keeps_its_symbol_and_its_code() {
        let cause = PcscError { symbol: "SCARD_E_NO_SERVICE", code: 0x8010_001D };
        assert_eq!(translate(Code::NoService, "R"), Error::NoService { cause });
        let cause = PcscError { symbol: "SCARD_E_SHARING_VIOLATION", code: 0x8010_000B };
        assert_eq!(
            translate(Code::SharingViolation, "R"),
            Error::Held { reader: "R".to_owned(), cause }
        );
        let cause = PcscError { symbol: "SCARD_E_NOT_TRANSACTED", code: 0x8010_0016 };
        assert_eq!(translate(Code::NotTransacted, "R"), Error::Pcsc(cause));
        assert_eq!(translate(Code::ResetCard, "R"), Error::Reset);
    }
}
