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
        # Documents that the batch under way has touched.
        self.touched = set()

    def copy(self):
        """The same documents, to go on from more than once."""
        other = Documents()
        other.lines = {document: list(lines) for document, lines in self.lines.items()}
        other.removals = self.removals
        other.checked = dict(self.checked)
        other.uncheckable = self.uncheckable
        other.touched = set(self.touched)
        return other

    def apply(self, event):
        """Applies an event's hunks and checks its documents."""
        index, length = event.header["batch"]
        if index == 0:
            self.touched.clear()
        if None in event.parts:
            self.removals += 1
        at = 0
        while at < len(event.parts):
            part = event.parts[at]
            at += 1
            if part is not None and part[0] == "hunk":
                at = self._hunk(event.parts, at, part[1])
        docs = event.header.get("docs", ())
        salt = _salt(event.parts) if docs else None
        for document, expected in docs:
            self._check(salt, document, expected)
        if index + 1 == length:
            missing = self.touched.difference(document for document, _ in docs)
            if missing:
                raise _wrong(min(missing), "it was edited, and its hash is not there")
            for document in self.touched:
                lines = self.lines[document][:-1]
                if self._is_certain(document) and not all(line.endswith("\n") for line in lines):
                    raise _wrong(document, "a line without line feed that is not the last")

    def _is_certain(self, document):
        return self.checked.get(document, 0) == self.removals

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
                raise _wrong(document, "a hunk without all of its lines")
            at += 1
        self.touched.add(document)
        lines = self.lines.setdefault(document, [])
        start, end = hunk["at"], hunk["at"] + hunk["del"]
        if end > len(lines):
            if self._is_certain(document):
                raise _wrong(document, f"a hunk for lines {start} to {end} of {len(lines)}")
            return at
        lines[start:end] = new
        return at

    def _check(self, salt, document, expected):
        text = "".join(self.lines.get(document, ()))
        if salt and hash_for("document", salt + text.encode()).hex() == expected:
            if not self._is_certain(document):
                self.lines[document] = LINE.findall(text)
            self.checked[document] = self.removals
        elif self._is_certain(document):
            raise _wrong(document, "its hash is not the one in the header")
        else:
            self.uncheckable += 1


def _wrong(document, text):
    return Fault("WRONG_DOCUMENT", f"document {document}: {text}")


def _salt(parts):
    """The one salt of an event with document hashes; None if it was removed (section 6.3)."""
    salts = [part[1] for part in parts if part and part[0] == "document_salt"]
    if not salts and None in parts:
        return None
    if len(salts) != 1 or not isinstance(salts[0], str) or not HEX32.fullmatch(salts[0]):
        raise Fault("WRONG_DOCUMENT", "document hashes without one salt")
    return bytes.fromhex(salts[0])
