//! The hostile and the broken: cut anywhere, refused anywhere, endless, nested, oversized. A read is whole or an error, and
//! its memory has a bound. The numbers in the names are those of the disasters each test reproduces.

mod everywhere;
mod memory;
mod points;
mod ranges;
mod values;

/// An error and its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += " | ";
        text += &error.to_string();
        cause = error.source();
    }
    text
}
