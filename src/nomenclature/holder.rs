//! The holder: civility and level of responsibility. Source: DICO-FR.GIP 02.18 of 2020-02-28, French labels as published.

/// Codes civilité.
pub(super) static G03: &[(&str, &str)] =
    &[("22", "Madame"), ("23", "Mademoiselle"), ("31", "Monsieur")];

/// Niveaux de responsabilité.
pub(super) static G04: &[(&str, &str)] = &[
    ("00", "Sans objet"),
    ("01", "Responsable de la structure"),
    ("02", "Assistant ou adjoint au responsable de la structure"),
];

/// Codes civilité abrégés.
pub(super) static G06: &[(&str, &str)] = &[("22", "Mme"), ("23", "Mlle"), ("31", "M")];
