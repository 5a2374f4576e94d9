use std::fmt;

pub mod channels;

fn main() {}
