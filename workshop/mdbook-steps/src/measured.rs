//! `{{#measured prepare row="cargo workshop prepare" column="MB downloaded"}}`: a recorded size.

use anyhow::{Context as _, Result, ensure};
use cost::{Results, Table};

use crate::directive::Directive;
use crate::error::missing;
use crate::page::Page;

const PATH: &str = "workshop/cost/results.json";
const EXAMPLE: &str =
    "{{#measured prepare row=\"cargo workshop prepare\" column=\"MB downloaded\"}}";

pub(crate) fn expand(directive: &Directive, page: &mut Page) -> Result<String> {
    directive.allow_options(&["column", "row"])?;
    let [section] = directive.exactly(EXAMPLE)?;
    let option = |name| directive.option(name).with_context(|| format!("write {EXAMPLE}"));
    let (row, column) = (option("row")?, option("column")?);
    let source = page.workspace.read(PATH)?;
    let results: Results = serde_json::from_str(&source.text).with_context(|| PATH.to_string())?;
    let table = results.table(section).ok_or_else(|| {
        let names: Vec<_> = results.tables.iter().map(|table| table.name.clone()).collect();
        missing(format!("section `{section}` in {PATH}"), section, &names)
    })?;
    ensure!(column.starts_with("MB "), "only a column in MB can be inserted into a sentence");
    Ok(size(value(table, row, column)?))
}

fn value(table: &Table, row: &str, column: &str) -> Result<f64> {
    let rows: Vec<_> = table.rows.iter().map(|row| row.name.clone()).collect();
    for (what, name, names) in [("row", row, &rows), ("column", column, &table.columns)] {
        if !names.iter().any(|it| it == name) {
            return Err(missing(format!("{what} `{name}` in `{}`", table.name), name, names));
        }
    }
    table.value(row, column).with_context(|| format!("`{row}` has no {column}"))
}

/// Megabytes, rounded up to two digits, because a reader needs at least as much space.
fn size(megabytes: f64) -> String {
    let two_digits = |value: f64| {
        let unit = if value > 10.0 { 10_f64.powf(value.log10().floor() - 1.0) } else { 1.0 };
        (value / unit).ceil() * unit
    };
    match two_digits(megabytes) {
        rounded @ ..1000.0 => format!("{rounded:.0}\u{a0}MB"),
        rounded => format!("{:.1}\u{a0}GB", rounded / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up() {
        for (megabytes, text) in [
            (0.2, "1 MB"),
            (9.1, "10 MB"),
            (10.0, "10 MB"),
            (48.2, "49 MB"),
            (961.0, "970 MB"),
            (991.0, "1.0 GB"),
            (1201.0, "1.3 GB"),
            (2300.0, "2.3 GB"),
        ] {
            assert_eq!(size(megabytes).replace('\u{a0}', " "), text);
        }
    }
}
