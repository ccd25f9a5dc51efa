//! How things are shown: on terminals, in tables and in files.

pub(crate) mod chart;
pub(crate) mod columns;
pub(crate) mod escape;
pub(crate) mod json;
pub(crate) mod pager;
pub(crate) mod paint;
pub(crate) mod screen;
pub(crate) mod unified;
pub(crate) mod when;
pub(crate) mod whole_file;
