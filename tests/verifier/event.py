"""One journal line by itself (ledger-format.md, sections 2.3 to 5 and 9.1)."""

import re

import canonical
from canonical import Fault

try:  # The C implementation, where it happens to be installed: the same hashes, faster.
    import blake3 as _fast

    def derive_key(context, data):
        return _fast.blake3(data, derive_key_context=context).digest()
except ImportError:
    from blake3_pure import derive_key

MAX_HEADER, MAX_BODY, MAX_STRING, MAX_BATCH = 65_535, 16_777_216, 256, 1_000_000
MAX_LINE = MAX_HEADER + MAX_BODY + 20

HEX16, HEX32, HEX64 = (re.compile(f"[0-9a-f]{{{n}}}") for n in (16, 32, 64))
PART_NAME = re.compile("[a-z0-9_]{1,64}")
TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.[0-9]{3}Z"
)


def hash_for(purpose, data):
    """H(purpose, data) of section 3.1."""
    return derive_key(f"ledger 2026-11-23 {purpose} v1", data)


class Event:
    """A line that is right in itself.

    `header` is a plain dict, `parts` a list of (name, value), with None for a removed part.
    """

    def __init__(self, line):
        span = _read_line(line)
        body, header = span.value["body"], span.value["header"]
        self.header = header.plain()
        _check_version(self.header)
        _check_members(self.header)
        if body.end - body.start > MAX_BODY:
            raise Fault("TOO_LONG", "the body is longer than 16 MiB")
        if header.end - header.start > MAX_HEADER:
            raise Fault("TOO_LONG", "the header is longer than 65,535 bytes")
        self.parts, commitments = [], []
        for number, part in enumerate(body.value):
            commitments.append(self._part(number, part))
        _check_header(self.header)
        if hash_for("body", b"".join(commitments)).hex() != self.header["body"]:
            raise Fault("WRONG_BODY", "the header commits to another body")
        self.raw_header = header.raw
        self.id = hash_for("event", header.raw).hex()

    def _part(self, number, part):
        """Takes a part in; its commitment (sections 3.3 and 5.1)."""
        items = part.value
        if not isinstance(items, list) or len(items) not in (1, 3):
            raise Fault("BAD_BODY", f"part {number} is not an array of one or three items")
        first = items[0].value
        if len(items) == 1:
            if not _is(HEX64, first):
                raise Fault("BAD_BODY", f"part {number}: a commitment is hex 64")
            self.parts.append(None)
            return bytes.fromhex(first)
        if not _is(HEX32, first):
            raise Fault("BAD_BODY", f"part {number}: a salt is hex 32")
        if not _is(PART_NAME, items[1].value):
            raise Fault("BAD_BODY", f"part {number}: not a part's name")
        self.parts.append((items[1].value, items[2].plain()))
        stored = part.data[items[1].start:part.end]
        return hash_for("part", bytes.fromhex(first) + b"[" + stored)


def read_header(data):
    """A header without its line: what it says, its event's id, its bytes (section 13.1)."""
    if len(data) > MAX_HEADER:
        raise Fault("TOO_LONG", "the header is longer than 65,535 bytes")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise Fault("NOT_UTF8", f"byte {error.start}") from None
    header = canonical.read(data).plain()
    if not isinstance(header, dict):
        raise Fault("BAD_HEADER", "not an object")
    _check_version(header)
    _check_members(header)
    _check_header(header)
    return header, hash_for("event", data).hex(), data


def _read_line(line):
    if len(line) > MAX_LINE:
        raise Fault("TOO_LONG", "the line is too long")
    if not line.endswith(b"\n"):
        raise Fault("INCOMPLETE_LINE", "no line feed")
    data = line[:-1]
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise Fault("NOT_UTF8", f"byte {error.start}") from None
    span = canonical.read(data)
    whole = span.value
    if (
        not isinstance(whole, dict)
        or list(whole) != ["body", "header"]
        or not isinstance(whole["body"].value, list)
        or not isinstance(whole["header"].value, dict)
    ):
        raise Fault("BAD_LINE", "not an object of a body and a header")
    return span


def _is(pattern, value):
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_count(value, most=canonical.MAX_INTEGER):
    return type(value) is int and 0 <= value <= most


def _check_version(header):
    version = header.get("v")
    if not _is_count(version):
        raise Fault("BAD_HEADER", "v is missing or no version")
    if version != 1:
        raise Fault("UNKNOWN_VERSION", f"version {version}")


def _check_members(header):
    """No member that version 1 does not have (section 4.2)."""
    known = set(CHECKS) | {"docs", "genesis", "parents", "actor", "batch", "v"}
    unknown = [name for name in header if name not in known]
    for member, inner in (("actor", ACTOR), ("genesis", GENESIS)):
        if isinstance(header.get(member), dict):
            unknown += [f"{member}.{name}" for name in header[member] if name not in inner]
    if unknown:
        raise Fault("UNKNOWN_MEMBER", unknown[0])


def _string(value, least=0):
    if isinstance(value, str) and len(value.encode()) > MAX_STRING:
        raise Fault("TOO_LONG", "a string of the header has more than 256 bytes")
    return isinstance(value, str) and len(value.encode()) >= least


def _name(value):
    return _string(value, least=1)


def _time(value):
    match = TIME.fullmatch(value) if isinstance(value, str) else None
    if not match:
        return False
    year, month, day, hour, minute, second = map(int, match.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return (
        1 <= month <= 12
        and 1 <= day <= days[month - 1]
        and hour < 24
        and minute < 60
        and second < 60
    )


# Member: whether it must be there, and whether a value is right.
CHECKS = {
    "body": (True, lambda value: _is(HEX64, value)),
    "cause": (False, _string),
    "from": (False, _string),
    "height": (True, _is_count),
    "idem": (False, _string),
    "ledger": (False, lambda value: _is(HEX64, value)),
    "origin": (True, lambda value: value in ("commanded", "observed", "imported")),
    "task": (False, _name),
    "time": (True, _time),
    "to": (False, _string),
    "type": (True, _name),
    "type_v": (True, lambda value: _is_count(value, 2**32 - 1)),
    "writer": (True, lambda value: _is(HEX16, value)),
    "wseq": (True, _is_count),
}
ACTOR = {
    "id": (True, _string),
    "kind": (True, lambda value: value in ("human", "agent", "program", "unknown")),
    "session": (False, _string),
    "tool": (False, _string),
}
GENESIS = {
    "hash": (True, lambda value: value == "blake3"),
    "nonce": (True, lambda value: _is(HEX64, value)),
}


def _check_object(members, checks, where):
    if not isinstance(members, dict):
        raise Fault("BAD_HEADER", f"{where} is not an object")
    for name, (needed, right) in checks.items():
        if name in members:
            if not right(members[name]):
                raise Fault("BAD_HEADER", f"{name} of the {where} is wrong")
        elif needed:
            raise Fault("BAD_HEADER", f"{name} of the {where} is missing")


def _check_header(header):
    _check_object(header, CHECKS, "header")
    _check_object(header.get("actor"), ACTOR, "actor")
    if "genesis" in header:
        _check_object(header["genesis"], GENESIS, "genesis")

    batch = header.get("batch")
    if not isinstance(batch, list) or len(batch) != 2 or not all(map(_is_count, batch)):
        raise Fault("BAD_HEADER", "batch is not [index, length]")
    if batch[1] > MAX_BATCH:
        raise Fault("BAD_HEADER", "the batch is too long")

    parents = header.get("parents")
    if not isinstance(parents, list) or not all(_is(HEX64, parent) for parent in parents):
        raise Fault("BAD_HEADER", "parents are not ids")
    if len(parents) > 2 or len(set(parents)) != len(parents):
        raise Fault("BAD_HEADER", "more than two parents, or one twice")

    if "docs" in header:
        _check_docs(header["docs"])

    # Section 4.3.
    first = not parents
    if ("genesis" in header) != first or ("ledger" in header) == first:
        raise Fault("BAD_HEADER", "genesis, ledger and parents do not go together")
    if "idem" in header and batch[0] != 0:
        raise Fault("BAD_HEADER", "idem inside a batch")
    if "docs" in header and batch[0] + 1 < batch[1]:
        raise Fault("BAD_HEADER", "docs before the end of a batch")


def _check_docs(docs):
    if not isinstance(docs, list) or not docs:
        raise Fault("BAD_HEADER", "docs is not a list with documents")
    for entry in docs:
        if (
            not isinstance(entry, list)
            or len(entry) != 2
            or not _is(HEX16, entry[0])
            or not _is(HEX64, entry[1])
        ):
            raise Fault("BAD_HEADER", "docs has something else than [id, hash]")
    ids = [entry[0] for entry in docs]
    if any(a >= b for a, b in zip(ids, ids[1:])):
        raise Fault("BAD_HEADER", "docs are not in order")
