//! Where the workshop is.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result, bail};
use toml::Table;

/// The folder that holds the book and the steps.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workshop in `root`, or else around the current folder.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(root: Option<&Path>) -> Result<Self> {
        let here = env::current_dir().context("Cannot tell the current folder")?;
        if let Some(root) = root {
            let root = here.join(root);
            if !is_workshop(&root) {
                bail!(
                    "{} is not the workshop's folder: it has no book/book.toml. Give --root the \
                     folder that you cloned",
                    root.display()
                );
            }
            return Ok(Self { root });
        }
        let root = here.ancestors().find(|folder| is_workshop(folder)).with_context(|| {
            format!(
                "There is no workshop in {} or above it: no folder has a book/book.toml. Go to \
                 the folder that you cloned, or name it with --root",
                here.display()
            )
        })?;
        Ok(Self { root: root.to_owned() })
    }

    /// Its folder, an absolute path.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder with `book.toml`.
    #[must_use]
    pub fn book(&self) -> PathBuf {
        self.root.join("book")
    }

    /// The oldest Rust that builds it.
    ///
    /// # Errors
    /// When its manifest cannot be read, or does not say.
    pub fn rust_version(&self) -> Result<String> {
        let manifest = table(&self.root.join("Cargo.toml"))?;
        let package = manifest.get("workspace").and_then(|workspace| workspace.get("package"));
        let version = package.and_then(|package| package.get("rust-version")?.as_str());
        Ok(version.context("The workshop's Cargo.toml has no rust-version")?.to_owned())
    }

    /// The steps, in order.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn steps(&self) -> Result<Vec<Step>> {
        let folder = self.root.join("steps");
        let entries = fs::read_dir(&folder);
        let entries = entries.with_context(|| format!("Cannot read {}", folder.display()))?;
        let mut manifests: Vec<_> =
            entries.flatten().map(|entry| entry.path().join("Cargo.toml")).collect();
        manifests.retain(|manifest| manifest.is_file());
        manifests.sort();
        manifests.iter().map(|manifest| Step::of(manifest)).collect()
    }
}

/// A step of the workshop.
#[derive(Clone, Debug)]
pub struct Step {
    /// What `cargo run --package` takes.
    pub package: String,
    /// Where its telemetry goes.
    pub telemetry: Telemetry,
}

/// Where a step's telemetry goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telemetry {
    /// It has none.
    None,
    /// To stdout.
    Console,
    /// To a Collector.
    Collector,
    /// To Application Insights.
    AppInsights,
}

impl Step {
    fn of(manifest: &Path) -> Result<Self> {
        let table = table(manifest)?;
        let package = table.get("package").and_then(|package| package.get("name")?.as_str());
        let package = package.with_context(|| format!("{} has no name", manifest.display()))?;
        // Its exporter tells.
        let uses = |name: &str| {
            table.get("dependencies").is_some_and(|dependencies| dependencies.get(name).is_some())
        };
        let telemetry = if uses("opentelemetry-stdout") {
            Telemetry::Console
        } else if uses("opentelemetry-otlp") {
            Telemetry::Collector
        } else if uses("opentelemetry-application-insights") {
            Telemetry::AppInsights
        } else {
            Telemetry::None
        };
        Ok(Self { package: package.to_owned(), telemetry })
    }
}

fn table(manifest: &Path) -> Result<Table> {
    let text = fs::read_to_string(manifest);
    let text = text.with_context(|| format!("Cannot read {}", manifest.display()))?;
    text.parse().with_context(|| format!("Cannot read {}", manifest.display()))
}

fn is_workshop(folder: &Path) -> bool {
    folder.join("book/book.toml").is_file()
}
