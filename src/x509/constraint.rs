//! The extensions by which an authority limits those below it: names (RFC 5280 §4.2.1.10) and policies (§4.2.1.5,
//! §4.2.1.11, §4.2.1.14).

use super::der::{DerError, Reader, tag};
use super::{Certificate, GeneralName, Oid, X509Error, oid};

/// nameConstraints (RFC 5280 §4.2.1.10).
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct NameConstraints {
    /// Names must be inside one of these, of their form.
    pub permitted: Vec<Subtree>,
    /// Names must be inside none of these.
    pub excluded: Vec<Subtree>,
}

/// GeneralSubtree (RFC 5280 §4.2.1.10).
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Subtree {
    /// The root of the subtree.
    pub base: GeneralName,
    /// `minimum`; RFC 5280 wants zero.
    pub minimum: u32,
    /// `maximum`; RFC 5280 wants none.
    pub maximum: Option<u32>,
}

/// One of policyMappings (RFC 5280 §4.2.1.5).
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct PolicyMapping {
    /// The policy in the issuer's domain.
    pub issuer: Oid,
    /// The policy that counts as equal in the subject's domain.
    pub subject: Oid,
}

/// policyConstraints (RFC 5280 §4.2.1.11), each in certificates that may follow before it holds.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PolicyConstraints {
    /// requireExplicitPolicy.
    pub require_explicit_policy: Option<u32>,
    /// inhibitPolicyMapping.
    pub inhibit_policy_mapping: Option<u32>,
}

impl Certificate {
    /// nameConstraints.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn name_constraints(&self) -> Result<Option<NameConstraints>, X509Error> {
        self.read_extension(oid::NAME_CONSTRAINTS, |reader| {
            let mut fields = reader.take(tag::SEQUENCE)?.inside();
            let mut subtrees = |number| match fields.optional(tag::constructed(number))? {
                None => Ok(Vec::new()),
                Some(list) => list.inside().all(subtree),
            };
            let (permitted, excluded) = (subtrees(0)?, subtrees(1)?);
            fields.end()?;
            Ok(NameConstraints { permitted, excluded })
        })
    }

    /// policyMappings, in the order of the encoding.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn policy_mappings(&self) -> Result<Option<Vec<PolicyMapping>>, X509Error> {
        self.read_extension(oid::POLICY_MAPPINGS, |reader| {
            reader.take(tag::SEQUENCE)?.inside().all(|list| {
                let mut fields = list.take(tag::SEQUENCE)?.inside();
                let issuer = Oid::from_content(fields.take(tag::OID)?.value);
                let subject = Oid::from_content(fields.take(tag::OID)?.value);
                fields.end()?;
                Ok(PolicyMapping { issuer, subject })
            })
        })
    }

    /// policyConstraints.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn policy_constraints(&self) -> Result<Option<PolicyConstraints>, X509Error> {
        self.read_extension(oid::POLICY_CONSTRAINTS, |reader| {
            let mut fields = reader.take(tag::SEQUENCE)?.inside();
            let mut count = |number| {
                fields.optional(tag::context(number))?.map(|element| element.number()).transpose()
            };
            let (require_explicit_policy, inhibit_policy_mapping) = (count(0)?, count(1)?);
            fields.end()?;
            Ok(PolicyConstraints { require_explicit_policy, inhibit_policy_mapping })
        })
    }

    /// inhibitAnyPolicy: certificates that may follow before anyPolicy stops counting.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn inhibit_any_policy(&self) -> Result<Option<u32>, X509Error> {
        self.read_extension(oid::INHIBIT_ANY_POLICY, |reader| reader.take(tag::INTEGER)?.number())
    }
}

fn subtree(list: &mut Reader<'_>) -> Result<Subtree, DerError> {
    let mut fields = list.take(tag::SEQUENCE)?.inside();
    let base = GeneralName::read(&fields.any()?);
    let minimum = fields.optional(tag::context(0))?.map_or(Ok(0), |element| element.number())?;
    let maximum = fields.optional(tag::context(1))?.map(|element| element.number()).transpose()?;
    fields.end()?;
    Ok(Subtree { base, minimum, maximum })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample::{Sample, extension, sequence};
    use super::*;
    use crate::iso7816::tlv::encode;

    /// A certificate with one extension of id-ce.
    fn with(last: u8, value: &[u8]) -> Certificate {
        let extensions = vec![extension(&[0x55, 0x1D, last], value)];
        Certificate::parse(&Sample { extensions, ..Sample::default() }.der()).expect("whole")
    }

    #[test]
    fn subtrees_are_read_with_their_bounds() {
        let dns = |name: &[u8]| encode(0x82, name);
        let bounded = [dns(b"b"), encode(0x80, &[1]), encode(0x81, &[2])].concat();
        let permitted = encode(0xA0, &sequence(&[dns(b"a")]));
        let excluded = encode(0xA1, &encode(0x30, &bounded));
        let read = with(30, &sequence(&[permitted, excluded])).name_constraints();
        let base = |name: &str| GeneralName::Dns(name.to_owned());
        let expected = NameConstraints {
            permitted: vec![Subtree { base: base("a"), minimum: 0, maximum: None }],
            excluded: vec![Subtree { base: base("b"), minimum: 1, maximum: Some(2) }],
        };
        assert_eq!(read, Ok(Some(expected)));
    }

    #[test]
    fn policies_are_mapped_and_limited_as_written() {
        let pair = sequence(&[encode(6, &[0x2A, 1]), encode(6, &[0x2A, 2])]);
        let mapping = PolicyMapping {
            issuer: Oid::from_content(&[0x2A, 1]),
            subject: Oid::from_content(&[0x2A, 2]),
        };
        assert_eq!(with(33, &sequence(&[pair])).policy_mappings(), Ok(Some(vec![mapping])));
        let limits = with(36, &sequence(&[encode(0x80, &[0]), encode(0x81, &[3])]));
        let expected =
            PolicyConstraints { require_explicit_policy: Some(0), inhibit_policy_mapping: Some(3) };
        assert_eq!(limits.policy_constraints(), Ok(Some(expected)));
        assert_eq!(with(54, &[2, 1, 5]).inhibit_any_policy(), Ok(Some(5)));
        assert!(with(54, &[2, 1, 0xFF]).inhibit_any_policy().is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_readers_panic(
            last in prop::sample::select(vec![30_u8, 33, 36, 54]),
            value in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            let certificate = with(last, &value);
            let _ = (certificate.name_constraints(), certificate.policy_mappings());
            let _ = (certificate.policy_constraints(), certificate.inhibit_any_policy());
        }
    }
}
