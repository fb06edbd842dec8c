//! Each lab and each exercise is complete.

use std::{collections::BTreeSet, fs};

use learn::State;

use crate::copy::repository;

#[test]
fn each_lab_is_complete() {
    let labs = learn::labs(&repository()).unwrap();
    assert!(labs.len() >= 12, "{}", labs.len());
    let titles: BTreeSet<_> = labs.iter().map(|lab| &lab.title).collect();
    assert_eq!(titles.len(), labs.len(), "two labs have the same title");
    for lab in &labs {
        for text in [&lab.title, &lab.pain, &lab.symptom, &lab.cure] {
            assert!(!text.trim().is_empty(), "{}", lab.name);
        }
        assert!(!lab.finding.is_empty(), "{}", lab.name);
        assert!(is_in_the_book(&lab.section), "{}: {}", lab.name, lab.section);
    }
}

#[test]
fn each_fault_applies_to_its_step() {
    let root = repository();
    for lab in learn::labs(&root).unwrap() {
        let step = State::step(lab.step).app(&root).unwrap();
        let state = State { lab: Some(lab.name.clone()), ..State::step(lab.step) };
        assert_ne!(state.app(&root).unwrap(), step, "{}", lab.name);
    }
}

#[test]
fn each_exercise_is_complete() {
    let exercises = learn::exercises(&repository()).unwrap();
    assert!(exercises.len() >= 8, "{}", exercises.len());
    let chapters = [
        "step-01",
        "step-02",
        "step-03",
        "step-04",
        "azure",
        "step-05",
        "step-06",
        "step-07",
        "production",
    ];
    let chapter = |name: &str| chapters.iter().position(|chapter| *chapter == name).expect(name);
    assert!(exercises.is_sorted_by_key(|exercise| chapter(&exercise.chapter)));
    for (index, exercise) in exercises.iter().enumerate() {
        let name = &exercise.name;
        assert!(name.starts_with(&format!("{:02}-", index + 1)), "{name}");
        assert!((5..=30).contains(&exercise.minutes), "{name}");
        assert!(exercise.hints.len() >= 3, "{name}");
        // The last hint is nearly the code.
        assert!(exercise.hints.last().unwrap().contains('`'), "{name}");
        let check = &exercise.check;
        assert_eq!(check.step.is_some(), !check.findings.is_empty(), "{name}");
        for text in [&check.command, &check.before, &check.after] {
            assert!(!text.is_empty(), "{name}");
        }
    }
}

#[test]
fn each_task_fits_on_one_screen() {
    let root = repository();
    for exercise in learn::exercises(&root).unwrap() {
        let task = learn::task(&root, &exercise.name).unwrap();
        // In a terminal of 100 columns.
        let lines: usize = task.lines().map(|line| 1 + line.len() / 100).sum();
        assert!(lines <= 40, "{} has {lines} lines", exercise.name);
    }
}

#[test]
fn each_start_and_each_solution_applies() {
    let root = repository();
    for exercise in learn::exercises(&root).unwrap() {
        let start = exercise.start.app(&root).unwrap();
        let solution = exercise.solution.app(&root).unwrap();
        assert_ne!(start, solution, "{}", exercise.name);
    }
}

#[test]
fn hints_unfold_one_at_a_time() {
    let root = repository();
    for exercise in learn::exercises(&root).unwrap() {
        let task = learn::task(&root, &exercise.name).unwrap();
        for (index, hint) in exercise.hints.iter().enumerate() {
            assert!(!task.contains(hint.trim()), "{}", exercise.name);
            let text = learn::hint(&root, &exercise.name, index + 1).unwrap();
            assert!(text.contains(hint.trim()), "{}", exercise.name);
        }
        for number in [0, exercise.hints.len() + 1] {
            let error = learn::hint(&root, &exercise.name, number).unwrap_err().to_string();
            assert!(error.contains("the hints are 1 to"), "{error}");
        }
    }
}

#[test]
fn lists_name_everything() {
    let root = repository();
    let list = learn::list_labs(&root).unwrap();
    for lab in learn::labs(&root).unwrap() {
        assert!(list.contains(&lab.name) && list.contains(&lab.title), "{list}");
        assert!(!list.contains(&lab.symptom) && !list.contains(&lab.cure), "{list}");
    }
    let list = learn::list_exercises(&root).unwrap();
    for exercise in learn::exercises(&root).unwrap() {
        assert!(list.contains(&exercise.name) && list.contains(&exercise.title), "{list}");
    }
}

fn is_in_the_book(section: &str) -> bool {
    let (page, anchor) = section.split_once('#').unwrap_or((section, ""));
    let Ok(text) = fs::read_to_string(repository().join("book/src").join(page)) else {
        return false;
    };
    let mut titles = text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        title.replace(|c: char| !c.is_alphanumeric() && c != '-' && c != '_', "")
    });
    anchor.is_empty() || titles.any(|title| title == anchor)
}
