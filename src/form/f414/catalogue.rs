//! What can be ordered on F414: kits, single cards, sets of cards.
//!
//! The form prints no code of a catalogue. The slugs are ours and stay as they are; the order is that of the form, and a
//! place in it is the number of a field (platform fact sheet §4; that sets begin at 29 is inferred there from one value).

use strsim::jaro_winkler;

/// Kits that can be ordered at a time.
pub const MOST_KITS: u8 = 2;

/// Single cards that can be ordered at a time.
pub const MOST_CARDS: u8 = 10;

/// Sets that can be ordered at a time.
pub const MOST_SETS: u8 = 2;

/// What the kit holds.
pub const KIT: &str =
    "CPS médecin RPPS, CPS médecin 8 activités, CPS orthophoniste, CPE opposée, CPA";

/// Which cards: a CPS3, or a CPS4.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Generation {
    /// CPS3.
    Cps3,
    /// CPS4.
    Cps4,
}

impl Generation {
    /// Both, in the form's order.
    pub const ALL: [Self; 2] = [Self::Cps3, Self::Cps4];

    /// `CPS3`, `CPS4`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cps3 => "CPS3",
            Self::Cps4 => "CPS4",
        }
    }
}

/// A line of the form on which a number of cards or sets can be asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Article {
    /// The number in the names of its fields: `CPS3-1`, `CPS4-1`.
    pub place: u8,
    /// Ours, stable: `medecin-generaliste`.
    pub slug: &'static str,
    /// What the form calls it, more or less.
    pub label: &'static str,
    /// How many cards it brings.
    pub cards: u8,
}

/// The single cards, places 1 to 28.
pub fn cards() -> impl Iterator<Item = Article> {
    (1u8..).zip(CARDS).map(|(place, (slug, label))| Article { place, slug, label, cards: 1 })
}

/// The sets of cards, places 29 to 42.
pub fn sets() -> impl Iterator<Item = Article> {
    (29u8..).zip(SETS).map(|(place, (slug, label, cards))| Article {
        place,
        slug,
        label,
        cards: *cards,
    })
}

/// The slug most like a word that is none.
pub fn nearest(word: &str, articles: impl Iterator<Item = Article>) -> Option<&'static str> {
    let like = |slug: &str| jaro_winkler(&word.to_lowercase(), slug);
    let slugs = articles.map(|article| article.slug);
    slugs.filter(|slug| like(slug) > 0.8).max_by(|one, other| like(one).total_cmp(&like(other)))
}

const CARDS: &[(&str, &str)] = &[
    ("medecin-generaliste", "Médecin généraliste"),
    ("medecin-pneumologue", "Médecin spécialiste (pneumologue)"),
    ("medecin-anesthesiste", "Médecin anesthésiste"),
    ("medecin-du-travail", "Médecin du travail à l'hôpital"),
    ("medecin-multi-activites", "Médecin libéral et salarié multi-activités"),
    ("medecin-sans-activite", "Médecin sans activité"),
    ("medecin-remplacant", "Médecin remplaçant exclusif"),
    ("medecin-etudiant-remplacant", "Médecin étudiant remplaçant exclusif"),
    ("pharmacien", "Pharmacien"),
    ("pharmacien-remplacant", "Pharmacien remplaçant"),
    ("pharmacien-etudiant-remplacant", "Pharmacien étudiant remplaçant"),
    ("chirurgien-dentiste", "Chirurgien-dentiste"),
    ("chirurgien-dentiste-remplacant", "Chirurgien-dentiste remplaçant"),
    ("chirurgien-dentiste-etudiant-remplacant", "Chirurgien-dentiste étudiant remplaçant"),
    ("sage-femme", "Sage-femme"),
    ("sage-femme-remplacante", "Sage-femme remplaçante"),
    ("sage-femme-etudiante-remplacante", "Sage-femme étudiante remplaçante"),
    ("masseur-kinesitherapeute", "Masseur-kinésithérapeute"),
    ("masseur-kinesitherapeute-remplacant", "Masseur-kinésithérapeute remplaçant"),
    ("pedicure-podologue", "Pédicure-podologue"),
    ("infirmier", "Infirmier"),
    ("infirmier-multi-activites", "Infirmier libéral et salarié multi-activités"),
    ("dieteticien", "Diététicien"),
    ("technicien-de-laboratoire", "Technicien de laboratoire"),
    ("manipulateur-electroradiologie", "Manipulateur d'électroradiologie"),
    ("opticien-lunetier", "Opticien-lunetier"),
    ("orthoptiste", "Orthoptiste"),
    ("orthophoniste", "Orthophoniste"),
];

const SETS: &[(&str, &str, u8)] = &[
    ("cabinet-medical", "Cabinet médical", 2),
    ("cabinet-de-radiologie", "Cabinet de radiologie", 3),
    ("cabinet-sage-femme", "Cabinet sage-femme", 2),
    ("cabinet-dentaire", "Cabinet dentaire", 2),
    ("officine", "Officine", 3),
    ("centre-de-sante", "Centre de santé", 6),
    ("laboratoire-d-analyses", "Laboratoire d'analyses", 2),
    ("centre-hospitalier", "Centre hospitalier", 9),
    ("cabinet-infirmier", "Cabinet infirmier", 2),
    ("fournisseur-audioprothesiste", "Fournisseur audioprothésiste, directeur non PS", 3),
    ("fournisseur-optique", "Fournisseur optique, directeur PS", 3),
    ("fournisseur-sans-ps", "Fournisseur sans PS", 3),
    ("etablissement-hors-soins", "Établissement hors structure de soins", 2),
    ("etablissement-transporteur", "Établissement transporteur", 3),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn there_are_28_cards_and_14_sets_and_no_slug_twice() {
        let articles: Vec<Article> = cards().chain(sets()).collect();
        let places: Vec<u8> = articles.iter().map(|article| article.place).collect();
        assert_eq!(places, (1..=42).collect::<Vec<u8>>());
        let slugs: BTreeSet<&str> = articles.iter().map(|article| article.slug).collect();
        assert_eq!(slugs.len(), 42);
        assert_eq!(sets().next().map(|set| (set.place, set.slug)), Some((29, "cabinet-medical")));
    }

    #[test]
    fn a_slug_mistyped_is_told_the_nearest_one() {
        assert_eq!(nearest("pharmacein", cards()), Some("pharmacien"));
        assert_eq!(nearest("Officine", sets()), Some("officine"));
        assert_eq!(nearest("zzz", cards()), None);
    }
}
