//! Walking an answer beside the shape it has.

use crate::contract::operation::operation;
use crate::contract::shape::{Member, Shape};
use crate::wire::Json;

/// Calls `go` for every structure of an answer of an operation, the whole answer first, with its members.
pub(super) fn each_structure(
    operation_name: &str,
    body: &mut Json,
    go: &mut impl FnMut(&mut Vec<(String, Json)>, &'static [Member]),
) {
    if let Some(operation) = operation(operation_name) {
        structure(body, operation.output, go);
    }
}

fn structure(
    value: &mut Json,
    shape: &'static [Member],
    go: &mut impl FnMut(&mut Vec<(String, Json)>, &'static [Member]),
) {
    let Json::Object(members) = value else { return };
    for (name, value) in members.iter_mut() {
        if let Some(member) = shape.iter().find(|member| member.wire == name) {
            inner(value, member.shape, go);
        }
    }
    go(members, shape);
}

fn inner(
    value: &mut Json,
    shape: &'static Shape,
    go: &mut impl FnMut(&mut Vec<(String, Json)>, &'static [Member]),
) {
    match (shape, value) {
        (Shape::Structure { members, .. }, value) => structure(value, members, go),
        (Shape::List { item, .. }, Json::Array(items)) => {
            items.iter_mut().for_each(|value| inner(value, item, go));
        }
        (Shape::Map { value: shape, .. }, Json::Object(members)) => {
            members
                .iter_mut()
                .for_each(|(_, value)| inner(value, shape, go));
        }
        _ => {}
    }
}
