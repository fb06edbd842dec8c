//! `{{#diff step-01 step-02 app.rs}}`: the changes to a file from one step to another.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use similar::udiff::UnifiedHunkHeader;
use similar::{Algorithm, capture_diff_slices, group_diff_ops};

use crate::directive::Directive;
use crate::html;
use crate::page::Page;

/// The number of unchanged lines on both sides of a change.
const CONTEXT: usize = 3;

pub(crate) fn expand(directive: &Directive, page: &mut Page) -> Result<String> {
    directive.allow_options(&[])?;
    let [old, new, file] = directive.exactly("{{#diff step-01 step-02 app.rs}}")?;
    let before = page.workspace.source(&format!("{old}/{file}"))?;
    let after = page.workspace.source(&format!("{new}/{file}"))?;
    let diff = unified(old, &before.text, new, &after.text);
    ensure!(!diff.is_empty(), "there is no difference between {} and {}", before.path, after.path);
    let caption = format!("{} → {}", html::code(&before.path), html::code(&after.path));
    Ok(html::fenced("diff", Some(&caption), "diff", &diff))
}

/// The hunks of a unified diff.
fn unified(old_step: &str, old: &str, new_step: &str, new: &str) -> String {
    let old: Vec<&str> = old.lines().collect();
    let new: Vec<&str> = new.lines().collect();
    let operations = capture_diff_slices(
        Algorithm::Patience,
        &without_name(&old, old_step),
        &without_name(&new, new_step),
    );
    let mut diff = String::new();
    let mut shown = 0;
    for hunk in group_diff_ops(operations, CONTEXT) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        let folded = match first.new_range().start - shown {
            0 => String::new(),
            1 => " 1 line unchanged".to_string(),
            lines => format!(" {lines} lines unchanged"),
        };
        shown = last.new_range().end;
        let _ = writeln!(diff, "{}{folded}", UnifiedHunkHeader::new(&hunk));
        for change in hunk.iter().flat_map(|operation| operation.iter_changes(&old, &new)) {
            // If a line is unchanged except for the name of the step, show the new line.
            let line = change.new_index().map_or(change.value(), |index| new[index]);
            let _ = writeln!(diff, "{}{line}", change.tag());
        }
    }
    diff
}

/// The lines with a placeholder for the name of the step, which does not count as a difference.
fn without_name(lines: &[&str], step: &str) -> Vec<String> {
    let in_rust = step.replace('-', "_");
    lines.iter().map(|line| line.replace(step, "step-NN").replace(&in_rust, "step_NN")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(old: &str, new: &str) -> String {
        unified("step-01", old, "step-02", new)
    }

    #[test]
    fn folds_unchanged_lines() {
        let old: String = (1..=20).flat_map(|n| [n.to_string(), "\n".to_string()]).collect();
        let new = old.replace("10\n", "ten\n").replace("18\n", "");
        assert_eq!(
            diff(&old, &new),
            "@@ -7,7 +7,7 @@ 6 lines unchanged\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n\
             @@ -15,6 +15,5 @@ 1 line unchanged\n 15\n 16\n 17\n-18\n 19\n 20\n"
        );
    }

    #[test]
    fn ignores_the_name_of_the_step() {
        let old = "use step_01::app;\n// cargo run -p step-01\n";
        let new = "use step_02::app;\n// cargo run -p step-02\n";
        assert_eq!(diff(old, new), "");
        assert_eq!(
            diff(old, &format!("{new}x\n")),
            "@@ -1,2 +1,3 @@\n use step_02::app;\n // cargo run -p step-02\n+x\n"
        );
        assert_ne!(diff(old, &new.replace("02", "01")), "");
    }
}
