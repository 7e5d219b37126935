//! The Luhn key (ISO/IEC 7812-1 annex B): last digit of RPPS, SIREN and SIRET numbers and of the PAN of EF.SN.

/// Whether a run of ASCII digits, key last, sums to a multiple of ten. False for no digits or for anything else.
///
/// For EF.SN, the digits are the 19 of the PAN: issuer, chip serial and key, without the filler (CPx fact sheet
/// §4.1).
pub fn is_valid(digits: &str) -> bool {
    let mut sum = 0;
    for (index, byte) in digits.bytes().rev().enumerate() {
        if !byte.is_ascii_digit() {
            return false;
        }
        let digit = u32::from(byte - b'0');
        let weighted = if index % 2 == 0 { digit } else { digit * 2 };
        sum = (sum + weighted / 10 + weighted % 10) % 10;
    }
    sum == 0 && !digits.is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_pan_of_a_card_ends_with_its_key() {
        // Examples of CPx fact sheet §4.1.
        assert!(is_valid("8025000001992138450"));
        assert!(is_valid("8025000001992148038"));
        assert!(!is_valid("8025000001992138451"));
    }

    #[test]
    fn only_digits_have_a_key() {
        for text in ["", "0B6077602", "9 9", "९"] {
            assert!(!is_valid(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_number_has_exactly_one_key(number in "[0-9]{1,30}") {
            let keys = ('0'..='9').filter(|key| is_valid(&format!("{number}{key}"))).count();
            prop_assert_eq!(keys, 1);
        }

        #[test]
        fn one_wrong_digit_is_seen(number in "[0-9]{2,30}", place in any::<prop::sample::Index>()) {
            let place = place.index(number.len());
            let mut other = number.clone().into_bytes();
            other[place] = b'0' + (other[place] - b'0' + 1) % 10;
            let other = String::from_utf8(other).expect("digits");
            prop_assert!(!(is_valid(&number) && is_valid(&other)));
        }
    }
}
