//! Types of national identifiers. Source: DICO-FR.GIP 02.18 of 2020-02-28, French labels as published.

/// Types d'identifiants des structures.
pub(super) static G07: &[(&str, &str)] = &[
    ("0", "Id Cabinet ADELI"),
    ("1", "FINESS"),
    ("2", "SIREN"),
    ("3", "SIRET"),
    ("4", "Id Cabinet RPPS"),
];

/// Types d'identifiants des personnes.
pub(super) static G08: &[(&str, &str)] = &[
    ("0", "N° ADELI"),
    ("1", "Id. Cabinet ADELI/N° de registre"),
    ("10", "Adresse MSSante"),
    ("2", "N° DRASS"),
    ("3", "FINESS/N° de registre"),
    ("4", "SIREN/N° de registre"),
    ("5", "SIRET/N° de registre"),
    ("6", "Id. Cabinet RPPS/N° de registre"),
    ("8", "N° RPPS"),
    ("9", "N° Etudiant"),
];
