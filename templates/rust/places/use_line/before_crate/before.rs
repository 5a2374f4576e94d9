use crate::config::Config;

fn f() {}
