//! Names the source this crate is built from ([`BUILD`] in the crate).

#![allow(clippy::disallowed_methods, reason = "a build script does I/O")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let mut files = vec![PathBuf::from("Cargo.toml")];
    collect(Path::new("src"), &mut files)?;
    // Which markdown parser; not there where the crate is built outside of its workspace.
    let lock = PathBuf::from("../../Cargo.lock");
    files.extend(lock.is_file().then_some(lock));
    files.sort();
    let mut hash = Fnv::new();
    for file in &files {
        println!("cargo:rerun-if-changed={}", file.display());
        hash.update(file.to_string_lossy().as_bytes());
        hash.update(&fs::read(file)?);
    }
    println!("cargo:rerun-if-changed=src");
    println!("cargo:rustc-env=LEDGER_DOCUMENT_BUILD={:016x}", hash.0);
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// FNV-1a: nobody forges source against its own build, so a plain hash is enough.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn update(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
