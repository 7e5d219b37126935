//! Professions and how they are practised. Source: DICO-FR.GIP 02.18 of 2020-02-28, French labels as published.

/// Tableaux des Pharmaciens.
pub(super) static G05: &[(&str, &str)] = &[
    ("A", "Pharmacien titulaire d'officine"),
    ("B", "Pharmacien d'entreprise - industrie"),
    ("C", "Pharmacien d'entreprise - distribution"),
    ("D", "Pharmacien adjoint, remplaçant ou gérant"),
    ("DA", "Pharmacien adjoint"),
    ("DH", "Pharmacien d'un établissement de soins"),
    ("DM", "Pharmacien mutualiste ou minier"),
    ("E", "Pharmacien d'Outre-Mer"),
    ("EA", "Pharmacien titulaire d'officine - OM"),
    ("EB", "Pharmacien d'entreprise - industrie - OM"),
    ("EC", "Pharmacien d'entreprise - distribution - OM"),
    ("ED", "Pharmacien adjoint - OM"),
    ("EG", "Pharmacien biologiste - OM"),
    ("EH", "Pharmacien d'établissement de santé - OM"),
    ("G", "Pharmacien biologiste"),
    ("H", "Pharmacien d'un établissement de soins"),
    ("M", "Pharmacien militaire"),
];

/// Professions.
pub(super) static G15: &[(&str, &str)] = &[
    ("10", "Médecin"),
    ("21", "Pharmacien"),
    ("26", "Audioprothésiste"),
    ("28", "Opticien-Lunetier"),
    ("31", "Assistant dentaire"),
    ("32", "Physicien médical"),
    ("35", "Aide-soignant"),
    ("36", "Ambulancier"),
    ("37", "Auxiliaire de puériculture"),
    ("38", "Préparateur en pharmacie hospitalière"),
    ("39", "Préparateur en pharmacie (officine)"),
    ("40", "Chirurgien-Dentiste"),
    ("50", "Sage-Femme"),
    ("60", "Infirmier"),
    ("69", "Infirmier psychiatrique"),
    ("70", "Masseur-Kinésithérapeute"),
    ("80", "Pédicure-Podologue"),
    ("81", "Orthoprothésiste"),
    ("82", "Podo-Orthésiste"),
    ("83", "Orthopédiste-Orthésiste"),
    ("84", "Oculariste"),
    ("85", "Epithésiste"),
    ("86", "Technicien de labo médical"),
    ("91", "Orthophoniste"),
    ("92", "Orthoptiste"),
    ("94", "Ergothérapeute"),
    ("95", "Diététicien"),
    ("96", "Psychomotricien"),
    ("98", "Manipulateur ERM"),
];

/// Professions en formation.
pub(super) static G16: &[(&str, &str)] = &[
    ("10", "Médecin en formation"),
    ("21", "Pharmacien en formation"),
    ("40", "Chirurgien-Dentiste en formation"),
    ("50", "Sage-Femme en formation"),
];

/// Modes d'exercice.
pub(super) static G17: &[(&str, &str)] = &[
    ("00", "Libéral, exploitant ou commerçant"),
    ("01", "Salarié"),
    ("04", "Remplaçant"),
    ("07", "Non rétribué"),
];
