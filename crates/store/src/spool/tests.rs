use std::os::unix::fs::PermissionsExt;

use ledger_core::WriterId;
use proptest::prelude::*;

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
    put_file(&spool.inside, &name(10, 9), None, b"first").unwrap();
    spool.put(at(30), [0; 8], b"third").unwrap();
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

fn texts(spool: &Spool) -> Vec<Vec<u8>> {
    let waiting = spool.contents().unwrap().waiting;
    waiting.iter().map(|own| spool.read(own).unwrap()).collect()
}

#[test]
fn changes_keep_their_order_where_the_clock_is_set_back_or_stands_still() {
    let folder = tempfile::tempdir().unwrap();
    let spool = spool(folder.path());
    for (time, random, text) in [(9, 9, "first"), (9, 1, "second"), (2, 5, "third")] {
        spool.put(at(time), [random; 8], text.as_bytes()).unwrap();
    }
    assert_eq!(texts(&spool), [&b"first"[..], b"second", b"third"]);
    // Nor does it matter which of its two places a process could put them into.
    put_beside(&spool, 50, b"fourth");
    spool.put(at(3), [5; 8], b"fifth").unwrap();
    assert_eq!(texts(&spool).concat(), b"firstsecondthirdfourthfifth");
}

#[test]
fn a_name_alone_moves_no_change_to_a_later_place() {
    let folder = tempfile::tempdir().unwrap();
    let spool = spool(folder.path());
    let good = put_beside(&spool, 5, b"first");
    for forged in ["999999999999999-00", "x", "-1-00", "99999999999999999-00"] {
        fs::write(good.with_file_name(format!("{forged}{ENDING}")), "forged").unwrap();
    }
    let path = spool.put(at(2), [1; 8], b"second").unwrap();
    assert_eq!(time_of(&name_of(&path)), Some(6));
}

proptest! {
    #[test]
    fn names_are_in_the_order_of_their_times(one: u64, two: u64, random: u64, other: u64) {
        let [first, second] = [name(one, random), name(two, other)];
        let times = time_of(&first).cmp(&time_of(&second));
        prop_assert!(times.is_eq() || first.cmp(&second) == times);
        prop_assert!(times.is_eq() || times == one.cmp(&two));
    }
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
    let forged = format!("{}\nforged", check::check(name, b"forged", None));
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
