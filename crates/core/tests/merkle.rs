//! The tree and its proofs, against RFC 6962 as it is written down there and the vectors of
//! Certificate Transparency; and everything that is no proof.
#![allow(clippy::unwrap_used)] // test helpers

use ledger_core::id::parse_hex;
use ledger_core::merkle::{Hash, ProofError, Prover, Tree, verify_consistency, verify_inclusion};
use proptest::prelude::*;

/// The largest power of two below `n`.
fn split(n: usize) -> usize {
    let mut k = 1;
    while 2 * k < n {
        k *= 2;
    }
    k
}

/// MTH of RFC 6962 §2.1.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of_nothing(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            Hash::of_node(&root(left), &root(right))
        }
    }
}

/// PATH of RFC 6962 §2.1.1.
fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut below, sibling) = match index < k {
        true => (path(index, left), root(right)),
        false => (path(index - k, right), root(left)),
    };
    below.push(sibling);
    below
}

/// SUBPROOF of RFC 6962 §2.1.2; PROOF is the one with `known`.
fn subproof(old: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if known {
            Vec::new()
        } else {
            vec![root(leaves)]
        };
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut below, sibling) = match old <= k {
        true => (subproof(old, left, known), root(right)),
        false => (subproof(old - k, right, false), root(left)),
    };
    below.push(sibling);
    below
}

fn leaves(count: usize) -> Vec<Hash> {
    let leaf = |n: usize| Hash::of_leaf(&n.to_be_bytes());
    (0..count).map(leaf).collect()
}

fn tree(leaves: &[Hash]) -> Tree {
    let mut tree = Tree::new();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    tree
}

fn proven(mut prover: Prover, leaves: &[Hash]) -> (Vec<Hash>, Hash) {
    leaves.iter().for_each(|leaf| prover.push(*leaf));
    prover.finish().unwrap()
}

fn hash(hex: &str) -> Hash {
    Hash::from_bytes(parse_hex(hex).unwrap())
}

/// The eight leaves that Certificate Transparency tests its logs with, and their trees' roots.
const CT_LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];
const CT_ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn trees_and_proofs_are_those_of_certificate_transparency() {
    let leaves = CT_LEAVES.map(Hash::of_leaf);
    for (size, expected) in CT_ROOTS.iter().enumerate() {
        assert_eq!(tree(&leaves[..size]).root(), hash(expected), "{size}");
    }
    let inclusion = proven(Prover::inclusion(5, 8).unwrap(), &leaves);
    let path = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(inclusion.0, path.map(hash));
    for (old, new, path) in [
        (
            1,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ][..],
        ),
        (
            6,
            8,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ] {
        let found = proven(Prover::consistency(old, new).unwrap(), &leaves).0;
        let path: Vec<Hash> = path.iter().map(|hex| hash(hex)).collect();
        assert_eq!(found, path, "{old} {new}");
    }
}

#[test]
fn every_proof_in_small_trees_is_that_of_the_rfc_and_holds() {
    let leaves = leaves(40);
    for size in 0..=leaves.len() {
        let own = &leaves[..size];
        let whole = root(own);
        assert_eq!(tree(own).root(), whole);
        for (index, leaf) in own.iter().enumerate() {
            let (found, over) = proven(Prover::inclusion(index as u64, size as u64).unwrap(), own);
            assert_eq!((&found, over), (&path(index, own), whole), "{index} {size}");
            verify_inclusion(*leaf, index as u64, size as u64, &found, &whole).unwrap();
        }
        for old in 0..=size {
            let (found, over) = proven(Prover::consistency(old as u64, size as u64).unwrap(), own);
            if old > 0 {
                assert_eq!(found, subproof(old, own, true), "{old} {size}");
            }
            assert_eq!(over, whole);
            let old_root = root(&own[..old]);
            verify_consistency(old as u64, size as u64, &found, &old_root, &whole).unwrap();
        }
    }
}

#[test]
fn what_cannot_be_proven_is_refused() {
    for (index, size) in [(0, 0), (1, 1), (5, 5), (6, 5), (u64::MAX, 3)] {
        assert!(Prover::inclusion(index, size).is_err(), "{index} {size}");
    }
    assert!(Prover::consistency(6, 5).is_err());
    let mut short = Prover::inclusion(2, 5).unwrap();
    leaves(4).into_iter().for_each(|leaf| short.push(leaf));
    assert_eq!(short.finish(), None);
    // What comes after the tree's end is no part of it.
    let long = proven(Prover::inclusion(2, 5).unwrap(), &leaves(9));
    assert_eq!(long, proven(Prover::inclusion(2, 5).unwrap(), &leaves(5)));
}

#[test]
fn the_edges_of_sizes_are_refused_without_panic() {
    let (a, b) = (Hash::of_leaf(b"a"), Hash::of_nothing());
    let refused = verify_inclusion(a, 0, 0, &[], &a);
    assert_eq!(refused, Err(ProofError::NoSuchLeaf { index: 0, size: 0 }));
    for (index, size) in [(0, u64::MAX), (u64::MAX - 1, u64::MAX), (1 << 63, u64::MAX)] {
        for length in [0, 1, 63, 64, 65, 200] {
            assert!(verify_inclusion(a, index, size, &vec![a; length], &a).is_err());
        }
    }
    for (old, new) in [(1, u64::MAX), (u64::MAX - 1, u64::MAX), (1 << 63, u64::MAX)] {
        for length in [0, 1, 63, 64, 65, 200] {
            assert!(verify_consistency(old, new, &vec![a; length], &b, &b).is_err());
        }
    }
    // A tree of one leaf is its leaf, and nothing else.
    assert_eq!(verify_inclusion(a, 0, 1, &[], &a), Ok(()));
    assert_eq!(
        verify_inclusion(a, 0, 1, &[], &b),
        Err(ProofError::WrongRoot)
    );
    assert_eq!(
        verify_inclusion(a, 0, 1, &[a], &a),
        Err(ProofError::WrongLength)
    );
}

#[test]
fn trees_of_equal_sizes_and_empty_ones_take_no_hashes() {
    let (a, b) = (Hash::of_leaf(b"a"), Hash::of_leaf(b"b"));
    let empty = Hash::of_nothing();
    let wrong_length = Err(ProofError::WrongLength);
    assert_eq!(verify_consistency(3, 3, &[], &a, &a), Ok(()));
    assert_eq!(
        verify_consistency(3, 3, &[], &a, &b),
        Err(ProofError::WrongRoot)
    );
    assert_eq!(verify_consistency(3, 3, &[a], &a, &a), wrong_length);
    assert_eq!(verify_consistency(0, 0, &[], &empty, &empty), Ok(()));
    assert_eq!(
        verify_consistency(0, 0, &[], &a, &a),
        Err(ProofError::WrongOldRoot)
    );
    assert_eq!(verify_consistency(0, 5, &[], &empty, &a), Ok(()));
    assert_eq!(
        verify_consistency(0, 5, &[], &a, &b),
        Err(ProofError::WrongOldRoot)
    );
    assert_eq!(verify_consistency(0, 5, &[a], &empty, &b), wrong_length);
    let shrinks = Err(ProofError::Shrinks { old: 4, new: 3 });
    assert_eq!(verify_consistency(4, 3, &[], &a, &a), shrinks);
    assert_eq!(verify_consistency(3, 4, &[], &a, &b), wrong_length);
}

/// Everything that a list of hashes can be turned into that is another one.
fn spoilt(path: &[Hash], foreign: Hash) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for at in 0..path.len() {
        for bit in 0..256 {
            let mut bytes = *path[at].as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let mut other = path.to_vec();
            other[at] = Hash::from_bytes(bytes);
            all.push(other);
        }
        let mut less = path.to_vec();
        less.remove(at);
        all.push(less);
        for with in at + 1..path.len() {
            let mut swapped = path.to_vec();
            swapped.swap(at, with);
            all.push(swapped);
        }
        all.push(path[..at].to_vec());
        all.push(path[at + 1..].to_vec());
    }
    for at in 0..=path.len() {
        for extra in path.iter().copied().chain([foreign, Hash::of_nothing()]) {
            let mut more = path.to_vec();
            more.insert(at, extra);
            all.push(more);
        }
    }
    all.push([path, path].concat());
    all.push(path.iter().rev().copied().collect());
    all.retain(|other| other != path);
    all
}

fn flips(hash: Hash) -> impl Iterator<Item = Hash> {
    (0..256).map(move |bit| {
        let mut bytes = *hash.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        Hash::from_bytes(bytes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn large_trees_and_their_proofs_are_those_of_the_rfc(
        size in 1usize..3_000,
        index in any::<prop::sample::Index>(),
        old in any::<prop::sample::Index>(),
    ) {
        let leaves = leaves(size);
        let (index, old) = (index.index(size), old.index(size + 1));
        let whole = root(&leaves);
        let inclusion = proven(Prover::inclusion(index as u64, size as u64).unwrap(), &leaves);
        prop_assert_eq!(inclusion, (path(index, &leaves), whole));
        let consistency = proven(Prover::consistency(old as u64, size as u64).unwrap(), &leaves);
        let expected = if old > 0 { subproof(old, &leaves, true) } else { Vec::new() };
        prop_assert_eq!(consistency, (expected, whole));
    }

    #[test]
    fn no_other_inclusion_proof_holds(size in 1usize..70, index in any::<prop::sample::Index>()) {
        let index = index.index(size);
        let leaves = leaves(size + 1);
        let own = &leaves[..size];
        let (path, whole) = (path(index, own), root(own));
        let holds = |leaf, index: usize, size: usize, path: &[Hash], root: &Hash| {
            verify_inclusion(leaf, index as u64, size as u64, path, root).is_ok()
        };
        prop_assert!(holds(leaves[index], index, size, &path, &whole));
        for other in spoilt(&path, leaves[size]) {
            prop_assert!(!holds(leaves[index], index, size, &other, &whole), "{other:?}");
        }
        for at in 0..size + 3 {
            prop_assert!(at == index || !holds(leaves[index], at, size, &path, &whole));
        }
        // Which sizes share a path, the sizes alone do not tell; these never do.
        for other in [0, size / 2, size * 2, size << 20] {
            prop_assert!(!holds(leaves[index], index, other, &path, &whole), "{other}");
        }
        for leaf in flips(leaves[index]).chain([leaves[size], whole]) {
            prop_assert!(leaf == leaves[index] || !holds(leaf, index, size, &path, &whole));
        }
        for root in flips(whole).chain([root(&leaves), root(&own[..size - 1])]) {
            prop_assert!(!holds(leaves[index], index, size, &path, &root));
        }
    }

    #[test]
    fn no_other_consistency_proof_holds(size in 2usize..70, old in any::<prop::sample::Index>()) {
        let old = 1 + old.index(size - 1);
        let leaves = leaves(size + 1);
        let own = &leaves[..size];
        let (path, before, whole) = (subproof(old, own, true), root(&own[..old]), root(own));
        let holds = |old: usize, new: usize, path: &[Hash], before: &Hash, whole: &Hash| {
            verify_consistency(old as u64, new as u64, path, before, whole).is_ok()
        };
        prop_assert!(holds(old, size, &path, &before, &whole));
        for other in spoilt(&path, leaves[size]) {
            prop_assert!(!holds(old, size, &other, &before, &whole), "{other:?}");
        }
        for other in 1..size {
            prop_assert!(other == old || !holds(other, size, &path, &before, &whole));
        }
        for other in flips(before).chain([whole, root(&own[..old - 1]), root(&own[..old + 1])]) {
            prop_assert!(!holds(old, size, &path, &other, &whole));
        }
        for other in flips(whole).chain([before, root(&leaves)]) {
            prop_assert!(!holds(old, size, &path, &before, &other));
        }
        for other in [0, old, size * 2, size << 20] {
            prop_assert!(other == size || !holds(old, other, &path, &before, &whole), "{other}");
        }
        // The other way round it proves nothing.
        prop_assert!(!holds(size, old, &path, &whole, &before));
    }

    #[test]
    fn anything_at_all_is_judged_without_panic(
        numbers in any::<(u64, u64)>(),
        length in 0usize..80,
    ) {
        let leaves = leaves(length);
        let any = Hash::of_leaf(b"any");
        let (a, b) = numbers;
        for (a, b) in [(a, b), (a % 64, b % 64), (b % 64, u64::MAX)] {
            prop_assert!(verify_inclusion(any, a, b, &leaves, &Hash::of_nothing()).is_err());
            let consistent = verify_consistency(a, b, &leaves, &any, &Hash::of_leaf(b"b"));
            prop_assert!(consistent.is_err());
        }
    }
}
