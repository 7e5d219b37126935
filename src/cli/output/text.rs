//! Text for people: names on the left, values on the right.

/// Lines of `name  value`, aligned; an absent value leaves its line out.
#[derive(Debug, Default)]
pub(in crate::cli) struct Facts {
    lines: Vec<(&'static str, String)>,
}

impl Facts {
    pub(in crate::cli) fn add(
        &mut self,
        name: &'static str,
        value: Option<impl ToString>,
    ) -> &mut Self {
        if let Some(value) = value {
            self.lines.push((name, value.to_string()));
        }
        self
    }

    pub(in crate::cli) fn render(&self) -> String {
        let width =
            self.lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        let lines: Vec<String> = self
            .lines
            .iter()
            .map(|(name, value)| format!("{name:width$}  {}", clean(value)))
            .collect();
        lines.join("\n")
    }
}

/// What a card or a certificate says, without the characters that drive a terminal.
pub(in crate::cli) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{FFFD}' } else { c }).collect()
}

/// A code with its label, `10 Médecin`; the code alone when it is not known.
pub(in crate::cli) fn code(code: &crate::nomenclature::Code) -> String {
    match code.label {
        Some(label) => format!("{label} ({})", code.code),
        None => format!("{} (not in the nomenclature)", code.code),
    }
}

/// `1 try`, `3 tries`.
pub(in crate::cli) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Rows in columns, the last one ragged.
pub(in crate::cli) fn table<const N: usize>(rows: impl Iterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = rows.map(|row| row.map(|cell| clean(&cell))).collect();
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}
