"""The documents a journal's hunks make (ledger-format.md, section 6)."""

import re

from canonical import Fault
from event import HEX16, HEX32, hash_for

LINE = re.compile(r"[^\n]*\n|[^\n]+")
HUNK = ("at", "del", "doc", "ins")


class Documents:
    """The documents after one event, along first parents."""

    def __init__(self):
        self.lines = {}
        # Events with removed parts so far, and for each document how many there were when
        # its hash was last right: it is certain if these are the same (section 6.4).
        self.removals = 0
        self.checked = {}
        self.uncheckable = 0

    def apply(self, event):
        """Applies an event's hunks and checks its documents."""
        if None in event.parts:
            self.removals += 1
        at = 0
        while at < len(event.parts):
            part = event.parts[at]
            at += 1
            if part is not None and part[0] == "hunk":
                at = self._hunk(event.parts, at, part[1])
        for document, expected in event.header.get("docs", ()):
            self._check(event, document, expected)

    def _is_certain(self, document):
        return self.checked.get(document, 0) == self.removals

    def _fault(self, document, text):
        if self._is_certain(document):
            raise Fault("WRONG_DOCUMENT", f"document {document}: {text}")

    def _hunk(self, parts, at, hunk):
        """Applies a hunk whose lines start at part `at`; the part after them."""
        if (
            not isinstance(hunk, dict)
            or tuple(hunk) != HUNK
            or not isinstance(hunk["doc"], str)
            or not HEX16.fullmatch(hunk["doc"])
            or any(type(hunk[name]) is not int or hunk[name] < 0 for name in ("at", "del", "ins"))
        ):
            raise Fault("WRONG_DOCUMENT", "a hunk that is none")
        document = hunk["doc"]
        new = []
        while len(new) < hunk["ins"]:
            part = parts[at] if at < len(parts) else ("", None)
            if part is None:
                new.append("")
            elif part[0] == "line" and isinstance(part[1], str) and LINE.fullmatch(part[1]):
                new.append(part[1])
            else:
                self._fault(document, "a hunk without all of its lines")
                return at
            at += 1
        lines = self.lines.setdefault(document, [])
        start, end = hunk["at"], hunk["at"] + hunk["del"]
        if end > len(lines):
            self._fault(document, f"a hunk for lines {start} to {end} of {len(lines)}")
            return at
        lines[start:end] = new
        return at

    def _check(self, event, document, expected):
        salts = [part[1] for part in event.parts if part and part[0] == "document_salt"]
        salt = salts[0] if salts else None
        if not isinstance(salt, str) or not HEX32.fullmatch(salt):
            self._fault(document, "its hash has no salt")
            self.uncheckable += 1
            return
        text = "".join(self.lines.get(document, ())).encode()
        if hash_for("document", bytes.fromhex(salt) + text).hex() == expected:
            self.checked[document] = self.removals
        else:
            self._fault(document, "its hash is not the one in the header")
            self.uncheckable += 1
