//! Values put into fields: the value itself, and the appearance that shows it.

use lopdf::{Dictionary, Object, ObjectId, dictionary, text_string};

use super::appearance::{self, Fit};
use super::read::Field;
use super::{Blank, Kind, flatten, helvetica};

/// A value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// Of a text field.
    Text(String),
    /// Of a check box: ticked.
    Ticked,
    /// Of radio buttons: the name of the one that is ticked.
    Choice(String),
}

impl Value {
    fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Ticked => Kind::CheckBox,
            Self::Choice(_) => Kind::Radio,
        }
    }
}

/// What the result is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Finish {
    /// A form whose fields can still be changed.
    Fields,
    /// Pages: the fields are drawn, and gone.
    Pages,
}

/// A form that was filled.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Filled {
    /// The PDF.
    pub bytes: Vec<u8>,
    /// Fields that held something already and were not written.
    pub kept: Vec<String>,
    /// Fields whose text is longer than its box even in small letters.
    pub cut: Vec<String>,
}

/// Why a value does not go into its field.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FillError {
    /// There is no such field.
    #[error("the PDF has no field `{name}`")]
    Absent {
        /// The field.
        name: String,
    },
    /// Helvetica in WinAnsiEncoding has no such character.
    #[error(
        "`{character}` in `{name}` cannot be written: the font of forms has Western European letters only"
    )]
    Character {
        /// The field.
        name: String,
        /// The first such character.
        character: char,
    },
    /// The field is of another type.
    #[error("`{name}` is a {found}, not a {expected}")]
    OtherKind {
        /// The field.
        name: String,
        /// The type of the value.
        expected: Kind,
        /// The type of the field.
        found: Kind,
    },
    /// The PDF cannot be changed as it must be.
    #[error("the PDF cannot be changed")]
    Pdf(#[from] lopdf::Error),
    /// A box has no state of that name, or none beside `Off`.
    #[error("the box `{name}` has no state {}", .state.as_ref().map_or("for ticked".to_owned(), |state| format!("`{state}`")))]
    State {
        /// The field.
        name: String,
        /// The state that is wanted, for radio buttons.
        state: Option<String>,
    },
    /// The value is longer than the field.
    #[error("`{name}` takes {limit} characters, and the value has {length}")]
    TooLong {
        /// The field.
        name: String,
        /// Characters it takes.
        limit: u32,
        /// Characters of the value.
        length: usize,
    },
    /// The result cannot be written.
    #[error("the PDF cannot be written")]
    Write(#[from] std::io::Error),
}

pub(super) fn fill(
    mut blank: Blank,
    values: &[(String, Value)],
    finish: Finish,
) -> Result<Filled, FillError> {
    let font = blank.document.add_object(appearance::font());
    let mut cut = Vec::new();
    for (name, value) in values {
        let field = blank.fields.iter().find(|field| field.found.name == *name);
        let field = field.ok_or_else(|| FillError::Absent { name: name.clone() })?.clone();
        let (expected, found) = (value.kind(), field.found.kind);
        if expected != found {
            return Err(FillError::OtherKind { name: name.clone(), expected, found });
        }
        match value {
            Value::Text(text) => {
                if write(&mut blank, &field, text, font)? == Fit::Cut {
                    cut.push(name.clone());
                }
            }
            Value::Ticked => tick(&mut blank, &field, None)?,
            Value::Choice(state) => tick(&mut blank, &field, Some(state))?,
        }
    }
    let others = blank.fields.iter().filter(|field| field.filled);
    let others = others.filter(|field| values.iter().all(|(name, _)| *name != field.found.name));
    let kept = others.map(|field| field.found.name.clone()).collect();
    // Rights that a publisher's signature gave do not outlive a change (ISO 32000-1 §12.8.2.3).
    blank.document.catalog_mut()?.remove(b"Perms");
    match finish {
        Finish::Fields => redraw_later(&mut blank)?,
        Finish::Pages => flatten::flatten(&mut blank.document)?,
    }
    let mut bytes = Vec::new();
    blank.document.save_to(&mut bytes)?;
    Ok(Filled { bytes, kept, cut })
}

fn write(blank: &mut Blank, field: &Field, text: &str, font: ObjectId) -> Result<Fit, FillError> {
    let name = field.found.name.clone();
    if let Some(character) = helvetica::unwritable(text) {
        return Err(FillError::Character { name, character });
    }
    let length = text.chars().count();
    match field.found.limit {
        Some(limit) if u32::try_from(length).map_or(true, |length| length > limit) => {
            return Err(FillError::TooLong { name, limit, length });
        }
        _ => {}
    }
    blank.document.get_dictionary_mut(field.id)?.set("V", text_string(text));
    let mut fit = Fit::Whole;
    for id in &field.widgets {
        let widget = blank.document.get_dictionary(*id)?.clone();
        let (stream, drawn) = appearance::text(&blank.document, field, &widget, text, font);
        let stream = blank.document.add_object(stream);
        let widget = blank.document.get_dictionary_mut(*id)?;
        widget.set("AP", dictionary! { "N" => stream });
        if drawn == Fit::Cut {
            fit = Fit::Cut;
        }
    }
    Ok(fit)
}

/// Ticks the box whose state is named, or the one that a check box has.
fn tick(blank: &mut Blank, field: &Field, wanted: Option<&str>) -> Result<(), FillError> {
    let mut ticked = None;
    let mut states = Vec::new();
    for id in &field.widgets {
        let widget = blank.document.get_dictionary(*id)?;
        let on = on_states(blank, widget);
        let state = on
            .into_iter()
            .find(|state| wanted.is_none_or(|wanted| state.as_slice() == wanted.as_bytes()));
        ticked = ticked.or_else(|| state.clone());
        states.push((*id, state.unwrap_or_else(|| b"Off".to_vec())));
    }
    let Some(ticked) = ticked else {
        let state = wanted.map(ToOwned::to_owned);
        return Err(FillError::State { name: field.found.name.clone(), state });
    };
    for (id, state) in states {
        blank.document.get_dictionary_mut(id)?.set("AS", Object::Name(state));
    }
    blank.document.get_dictionary_mut(field.id)?.set("V", Object::Name(ticked));
    Ok(())
}

/// The names of the states of a box, beside `Off` (ISO 32000-1 §12.7.4.2.3).
fn on_states(blank: &Blank, widget: &Dictionary) -> Vec<Vec<u8>> {
    let document = &blank.document;
    let normal = widget.get_deref(b"AP", document).and_then(Object::as_dict);
    let normal = normal.and_then(|appearances| appearances.get_deref(b"N", document));
    let states = normal.and_then(Object::as_dict).map(|states| states.iter()).into_iter().flatten();
    states.map(|(state, _)| state.clone()).filter(|state| state != b"Off").collect()
}

/// Has readers draw the values anew: theirs may know the font of the form.
fn redraw_later(blank: &mut Blank) -> Result<(), FillError> {
    let id = blank.document.catalog()?.get(b"AcroForm").and_then(Object::as_reference);
    let form = match id {
        Ok(id) => blank.document.get_dictionary_mut(id)?,
        Err(_) => blank.document.catalog_mut()?.get_mut(b"AcroForm")?.as_dict_mut()?,
    };
    form.set("NeedAppearances", true);
    Ok(())
}
