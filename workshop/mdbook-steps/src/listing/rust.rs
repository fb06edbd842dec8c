//! The items of a Rust file: `main`, `Instruments`, `Instruments::new`, `Drop for Measurement`.

use anyhow::{Result, anyhow};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{ImplItem, Item};

use super::{Part, with_comment};

/// All items of a file and the methods of its types, each with its attributes and the comment
/// directly above.
pub(super) fn parts(text: &str) -> Result<Vec<Part>> {
    let file = syn::parse_file(text)
        .map_err(|error| anyhow!("line {}: {error}", error.span().start().line))?;
    let mut parts = Vec::new();
    for item in &file.items {
        let name = match item {
            Item::Const(it) => it.ident.to_string(),
            Item::Enum(it) => it.ident.to_string(),
            Item::Fn(it) => it.sig.ident.to_string(),
            Item::Static(it) => it.ident.to_string(),
            Item::Struct(it) => it.ident.to_string(),
            Item::Type(it) => it.ident.to_string(),
            Item::Impl(it) => {
                let of = code(&it.self_ty);
                for member in &it.items {
                    if let ImplItem::Fn(method) = member {
                        parts.push(part(text, format!("{of}::{}", method.sig.ident), method));
                    }
                }
                match &it.trait_ {
                    Some((path, _)) => format!("{} for {of}", code(path)),
                    None => format!("impl {of}"),
                }
            }
            _ => continue,
        };
        parts.push(part(text, name, item));
    }
    Ok(parts)
}

fn part(text: &str, name: String, item: &impl Spanned) -> Part {
    let span = item.span();
    let start = with_comment(text, span.start().line - 1, "//");
    Part { name, lines: start..span.end().line }
}

/// A path or a type without spaces.
fn code(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r"//! The file.
use std::fmt;

// Why five.
const FIVE: u8 = 5;

/// Doc comment.
#[derive(Clone)]
struct A<T>(T);

impl<T> A<T> {
    /// Makes one.
    fn new(t: T) -> Self {
        Self(t)
    }
}

impl<T> fmt::Display for A<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result { Ok(()) }
}
#[cfg(unix)]
fn twice() {}
#[cfg(windows)]
fn twice() {}
";

    fn shown(name: &str) -> String {
        let parts = parts(TEXT).unwrap();
        let part = parts.iter().find(|part| part.name == name);
        super::super::dedent(TEXT, &part.unwrap_or_else(|| panic!("{name} in {parts:?}")).lines)
    }

    #[test]
    fn finds_items_with_their_comments() {
        assert_eq!(shown("FIVE"), "// Why five.\nconst FIVE: u8 = 5;\n");
        assert_eq!(shown("A"), "/// Doc comment.\n#[derive(Clone)]\nstruct A<T>(T);\n");
        assert_eq!(shown("A<T>::new"), "/// Makes one.\nfn new(t: T) -> Self {\n    Self(t)\n}\n");
        assert!(shown("impl A<T>").starts_with("impl<T> A<T> {\n    /// Makes one."));
        assert!(shown("fmt::Display for A<T>").starts_with("impl<T> fmt::Display for A<T> {\n"));
    }

    #[test]
    fn lists_each_item_of_a_name() {
        let parts = parts(TEXT).unwrap();
        assert_eq!(parts.iter().filter(|part| part.name == "twice").count(), 2);
    }

    #[test]
    fn names_the_line_of_invalid_syntax() {
        let error = parts("fn a() {}\nfn b( {}\n").unwrap_err().to_string();
        assert!(error.starts_with("line 2: "), "{error}");
    }
}
