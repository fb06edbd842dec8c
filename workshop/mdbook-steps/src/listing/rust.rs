//! The items of a Rust file, by the names that one would call them in a conversation: `main`,
//! `Instruments`, `Instruments::new`, `Drop for Measurement`, `impl Instruments`.

use std::str::FromStr as _;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{ImplItem, Item, TraitItem, Type};

use super::{Part, with_comment};

/// A name without accidents of spacing, and without the `impl` before a trait.
pub(super) fn normalize(name: &str) -> String {
    let name = TokenStream::from_str(name).map_or_else(|_| name.to_string(), |it| tokens(&it));
    match name.strip_prefix("impl ") {
        Some(rest) if rest.contains(" for ") => rest.to_string(),
        _ => name,
    }
}

/// All items, the outer ones before those within.
pub(super) fn parts(text: &str) -> Result<Vec<Part>, String> {
    let file = syn::parse_file(text)
        .map_err(|error| format!("line {}: {error}", error.span().start().line))?;
    let mut parts = Parts { text, found: Vec::new() };
    for item in &file.items {
        parts.item(item, "");
    }
    Ok(parts.found)
}

struct Parts<'a> {
    text: &'a str,
    found: Vec<Part>,
}

impl Parts<'_> {
    fn add(&mut self, name: String, node: &impl Spanned) {
        let span = node.span();
        let start = with_comment(self.text, span.start().line.saturating_sub(1), "//");
        self.found.push(Part { name, lines: start..span.end().line });
    }

    fn item(&mut self, item: &Item, outer: &str) {
        let name = match item {
            Item::Const(it) => it.ident.to_string(),
            Item::Enum(it) => it.ident.to_string(),
            Item::Fn(it) => it.sig.ident.to_string(),
            Item::Impl(it) => {
                let of = tokens(&it.self_ty);
                match &it.trait_ {
                    Some((path, _)) => format!("{} for {of}", tokens(path)),
                    None => format!("impl {of}"),
                }
            }
            Item::Macro(it) => match &it.ident {
                Some(ident) => ident.to_string(),
                None => return,
            },
            Item::Mod(it) => it.ident.to_string(),
            Item::Static(it) => it.ident.to_string(),
            Item::Struct(it) => it.ident.to_string(),
            Item::Trait(it) => it.ident.to_string(),
            Item::Type(it) => it.ident.to_string(),
            Item::Union(it) => it.ident.to_string(),
            _ => return,
        };
        self.add(format!("{outer}{name}"), item);
        match item {
            Item::Impl(it) => {
                let of = match &*it.self_ty {
                    Type::Path(path) => path.path.segments.last().map(|it| it.ident.to_string()),
                    _ => None,
                };
                let of = of.unwrap_or_else(|| tokens(&it.self_ty));
                for member in &it.items {
                    let name = match member {
                        ImplItem::Const(it) => it.ident.to_string(),
                        ImplItem::Fn(it) => it.sig.ident.to_string(),
                        ImplItem::Type(it) => it.ident.to_string(),
                        _ => continue,
                    };
                    self.add(format!("{outer}{of}::{name}"), member);
                }
            }
            Item::Trait(it) => {
                for member in &it.items {
                    let member_name = match member {
                        TraitItem::Const(it) => it.ident.to_string(),
                        TraitItem::Fn(it) => it.sig.ident.to_string(),
                        TraitItem::Type(it) => it.ident.to_string(),
                        _ => continue,
                    };
                    self.add(format!("{outer}{name}::{member_name}"), member);
                }
            }
            Item::Mod(it) => {
                for item in it.content.iter().flat_map(|(_, items)| items) {
                    self.item(item, &format!("{outer}{name}::"));
                }
            }
            _ => {}
        }
    }
}

/// Code on one line, with spaces only where words would run together.
fn tokens(code: &impl ToTokens) -> String {
    let mut out = String::new();
    for word in code.to_token_stream().to_string().split_whitespace() {
        let glue = |c: char| c.is_alphanumeric() || c == '_';
        let comma = out.ends_with(',');
        if comma || (out.ends_with(glue) && word.starts_with(glue)) {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
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
mod inner { pub fn deep() {} }
macro_rules! m { () => {} }
trait Tr { fn member(); }
";

    fn shown(name: &str) -> String {
        let name = normalize(name);
        let parts = parts(TEXT).unwrap();
        let part = parts.iter().find(|part| part.name == name);
        super::super::dedent(TEXT, &part.unwrap_or_else(|| panic!("{name} in {parts:?}")).lines)
    }

    #[test]
    fn finds_items_with_their_comments() {
        assert_eq!(shown("FIVE"), "// Why five.\nconst FIVE: u8 = 5;\n");
        assert_eq!(shown("A"), "/// Doc comment.\n#[derive(Clone)]\nstruct A<T>(T);\n");
        assert_eq!(shown("A::new"), "/// Makes one.\nfn new(t: T) -> Self {\n    Self(t)\n}\n");
        assert!(shown("impl A<T>").starts_with("impl<T> A<T> {\n    /// Makes one."));
        assert!(shown("fmt::Display  for A< T >").starts_with("impl<T> fmt::Display for A<T> {\n"));
        assert_eq!(shown("impl fmt::Display for A<T>"), shown("fmt::Display for A<T>"));
        assert_eq!(shown("inner::deep"), "mod inner { pub fn deep() {} }\n");
        assert_eq!(shown("m"), "macro_rules! m { () => {} }\n");
        assert_eq!(shown("Tr::member"), "trait Tr { fn member(); }\n");
    }

    #[test]
    fn knows_all_that_have_a_name() {
        let names: Vec<String> = parts(TEXT).unwrap().into_iter().map(|it| it.name).collect();
        assert_eq!(names.iter().filter(|name| *name == "twice").count(), 2);
        assert!(names.contains(&"A::fmt".to_string()));
    }

    #[test]
    fn says_where_the_syntax_is_broken() {
        let error = parts("fn a() {}\nfn b( {}\n").unwrap_err();
        assert!(error.starts_with("line 2: "), "{error}");
    }
}
