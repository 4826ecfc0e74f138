//! Builds again when a migration is added: the list of migrations is read when the crate is compiled.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
