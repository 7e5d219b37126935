//! The fields of a PDF: names put together, types and limits inherited (ISO 32000-1 §12.7.3).

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId, decode_text_string};

use super::{Blank, BlankError, Found, Kind};

/// A field and the places where it is drawn.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) found: Found,
    pub(super) id: ObjectId,
    /// Its annotations; the field itself where it has one place only.
    pub(super) widgets: Vec<ObjectId>,
    pub(super) flags: i64,
    /// `Q`: 0 left, 1 centred, 2 right.
    pub(super) quadding: i64,
    /// `DA`.
    pub(super) default_appearance: Vec<u8>,
    /// Whether it has a value already.
    pub(super) filled: bool,
}

impl Field {
    pub(super) const MULTILINE: i64 = 1 << 12;
    pub(super) const COMB: i64 = 1 << 24;

    pub(super) fn has(&self, flag: i64) -> bool {
        self.flags & flag != 0
    }
}

/// Deeper than any form nests its fields, and more fields than any form has.
const DEEPEST: usize = 32;
const MOST: usize = 10_000;

const RADIO: i64 = 1 << 15;
const PUSH_BUTTON: i64 = 1 << 16;

pub(super) fn blank(bytes: &[u8]) -> Result<Blank, BlankError> {
    if bytes.len() > Blank::LARGEST {
        return Err(BlankError::TooLong { length: bytes.len(), max: Blank::LARGEST });
    }
    let options = LoadOptions::with_max_decompressed_size(Blank::LARGEST);
    let document = match Document::load_mem_with_options(bytes, options) {
        Err(lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_)) => {
            return Err(BlankError::Encrypted);
        }
        document => document?,
    };
    // One with an empty password is deciphered while it is loaded.
    if document.is_encrypted() || document.was_encrypted() {
        return Err(BlankError::Encrypted);
    }
    let catalog = document.catalog()?;
    let form = match catalog.get_deref(b"AcroForm", &document).and_then(Object::as_dict) {
        Ok(form) => form,
        Err(_) => return Err(BlankError::NoForm),
    };
    if form.has(b"XFA") {
        return Err(BlankError::Xfa);
    }
    let mut fields = Fields { document: &document, met: BTreeSet::new(), list: Vec::new() };
    let above = Above {
        name: String::new(),
        kind: None,
        flags: 0,
        limit: None,
        quadding: integer(form, b"Q", &document).unwrap_or_default(),
        default_appearance: bytes_of(form, b"DA", &document).unwrap_or_default(),
    };
    for id in references(form, b"Fields", &document) {
        fields.read(id, &above, 0)?;
    }
    let list = fields.list;
    if list.is_empty() {
        return Err(BlankError::NoForm);
    }
    if list.iter().any(|field| field.found.kind == Kind::Signature && field.filled) {
        return Err(BlankError::Signed);
    }
    Ok(Blank { document, fields: list })
}

/// What a field has from those above it.
#[derive(Clone)]
struct Above {
    name: String,
    kind: Option<Vec<u8>>,
    flags: i64,
    limit: Option<u32>,
    quadding: i64,
    default_appearance: Vec<u8>,
}

struct Fields<'a> {
    document: &'a Document,
    met: BTreeSet<ObjectId>,
    list: Vec<Field>,
}

impl Fields<'_> {
    fn read(&mut self, id: ObjectId, above: &Above, depth: usize) -> Result<(), BlankError> {
        if depth > DEEPEST || self.met.len() > MOST || !self.met.insert(id) {
            return Err(BlankError::Tangled);
        }
        let document = self.document;
        // A reference to nothing is null, and no field (ISO 32000-1 §7.3.10).
        let Ok(dictionary) = document.get_dictionary(id) else { return Ok(()) };
        let here = above.with(dictionary, document);
        let children = references(dictionary, b"Kids", document);
        let (named, places): (Vec<ObjectId>, Vec<ObjectId>) = children
            .into_iter()
            .partition(|id| document.get_dictionary(*id).is_ok_and(|child| child.has(b"T")));
        if !named.is_empty() {
            for id in named {
                self.read(id, &here, depth + 1)?;
            }
            return Ok(());
        }
        let value = dictionary.get_deref(b"V", document);
        let filled = match value {
            Ok(Object::String(text, _)) => !text.is_empty(),
            Ok(Object::Name(name)) => name != b"Off" && !name.is_empty(),
            Ok(Object::Null) | Err(_) => false,
            Ok(_) => true,
        };
        let found = Found { kind: here.kind(), name: here.name, limit: here.limit };
        self.list.push(Field {
            found,
            id,
            widgets: if places.is_empty() { vec![id] } else { places },
            flags: here.flags,
            quadding: here.quadding,
            default_appearance: here.default_appearance,
            filled,
        });
        Ok(())
    }
}

impl Above {
    fn with(&self, field: &Dictionary, document: &Document) -> Self {
        let partial = field.get_deref(b"T", document).and_then(decode_text_string);
        let name = match partial {
            Ok(partial) if self.name.is_empty() => partial,
            Ok(partial) => format!("{}.{partial}", self.name),
            Err(_) => self.name.clone(),
        };
        let kind = field.get_deref(b"FT", document).and_then(Object::as_name);
        let limit = integer(field, b"MaxLen", document).and_then(|limit| u32::try_from(limit).ok());
        Self {
            name,
            kind: kind.map(<[u8]>::to_vec).ok().or_else(|| self.kind.clone()),
            flags: integer(field, b"Ff", document).unwrap_or(self.flags),
            limit: limit.or(self.limit),
            quadding: integer(field, b"Q", document).unwrap_or(self.quadding),
            default_appearance: bytes_of(field, b"DA", document)
                .unwrap_or_else(|| self.default_appearance.clone()),
        }
    }

    fn kind(&self) -> Kind {
        match self.kind.as_deref() {
            Some(b"Tx") => Kind::Text,
            Some(b"Ch") => Kind::Choice,
            Some(b"Sig") => Kind::Signature,
            Some(b"Btn") if self.flags & PUSH_BUTTON != 0 => Kind::PushButton,
            Some(b"Btn") if self.flags & RADIO != 0 => Kind::Radio,
            Some(b"Btn") => Kind::CheckBox,
            _ => Kind::Unknown,
        }
    }
}

fn integer(dictionary: &Dictionary, key: &[u8], document: &Document) -> Option<i64> {
    dictionary.get_deref(key, document).and_then(Object::as_i64).ok()
}

fn bytes_of(dictionary: &Dictionary, key: &[u8], document: &Document) -> Option<Vec<u8>> {
    dictionary.get_deref(key, document).and_then(Object::as_str).map(<[u8]>::to_vec).ok()
}

/// The references of an array; fields that are not objects of their own cannot be referred to, and none is.
fn references(dictionary: &Dictionary, key: &[u8], document: &Document) -> Vec<ObjectId> {
    let array = dictionary.get_deref(key, document).and_then(Object::as_array);
    let array = array.map(Vec::as_slice).unwrap_or_default();
    array.iter().filter_map(|object| object.as_reference().ok()).collect()
}
