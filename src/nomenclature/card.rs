//! The card: its category and type. Source: DICO-FR.GIP 02.18 of 2020-02-28, French labels as published.

/// Catégories cartes.
pub(super) static G01: &[(&str, &str)] = &[
    ("00", "Carte de Professionnel ou Personnel de Santé"),
    ("02", "Module de Sécurité"),
    ("03", "Certificat logiciel"),
    ("80", "Carte de PS ou de Personnel de Santé de TEST"),
    ("82", "Module de Sécurité de TEST"),
    ("83", "Certificat logiciel de TEST"),
];

/// Types de cartes CPS.
pub(super) static G02: &[(&str, &str)] = &[
    ("00", "Carte de Professionnel de Santé (CPS)"),
    ("01", "Carte de Professionnel de Santé en Formation (CPF)"),
    ("02", "Carte de Personnel d'Etablissement (CDE/CPE)"),
    ("03", "Carte de Personnel Autorisé (CDA/CPA)"),
];
