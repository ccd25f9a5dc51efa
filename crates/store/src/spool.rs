//! Changes that could not get in: files that wait until somebody with the lock takes them in.
//!
//! A file is named by the time it was put there, so that names are in order, and holds a check
//! in hex, a line feed and the caller's bytes. In the ledger's own folder the check is the
//! BLAKE3 hash of name and bytes. Where the ledger cannot be written the file goes beside the plan,
//! into a folder that anybody could put files into (a checkout brings what was committed), so
//! there the hash is keyed with a secret of the ledger.
//!
//! Putting is durable. Taking a file away is not: the caller records with each change under
//! which name it came, and knows one that it has taken in before.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ledger_core::{Digest, Time};

use crate::error::StoreError;
use crate::layout::Layout;
use crate::quarantine;
use crate::small_file::sync_directory;

/// The folder beside the plan.
pub const BESIDE_THE_PLAN: &str = ".ledger-spool";

/// How the names of waiting changes end.
const ENDING: &str = ".change";

/// Length of the check, in hex, with its line feed.
const CHECK: usize = 65;

/// The largest change that is put or read, in bytes.
pub const MAX_CHANGE: u64 = 128 << 20;

/// The places where changes of one ledger wait.
#[derive(Debug, Clone)]
pub struct Spool {
    inside: PathBuf,
    beside: Vec<PathBuf>,
    key: Option<Digest>,
    quarantine: PathBuf,
}

/// A change that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its name, unique in its ledger; in order of the time it was put there.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// The caller's bytes.
    pub bytes: Vec<u8>,
}

/// A file that is no change of this ledger, or a damaged one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub what: String,
    /// Whether it is in the ledger's own folder, so that it may be moved.
    pub inside: bool,
}

/// What is in the spool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// The changes that wait, in order.
    pub waiting: Vec<Waiting>,
    /// What else is there.
    pub strays: Vec<Stray>,
}

impl Spool {
    /// The spool of a ledger that has this secret and these checkouts (their top folders). The
    /// first is the one to put changes into where the ledger itself cannot be written.
    pub fn new(
        layout: &Layout,
        key: Option<Digest>,
        checkouts: impl IntoIterator<Item = PathBuf>,
    ) -> Self {
        let mut beside: Vec<PathBuf> = Vec::new();
        for root in checkouts {
            let folder = root.join(BESIDE_THE_PLAN);
            if !beside.contains(&folder) {
                beside.push(folder);
            }
        }
        Self {
            inside: layout.spool(),
            beside,
            key,
            quarantine: layout.quarantine(),
        }
    }

    /// Puts a change there, durably, and gives its file. `random` makes the name unique.
    ///
    /// # Errors
    /// [`StoreError::Io`] if it can be put neither into the ledger nor beside the plan;
    /// [`StoreError::TooLarge`].
    pub fn put(&self, at: Time, random: [u8; 8], bytes: &[u8]) -> Result<PathBuf, StoreError> {
        if bytes.len() as u64 > MAX_CHANGE {
            return Err(StoreError::TooLarge {
                path: self.inside.clone(),
                limit: MAX_CHANGE,
            });
        }
        let random = u64::from_be_bytes(random);
        let name = format!("{:015}-{random:016x}{ENDING}", at.millis());
        let inside = put_file(&self.inside, &name, None, bytes);
        match (inside, self.beside.first(), &self.key) {
            (Err(error), Some(beside), Some(key)) if error.keeps_out() => {
                make_beside(beside)?;
                put_file(beside, &name, Some(key), bytes)
            }
            (put, ..) => put,
        }
    }

    /// What is there.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the ledger's own folder cannot be read.
    pub fn contents(&self) -> Result<Contents, StoreError> {
        let mut contents = Contents::default();
        read_folder(&self.inside, None, true, &mut contents)?;
        for folder in &self.beside {
            let Some(key) = &self.key else { continue };
            // A link could lead anywhere. What is wrong there is no trouble of the ledger.
            if fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_dir())
                && let Err(error) = read_folder(folder, Some(key), false, &mut contents)
            {
                contents.strays.push(Stray {
                    path: folder.clone(),
                    what: error.to_string(),
                    inside: false,
                });
            }
        }
        contents.waiting.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(contents)
    }

    /// Takes away a change that the caller has taken in.
    ///
    /// # Errors
    /// [`StoreError::Io`]; it then waits on.
    pub fn done(&self, waiting: &Waiting) -> Result<(), StoreError> {
        match fs::remove_file(&waiting.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("remove", &waiting.path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Moves a change that can never be taken in to the quarantine, and gives its place there.
    ///
    /// # Errors
    /// [`StoreError::Io`]; it is then where it was.
    pub fn set_aside(&self, waiting: &Waiting, why: &str) -> Result<PathBuf, StoreError> {
        let note = format!("{} waited in the spool: {why}", waiting.path.display());
        let place = quarantine::keep_bytes(&self.quarantine, "change", &waiting.bytes, &note)?;
        self.done(waiting)?;
        Ok(place)
    }

    /// Moves a stray file of the ledger's own folder to the quarantine, and gives its place.
    ///
    /// # Errors
    /// [`StoreError::Io`]; it is then where it was.
    pub fn set_stray_aside(&self, stray: &Stray) -> Result<PathBuf, StoreError> {
        let note = format!("{} was in the spool: {}", stray.path.display(), stray.what);
        quarantine::move_away(&self.quarantine, "change", &stray.path, &note)
    }
}

/// The name is what a change is known by and its place in the order, so it is checked too.
fn check(name: &str, bytes: &[u8], key: Option<&Digest>) -> String {
    let mut hasher = match key {
        Some(key) => blake3::Hasher::new_keyed(key.as_bytes()),
        None => blake3::Hasher::new(),
    };
    hasher.update(name.as_bytes()).update(b"\0").update(bytes);
    hasher.finalize().to_hex().to_string()
}

/// Makes the folder beside the plan, which git is not to see.
fn make_beside(folder: &Path) -> Result<(), StoreError> {
    let io = |error| StoreError::io("create", folder)(error);
    match fs::symlink_metadata(folder) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => return Err(io(io::Error::from(io::ErrorKind::NotADirectory))),
        Err(_) => fs::create_dir(folder).map_err(io)?,
    }
    match File::create_new(folder.join(".gitignore")) {
        Ok(mut file) => file.write_all(b"*\n").map_err(io),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(io(error)),
    }
}

fn put_file(
    folder: &Path,
    name: &str,
    key: Option<&Digest>,
    bytes: &[u8],
) -> Result<PathBuf, StoreError> {
    if !folder.is_dir() {
        fs::create_dir_all(folder).map_err(StoreError::io("create", folder))?;
    }
    let path = folder.join(name);
    let write = || -> io::Result<()> {
        let mut temporary = tempfile::Builder::new()
            .prefix(".unfinished-")
            .tempfile_in(folder)?;
        temporary.write_all(check(name, bytes, key).as_bytes())?;
        temporary.write_all(b"\n")?;
        temporary.write_all(bytes)?;
        temporary.as_file().sync_all()?;
        temporary.persist_noclobber(&path)?;
        Ok(())
    };
    write().map_err(StoreError::io("write", &path))?;
    let synced =
        sync_directory(folder).and_then(|()| folder.parent().map_or(Ok(()), sync_directory));
    match synced {
        Ok(()) => Ok(path),
        // What is said not to wait must not be taken in.
        Err(error) => match fs::remove_file(&path) {
            Ok(()) => Err(error),
            Err(_) => Err(StoreError::MayWait(path)),
        },
    }
}

fn read_folder(
    folder: &Path,
    key: Option<&Digest>,
    inside: bool,
    contents: &mut Contents,
) -> Result<(), StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::io("read", folder)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(StoreError::io("read", folder))?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| name.ends_with(ENDING)) else {
            continue;
        };
        let path = entry.path();
        match read_change(&path, name, key) {
            Ok(bytes) => contents.waiting.push(Waiting {
                name: name.trim_end_matches(ENDING).to_owned(),
                path,
                bytes,
            }),
            Err(what) => contents.strays.push(Stray { path, what, inside }),
        }
    }
    Ok(())
}

/// The bytes of a change, or what is wrong with its file.
fn read_change(path: &Path, name: &str, key: Option<&Digest>) -> Result<Vec<u8>, String> {
    let meta = fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    if !meta.is_file() {
        return Err("it is not a file".to_owned());
    }
    let limit = MAX_CHANGE + CHECK as u64;
    if meta.len() > limit {
        return Err(format!("it has more than {limit} bytes"));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    let good = bytes
        .split_at_checked(CHECK)
        .is_some_and(|(said, rest)| said == format!("{}\n", check(name, rest, key)).as_bytes());
    match (good, key) {
        (true, _) => Ok(bytes.split_off(CHECK)),
        (false, None) => Err("its check does not fit its bytes: it is damaged".to_owned()),
        (false, Some(_)) => Err("it was not put there by a program of this ledger".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use ledger_core::WriterId;

    use super::*;

    fn spool(folder: &Path) -> Spool {
        let layout = Layout::new(folder.join("ledger"));
        let config = layout
            .create(
                WriterId::new("00112233aabbccdd").unwrap(),
                at(0),
                None,
                Digest::from_bytes([7; 32]),
            )
            .unwrap();
        let root = folder.join("checkout");
        fs::create_dir(&root).unwrap();
        Spool::new(&layout, config.spool_key, [root])
    }

    fn at(millis: i64) -> Time {
        Time::from_millis(millis).unwrap()
    }

    /// Puts a change beside the plan, as a process does that may not write the ledger.
    fn put_beside(spool: &Spool, millis: i64, bytes: &[u8]) -> PathBuf {
        make_beside(&spool.beside[0]).unwrap();
        let name = format!("{millis:015}-00{ENDING}");
        let key = spool.key.as_ref();
        put_file(&spool.beside[0], &name, key, bytes).unwrap()
    }

    #[test]
    fn changes_come_out_in_the_order_of_their_times_from_all_places() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(folder.path());
        assert_eq!(spool.contents().unwrap(), Contents::default());
        put_beside(&spool, 20, b"second");
        spool.put(at(30), [0; 8], b"third").unwrap();
        spool.put(at(10), [9; 8], b"first").unwrap();
        let contents = spool.contents().unwrap();
        let texts: Vec<_> = contents.waiting.iter().map(|own| &own.bytes[..]).collect();
        assert_eq!(texts, [&b"first"[..], b"second", b"third"]);
        assert_eq!(contents.strays, []);
        for waiting in &contents.waiting {
            spool.done(waiting).unwrap();
        }
        assert_eq!(spool.contents().unwrap(), Contents::default());
    }

    #[test]
    fn only_a_missing_right_leads_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(folder.path());
        fs::write(&spool.inside, "in the way").unwrap();
        assert!(spool.put(at(1), [1; 8], b"change").is_err());
        assert!(!spool.beside[0].exists());
    }

    #[test]
    fn every_damaged_byte_of_a_change_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(folder.path());
        let inside = spool.put(at(1), [1; 8], b"a change").unwrap();
        let beside = put_beside(&spool, 2, b"another");
        for path in [inside, beside] {
            let good = fs::read(&path).unwrap();
            for place in 0..good.len() {
                let mut bad = good.clone();
                bad[place] ^= 1;
                fs::write(&path, &bad).unwrap();
                assert_eq!(spool.contents().unwrap().strays.len(), 1, "at {place}");
                fs::write(&path, &good[..place]).unwrap();
                assert_eq!(spool.contents().unwrap().strays.len(), 1, "cut at {place}");
            }
            fs::write(&path, &good).unwrap();
        }
        assert_eq!(spool.contents().unwrap().waiting.len(), 2);
    }

    #[test]
    fn what_a_checkout_brings_is_no_change() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(folder.path());
        let path = put_beside(&spool, 1, b"forged");
        let name = path.file_name().unwrap().to_str().unwrap();
        let forged = format!("{}\nforged", check(name, b"forged", None));
        fs::write(&path, forged).unwrap();
        let contents = spool.contents().unwrap();
        assert_eq!(contents.waiting, []);
        assert!(!contents.strays[0].inside);
        // Nor is what lies behind a link.
        let real = folder.path().join("real");
        fs::rename(&spool.beside[0], &real).unwrap();
        std::os::unix::fs::symlink(&real, &spool.beside[0]).unwrap();
        assert_eq!(spool.contents().unwrap(), Contents::default());
        assert!(make_beside(&spool.beside[0]).is_err());
    }

    #[test]
    fn a_change_that_makes_no_sense_is_kept_in_the_quarantine() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(folder.path());
        spool.put(at(1), [1; 8], b"nonsense").unwrap();
        let damaged = spool.put(at(2), [1; 8], b"damaged").unwrap();
        fs::write(&damaged, "x").unwrap();
        let contents = spool.contents().unwrap();
        let place = spool
            .set_aside(&contents.waiting[0], "it is no JSON")
            .unwrap();
        assert_eq!(fs::read(place).unwrap(), b"nonsense");
        let place = spool.set_stray_aside(&contents.strays[0]).unwrap();
        assert_eq!(fs::read(place).unwrap(), b"x");
        assert_eq!(spool.contents().unwrap(), Contents::default());
    }

    #[test]
    fn a_ledger_that_cannot_be_written_leads_beside_the_plan() {
        if rustix::process::geteuid().is_root() {
            return; // Nothing is forbidden to root; the tests of the binary run as another user.
        }
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(folder.path());
        let ledger = folder.path().join("ledger");
        fs::set_permissions(&ledger, fs::Permissions::from_mode(0o555)).unwrap();
        let path = spool.put(at(1), [1; 8], b"change").unwrap();
        fs::set_permissions(&ledger, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(path.starts_with(&spool.beside[0]));
        assert_eq!(spool.contents().unwrap().waiting.len(), 1);
        assert!(spool.beside[0].join(".gitignore").exists());
    }
}
