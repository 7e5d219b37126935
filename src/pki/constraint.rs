//! Name constraints (RFC 5280 §4.2.1.10 and §6.1): the subtrees that names must be in, and those they must not.

use super::finding::{Fact, NameForm};
use super::name::NormalName;
use super::options::{Exhausted, Limit, Meter};
use crate::x509::{Certificate, GeneralName, Name, NameConstraints, Subtree, oid};

/// permitted_subtrees and excluded_subtrees (RFC 5280 §6.1.2(b), (c)).
#[derive(Clone, Debug, Default)]
pub(super) struct Constraints {
    /// One entry per certificate that permits; a name must be inside each, where it has subtrees of the name's form.
    permitted: Vec<Vec<Tree>>,
    excluded: Vec<Tree>,
}

/// A subtree, with its directory name made ready to compare.
#[derive(Clone, Debug)]
struct Tree {
    subtree: Subtree,
    directory: Option<NormalName>,
}

impl Tree {
    fn of(subtree: &Subtree) -> Self {
        let directory = match &subtree.base {
            GeneralName::Directory(name) => Some(NormalName::of(name)),
            _ => None,
        };
        Self { subtree: subtree.clone(), directory }
    }

    fn form(&self) -> NameForm {
        form(&self.subtree.base)
    }
}

/// How a name stands to a subtree.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Relation {
    Inside,
    Outside,
    /// The name is a wildcard, of which some names are inside and others are not.
    Across,
}

impl Constraints {
    /// Takes in the constraints of an authority (§6.1.4(g)).
    pub(super) fn add(&mut self, constraints: &NameConstraints) {
        if !constraints.permitted.is_empty() {
            self.permitted.push(constraints.permitted.iter().map(Tree::of).collect());
        }
        self.excluded.extend(constraints.excluded.iter().map(Tree::of));
    }

    /// What is wrong with the names of a certificate (§6.1.3(b), (c)); nothing when they are all admitted.
    pub(super) fn refuse(
        &self,
        certificate: &Certificate,
        meter: &mut Meter,
    ) -> Result<Option<Fact>, Exhausted> {
        if self.permitted.is_empty() && self.excluded.is_empty() {
            return Ok(None);
        }
        let Ok(alternative) = certificate.subject_alt_name() else {
            let oid = oid::SUBJECT_ALT_NAME.parse().expect("the constant is a dotted identifier");
            return Ok(Some(Fact::ExtensionUnreadable(oid)));
        };
        let subject = certificate.subject();
        if !subject.rdns().is_empty()
            && let Some(fact) = self.refuse_directory(subject, meter)?
        {
            return Ok(Some(fact));
        }
        if alternative.is_none() {
            // Older certificates have their address in the subject (§4.2.1.10).
            for address in subject.all(oid::EMAIL_ADDRESS) {
                let name = GeneralName::Email(address.to_owned());
                if let Some(fact) = self.refuse_name(&name, meter)? {
                    return Ok(Some(fact));
                }
            }
        }
        for name in alternative.iter().flatten() {
            let refused = match name {
                GeneralName::Directory(name) => self.refuse_directory(name, meter)?,
                name => self.refuse_name(name, meter)?,
            };
            if refused.is_some() {
                return Ok(refused);
            }
        }
        Ok(None)
    }

    fn refuse_directory(&self, name: &Name, meter: &mut Meter) -> Result<Option<Fact>, Exhausted> {
        let normal = NormalName::of(name);
        self.refuse_with(
            NameForm::Directory,
            || name.to_string(),
            |_| true,
            meter,
            |tree| {
                let base = tree.directory.as_ref()?;
                Some(if normal.is_within(base) { Relation::Inside } else { Relation::Outside })
            },
        )
    }

    fn refuse_name(
        &self,
        name: &GeneralName,
        meter: &mut Meter,
    ) -> Result<Option<Fact>, Exhausted> {
        self.refuse_with(
            form(name),
            || text(name),
            |tree| same_kind(name, &tree.subtree.base),
            meter,
            |tree| relation(name, &tree.subtree.base),
        )
    }

    /// `relevant` tells whether a subtree of the name's form is about such names; `relation` gives `None` where name and
    /// subtree cannot be compared.
    fn refuse_with(
        &self,
        form: NameForm,
        name: impl Fn() -> String,
        relevant: impl Fn(&Tree) -> bool,
        meter: &mut Meter,
        relation: impl Fn(&Tree) -> Option<Relation>,
    ) -> Result<Option<Fact>, Exhausted> {
        let relation = |tree: &Tree| {
            // RFC 5280 gives the bounds no meaning but this one.
            let unbounded = tree.subtree.minimum == 0 && tree.subtree.maximum.is_none();
            unbounded.then(|| relation(tree)).flatten()
        };
        meter.spend(Limit::Comparisons, self.excluded.len())?;
        for tree in self.excluded.iter().filter(|tree| tree.form() == form && relevant(tree)) {
            match relation(tree) {
                None => return Ok(Some(Fact::ConstraintUnsupported(form))),
                Some(Relation::Outside) => {}
                Some(_) => return Ok(Some(Fact::NameExcluded { form, name: name() })),
            }
        }
        for trees in &self.permitted {
            meter.spend(Limit::Comparisons, trees.len())?;
            let mut of_form =
                trees.iter().filter(|tree| tree.form() == form && relevant(tree)).peekable();
            if of_form.peek().is_none() {
                continue;
            }
            let mut inside = false;
            for tree in of_form {
                match relation(tree) {
                    None => return Ok(Some(Fact::ConstraintUnsupported(form))),
                    Some(relation) => inside |= relation == Relation::Inside,
                }
            }
            if !inside {
                return Ok(Some(Fact::NameNotPermitted { form, name: name() }));
            }
        }
        Ok(None)
    }
}

fn form(name: &GeneralName) -> NameForm {
    match name {
        GeneralName::Directory(_) => NameForm::Directory,
        GeneralName::Dns(_) => NameForm::Dns,
        GeneralName::Email(_) => NameForm::Email,
        GeneralName::Ip(_) => NameForm::Ip,
        GeneralName::Other { .. } => NameForm::Other,
        GeneralName::RegisteredId(_) => NameForm::RegisteredId,
        GeneralName::Uri(_) => NameForm::Uri,
        // A name that cannot be read still has a form, by its tag.
        GeneralName::Unread { tag, .. } => match tag {
            0xA0 => NameForm::Other,
            0x81 => NameForm::Email,
            0x82 => NameForm::Dns,
            0xA4 => NameForm::Directory,
            0x86 => NameForm::Uri,
            0x87 => NameForm::Ip,
            _ => NameForm::Unread,
        },
    }
}

fn text(name: &GeneralName) -> String {
    match name {
        GeneralName::Directory(name) => name.to_string(),
        GeneralName::Dns(text) | GeneralName::Email(text) | GeneralName::Uri(text) => text.clone(),
        GeneralName::Ip(octets) => match (<[u8; 4]>::try_from(&octets[..]), &octets[..]) {
            (Ok(four), _) => std::net::Ipv4Addr::from(four).to_string(),
            (_, octets) => match <[u8; 16]>::try_from(octets) {
                Ok(sixteen) => std::net::Ipv6Addr::from(sixteen).to_string(),
                Err(_) => format!("{octets:02x?}"),
            },
        },
        GeneralName::RegisteredId(oid) => oid.to_string(),
        GeneralName::Other { kind, .. } => kind.to_string(),
        GeneralName::Unread { tag, .. } => format!("tag {tag:02x}"),
    }
}

/// Each kind of otherName is a form of its own; one that cannot be read may be of any.
fn same_kind(name: &GeneralName, base: &GeneralName) -> bool {
    match (name, base) {
        (GeneralName::Other { kind, .. }, GeneralName::Other { kind: other, .. }) => kind == other,
        _ => true,
    }
}

fn relation(name: &GeneralName, base: &GeneralName) -> Option<Relation> {
    let inside = |inside| Some(if inside { Relation::Inside } else { Relation::Outside });
    match (name, base) {
        (GeneralName::Dns(name), GeneralName::Dns(base)) => dns(name, base),
        (GeneralName::Email(address), GeneralName::Email(base)) => inside(email(address, base)?),
        (GeneralName::Uri(uri), GeneralName::Uri(base)) => inside(host_within(host(uri)?, base)),
        (GeneralName::Ip(address), GeneralName::Ip(base)) => inside(ip(address, base)?),
        (GeneralName::Other { .. }, GeneralName::Other { .. }) => inside(other(name, base)?),
        _ => None,
    }
}

/// A name is inside a domain that is its own, or that more labels on its left give; any is in the empty one.
fn dns(name: &str, base: &str) -> Option<Relation> {
    // A leading period is the syntax of URIs; no wildcard may stand in a constraint.
    if base.starts_with('.') || base.contains('*') {
        return None;
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    if domain_within(name, base) {
        return Some(Relation::Inside);
    }
    Some(match name.strip_prefix("*.") {
        Some(parent) if domain_within(base, parent) => Relation::Across,
        _ => Relation::Outside,
    })
}

fn domain_within(name: &str, base: &str) -> bool {
    if base.is_empty() {
        return true;
    }
    let Some(start) = name.len().checked_sub(base.len()) else { return false };
    let (Some(left), Some(right)) = (name.get(..start), name.get(start..)) else { return false };
    right.eq_ignore_ascii_case(base) && (left.is_empty() || left.ends_with('.'))
}

/// A base is one address, one host, or with a leading period the hosts of a domain.
fn email(address: &str, base: &str) -> Option<bool> {
    let (local, host) = address.rsplit_once('@')?;
    Some(match base.rsplit_once('@') {
        Some((base_local, base_host)) => {
            local == base_local && host.eq_ignore_ascii_case(base_host)
        }
        None => host_within(host, base),
    })
}

/// RFC 5280 gives otherName no subtrees: a name is inside itself. A user principal name has the shape of an address, and
/// is constrained as one; the base may be written with an `@` before the host.
fn other(name: &GeneralName, base: &GeneralName) -> Option<bool> {
    if name == base {
        return Some(true);
    }
    let (name, base) = (name.user_principal_name()?, base.user_principal_name()?);
    email(&name, base.strip_prefix('@').unwrap_or(&base))
}

/// A base is one host, or with a leading period the hosts below a domain.
fn host_within(host: &str, base: &str) -> bool {
    match base.strip_prefix('.') {
        Some(domain) => host.len() > domain.len() && domain_within(host, domain),
        None => base.is_empty() || host.eq_ignore_ascii_case(base),
    }
}

/// The host of a URI, which must be a name (RFC 5280 §4.2.1.10: no authority, or an address, cannot be constrained).
/// An authority that RFC 3986 §3.2 does not know has none: who reads it otherwise may find another host.
fn host(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, host) = authority.split_once('@').unwrap_or(("", authority));
    let (host, port) = host.split_once(':').unwrap_or((host, ""));
    let of_user = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:".contains(&byte);
    let of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let known = user.bytes().all(of_user)
        && host.bytes().all(of_name)
        && port.bytes().all(|byte| byte.is_ascii_digit());
    let host = host.strip_suffix('.').unwrap_or(host);
    let numeric = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (known && !host.is_empty() && !numeric).then_some(host)
}

/// A base is an address and a mask of its length, whose bits are ones, then zeros.
fn ip(address: &[u8], base: &[u8]) -> Option<bool> {
    if !matches!(address.len(), 4 | 16) || !matches!(base.len(), 8 | 32) {
        return None;
    }
    let (network, mask) = base.split_at(base.len() / 2);
    let bits = mask.iter().flat_map(|octet| (0..8).map(move |bit| octet << bit & 0x80 != 0));
    if bits.skip_while(|bit| *bit).any(|bit| bit) {
        return None;
    }
    let masked = |octets: &[u8]| -> Vec<u8> {
        octets.iter().zip(mask).map(|(octet, mask)| octet & mask).collect()
    };
    Some(address.len() == network.len() && masked(address) == masked(network))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_host_is_inside_its_domain_and_a_wildcard_may_be_across() {
        for (name, base, expected) in [
            ("example.org", "example.org", Some(Relation::Inside)),
            ("a.EXAMPLE.org", "example.org", Some(Relation::Inside)),
            ("aexample.org", "example.org", Some(Relation::Outside)),
            ("org", "example.org", Some(Relation::Outside)),
            ("anything", "", Some(Relation::Inside)),
            ("*.example.org", "example.org", Some(Relation::Inside)),
            ("*.example.org", "a.example.org", Some(Relation::Across)),
            ("a.org", ".org", None),
            ("a.org", "*.org", None),
            ("é", "xé", Some(Relation::Outside)),
        ] {
            assert_eq!(dns(name, base), expected, "{name} {base}");
        }
    }

    #[test]
    fn an_address_is_constrained_by_itself_its_host_or_its_domain() {
        for (address, base, expected) in [
            ("a@example.org", "a@EXAMPLE.org", Some(true)),
            ("A@example.org", "a@example.org", Some(false)),
            ("a@example.org", "example.org", Some(true)),
            ("a@b.example.org", "example.org", Some(false)),
            ("a@b.example.org", ".example.org", Some(true)),
            ("a@example.org", ".example.org", Some(false)),
            ("nobody", "example.org", None),
        ] {
            assert_eq!(email(address, base), expected, "{address} {base}");
        }
    }

    #[test]
    fn a_user_principal_name_is_constrained_as_an_address_and_another_kind_by_itself() {
        let upn = |text: &str| {
            let value =
                [&[0x0C, u8::try_from(text.len()).expect("short")], text.as_bytes()].concat();
            GeneralName::Other { kind: oid::USER_PRINCIPAL_NAME.parse().expect("dotted"), value }
        };
        let name = upn("8.997@carte-cps.fr");
        for (base, expected) in [
            ("carte-cps.fr", Some(true)),
            ("@carte-cps.fr", Some(true)),
            ("8.997@carte-cps.fr", Some(true)),
            (".fr", Some(true)),
            ("example.org", Some(false)),
        ] {
            assert_eq!(other(&name, &upn(base)), expected, "{base}");
        }
        let kind = |value| GeneralName::Other { kind: "1.2.3".parse().expect("dotted"), value };
        assert_eq!(other(&kind(vec![5, 0]), &kind(vec![5, 0])), Some(true));
        assert_eq!(other(&kind(vec![5, 0]), &kind(vec![2, 1, 7])), None);
        assert!(!same_kind(&name, &kind(vec![5, 0])));
    }

    #[test]
    fn the_host_of_a_uri_is_a_name() {
        for (uri, expected) in [
            ("http://a.example.org:80/x?y#z", Some("a.example.org")),
            ("http://user:secret@example.org", Some("example.org")),
            ("ldap://example.org./o=a", Some("example.org")),
            ("http://127.0.0.1/", None),
            ("http://[::1]/", None),
            ("urn:example", None),
            ("http:///x", None),
        ] {
            assert_eq!(host(uri), expected, "{uri}");
        }
    }

    #[test]
    fn an_address_is_inside_a_network_whose_mask_is_one() {
        let base = [192, 0, 2, 0, 255, 255, 255, 0];
        assert_eq!(ip(&[192, 0, 2, 7], &base), Some(true));
        assert_eq!(ip(&[192, 0, 3, 7], &base), Some(false));
        assert_eq!(ip(&[0; 16], &base), Some(false));
        assert_eq!(ip(&[192, 0, 2, 7], &[192, 0, 2, 0, 255, 0, 255, 0]), None);
        assert_eq!(ip(&[192, 0, 2, 7], &base[..7]), None);
        assert_eq!(ip(&[192, 0, 2], &base), None);
    }

    proptest! {
        #[test]
        fn no_names_make_the_comparison_panic(name in ".{0,20}", base in ".{0,20}") {
            let _ = (dns(&name, &base), email(&name, &base), host(&name), host_within(&name, &base));
            let _ = ip(name.as_bytes(), base.as_bytes());
        }
    }
}
