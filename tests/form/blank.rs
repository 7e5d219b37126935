//! A blank form made from the table of fields: labels on the left, fields on the right, two columns a page.

use cpskit::form::acroform::Kind;
use cpskit::form::f414::field::{Field, Name, Slot, fields};
use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary, text_string};

/// How a blank is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Layout {
    /// Each object by itself.
    Plain,
    /// In object streams, with a cross-reference stream.
    Compressed,
}

/// A blank of the known edition.
pub(crate) fn known() -> Vec<u8> {
    bytes(document(&fields()), Layout::Plain)
}

/// A blank with the fields of a table.
pub(crate) fn document(table: &[Field]) -> Document {
    let mut document = Document::with_version("1.6");
    let pages = document.new_object_id();
    let helvetica = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
    });
    let mut sheets = Vec::new();
    let mut all = Vec::new();
    for sheet in table.chunks(2 * usize::from(ROWS)) {
        let page = document.new_object_id();
        let mut operations = Vec::new();
        let mut annotations = Vec::new();
        for (at, field) in (0u8..).zip(sheet) {
            let left = if at < ROWS { 30.0 } else { 305.0 };
            let top = 810.0 - 22.0 * f32::from(at % ROWS);
            operations.extend(label(left, top, &field.label));
            let (id, widgets) = widget(&mut document, field, page, left + 130.0, top);
            all.push(Object::Reference(id));
            annotations.extend(widgets.into_iter().map(Object::Reference));
        }
        let content = Content { operations }.encode().expect("operations");
        let content = document.add_object(Stream::new(Dictionary::new(), content));
        document.set_object(
            page,
            dictionary! {
                "Type" => "Page", "Parent" => pages, "Contents" => content, "Annots" => annotations,
                "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
                "Resources" => dictionary! { "Font" => dictionary! { "F1" => helvetica } },
            },
        );
        sheets.push(Object::Reference(page));
    }
    let count = i64::try_from(sheets.len()).expect("few pages");
    document
        .set_object(pages, dictionary! { "Type" => "Pages", "Kids" => sheets, "Count" => count });
    let script = dictionary! { "S" => "JavaScript", "JS" => text_string("app.alert('calcul');") };
    let script = document.add_object(script);
    let dingbats = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "ZapfDingbats",
    });
    let form = document.add_object(dictionary! {
        "Fields" => all,
        "DA" => Object::string_literal("/Helv 0 Tf 0 g"),
        "DR" => dictionary! { "Font" => dictionary! { "Helv" => helvetica, "ZaDb" => dingbats } },
    });
    let catalog = document.add_object(dictionary! {
        "Type" => "Catalog", "Pages" => pages, "AcroForm" => form, "OpenAction" => script,
    });
    document.trailer.set("Root", catalog);
    document
}

/// The file of a document.
pub(crate) fn bytes(mut document: Document, layout: Layout) -> Vec<u8> {
    let mut bytes = Vec::new();
    match layout {
        Layout::Plain => document.save_to(&mut bytes),
        Layout::Compressed => document.save_modern(&mut bytes),
    }
    .expect("a document");
    bytes
}

/// What a field is called in our blanks.
pub(crate) fn name(field: &Field) -> String {
    match &field.name {
        Name::Exact(name) => name.clone(),
        Name::Around(start, end) => format!("{start} exemple {end}"),
    }
}

const ROWS: u8 = 35;

fn label(left: f32, top: f32, text: &str) -> Vec<Operation> {
    let latin: Vec<u8> = text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect();
    vec![
        Operation::new("BT", vec![]),
        Operation::new("Tf", vec!["F1".into(), 5.into()]),
        Operation::new("Td", vec![left.into(), (top + 6.0).into()]),
        Operation::new("Tj", vec![Object::string_literal(latin)]),
        Operation::new("ET", vec![]),
    ]
}

fn widget(
    document: &mut Document,
    field: &Field,
    page: ObjectId,
    left: f32,
    top: f32,
) -> (ObjectId, Vec<ObjectId>) {
    let name = text_string(&name(field));
    let rectangle = |x: f32, width: f32| -> Vec<Object> {
        [left + x, top, left + x + width, top + 18.0].map(Object::Real).to_vec()
    };
    let place = dictionary! { "Type" => "Annot", "Subtype" => "Widget", "P" => page, "F" => 4 };
    match field.kind {
        Some(Kind::Radio) => {
            let parent = document.new_object_id();
            let buttons: Vec<ObjectId> = [("0", 0.0), ("1", 30.0)]
                .into_iter()
                .map(|(state, x)| {
                    let mut button = place.clone();
                    button.set("Parent", parent);
                    button.set("Rect", rectangle(x, 18.0));
                    button.set("AS", "Off");
                    button.set("AP", states(document, state));
                    document.add_object(button)
                })
                .collect();
            let kids: Vec<Object> = buttons.iter().map(|id| Object::Reference(*id)).collect();
            let radio = dictionary! { "FT" => "Btn", "Ff" => 1 << 15, "T" => name, "Kids" => kids, "V" => "Off" };
            document.set_object(parent, radio);
            (parent, buttons)
        }
        Some(Kind::CheckBox) => {
            let mut square = place;
            square.set("FT", "Btn");
            square.set("T", name);
            square.set("Rect", rectangle(0.0, 18.0));
            square.set("V", "Off");
            square.set("AS", "Off");
            square.set("AP", states(document, "Oui"));
            let id = document.add_object(square);
            (id, vec![id])
        }
        _ => {
            let mut text = place;
            text.set("FT", "Tx");
            text.set("T", name);
            text.set("Rect", rectangle(0.0, 135.0));
            match field.slot {
                Slot::CardsUsage | Slot::CertificatesUsage => text.set("Ff", 1 << 12),
                Slot::StructureSiret => {
                    text.set("Ff", 1 << 24);
                    text.set("MaxLen", 14);
                }
                Slot::StructureTown => text.set("DA", Object::string_literal("/Helv 9 Tf 0 g")),
                Slot::StructurePostcode => text.set("MaxLen", 5),
                _ => {}
            }
            let id = document.add_object(text);
            (id, vec![id])
        }
    }
}

/// A box as a form brings it: a frame, and a cross where it is ticked.
fn states(document: &mut Document, on: &str) -> Dictionary {
    let mut state = |content: &[u8]| {
        let dictionary = dictionary! {
            "Type" => "XObject", "Subtype" => "Form", "Resources" => Dictionary::new(),
            "BBox" => vec![0.into(), 0.into(), 18.into(), 18.into()],
        };
        document.add_object(Stream::new(dictionary, content.to_vec()))
    };
    let ticked = state(b"1 1 16 16 re S 3 3 m 15 15 l 15 3 m 3 15 l S");
    let off = state(b"1 1 16 16 re S");
    let mut normal = dictionary! { "Off" => off };
    normal.set(on, ticked);
    dictionary! { "N" => normal }
}
