use std::fmt;

fn main() {}
