//! Selects the entries of transactions, and arranges the entries of one transaction.

mod filter;
mod tree;

pub use self::{
    filter::{Filter, Range},
    tree::{Note, Row, Tree, What},
};
