//! Blanks filled, and opened again.

use std::collections::BTreeMap;

use cpskit::form::acroform::{Blank, BlankError, FillError, Filled, Finish, Value};
use cpskit::form::f414::draft::{Draft, DraftAdministrator};
use cpskit::form::f414::edition::{Edition, known};
use cpskit::form::f414::field::{Slot, fields};
use cpskit::form::f414::request::Request;
use cpskit::form::f414::values::entries;
use lopdf::{Document, Object, decode_text_string, dictionary};

use crate::blank::{self, Layout};
use crate::draft;

/// The blank with the values of a draft.
pub(crate) fn filled(blank: &[u8], draft: &Draft, finish: Finish) -> Filled {
    let request = Request::parse(draft).expect("a request");
    let blank = Blank::read(blank).expect("a blank");
    let edition = Edition::recognise(&fields(), &blank.fields()).expect("the known edition");
    let name = |slot| edition.name(slot).expect("a name").to_owned();
    let values: Vec<(String, Value)> =
        entries(&request).into_iter().map(|entry| (name(entry.field.slot), entry.value)).collect();
    blank.fill(&values, finish).expect("a filled form")
}

/// The values of a form, by the names of its fields; those without are left out.
fn values(bytes: &[u8]) -> BTreeMap<String, String> {
    let document = Document::load_mem(bytes).expect("a document");
    let form = document.catalog().expect("a catalog").get_deref(b"AcroForm", &document);
    let form = form.and_then(Object::as_dict).expect("a form");
    let fields = form.get_deref(b"Fields", &document).and_then(Object::as_array).expect("fields");
    let mut values = BTreeMap::new();
    for id in fields {
        let field = document.get_dictionary(id.as_reference().expect("an id")).expect("a field");
        let name = decode_text_string(field.get(b"T").expect("a name")).expect("text");
        match field.get(b"V") {
            Ok(Object::Name(state)) if state != b"Off" => {
                values.insert(name, format!("/{}", String::from_utf8_lossy(state)));
            }
            Ok(text @ Object::String(..)) => {
                values.insert(name, decode_text_string(text).expect("text"));
            }
            _ => {}
        }
    }
    values
}

fn expected() -> BTreeMap<String, String> {
    let values = [
        ("Dénomination de la structure", "Œuvres numériques de l’Ouest"),
        ("N SIRET", "18751275100020"),
        ("N", "12 bis"),
        ("Type de voie avenue rue", "allée"),
        ("Libellé de la voie", "des Hêtres – bâtiment Ça"),
        ("Code postal_2", "35000"),
        ("Commune", "Saint-Étienne-en-Coglès"),
        ("Nom", "Lefèvre"),
        ("Prénoms", "Zoé, Anaïs"),
        ("Téléphone", "02 00 00 00 00"),
        ("Email professionnel", "zoe.lefevre@exemple.fr"),
        (
            "Précisions sur l'usage",
            "Essais de lecture des cartes et de signature par un logiciel de cabinet, avant la certification",
        ),
        ("Précisions sur le projet", "DMP"),
        ("Check Box2", "/Oui"),
        ("Quantité", "1"),
        ("Check Box3", "/Oui"),
        ("CPS3-1", "2"),
        ("CPS4-28", "1"),
        ("Check Box4", "/Oui"),
        ("CPS4-29", "1"),
        ("Dénomination de la structure_32", "Accueil du service des essais"),
        ("N2", "3"),
        ("Type de voie avenue rue2", "rue"),
        ("Libellé de la voie2", "du Cœur-Volant"),
        ("Code postal2", "35000"),
        ("Commune2", "Rennes"),
        ("Pays2", "France"),
        ("Précisions sur l'usage2", "Appels du DMP"),
        ("Précisions sur le projet2", "DMP"),
        ("Check Box9", "/Oui"),
        ("Check Box10", "/Oui"),
        ("Certificat pour le nom de domaine suivant exemple ", "exemple.fr"),
        ("Check Box11", "/Oui"),
        (
            "Certificat pour le nom de domaine de messagerie suivant exemple domainefr",
            "exemple.mssante.fr",
        ),
        ("Group8", "/1"),
        ("N de carteRow1", "2600971845"),
    ];
    values.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

#[test]
fn every_value_is_in_its_field_and_no_other_field_has_one() {
    let filled = filled(&blank::known(), &draft::complete(), Finish::Fields);
    assert_eq!(values(&filled.bytes), expected());
    assert_eq!((filled.kept, filled.cut), (vec![], vec![]));
}

#[test]
fn a_blank_in_object_streams_is_filled_alike() {
    let blank = blank::bytes(blank::document(&fields()), Layout::Compressed);
    assert_eq!(values(&filled(&blank, &draft::complete(), Finish::Fields).bytes), expected());
}

#[test]
fn only_the_button_that_is_chosen_is_ticked() {
    let states = |draft: &Draft| {
        let filled = filled(&blank::known(), draft, Finish::Fields);
        let document = Document::load_mem(&filled.bytes).expect("a document");
        let is_button = |object: &&Object| {
            object.as_dict().is_ok_and(|field| field.has(b"Parent") && field.has(b"AS"))
        };
        let buttons = document.objects.values().filter(is_button);
        let state = |object: &Object| {
            let state =
                object.as_dict().and_then(|button| button.get(b"AS")).and_then(Object::as_name);
            String::from_utf8_lossy(state.expect("a state")).into_owned()
        };
        buttons.map(state).collect::<Vec<_>>()
    };
    assert_eq!(states(&draft::complete()), ["Off", "1"]);
    let ordered_here = Draft { administrators: Vec::new(), ..draft::complete() };
    assert_eq!(states(&ordered_here), ["0", "Off"]);
}

#[test]
fn what_a_person_does_by_hand_and_the_script_of_the_form_are_left_alone() {
    let filled = filled(&blank::known(), &draft::complete(), Finish::Fields);
    let values = values(&filled.bytes);
    let by_hand = ["Check Box13", "Check Box14", "Date_2", "Cachet de la structure"];
    assert_eq!(by_hand.map(|name| values.get(name)), [None; 4]);
    let document = Document::load_mem(&filled.bytes).expect("a document");
    let action = document.catalog().and_then(|catalog| catalog.get_deref(b"OpenAction", &document));
    let script = action.and_then(Object::as_dict).and_then(|action| action.get(b"JS"));
    assert_eq!(script.and_then(decode_text_string).expect("a script"), "app.alert('calcul');");
}

#[test]
fn a_flattened_form_has_no_field_left_and_its_pages_draw_the_values() {
    let filled = filled(&blank::known(), &draft::complete(), Finish::Pages);
    let document = Document::load_mem(&filled.bytes).expect("a document");
    assert!(!document.catalog().expect("a catalog").has(b"AcroForm"));
    let widgets = document.objects.values().filter(|object| {
        let subtype = object.as_dict().and_then(|object| object.get(b"Subtype"));
        subtype.and_then(Object::as_name).is_ok_and(|name| name == b"Widget")
    });
    assert_eq!(widgets.count(), 0);
}

#[test]
fn a_blank_that_holds_something_already_is_filled_and_what_stays_is_told() {
    let mut document = blank::document(&fields());
    for object in document.objects.values_mut() {
        let Ok(field) = object.as_dict_mut() else { continue };
        let name = field.get(b"T").and_then(decode_text_string).unwrap_or_default();
        if name == "Pays2" || name == "Mention complémentaire" {
            field.set("V", Object::string_literal("Monaco"));
        }
    }
    let filled = filled(&blank::bytes(document, Layout::Plain), &draft::complete(), Finish::Fields);
    assert_eq!(filled.kept, ["Mention complémentaire"]);
    assert_eq!(values(&filled.bytes)["Pays2"], "France");
}

#[test]
fn a_blank_of_another_edition_is_refused_with_what_differs() {
    // As the edition before: no CPS4 column, another name for a field.
    let mut table = fields();
    table.retain(|field| {
        !matches!(field.slot, Slot::Quantity(_, _)) || !field.label.ends_with("CPS4")
    });
    table[1].name = cpskit::form::f414::field::Name::Exact("Complément".to_owned());
    let blank = blank::bytes(blank::document(&table), Layout::Plain);
    let blank = Blank::read(&blank).expect("a blank");
    let unknown = Edition::recognise(&fields(), &blank.fields()).expect_err("another edition");
    assert_eq!(unknown.known, known(&fields()));
    let told: Vec<String> = unknown.differences.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 42 + 2);
    assert_eq!(told[0], "missing: `Mention complémentaire`");
    assert_eq!(told[1], "missing: `CPS4-1`");
    assert_eq!(told[43], "added: `Complément` (text field)");
}

#[test]
fn text_that_does_not_go_into_its_field_is_refused() {
    let fill = |name: &str, value: Value| {
        let blank = Blank::read(&blank::known()).expect("a blank");
        blank.fill(&[(name.to_owned(), value)], Finish::Fields).map(|_| ())
    };
    let text = |text: &str| Value::Text(text.to_owned());
    let told = |result: Result<(), FillError>| result.expect_err("a refusal").to_string();
    assert_eq!(
        told(fill("Code postal_2", text("350000"))),
        "`Code postal_2` takes 5 characters, and the value has 6"
    );
    assert_eq!(
        told(fill("Nom", text("Wałęsa"))),
        "`ł` in `Nom` cannot be written: the font of forms has Western European letters only"
    );
    assert_eq!(told(fill("Nom", Value::Ticked)), "`Nom` is a text field, not a check box");
    assert_eq!(told(fill("Non", text("x"))), "the PDF has no field `Non`");
    let third = Value::Choice("2".to_owned());
    assert_eq!(told(fill("Group8", third)), "the box `Group8` has no state `2`");
}

#[test]
fn text_longer_than_its_box_is_told() {
    let blank = Blank::read(&blank::known()).expect("a blank");
    let value = Value::Text("Mmmmmmmmmm ".repeat(20));
    let filled = blank.fill(&[("Nom".to_owned(), value)], Finish::Fields).expect("a form");
    assert_eq!(filled.cut, ["Nom"]);
}

#[test]
fn a_pdf_that_is_no_blank_form_is_refused_by_what_it_is() {
    let told = |change: &dyn Fn(&mut Document)| {
        let mut document = blank::document(&fields());
        change(&mut document);
        Blank::read(&blank::bytes(document, Layout::Plain)).expect_err("a refusal").to_string()
    };
    let form = |document: &Document| {
        document
            .catalog()
            .and_then(|catalog| catalog.get(b"AcroForm"))
            .and_then(Object::as_reference)
            .expect("a form")
    };
    let none = told(&|document| {
        document.catalog_mut().expect("a catalog").remove(b"AcroForm");
    });
    assert_eq!(none, "the PDF has no fields to fill (no AcroForm)");
    let xfa = told(&|document| {
        let form = form(document);
        let form = document.get_dictionary_mut(form).expect("a form");
        form.set("XFA", Object::string_literal("<xdp/>"));
    });
    assert_eq!(xfa, "the PDF is an XFA form");
    let signed = told(&|document| {
        let form = form(document);
        let signature = dictionary! { "Type" => "Sig" };
        let signature = document.add_object(dictionary! {
            "FT" => "Sig", "T" => Object::string_literal("Visa"), "V" => signature,
        });
        let form = document.get_dictionary_mut(form).expect("a form");
        let fields = form.get_mut(b"Fields").and_then(Object::as_array_mut).expect("fields");
        fields.push(Object::Reference(signature));
    });
    assert_eq!(signed, "the PDF is signed: filling it would break the signature");
    let tangled = told(&|document| {
        let form = form(document);
        let form = document.get_dictionary_mut(form).expect("a form");
        let fields = form.get_mut(b"Fields").and_then(Object::as_array_mut).expect("fields");
        let first = fields[0].clone();
        fields.push(first);
    });
    assert_eq!(tangled, "the fields of the PDF refer to each other without end");
}

#[test]
fn an_encrypted_form_is_refused_whether_or_not_it_asks_for_a_password() {
    use lopdf::{EncryptionState, EncryptionVersion, Permissions};
    for password in ["", "secret"] {
        let mut document = blank::document(&fields());
        document.trailer.set("ID", vec![Object::string_literal("a"), Object::string_literal("a")]);
        let version = EncryptionVersion::V2 {
            document: &document,
            owner_password: "owner",
            user_password: password,
            key_length: 128,
            permissions: Permissions::all(),
        };
        let state = EncryptionState::try_from(version).expect("a state");
        document.encrypt(&state).expect("encryption");
        let refused = Blank::read(&blank::bytes(document, Layout::Plain));
        assert!(matches!(refused, Err(BlankError::Encrypted)), "{password:?}: {refused:?}");
    }
}

#[test]
fn a_card_of_an_administrator_beyond_the_sixth_is_refused_and_not_dropped() {
    let administrator = |at: usize| DraftAdministrator {
        number: format!("260097184{at}"),
        family: Some("CPS".to_owned()),
    };
    let draft = Draft { administrators: (0..7).map(administrator).collect(), ..draft::complete() };
    let told: Vec<String> =
        Request::parse(&draft).expect_err("breaches").iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "`form.administrators`: 7 cards; the form has lines for 6: send a second form for the others"
        ]
    );
}
