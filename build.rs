//! The templates are part of the binary: a new or changed file under `templates/` has to rebuild it.

fn main() {
    println!("cargo::rerun-if-changed=templates");
}
