//! Interactive forms in PDF (ISO 32000-1 §12.7): their fields read, filled, and made part of the page.
//!
//! A blank is read whole and written anew. Scripts of the form are left alone and never run. What cannot be filled so that a
//! reader of PDF shows the same everywhere is refused: encrypted forms, XFA forms, forms that bear a signature.

mod appearance;
mod fill;
mod flatten;
mod helvetica;
mod read;

use std::fmt;

pub use fill::{FillError, Filled, Finish, Value};
pub use helvetica::unwritable;

/// The type of a field.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// A box that is ticked or not.
    CheckBox,
    /// A list to choose from.
    Choice,
    /// A button that only does something.
    PushButton,
    /// Several boxes of which one is ticked.
    Radio,
    /// A place for a digital signature.
    Signature,
    /// Text.
    Text,
    /// No type that ISO 32000-1 has.
    Unknown,
}

impl Kind {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::CheckBox => "check box",
            Self::Choice => "choice",
            Self::PushButton => "push button",
            Self::Radio => "radio button",
            Self::Signature => "signature",
            Self::Text => "text field",
            Self::Unknown => "field of unknown type",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A field of a blank.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Found {
    /// Its full name: the partial names from the root, a full stop between them.
    pub name: String,
    /// Its type.
    pub kind: Kind,
    /// The most characters it takes (`MaxLen`).
    pub limit: Option<u32>,
}

/// Why a file is not a blank form that can be filled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlankError {
    /// It is encrypted, if only against changes.
    #[error("the PDF is encrypted")]
    Encrypted,
    /// It has no interactive form.
    #[error("the PDF has no fields to fill (no AcroForm)")]
    NoForm,
    /// It is no PDF, or a broken one.
    #[error("the PDF cannot be read")]
    Pdf(#[from] lopdf::Error),
    /// It bears a digital signature, which filling would break.
    #[error("the PDF is signed: filling it would break the signature")]
    Signed,
    /// Its fields are nested deeper than any form has them, or refer to each other in a circle.
    #[error("the fields of the PDF refer to each other without end")]
    Tangled,
    /// It is longer than any form.
    #[error("a PDF of {length} bytes is no form; at most {max} are read")]
    TooLong {
        /// Bytes.
        length: usize,
        /// Bytes that are read.
        max: usize,
    },
    /// It is an XFA form, which few readers of PDF show.
    #[error("the PDF is an XFA form")]
    Xfa,
}

/// A blank form, read.
#[derive(Debug)]
pub struct Blank {
    document: lopdf::Document,
    fields: Vec<read::Field>,
}

impl Blank {
    /// More than this is no form.
    pub const LARGEST: usize = 32 << 20;

    /// Reads a form.
    ///
    /// # Errors
    /// [`BlankError`].
    pub fn read(bytes: &[u8]) -> Result<Self, BlankError> {
        read::blank(bytes)
    }

    /// Its fields, in the order of the file.
    pub fn fields(&self) -> Vec<Found> {
        self.fields.iter().map(|field| field.found.clone()).collect()
    }

    /// Fills fields by their full names. What is not named stays as it is.
    ///
    /// # Errors
    /// [`FillError`] of the first value that does not go into its field.
    pub fn fill(self, values: &[(String, Value)], finish: Finish) -> Result<Filled, FillError> {
        fill::fill(self, values, finish)
    }
}
