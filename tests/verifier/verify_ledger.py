#!/usr/bin/env python3
"""Verifies a ledger's journal. Written from ledger-format.md alone.

    verify_ledger.py JOURNAL         prints  ok: N events, head ID        and exits 0,
                                     or      line N: REASON-CODE: text    and exits 1
    verify_ledger.py --vectors DIR   checks every vector of DIR/manifest.json

Needs Python 3.11 and nothing else. With the PyPI module blake3 it is many times faster.
"""

import argparse
import json
import pathlib
import sys

from canonical import Fault
from documents import Documents
from event import MAX_LINE, Event


# How many lines apart the documents are kept, to go back to where a history went apart.
KEEP_EVERY = 64


class Verifier:
    """The chain (section 7) and what it carries, over a journal open for reading."""

    def __init__(self, journal):
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
            self.warnings += 1
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


def verify(path):
    """The verdict on a journal, in the members that the manifest has."""
    with open(path, "rb") as journal:
        verifier = Verifier(journal)
        try:
            verifier.run()
        except Fault as fault:
            return {"verdict": "bad", "line": verifier.line, "code": fault.code}, str(fault)
    verdict = {
        "verdict": "ok",
        "events": len(verifier.events),
        "head": verifier.previous,
        "warnings": verifier.warnings,
    }
    return verdict, f"{verifier.documents.uncheckable} document hashes could not be checked"


def verify_vectors(folder):
    """Checks all vectors; the number of wrong verdicts."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    wrong = 0
    for vector in manifest["vectors"]:
        found, text = verify(folder / vector["file"])
        expected = {name: vector.get(name) for name in found}
        if found != expected:
            wrong += 1
            print(f"{vector['file']}: {found} ({text}), expected {expected}")
    total = len(manifest["vectors"])
    print(f"{'ok' if not wrong else 'failed'}: {total - wrong} of {total} vectors")
    return wrong


def main():
    parser = argparse.ArgumentParser(description="Verify a ledger's journal.")
    parser.add_argument("journal", nargs="?", type=pathlib.Path)
    parser.add_argument("--vectors", metavar="DIR", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.vectors:
        return 1 if verify_vectors(arguments.vectors) else 0
    if not arguments.journal:
        parser.error("a journal or --vectors is needed")
    found, text = verify(arguments.journal)
    if found["verdict"] == "bad":
        print(f"line {found['line']}: {found['code']}: {text}")
        return 1
    print(f"ok: {found['events']} events, head {found['head'] or 'none'}")
    if found["warnings"]:
        print(f"warning: {found['warnings']} times run backwards", file=sys.stderr)
    if not text.startswith("0 "):
        print(f"warning: {text}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
