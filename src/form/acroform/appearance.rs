//! What a text field looks like with its value: a stream that draws it, in Helvetica (ISO 32000-1 §12.7.3.3).

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat, dictionary};

use super::helvetica;
use super::read::Field;

/// Whether a value is drawn whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fit {
    /// It is.
    Whole,
    /// Even in the smallest letters it is longer than its box.
    Cut,
}

/// Points.
const LARGEST: f32 = 12.0;
const SMALLEST: f32 = 5.0;
/// Between the box and its text.
const MARGIN: f32 = 2.0;
/// From a line to the next, in sizes of the font.
const LEADING: f32 = 1.15;
/// How far Helvetica reaches above and below its line, in sizes of the font.
const ASCENT: f32 = 0.718;
const DESCENT: f32 = 0.207;

/// Draws the value of a field in one of its places.
pub(super) fn text(
    document: &Document,
    field: &Field,
    widget: &Dictionary,
    value: &str,
    font: ObjectId,
) -> (Stream, Fit) {
    let [left, bottom, right, top] = rectangle(document, widget);
    let (width, height) = (right - left, top - bottom);
    let wanted = size_wanted(&field.default_appearance);
    let room = width - 2.0 * MARGIN;
    let laid = match (field.has(Field::MULTILINE), field.has(Field::COMB), field.found.limit) {
        (true, _, _) => Laid::lines(value, wanted, room, height - 2.0 * MARGIN),
        (false, true, Some(cells)) if cells > 0 => Laid::comb(value, wanted, width, height, cells),
        _ => Laid::line(value, wanted, room, height),
    };
    let mut operations = vec![
        operation("BMC", [Object::Name(b"Tx".to_vec())]),
        operation("q", []),
        operation("re", [1.0, 1.0, (width - 2.0).max(0.0), (height - 2.0).max(0.0)].map(real)),
        operation("W", []),
        operation("n", []),
        operation("BT", []),
        operation("g", [real(0.0)]),
        operation("Tf", [Object::Name(b"Helv".to_vec()), real(laid.size)]),
    ];
    let mut pen = (0.0, 0.0);
    let first = match field.has(Field::MULTILINE) {
        true => height - MARGIN - ASCENT * laid.size,
        false => (height - (ASCENT + DESCENT) * laid.size) / 2.0 + DESCENT * laid.size,
    };
    let mut y = first;
    for piece in &laid.pieces {
        let slack = room - helvetica::width(&piece.bytes) * laid.size / 1000.0;
        let x = match (piece.at, field.quadding) {
            (Some(at), _) => at,
            (None, 1) => MARGIN + slack / 2.0,
            (None, 2) => MARGIN + slack,
            (None, _) => MARGIN,
        };
        operations.push(operation("Td", [real(x - pen.0), real(y - pen.1)]));
        let text = Object::String(piece.bytes.clone(), StringFormat::Literal);
        operations.push(operation("Tj", [text]));
        pen = (x, y);
        if piece.at.is_none() {
            y -= LEADING * laid.size;
        }
    }
    operations.extend([operation("ET", []), operation("Q", []), operation("EMC", [])]);
    let content = Content { operations }.encode().unwrap_or_default();
    let dictionary = dictionary! {
        "Type" => "XObject",
        "Subtype" => "Form",
        "BBox" => [0.0, 0.0, width, height].map(real).to_vec(),
        "Resources" => dictionary! { "Font" => dictionary! { "Helv" => font } },
    };
    (Stream::new(dictionary, content), laid.fit)
}

/// The font of every value.
pub(super) fn font() -> Dictionary {
    dictionary! {
        "Type" => "Font",
        "Subtype" => "Type1",
        "BaseFont" => "Helvetica",
        "Encoding" => "WinAnsiEncoding",
    }
}

/// The rectangle of an annotation, left, bottom, right, top, in points; nothing where it has none.
pub(super) fn rectangle(document: &Document, widget: &Dictionary) -> [f32; 4] {
    numbers(document, widget, b"Rect")
        .map_or([0.0; 4], |[a, b, c, d]: [f32; 4]| [a.min(c), b.min(d), a.max(c), b.max(d)])
}

/// An array of so many numbers.
pub(super) fn numbers<const N: usize>(
    document: &Document,
    dictionary: &Dictionary,
    key: &[u8],
) -> Option<[f32; N]> {
    let array = dictionary.get_deref(key, document).and_then(Object::as_array).ok()?;
    let number = |object: &Object| {
        let (_, object) = document.dereference(object).ok()?;
        object.as_float().ok().filter(|number| number.is_finite())
    };
    let numbers: Option<Vec<f32>> = array.iter().map(number).collect();
    numbers?.try_into().ok()
}

/// Text set in a size.
struct Laid {
    size: f32,
    pieces: Vec<Piece>,
    fit: Fit,
}

/// A line, or the one character of a cell, which has its place.
struct Piece {
    bytes: Vec<u8>,
    at: Option<f32>,
}

impl Laid {
    fn line(value: &str, wanted: Option<f32>, room: f32, height: f32) -> Self {
        let bytes = helvetica::bytes(&value.replace('\n', " "));
        let most = wanted.unwrap_or_else(|| (height * 0.7).clamp(SMALLEST, LARGEST));
        let width = helvetica::width(&bytes) / 1000.0;
        let size = if width * most > room { (room / width).max(SMALLEST.min(most)) } else { most };
        let fit = if width * size > room + 0.01 { Fit::Cut } else { Fit::Whole };
        Self { size, pieces: vec![Piece { bytes, at: None }], fit }
    }

    fn lines(value: &str, wanted: Option<f32>, room: f32, height: f32) -> Self {
        let mut size = wanted.unwrap_or(LARGEST);
        loop {
            let lines = wrapped(value, size, room);
            let count = f32::from(u16::try_from(lines.len()).unwrap_or(u16::MAX));
            let high = (count - 1.0) * LEADING * size + (ASCENT + DESCENT) * size;
            let wide = |line: &Vec<u8>| helvetica::width(line) * size / 1000.0 > room + 0.01;
            let fits = high <= height && !lines.iter().any(wide);
            if fits || size <= SMALLEST {
                let pieces = lines.into_iter().map(|bytes| Piece { bytes, at: None }).collect();
                return Self { size, pieces, fit: if fits { Fit::Whole } else { Fit::Cut } };
            }
            size = (size - 0.5).max(SMALLEST);
        }
    }

    fn comb(value: &str, wanted: Option<f32>, width: f32, height: f32, cells: u32) -> Self {
        let cells = f32::from(u16::try_from(cells).unwrap_or(u16::MAX));
        let cell = width / cells;
        let most = wanted.unwrap_or_else(|| (height * 0.7).clamp(SMALLEST, LARGEST));
        let size = most.min(cell * 1.2);
        let bytes = helvetica::bytes(value);
        let piece = |(index, byte): (u16, u8)| {
            let slack = cell - helvetica::width(&[byte]) * size / 1000.0;
            Piece { bytes: vec![byte], at: Some(f32::from(index) * cell + slack / 2.0) }
        };
        Self { size, pieces: (0u16..).zip(bytes).map(piece).collect(), fit: Fit::Whole }
    }
}

/// Lines no longer than the room, broken at spaces; a word that is longer has a line of its own.
fn wrapped(value: &str, size: f32, room: f32) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    for paragraph in value.split('\n') {
        let mut line = Vec::new();
        for word in paragraph.split(' ') {
            let word = helvetica::bytes(word);
            let mut longer = line.clone();
            if !line.is_empty() {
                longer.push(b' ');
            }
            longer.extend_from_slice(&word);
            if !line.is_empty() && helvetica::width(&longer) * size / 1000.0 > room {
                lines.push(std::mem::replace(&mut line, word));
            } else {
                line = longer;
            }
        }
        lines.push(line);
    }
    lines
}

/// The size that `/Helv 9 Tf` asks for; none when it is 0, which leaves it to the program.
fn size_wanted(default_appearance: &[u8]) -> Option<f32> {
    let text = String::from_utf8_lossy(default_appearance);
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let at = words.iter().position(|word| *word == "Tf")?;
    let size: f32 = words.get(at.checked_sub(1)?)?.parse().ok()?;
    (size.is_finite() && size > 0.0).then_some(size.min(72.0))
}

pub(super) fn real(number: f32) -> Object {
    Object::Real(number)
}

pub(super) fn operation<const N: usize>(operator: &str, operands: [Object; N]) -> Operation {
    Operation::new(operator, operands.to_vec())
}
