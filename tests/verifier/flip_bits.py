#!/usr/bin/env python3
"""Flips every bit of small checkpoints and proofs, one at a time: none may be accepted.

    flip_bits.py DIR    takes files from DIR/proofs.json that are right, one of each form

Prints how many were refused, and which were not; exits 1 if there are any.
"""

import functools
import json
import pathlib
import sys

import ed25519
from canonical import Fault
from checkpoint import Checkpoint, Key
from proof import Proof

# Most flips leave what was signed as it is.
ed25519.verify = functools.cache(ed25519.verify)

FILES = [
    "proofs/worked.checkpoint",
    "proofs/message.checkpoint",
    "proofs/event.tlog-proof",
    "proofs/from-three.consistency-proof",
]


def flipped(data):
    """Every way in which one bit can be another."""
    for bit in range(len(data) * 8):
        other = bytearray(data)
        other[bit // 8] ^= 1 << bit % 8
        yield bit, bytes(other)


def is_accepted(check, data):
    try:
        check(data)
    except Fault:
        return False
    return True


def try_all(name, check, data):
    """How many were refused, and how many were not."""
    if not is_accepted(check, data):
        sys.exit(f"{name}: it is refused as it is")
    tried = [(bit, is_accepted(check, other)) for bit, other in flipped(data)]
    wrong = [bit for bit, accepted in tried if accepted]
    if wrong:
        print(f"{name}: accepted with another bit at {wrong[:20]}")
    return len(tried) - len(wrong), len(wrong)


def main(folder):
    manifest = json.loads((folder / "proofs.json").read_text("utf-8"))
    key = Key(manifest["key"])
    kinds = {own["file"]: own["kind"] for own in manifest["vectors"] if own["verdict"] == "ok"}
    checks = {
        "checkpoint": lambda data: Checkpoint.find(data).check_signature(key),
        "proof": lambda data: Proof(data).check(key),
    }
    results = []
    for name in FILES:
        data = (folder / name).read_bytes()
        # What else a commit's message says is not signed.
        data = data[max(data.rfind(b"Plan-Checkpoint: "), 0):]
        results.append(try_all(name, checks[kinds[name]], data))
    refused, accepted = (sum(column) for column in zip(*results))
    print(f"{'failed' if accepted else 'ok'}: {refused} of {refused + accepted} were refused")
    return 1 if accepted else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
