//! `{{#exercise 02-add-the-layer}}` and `{{#labs}}`: the tasks and the faults that a learner can put
//! into `mine/`.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use learn::Exercise;

use crate::directive::Directive;
use crate::page::Page;

/// `{{#exercise NAME}}`: the task, the commands, the check, and hints that unfold one at a time.
pub(crate) fn exercise(directive: &Directive, page: &mut Page) -> Result<String> {
    directive.allow_options(&[])?;
    let [name] = directive.exactly("{{#exercise 02-add-the-layer}}")?;
    let exercise = learn::exercise(page.workspace.root(), name)?;
    ensure!(
        format!("{}.md", exercise.chapter) == page.chapter,
        "exercises/{name} belongs to the chapter {}.md",
        exercise.chapter
    );
    page.used.exercises.insert(name.to_string());
    Ok(markdown(&exercise)?)
}

fn markdown(exercise: &Exercise) -> Result<String, std::fmt::Error> {
    let Exercise { name, title, minutes, task, hints, check, .. } = exercise;
    let mut text = format!("### Exercise: {title} ({minutes} min)\n\n");
    writeln!(text, "Start with `cargo workshop exercise {name} --start`.\n\n{}\n", task.trim())?;
    writeln!(text, "Check your work with `{}`:\n", check.command)?;
    writeln!(text, "- Before: {}\n- After: {}\n", check.before, check.after)?;
    for (index, hint) in hints.iter().enumerate() {
        let number = index + 1;
        let hint = hint.trim();
        write!(text, "<details>\n<summary>Hint {number}</summary>\n\n{hint}\n\n</details>\n\n")?;
    }
    write!(
        text,
        "To put our solution into `mine/`, type `cargo workshop exercise {name} --solution`."
    )?;
    Ok(text)
}

/// `{{#labs}}`: the table of all labs.
pub(crate) fn labs(directive: &Directive, page: &mut Page) -> Result<String> {
    directive.allow_options(&[])?;
    let [] = directive.exactly("{{#labs}}")?;
    let mut table = String::from("| symptom | finding | cure |\n|---|---|---|");
    for lab in learn::labs(page.workspace.root())? {
        // An identifier may be broken after an underscore, so that the column stays narrow.
        let breakable = |id: &String| format!("<code>{}</code>", id.replace('_', "_<wbr>"));
        let findings: Vec<_> = lab.finding.iter().map(breakable).collect();
        let cells = [
            format!("{} Lab: `{}`, step {:02}.", lab.symptom.trim(), lab.name, lab.step),
            findings.join(", "),
            lab.cure,
        ];
        let cells = cells.map(|cell| cell.replace('|', "\\|").replace('\n', " "));
        table = format!("{table}\n| {} |", cells.join(" | "));
    }
    Ok(table)
}
