//! The name that a subject must carry: in subjectAltName only, never in its CN (RFC 9525 §2).

use std::fmt;
use std::net::IpAddr;

use crate::id::NationalId;
use crate::x509::{Certificate, GeneralName, Holder};

/// A name that a subject must carry.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Peer {
    /// The name of a host; a wildcard that is the whole first label of a dNSName stands for one label (RFC 9525 §6.3).
    Dns(String),
    /// An e-mail address: its host in any case, its local part as it stands.
    Email(String),
    /// An IP address.
    Ip(IpAddr),
    /// The national identifier of a person: CN of a certificate that IGC-Santé issues to one (IGC-Santé fact sheet §7),
    /// and in no other place.
    NationalId(NationalId),
}

impl Peer {
    /// Whether a certificate carries the name. One whose subjectAltName cannot be read carries none.
    pub(super) fn is_carried_by(&self, certificate: &Certificate) -> bool {
        if let Self::NationalId(asked) = self {
            return Holder::of(certificate).national_id.as_ref() == Some(asked);
        }
        let names = certificate.subject_alt_name().ok().flatten().unwrap_or_default();
        names.iter().any(|name| match (self, name) {
            (Self::Dns(host), GeneralName::Dns(pattern)) => matches(pattern, host),
            (Self::Email(asked), GeneralName::Email(found)) => {
                match (asked.rsplit_once('@'), found.rsplit_once('@')) {
                    (Some((local, host)), Some((other, place))) => {
                        local == other && host.eq_ignore_ascii_case(place)
                    }
                    _ => false,
                }
            }
            (Self::Ip(IpAddr::V4(address)), GeneralName::Ip(octets)) => {
                address.octets() == **octets
            }
            (Self::Ip(IpAddr::V6(address)), GeneralName::Ip(octets)) => {
                address.octets() == **octets
            }
            _ => false,
        })
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) | Self::Email(name) => f.write_str(name),
            Self::Ip(address) => address.fmt(f),
            Self::NationalId(id) => f.write_str(id.as_str()),
        }
    }
}

fn matches(pattern: &str, host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    match pattern.strip_prefix("*.") {
        None => !pattern.contains('*') && !host.is_empty() && pattern.eq_ignore_ascii_case(host),
        // A wildcard for a whole top-level domain is nobody's.
        Some(parent) => {
            parent.contains('.')
                && !parent.contains('*')
                && host.split_once('.').is_some_and(|(label, rest)| {
                    !label.is_empty() && rest.eq_ignore_ascii_case(parent)
                })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_wildcard_stands_for_the_whole_first_label() {
        for (pattern, host, expected) in [
            ("example.org", "EXAMPLE.org", true),
            ("example.org", "a.example.org", false),
            ("*.example.org", "a.example.org", true),
            ("*.example.org", "example.org", false),
            ("*.example.org", "a.b.example.org", false),
            ("a*.example.org", "ab.example.org", false),
            ("*.org", "example.org", false),
            ("*", "org", false),
            ("a.*.org", "a.b.org", false),
            ("", "", false),
        ] {
            assert_eq!(matches(pattern, host), expected, "{pattern} {host}");
        }
    }
}
