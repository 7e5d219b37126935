//! The card models and what differs between them before any file is read (CPx fact sheet §1.1, §2.1).

use crate::transport::Protocol;

use super::super::persona::{CardSpec, Generation, Interface, PersonaError, ProtocolSpec};

/// A card model that exists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Model {
    /// CPS3, contact, T=0.
    Cps3,
    /// CPS3, contactless, which a PC/SC reader shows as T=1.
    Cps3Contactless,
    /// CPS4 whose ATR offers T=0 only.
    Cps4T0,
    /// CPS4 whose ATR offers both; a reader that is free to choose takes T=1.
    Cps4T1,
}

impl Model {
    pub(super) fn of(card: &CardSpec) -> Result<Self, PersonaError> {
        let &CardSpec { generation, interface, protocol, .. } = card;
        match (generation, interface, protocol) {
            (Generation::Cps3, Interface::Contact, ProtocolSpec::T0) => Ok(Self::Cps3),
            (Generation::Cps3, Interface::Contactless, ProtocolSpec::T1) => {
                Ok(Self::Cps3Contactless)
            }
            (Generation::Cps4, Interface::Contact, ProtocolSpec::T0) => Ok(Self::Cps4T0),
            (Generation::Cps4, Interface::Contact, ProtocolSpec::T1) => Ok(Self::Cps4T1),
            _ => Err(PersonaError::NoSuchCard { generation, interface, protocol }),
        }
    }

    /// One of the strings the vendor library knows, byte for byte.
    pub(super) const fn atr(self) -> &'static [u8] {
        match self {
            Self::Cps3 => b"\x3B\xAC\x00\x40\x2A\x00\x12\x25\x00\x64\x80\x00\x03\x10\x00\x90\x00",
            Self::Cps3Contactless => {
                b"\x3B\x8F\x80\x01\x00\x31\xB8\x64\x04\xB0\xEC\xC1\x73\x94\x01\x80\x82\x90\x00\x0E"
            }
            Self::Cps4T0 => b"\x3B\xDC\x18\xFF\x00\x00\x12\x25\x00\x64\x80\x00\x04\x01\x00\x90\x00",
            Self::Cps4T1 => b"\x3B\x9B\x18\x80\x01\x00\x12\x25\x00\x64\x80\x04\x01\x00\x00\x90\x44",
        }
    }

    pub(super) const fn protocol(self) -> Protocol {
        match self {
            Self::Cps3 | Self::Cps4T0 => Protocol::T0,
            Self::Cps3Contactless | Self::Cps4T1 => Protocol::T1,
        }
    }

    pub(super) const fn generation(self) -> Generation {
        match self {
            Self::Cps3 | Self::Cps3Contactless => Generation::Cps3,
            Self::Cps4T0 | Self::Cps4T1 => Generation::Cps4,
        }
    }
}
