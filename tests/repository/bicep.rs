//! Reads a Bicep file by its grammar. Without a Bicep compiler, the names and types of properties
//! are not checked.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::{Node, Parser};

/// The declarations of a file.
#[derive(Default)]
pub struct Bicep {
    /// The scope of the deployment, if the file sets it.
    pub target_scope: Option<String>,
    /// The names of the parameters.
    pub parameters: BTreeSet<String>,
    /// The values of the variables, and the default values of the parameters.
    pub values: BTreeMap<String, String>,
    /// The resources and modules by their symbols.
    pub blocks: BTreeMap<String, Block>,
    /// The parameters and outputs without a description.
    pub undescribed: Vec<String>,
}

/// A resource or a module.
pub struct Block {
    /// The type of a resource with its version, or the path of a module.
    pub kind: String,
    /// The values by path, such as `properties.actions.0.actionGroupId`. A string has no quotation
    /// marks. Any other value is its source text.
    properties: BTreeMap<String, String>,
}

impl Bicep {
    /// Reads a file; `None` if it does not follow the grammar.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_bicep::LANGUAGE.into()).expect("the versions fit");
        let tree = parser.parse(text, None).expect("there is no time limit");
        let root = tree.root_node();
        if root.has_error() {
            return None;
        }
        let mut bicep = Self::default();
        let mut described = false;
        for statement in children(root) {
            let parts = children(statement);
            let name = parts.first().map(|&node| value(node, text)).unwrap_or_default();
            let last = parts.last().copied();
            match statement.kind() {
                "decorators" => described = source(statement, text).contains("@description("),
                "target_scope_assignment" => bicep.target_scope = Some(name),
                "variable_declaration" => {
                    bicep.values.extend(last.map(|node| (name, value(node, text))));
                }
                "parameter_declaration" => {
                    let default = last.filter(|node| node.kind() != "type");
                    bicep.values.extend(default.map(|node| (name.clone(), value(node, text))));
                    bicep.declare(&name, &mut described);
                    bicep.parameters.insert(name);
                }
                "output_declaration" => bicep.declare(&name, &mut described),
                "resource_declaration" | "module_declaration" => {
                    let mut properties = BTreeMap::new();
                    flatten(parts[2], "", text, &mut properties);
                    let kind = value(parts[1], text);
                    bicep.blocks.insert(name, Block { kind, properties });
                }
                _ => (),
            }
        }
        Some(bicep)
    }

    fn declare(&mut self, name: &str, described: &mut bool) {
        if !std::mem::take(described) {
            self.undescribed.push(name.to_string());
        }
    }

    /// The types of the resources, without versions.
    pub fn resource_types(&self) -> BTreeSet<String> {
        let types = self.blocks.values().filter_map(|block| block.kind.split_once('@'));
        types.map(|(name, _)| name.to_string()).collect()
    }
}

impl Block {
    /// The property at a path.
    pub fn get(&self, path: &str) -> &str {
        self.properties.get(path).unwrap_or_else(|| panic!("{}: no {path}", self.kind))
    }
}

/// Adds all properties within `node`, whose own path is `path`.
fn flatten(node: Node, path: &str, text: &str, properties: &mut BTreeMap<String, String>) {
    let below = |name: &str| {
        if path.is_empty() { name.to_string() } else { format!("{path}.{name}") }
    };
    match node.kind() {
        "object" => {
            for property in children(node) {
                if let [name, of_name] = children(property)[..] {
                    flatten(of_name, &below(&value(name, text)), text, properties);
                }
            }
        }
        "array" => {
            for (index, item) in children(node).into_iter().enumerate() {
                flatten(item, &below(&index.to_string()), text, properties);
            }
        }
        _ => {
            properties.insert(path.to_string(), value(node, text));
        }
    }
}

/// The parts of a node, without comments.
fn children(node: Node) -> Vec<Node> {
    let children = node.named_children(&mut node.walk()).collect::<Vec<_>>();
    children.into_iter().filter(|child| child.kind() != "comment").collect()
}

fn value(node: Node, text: &str) -> String {
    let source = source(node, text);
    if node.kind() == "string" { source.trim_matches('\'').to_string() } else { source.to_string() }
}

fn source<'a>(node: Node, text: &'a str) -> &'a str {
    &text[node.byte_range()]
}
