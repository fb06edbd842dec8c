//! The results of the measurements, and how the book shows them.
//!
//! `cargo bench -p cost` writes `results.json`. The tables and charts of the book come from this
//! file.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// All results, each measured on its own machine and day.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Results {
    /// The tables, in the order of the sections.
    pub tables: Vec<Table>,
}

/// The results of one section.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Table {
    /// The name of the section, which is also the argument of the program.
    pub name: String,
    /// The processor, the number of its cores, the system, the compiler, and the day.
    pub machine: String,
    /// The title and the unit of each column.
    pub columns: Vec<String>,
    /// What was measured.
    pub rows: Vec<Row>,
}

/// One subject of a section.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Row {
    /// The subject.
    pub name: String,
    /// A value for each column, or `None` if there is nothing to measure.
    pub values: Vec<Option<f64>>,
}

impl Row {
    /// A row with all values.
    pub fn new(name: &str, values: impl IntoIterator<Item = f64>) -> Self {
        Self { name: name.to_string(), values: values.into_iter().map(Some).collect() }
    }
}

impl Results {
    /// Replaces the table of the same name, or appends a new one.
    pub fn put(&mut self, table: Table) {
        match self.tables.iter_mut().find(|old| old.name == table.name) {
            Some(old) => *old = table,
            None => self.tables.push(table),
        }
    }

    /// The table of a section.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

impl Table {
    /// The value of a subject in a column.
    pub fn value(&self, row: &str, column: &str) -> Option<f64> {
        let column = self.columns.iter().position(|name| name == column)?;
        self.rows.iter().find(|found| found.name == row)?.values.get(column).copied()?
    }

    /// The table as text, followed by the machine.
    pub fn text(&self) -> String {
        let names = self.rows.iter().map(|row| row.name.as_str());
        let mut columns = vec![column("", names, false)];
        for (index, title) in self.columns.iter().enumerate() {
            let values: Vec<_> = self.rows.iter().map(|row| row.values[index]).collect();
            let values: Vec<_> =
                values.iter().map(|value| value.map_or_else(String::new, number)).collect();
            columns.push(column(title, values.iter().map(String::as_str), true));
        }
        let mut text = String::new();
        for line in 0..=self.rows.len() {
            let cells: Vec<_> = columns.iter().map(|column| column[line].as_str()).collect();
            let _ = writeln!(text, "{}", cells.join("  ").trim_end());
        }
        let _ = write!(text, "\n{}", self.machine);
        text
    }
}

/// The cells of a column, all of the same width.
fn column<'a>(title: &'a str, cells: impl Iterator<Item = &'a str>, right: bool) -> Vec<String> {
    let cells: Vec<_> = std::iter::once(title).chain(cells).collect();
    let width = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
    let pad =
        |cell: &&str| if right { format!("{cell:>width$}") } else { format!("{cell:width$}") };
    cells.iter().map(pad).collect()
}

/// A value with three significant digits, or all digits before the point.
fn number(value: f64) -> String {
    let size = value.abs();
    match size {
        0.0 => "0".to_string(),
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => group(value.round()),
    }
}

/// A whole number with a comma between groups of three digits.
fn group(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
