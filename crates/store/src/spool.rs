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

/// Length of the longest file of a change.
const LONGEST: u64 = MAX_CHANGE + CHECK as u64;

/// The largest change that is put or read, in bytes.
pub const MAX_CHANGE: u64 = 128 << 20;

/// How many files of a folder beside a plan one command looks at: anybody may fill it.
const MOST_BESIDE: usize = 256;

/// How many bytes of them, two of the largest changes.
const MOST_BYTES_BESIDE: u64 = 2 * MAX_CHANGE;

/// How many names of such a folder are listed, to find the first ones.
const MOST_LISTED: usize = 16 << 10;

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
    /// Whether it is in the ledger's own folder.
    pub inside: bool,
}

/// A file that is no change of this ledger, or a damaged one; or a folder beside a plan that
/// cannot be looked at as a whole.
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

    /// What is there. Each change was checked, and [`read`](Self::read) gives what it says: all of
    /// them at once may be more than fits into memory.
    ///
    /// Of a folder beside a plan, the first so many files and bytes are looked at; that there are
    /// more is a stray of its own.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the ledger's own folder cannot be read.
    pub fn contents(&self) -> Result<Contents, StoreError> {
        let mut contents = Contents::default();
        for path in list(&self.inside, usize::MAX)?.0 {
            self.look_at(path, true, &mut contents);
        }
        for folder in &self.beside {
            // A link could lead anywhere. What is wrong there is no trouble of the ledger.
            if fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_dir()) {
                self.look_beside(folder, &mut contents);
            }
        }
        contents.waiting.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(contents)
    }

    fn look_beside(&self, folder: &Path, contents: &mut Contents) {
        let mut stray = |what: String| {
            contents.strays.push(Stray {
                path: folder.to_owned(),
                what,
                inside: false,
            });
        };
        let (paths, mut more) = match list(folder, MOST_LISTED) {
            Ok(listed) => listed,
            Err(error) => return stray(error.to_string()),
        };
        more |= paths.len() > MOST_BESIDE;
        let mut bytes = 0;
        let mut fits = |path: &PathBuf| {
            let length = fs::symlink_metadata(path).map_or(0, |meta| meta.len());
            // What is too long for a change is not read.
            bytes += if length > LONGEST { 0 } else { length };
            bytes <= MOST_BYTES_BESIDE
        };
        let all = paths.len().min(MOST_BESIDE);
        let near: Vec<PathBuf> = paths
            .into_iter()
            .take(MOST_BESIDE)
            .take_while(&mut fits)
            .collect();
        if more || near.len() < all {
            stray(format!(
                "it holds more than a command looks at, which was the first {} of its changes",
                near.len()
            ));
        }
        for path in near {
            self.look_at(path, false, contents);
        }
    }

    fn look_at(&self, path: PathBuf, inside: bool, contents: &mut Contents) {
        let checked = self.open(&path, inside).and_then(|(file, mut checking)| {
            let read = io::copy(&mut file.take(LONGEST), &mut checking);
            read.map_err(|error| error.to_string())?;
            checking.done()
        });
        match checked {
            Ok(()) => contents.waiting.push(Waiting {
                name: name_of(&path).trim_end_matches(ENDING).to_owned(),
                path,
                inside,
            }),
            Err(what) => contents.strays.push(Stray { path, what, inside }),
        }
    }

    /// What a change says, checked again; or what is wrong with its file.
    ///
    /// # Errors
    /// A [`Stray`] if it is not what it was any more.
    pub fn read(&self, waiting: &Waiting) -> Result<Vec<u8>, Stray> {
        let mut bytes = Vec::new();
        let read = self.open(&waiting.path, waiting.inside);
        let read = read.and_then(|(file, mut checking)| {
            let all = file.take(LONGEST).read_to_end(&mut bytes);
            all.and_then(|_| checking.write_all(&bytes))
                .map_err(|error| error.to_string())?;
            checking.done()
        });
        match read {
            Ok(()) => Ok(bytes.split_off(CHECK)),
            Err(what) => Err(Stray {
                path: waiting.path.clone(),
                what,
                inside: waiting.inside,
            }),
        }
    }

    /// The file of a change, and what to check its bytes with.
    fn open(&self, path: &Path, inside: bool) -> Result<(File, Checking), String> {
        let meta = fs::symlink_metadata(path).map_err(|error| error.to_string())?;
        if !meta.is_file() {
            return Err("it is not a file".to_owned());
        }
        if meta.len() > LONGEST {
            return Err(format!("it has more than {LONGEST} bytes"));
        }
        let key = match (inside, &self.key) {
            (true, _) => None,
            (false, Some(key)) => Some(key),
            (false, None) => return Err("this ledger has no key to check it with".to_owned()),
        };
        let file = File::open(path).map_err(|error| error.to_string())?;
        Ok((file, Checking::new(&name_of(path), key)))
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
    pub fn set_aside(
        &self,
        waiting: &Waiting,
        bytes: &[u8],
        why: &str,
    ) -> Result<PathBuf, StoreError> {
        let note = format!("{} waited in the spool: {why}", waiting.path.display());
        let place = quarantine::keep_bytes(&self.quarantine, "change", bytes, &note)?;
        self.done(waiting)?;
        Ok(place)
    }

    /// Keeps the text of an edit in the quarantine that can never be taken in, and gives its place
    /// there. The change it is part of stays.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn keep_edit(
        &self,
        waiting: &Waiting,
        plan: &str,
        text: &[u8],
        why: &str,
    ) -> Result<PathBuf, StoreError> {
        let note = format!("{plan} as it waited in {}: {why}", waiting.path.display());
        quarantine::keep_bytes(&self.quarantine, "edit", text, &note)
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

/// The hash of a change, not finished. The name is what a change is known by and its place in the
/// order, so it is checked too.
fn hasher(name: &str, key: Option<&Digest>) -> blake3::Hasher {
    let mut hasher = match key {
        Some(key) => blake3::Hasher::new_keyed(key.as_bytes()),
        None => blake3::Hasher::new(),
    };
    hasher.update(name.as_bytes()).update(b"\0");
    hasher
}

fn check(name: &str, bytes: &[u8], key: Option<&Digest>) -> String {
    let mut hasher = hasher(name, key);
    hasher.update(bytes).finalize().to_hex().to_string()
}

/// Takes a change's file piece by piece, and tells whether its check fits the rest of it.
struct Checking {
    said: Vec<u8>,
    hasher: blake3::Hasher,
    keyed: bool,
}

impl Checking {
    fn new(name: &str, key: Option<&Digest>) -> Self {
        Self {
            said: Vec::with_capacity(CHECK),
            hasher: hasher(name, key),
            keyed: key.is_some(),
        }
    }

    fn done(self) -> Result<(), String> {
        if self.said == format!("{}\n", self.hasher.finalize().to_hex()).as_bytes() {
            return Ok(());
        }
        Err(match self.keyed {
            false => "its check does not fit its bytes: it is damaged",
            true => "it was not put there by a program of this ledger, or before the ledger lost its configuration",
        }
        .to_owned())
    }
}

impl Write for Checking {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let of_check = bytes.len().min(CHECK - self.said.len());
        let (check, rest) = bytes.split_at(of_check);
        self.said.extend_from_slice(check);
        self.hasher.update(rest);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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

/// The changes of a folder in the order of their names, and whether there are more names than
/// were listed.
fn list(folder: &Path, most: usize) -> Result<(Vec<PathBuf>, bool), StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), false)),
        Err(error) => return Err(StoreError::io("read", folder)(error)),
    };
    let mut paths = Vec::new();
    for (nth, entry) in entries.enumerate() {
        if nth == most {
            paths.sort();
            return Ok((paths, true));
        }
        let entry = entry.map_err(StoreError::io("read", folder))?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.ends_with(ENDING)) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok((paths, false))
}

fn name_of(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
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
        let texts: Vec<_> = contents
            .waiting
            .iter()
            .map(|own| spool.read(own).unwrap())
            .collect();
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
    fn so_much_of_a_folder_beside_the_plan_is_looked_at_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(folder.path());
        let first = put_beside(&spool, 1, b"first");
        for nth in 0..MOST_BESIDE {
            fs::write(spool.beside[0].join(format!("x{nth}{ENDING}")), "junk").unwrap();
        }
        let contents = spool.contents().unwrap();
        assert_eq!(contents.waiting.len(), 1);
        assert_eq!(contents.strays.len(), MOST_BESIDE);
        assert_eq!(contents.strays[0].path, spool.beside[0]);
        assert!(contents.strays[0].what.contains("first 256"));
        // Nor are more bytes read: these have a length and no contents.
        for entry in fs::read_dir(&spool.beside[0]).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        for nth in 0..3 {
            let file = File::create(spool.beside[0].join(format!("{nth}{ENDING}"))).unwrap();
            file.set_len(MAX_CHANGE).unwrap();
        }
        let contents = spool.contents().unwrap();
        assert!(contents.strays[0].what.contains("first 2 of"));
        assert!(!first.exists());
    }

    #[test]
    fn without_a_key_what_lies_beside_the_plan_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = spool(folder.path());
        let path = put_beside(&spool, 1, b"change");
        spool.key = None;
        let contents = spool.contents().unwrap();
        assert_eq!(contents.waiting, []);
        assert_eq!(contents.strays[0].path, path);
        assert!(contents.strays[0].what.contains("no key"));
    }

    #[test]
    fn what_changes_after_it_was_looked_at_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(folder.path());
        let path = spool.put(at(1), [1; 8], b"change").unwrap();
        let waiting = spool.contents().unwrap().waiting.remove(0);
        assert_eq!(spool.read(&waiting).unwrap(), b"change");
        fs::write(&path, "other").unwrap();
        assert!(spool.read(&waiting).is_err());
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
            .set_aside(&contents.waiting[0], b"nonsense", "it is no JSON")
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
