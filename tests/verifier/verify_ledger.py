#!/usr/bin/env python3
"""Verifies a ledger's journal. Written from ledger-format.md alone.

    verify_ledger.py JOURNAL         prints  ok: N events, head ID        and exits 0,
                                     or      line N: REASON-CODE: text    and exits 1
    verify_ledger.py --checkpoint FILE --key KEY JOURNAL
                                     also whether the journal extends a checkpoint
    verify_ledger.py --proof FILE --key KEY [--event FILE] [--checkpoint FILE]
                                     checks a proof, without any journal
    verify_ledger.py --vectors DIR   checks every vector of DIR/manifest.json and proofs.json

Of a checkpoint or a proof it prints  ok: …  or  REASON-CODE: text.
Needs Python 3.11 and nothing else. With the PyPI module blake3 it is many times faster.
"""

import argparse
import json
import pathlib
import shutil
import sys
import tempfile

from canonical import Fault
from checkpoint import Checkpoint, Key
from documents import Documents
from event import MAX_LINE, Event
from proof import Proof
from tree import Tree, leaf_hash


# How many lines apart the documents are kept, to go back to where a history went apart.
KEEP_EVERY = 64


class Verifier:
    """The chain (section 7) and what it carries, over a journal open for reading."""

    def __init__(self, journal, size=None):
        self.journal = journal
        # Id: height, time, first parent, offset in the journal.
        self.events = {}
        self.previous = self.ledger = None
        self.writers = {}
        self.batch = None  # Index that comes next, length, writer.
        self.line = 0
        self.warnings = 0
        self.documents = Documents()
        # The documents after some of the events.
        self.kept = {}
        # The tree of the lines so far, the events that no later one has as a parent, and the
        # root where the tree had `size` leaves.
        self.tree = Tree()
        self.tips = set()
        self.size = size
        self.root = self.tree.root() if size == 0 else None

    def run(self):
        """Verifies all lines; raises a Fault, with `line` at the line it is in."""
        while True:
            offset = self.journal.tell()
            line = self.journal.readline(MAX_LINE + 1)
            if not line:
                break
            self.line += 1
            event = Event(line)
            self._chain(event, offset)
            self.documents.apply(event)
            self._published(event)
            self.tree.push(leaf_hash(event.raw_header))
            if self.tree.size == self.size:
                self.root = self.tree.root()
            self.tips.difference_update(event.header["parents"])
            self.tips.add(event.id)
            if self.line % KEEP_EVERY == 0:
                self.kept[event.id] = self.documents.copy()
        if self.batch is not None:
            raise Fault("INCOMPLETE_BATCH", "the journal ends inside a batch")

    def _chain(self, event, offset):
        """Section 9.2."""
        header = event.header
        parents = header["parents"]
        first = self.previous is None
        if not first and header.get("ledger", self.ledger) != self.ledger:
            raise Fault("WRONG_LEDGER", "an event of another ledger")
        if first == bool(parents):
            raise Fault("WRONG_PARENT", "only the first event has no parents")
        for parent in parents:
            if parent not in self.events or (self.batch and parent != self.previous):
                raise Fault("WRONG_PARENT", f"{parent} does not stand where it should")
        height = 1 + max((self.events[parent][0] for parent in parents), default=-1)
        if header["height"] != height:
            raise Fault("WRONG_HEIGHT", f"{header['height']} in place of {height}")
        self._batch(header)
        expected = self.writers.get(header["writer"], 0)
        if header["wseq"] != expected:
            raise Fault("WRONG_WSEQ", f"{header['wseq']} in place of {expected}")

        self.writers[header["writer"]] = expected + 1
        parent = parents[0] if parents else None
        if parent is not None and header["time"] < self.events[parent][1]:
            # A past that was taken over is older than the ledger.
            taken_over = header["origin"] == "imported" and self.events[parent][0] == 0
            self.warnings += not taken_over
        if parent != self.previous:
            self._go_to(parent)
        if first:
            self.ledger = event.id
        self.events[event.id] = (height, header["time"], parent, offset)
        self.previous = event.id

    def _batch(self, header):
        """Section 7.2."""
        index, length = header["batch"]
        writer = header["writer"]
        if self.batch is None:
            right = index == 0 and length >= 1
        else:
            right = (index, length, writer) == self.batch
        if not right:
            raise Fault("BROKEN_BATCH", f"[{index}, {length}] does not come here")
        self.batch = (index + 1, length, writer) if index + 1 < length else None

    def _published(self, event):
        """Section 12.4."""
        if event.header["type"] != "checkpoint.published":
            return
        texts = [part[1] for part in event.parts if part and part[0] == "checkpoint"]
        if not texts and None in event.parts:
            return
        if not texts or not isinstance(texts[0], str):
            raise Fault("WRONG_CHECKPOINT", "there is none")
        own = Checkpoint(texts[0].encode(), code="WRONG_CHECKPOINT")
        if own.ledger != self.ledger:
            raise Fault("WRONG_CHECKPOINT", "it is another ledger's")
        if not self.tips.issubset(event.header["parents"]):
            return
        if (own.size, own.root) != (self.tree.size, self.tree.root()):
            raise Fault("WRONG_CHECKPOINT", "it is not of the lines before it")

    def _go_to(self, event_id):
        """Makes the documents those after an earlier event, by replaying its first parents."""
        offsets = []
        while event_id is not None and event_id not in self.kept:
            _, _, event_id, offset = self.events[event_id]
            offsets.append(offset)
        here = self.journal.tell()
        self.documents = self.kept[event_id].copy() if event_id else Documents()
        for offset in reversed(offsets):
            self.journal.seek(offset)
            self.documents.apply(Event(self.journal.readline()))
        self.journal.seek(here)


def seekable(path):
    """The journal, open for reading; a copy of one that comes through a pipe."""
    journal = open(path, "rb")
    if journal.seekable():
        return journal
    with journal:
        copy = tempfile.TemporaryFile()
        shutil.copyfileobj(journal, copy)
    copy.seek(0)
    return copy


def verify(path, size=None):
    """The verdict on a journal, in the members that the manifest has; what to say of it, and the
    verifier, which has the root of the first `size` lines."""
    with seekable(path) as journal:
        verifier = Verifier(journal, size)
        try:
            verifier.run()
        except Fault as fault:
            verdict = {"verdict": "bad", "line": verifier.line, "code": fault.code}
            return verdict, str(fault), verifier
    verdict = {
        "verdict": "ok",
        "events": len(verifier.events),
        "head": verifier.previous,
        "warnings": verifier.warnings,
    }
    text = f"{verifier.documents.uncheckable} document hashes could not be checked"
    return verdict, text, verifier


def check_vectors(vectors, judge):
    """Checks vectors; the number of wrong verdicts."""
    wrong = 0
    for vector in vectors:
        found, text = judge(vector)
        expected = {name: vector.get(name) for name in found}
        if found != expected:
            wrong += 1
            print(f"{vector['file']}: {found} ({text}), expected {expected}")
    print(f"{'failed' if wrong else 'ok'}: {len(vectors) - wrong} of {len(vectors)} vectors")
    return wrong


def verify_vectors(folder):
    """Checks all vectors; the number of wrong verdicts."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    wrong = check_vectors(
        manifest["vectors"], lambda vector: verify(folder / vector["file"])[:2]
    )
    proofs = json.loads((folder / "proofs.json").read_text("utf-8"))
    key = Key(proofs["key"])
    return wrong + check_vectors(
        proofs["vectors"], lambda vector: judge_proof(folder, vector, key)
    )


def judge_proof(folder, vector, key):
    """The verdict on a checkpoint or a proof (section 13.4)."""
    beside = {
        name: (folder / vector[name]).read_bytes() for name in ("event", "old") if name in vector
    }
    data = (folder / vector["file"]).read_bytes()
    try:
        if vector["kind"] == "checkpoint":
            checkpoint = Checkpoint.find(data)
            verifier = verify(folder / vector["journal"], checkpoint.size)[2]
            checkpoint.compare(key, verifier)
        else:
            old = Checkpoint.find(beside["old"]) if "old" in beside else None
            Proof(data).check(key, beside.get("event"), old)
    except Fault as fault:
        return {"verdict": "bad", "code": fault.code}, str(fault)
    return {"verdict": "ok"}, ""


def verify_proof(arguments):
    """Checks the proof that is named; what to say of it."""
    event = arguments.event and arguments.event.read_bytes()
    against = arguments.checkpoint and Checkpoint.find(arguments.checkpoint.read_bytes())
    proof = Proof(arguments.proof.read_bytes())
    leaf = proof.check(arguments.key, event, against)
    over = f"the {proof.checkpoint.size} events of ledger {proof.checkpoint.ledger}"
    if leaf:
        return f"ok: event {proof.index} {leaf.id} {leaf.header['type']} is one of {over}"
    return f"ok: {over} begin with the {proof.old[0]} of the older checkpoint"


def verify_journal(arguments):
    """Verifies the journal that is named, and what a checkpoint says of it; whether all is well."""
    checkpoint = arguments.checkpoint and Checkpoint.find(arguments.checkpoint.read_bytes())
    found, text, verifier = verify(arguments.journal, checkpoint and checkpoint.size)
    if found["verdict"] == "bad":
        print(f"line {found['line']}: {found['code']}: {text}")
        return False
    print(f"ok: {found['events']} events, head {found['head'] or 'none'}")
    if found["warnings"]:
        times = "1 time runs" if found["warnings"] == 1 else f"{found['warnings']} times run"
        print(f"warning: {times} backwards", file=sys.stderr)
    if not text.startswith("0 "):
        print(f"warning: {text}", file=sys.stderr)
    if checkpoint:
        checkpoint.compare(arguments.key, verifier)
        print(f"ok: it extends the checkpoint of {checkpoint.size} events")
    return True


def main():
    parser = argparse.ArgumentParser(description="Verify a ledger's journal.")
    parser.add_argument("journal", nargs="?", type=pathlib.Path)
    parser.add_argument("--checkpoint", metavar="FILE", type=pathlib.Path)
    parser.add_argument("--proof", metavar="FILE", type=pathlib.Path)
    parser.add_argument("--event", metavar="FILE", type=pathlib.Path)
    parser.add_argument("--key", type=Key)
    parser.add_argument("--vectors", metavar="DIR", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.vectors:
        return 1 if verify_vectors(arguments.vectors) else 0
    if not arguments.journal and not arguments.proof:
        parser.error("a journal, --proof or --vectors is needed")
    if (arguments.proof or arguments.checkpoint) and not arguments.key:
        parser.error("--key is needed")
    try:
        if arguments.proof:
            print(verify_proof(arguments))
            return 0
        return 0 if verify_journal(arguments) else 1
    except Fault as fault:
        print(f"{fault.code}: {fault}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
