//! Histories that went apart are imported, absorbed, asked and put back like any other.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Folder, asking};
use ledger_core::{
    Actor, ActorKind, Batch, Branch, Branches, Digest, Draft, Head, Origin, Parent, Seq, Stamp,
    Time, Verified, WriterId, seal, seal_on,
};
use ledger_store::conformance::read_all;
use ledger_store::repair::{Extent, NewConfig, import, rebuild_journal, rebuild_store};
use ledger_store::{DiskStore, Options, Store, StoreError};
use proptest::prelude::*;

/// Each batch with how many events it has, and which of the batches before it follows and joins.
type Shape = Vec<(usize, usize, Option<usize>)>;

fn shapes() -> impl Strategy<Value = Shape> {
    let index = any::<prop::sample::Index>;
    let batch = (1..4usize, index(), prop::option::of(index()), 0..3u8);
    prop::collection::vec(batch, 1..24).prop_map(|drawn| {
        let place = |(at, (events, first, joined, often)): (
            usize,
            (_, prop::sample::Index, Option<prop::sample::Index>, u8),
        )| {
            let first = if often == 0 { first.index(at) } else { at - 1 };
            let joined = joined.filter(|_| often == 1).map(|joined| joined.index(at));
            (events, first, joined.filter(|joined| *joined != first))
        };
        (1..).zip(drawn).map(place).collect()
    })
}

fn batches(shape: &Shape) -> Vec<Verified<Batch>> {
    let draft = |kind| Draft {
        kind,
        task: None,
        from: None,
        to: None,
        parts: vec![("note", "what was found on the way".into())],
        origin: Origin::Imported,
        attributed: true,
    };
    let stamp = |n: usize| Stamp {
        time: Time::from_millis(1_760_000_000_000).unwrap(),
        actor: Actor {
            kind: ActorKind::Program,
            id: "test".to_owned(),
            session: None,
            tool: None,
        },
        cause: Some(n.to_string()),
        idem: None,
        writer: WriterId::new("00000000000000a1").unwrap(),
        entropy: [u8::try_from(n).unwrap(); 32],
    };
    let first = seal(
        None,
        &stamp(0),
        &[draft("ledger.created")],
        &[],
        Some([7; 32]),
    );
    let mut all = vec![first.unwrap()];
    for (n, (events, first, joined)) in (1..).zip(shape) {
        let head = all[n - 1].head().clone();
        let parent = |at: usize| Parent::from(all[at].head());
        let drafts = vec![draft("note.recorded"); *events];
        let follows = (parent(*first), joined.map(parent));
        all.push(seal_on(&head, follows, &stamp(n), &drafts, &[]).unwrap());
    }
    all
}

fn lines(batches: &[Verified<Batch>]) -> Vec<Vec<u8>> {
    let events = batches.iter().flat_map(|batch| batch.events());
    events.map(|recorded| recorded.line.clone()).collect()
}

fn imported(batches: &[Verified<Batch>]) -> Folder {
    let folder = Folder::new();
    let config = NewConfig {
        writer: WriterId::new("00112233aabbccdd").unwrap(),
        home: None,
        now: Time::from_millis(0).unwrap(),
        spool_key: Digest::from_bytes([7; 32]),
    };
    let journal = lines(batches).concat();
    let head: &Head = batches.last().unwrap().head();
    import(
        &folder.layout,
        &Options::new("test"),
        &config,
        &journal[..],
        head,
    )
    .unwrap();
    folder
}

fn read(folder: &Folder, options: Options) -> Result<Vec<Verified<Batch>>, StoreError> {
    DiskStore::open(&folder.layout, options)?
        .read(Seq(0))?
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_went_apart_is_read_from_anywhere_with_and_without_the_store(shape in shapes()) {
        let all = batches(&shape);
        let expected = Branches::new((1..).zip(&shape).filter_map(|(n, (_, first, _))| {
            let parent = all[*first].head();
            (*first + 1 != n).then(|| Branch {
                first: all[n].events()[0].seq,
                parent: parent.seq,
                id: parent.id,
            })
        }).collect());
        let folder = imported(&all);
        prop_assert_eq!(&folder.reader().branches().unwrap(), &expected);
        prop_assert_eq!(&folder.all(), &all);
        let mut store = folder.asking();
        prop_assert_eq!(&store.branches().unwrap(), &expected);
        store.settle().unwrap();
        for (n, batch) in all.iter().enumerate() {
            let from = batch.events()[0].seq;
            prop_assert_eq!(&read_all(&mut store, from), &all[n..]);
            prop_assert_eq!(store.find_cause(&n.to_string()).unwrap()[0].0, batch.head().seq);
        }
        // It goes on from there.
        let next = ledger_store::conformance::append(&mut store, &["T-1"], None);
        store.settle().unwrap();
        drop(store);
        let now = folder.all();
        prop_assert_eq!(now.last(), Some(&next));
        prop_assert_eq!(&folder.asking().branches().unwrap(), &expected);
    }

    #[test]
    fn what_the_journal_lost_of_it_is_put_back(
        shape in shapes(),
        at in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let all = batches(&shape);
        let folder = imported(&all);
        folder.asking().settle().unwrap();
        let mut lines = lines(&all);
        let at = at.index(lines.len());
        if cut {
            lines.truncate(at);
        } else {
            let middle = lines[at].len() / 2;
            lines[at][middle] ^= 1;
        }
        folder.set_journal(&lines.concat());
        match read(&folder, asking()) {
            Ok(found) => prop_assert_eq!(&found, &all),
            Err(StoreError::Healed(_)) => prop_assert_eq!(&read(&folder, asking()).unwrap(), &all),
            Err(_) => {
                rebuild_journal(&folder.layout, &asking(), Extent::Lossless).unwrap();
            }
        }
        prop_assert_eq!(&read(&folder, Options::new("test")).unwrap(), &all);
        rebuild_store(&folder.layout, &asking(), Extent::Lossless).unwrap();
        prop_assert_eq!(&folder.all(), &all);
    }
}
