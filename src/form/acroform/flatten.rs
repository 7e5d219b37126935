//! Fields made part of the page: each is drawn where it stands, then taken away.

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use super::appearance::{numbers, operation, real, rectangle};

/// Bits of `F` (ISO 32000-1 §12.5.3): hidden, and not to be viewed.
const UNSEEN: i64 = 1 << 1 | 1 << 5;

pub(super) fn flatten(document: &mut Document) -> Result<(), lopdf::Error> {
    let pages: Vec<ObjectId> = document.page_iter().collect();
    // One number for all pages: several may share their resources.
    let mut number = 0u32;
    for page in pages {
        let annotations = document.get_dictionary(page)?.get_deref(b"Annots", document);
        let annotations = annotations.and_then(Object::as_array).cloned().unwrap_or_default();
        let (widgets, others): (Vec<Object>, Vec<Object>) =
            annotations.into_iter().partition(|annotation| is_widget(document, annotation));
        if widgets.is_empty() {
            continue;
        }
        let mut operations = Vec::new();
        for widget in widgets {
            let Ok((_, Object::Dictionary(widget))) = document.dereference(&widget) else {
                continue;
            };
            let Some((stream, matrix)) = drawn(document, widget) else { continue };
            number += 1;
            let name = format!("CpskitField{number}");
            document.add_xobject(page, name.as_bytes(), stream)?;
            operations.push(operation("q", []));
            operations.push(operation("cm", matrix.map(real)));
            operations.push(operation("Do", [Object::Name(name.into_bytes())]));
            operations.push(operation("Q", []));
        }
        draw(document, page, Content { operations }.encode()?)?;
        document.get_dictionary_mut(page)?.set("Annots", others);
    }
    document.catalog_mut()?.remove(b"AcroForm");
    document.prune_objects();
    Ok(())
}

fn is_widget(document: &Document, annotation: &Object) -> bool {
    let dictionary = document.dereference(annotation).and_then(|(_, object)| object.as_dict());
    let subtype = dictionary.and_then(|annotation| annotation.get_deref(b"Subtype", document));
    subtype.and_then(Object::as_name).is_ok_and(|subtype| subtype == b"Widget")
}

/// The stream that draws a widget as it is, and where it goes; none for one that is not seen.
fn drawn(document: &Document, widget: &Dictionary) -> Option<(ObjectId, [f32; 6])> {
    let flags = widget.get_deref(b"F", document).and_then(Object::as_i64).unwrap_or_default();
    if flags & UNSEEN != 0 {
        return None;
    }
    let appearances = widget.get_deref(b"AP", document).and_then(Object::as_dict).ok()?;
    let normal = appearances.get(b"N").ok()?;
    let id = match document.dereference(normal).ok()? {
        (Some(id), Object::Stream(_)) => id,
        (_, Object::Dictionary(states)) => {
            let state = widget.get_deref(b"AS", document).and_then(Object::as_name).ok()?;
            states.get(state).and_then(Object::as_reference).ok()?
        }
        _ => return None,
    };
    let stream = document.get_object(id).and_then(Object::as_stream).ok()?;
    Some((id, placed(document, stream, rectangle(document, widget))?))
}

/// The matrix that puts an appearance into its rectangle (ISO 32000-1 §12.5.5).
fn placed(document: &Document, stream: &Stream, rectangle: [f32; 4]) -> Option<[f32; 6]> {
    let [left, bottom, right, top] = numbers(document, &stream.dict, b"BBox")?;
    let matrix = numbers(document, &stream.dict, b"Matrix");
    let [a, b, c, d, e, f] = matrix.unwrap_or([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    let corners = [(left, bottom), (right, bottom), (left, top), (right, top)]
        .map(|(x, y): (f32, f32)| (a * x + c * y + e, b * x + d * y + f));
    let x = corners.map(|(x, _)| x);
    let y = corners.map(|(_, y)| y);
    let least = |numbers: [f32; 4]| numbers.into_iter().fold(f32::INFINITY, f32::min);
    let most = |numbers: [f32; 4]| numbers.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let (wide, high) = (most(x) - least(x), most(y) - least(y));
    if wide <= 0.0 || high <= 0.0 {
        return None;
    }
    let across = (rectangle[2] - rectangle[0]) / wide;
    let up = (rectangle[3] - rectangle[1]) / high;
    let shift = (rectangle[0] - least(x) * across, rectangle[1] - least(y) * up);
    Some([across, 0.0, 0.0, up, shift.0, shift.1])
}

/// Draws after what the page draws, with the graphics state that a page begins with.
fn draw(document: &mut Document, page: ObjectId, content: Vec<u8>) -> Result<(), lopdf::Error> {
    let before = document.add_object(Stream::new(Dictionary::new(), b"q\n".to_vec()));
    let mut after = b"\nQ\n".to_vec();
    after.extend(content);
    let after = document.add_object(Stream::new(Dictionary::new(), after));
    let mut contents = vec![Object::Reference(before)];
    contents.extend(document.get_page_contents(page).into_iter().map(Object::Reference));
    contents.push(Object::Reference(after));
    document.get_dictionary_mut(page)?.set("Contents", contents);
    Ok(())
}
