//! `{{#diff step-01 step-02 app.rs}}`: what a step changes.

use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

use crate::block;
use crate::directive::Directive;
use crate::error::Problem;
use crate::used::Used;
use crate::workspace::{Source, Step, Workspace};

/// Lines that stay on both sides of a change.
const CONTEXT: usize = 3;

pub(crate) fn expand(
    directive: &Directive,
    workspace: &Workspace,
    used: &mut Used,
) -> Result<String, Problem> {
    directive.only(&[])?;
    let (steps, file) = match &directive.words[..] {
        [old, new] => ([old, new], None),
        [old, new, file] => ([old, new], Some(file)),
        _ => {
            let usage =
                "write {{#diff step-01 step-02 app.rs}}, or {{#diff step-01 step-02}} for all";
            return Err(Problem::Usage(usage.to_string()));
        }
    };
    let [old, new] = [workspace.step(steps[0])?, workspace.step(steps[1])?];
    let pairs = match file {
        Some(file) => vec![pair(workspace, &old, &new, file)?],
        None => all(workspace, &old, &new)?,
    };
    let mut blocks = Vec::new();
    for Pair { old: before, new: after } in pairs {
        let Some(text) = unified(before.as_ref(), after.as_ref(), &old, &new) else {
            continue;
        };
        let code = |source: &Option<Source>| source.as_ref().map(|it| block::code(&it.path));
        let caption = match (code(&before), code(&after)) {
            (Some(before), Some(after)) => format!("{before} → {after}"),
            (None, Some(after)) => format!("{after}, new"),
            (Some(before), None) => format!("{before}, removed"),
            (None, None) => continue,
        };
        used.diffs.extend([before, after].into_iter().flatten().map(|source| source.path));
        blocks.push(block::figure("diff", Some(&caption), &block::fence("diff", &text)));
    }
    if blocks.is_empty() {
        let name = |step: &Step| match file {
            Some(file) => format!("{}/{file}", step.name),
            None => step.name.clone(),
        };
        return Err(Problem::Same(name(&old), name(&new)));
    }
    Ok(blocks.join("\n"))
}

/// One file in two steps.
struct Pair {
    old: Option<Source>,
    new: Option<Source>,
}

fn pair(workspace: &Workspace, old: &Step, new: &Step, file: &str) -> Result<Pair, Problem> {
    let source = |step: &Step| workspace.source(&format!("{}/{file}", step.name));
    // It may be missing in one of them, but for no other reason.
    let there = |result: Result<Source, Problem>| match result {
        Ok(source) => Ok(Some(source)),
        Err(Problem::Missing { .. }) => Ok(None),
        Err(problem) => Err(problem),
    };
    let (old, latest) = (there(source(old))?, source(new));
    let new = if old.is_some() { there(latest)? } else { Some(latest?) };
    Ok(Pair { old, new })
}

/// `Cargo.toml` and all files of `src`, in either of the steps.
fn all(workspace: &Workspace, old: &Step, new: &Step) -> Result<Vec<Pair>, Problem> {
    let mut files: Vec<String> = [old, new]
        .into_iter()
        .flat_map(|step| workspace.files(&format!("{}/src", step.folder)))
        .map(|file| format!("src/{file}"))
        .collect();
    files.push("Cargo.toml".to_string());
    files.sort();
    files.dedup();
    files.iter().map(|file| pair(workspace, old, new, file)).collect()
}

/// The hunks of a unified diff, or nothing when the files say the same.
fn unified(
    old: Option<&Source>,
    new: Option<&Source>,
    old_step: &Step,
    new_step: &Step,
) -> Option<String> {
    let lines = |source: Option<&Source>| -> Vec<String> {
        source.map(|it| it.text.lines().map(str::to_string).collect()).unwrap_or_default()
    };
    let (old, new) = (lines(old), lines(new));
    // A step calls itself by its name, which is no difference.
    let nameless = |lines: &[String], step: &Step| -> Vec<String> {
        let crate_name = step.name.replace('-', "_");
        lines
            .iter()
            .map(|line| line.replace(&step.name, "step-NN").replace(&crate_name, "step_NN"))
            .collect()
    };
    let ops = capture_diff_slices(
        Algorithm::Patience,
        &nameless(&old, old_step),
        &nameless(&new, new_step),
    );
    if ops.iter().all(|op| matches!(op, DiffOp::Equal { .. })) {
        return None;
    }
    let mut out = String::new();
    let mut shown = 0;
    for hunk in group_diff_ops(ops, CONTEXT) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        let before = first.old_range().start..last.old_range().end;
        let after = first.new_range().start..last.new_range().end;
        let folded = match after.start - shown {
            0 => String::new(),
            1 => " 1 line unchanged".to_string(),
            lines => format!(" {lines} lines unchanged"),
        };
        shown = after.end;
        // An empty side counts from the line before it, as `diff -u` has it.
        let position = |it: &std::ops::Range<usize>| match it.len() {
            0 => format!("{},0", it.start),
            length => format!("{},{length}", it.start + 1),
        };
        let line = format!("@@ -{} +{} @@{folded}\n", position(&before), position(&after));
        out.push_str(&line);
        for op in &hunk {
            let mut push = |sign: char, lines: &[String]| {
                for line in lines {
                    out.push(sign);
                    out.push_str(line);
                    out.push('\n');
                }
            };
            if let DiffOp::Equal { .. } = op {
                // What the new step has: the old one's own name would look like a mistake here.
                push(' ', &new[op.new_range()]);
            } else {
                push('-', &old[op.old_range()]);
                push('+', &new[op.new_range()]);
            }
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(old: Option<&str>, new: Option<&str>) -> Option<String> {
        let source = |text: &str| Source { path: "a".to_string(), text: text.to_string() };
        let step = |name: &str| Step { name: name.to_string(), folder: String::new() };
        let (old, new) = (old.map(source), new.map(source));
        unified(old.as_ref(), new.as_ref(), &step("step-01"), &step("step-02"))
    }

    #[test]
    fn folds_what_is_the_same() {
        let old: String = (1..=20).flat_map(|n| [n.to_string(), "\n".to_string()]).collect();
        let new = old.replace("10\n", "ten\n").replace("18\n", "");
        assert_eq!(
            diff(Some(&old), Some(&new)).unwrap(),
            "@@ -7,7 +7,7 @@ 6 lines unchanged\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n\
             @@ -15,6 +15,5 @@ 1 line unchanged\n 15\n 16\n 17\n-18\n 19\n 20\n"
        );
    }

    #[test]
    fn a_step_may_call_itself_by_its_name() {
        let old = "use step_01::app;\n// cargo run -p step-01\n";
        let new = "use step_02::app;\n// cargo run -p step-02\n";
        assert_eq!(diff(Some(old), Some(new)), None);
        assert_eq!(
            diff(Some(old), Some(&format!("{new}x\n"))).unwrap(),
            "@@ -1,2 +1,3 @@\n use step_02::app;\n // cargo run -p step-02\n+x\n"
        );
        assert!(diff(Some(old), Some(&new.replace("02", "01"))).is_some());
    }

    #[test]
    fn new_and_removed_files() {
        assert_eq!(diff(None, Some("a\nb\n")).unwrap(), "@@ -0,0 +1,2 @@\n+a\n+b\n");
        assert_eq!(diff(Some("a\n"), None).unwrap(), "@@ -1,1 +0,0 @@\n-a\n");
    }
}
