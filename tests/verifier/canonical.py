"""Reads canonical JSON (ledger-format.md, section 2.1) and nothing else."""

import json
import re

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 32

# Section 2.1, 4: the escapes there are, each for a character that must have it.
STRING = re.compile(
    rb'"(?:[^"\\\x00-\x1f]|\\["\\btnfr]|\\u00(?:0[0-7bef]|1[0-9a-f]))*"'
)
# Section 2.1, 3.
NAME = re.compile(rb'"([\x20\x21\x23-\x5b\x5d-\x7e]*)"')
INTEGER = re.compile(rb"-?(?:0|[1-9][0-9]*)")
LITERALS = ((b"null", None), (b"true", True), (b"false", False))


class Fault(Exception):
    """A reason code and what is wrong."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Span:
    """A value and the bytes data[start:end] it was read from.

    `value` is a dict or list of Spans, or a str, int, bool or None.
    """

    __slots__ = ("data", "start", "end", "value")

    def __init__(self, data, start, end, value):
        self.data, self.start, self.end, self.value = data, start, end, value

    @property
    def raw(self):
        """The stored bytes."""
        return self.data[self.start:self.end]

    def plain(self):
        """The value without spans."""
        if isinstance(self.value, dict):
            return {name: item.plain() for name, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value


def read(data):
    """The value that all of data is, as a Span."""
    span = _value(data, 0, 1)
    if span.end != len(data):
        raise _not_canonical(span.end, "something follows the value")
    return span


def _not_canonical(at, why):
    return Fault("NOT_CANONICAL", f"byte {at}: {why}")


def _value(data, at, depth):
    first = data[at:at + 1]
    if first == b'"':
        match = STRING.match(data, at)
        if not match:
            raise _not_canonical(at, "a string that is not written canonically")
        return Span(data, at, match.end(), json.loads(match.group()))
    if first == b"{":
        return _object(data, at, depth)
    if first == b"[":
        return _array(data, at, depth)
    if first and first in b"-0123456789":
        return _integer(data, at)
    for text, value in LITERALS:
        if data.startswith(text, at):
            return Span(data, at, at + len(text), value)
    raise _not_canonical(at, "no value starts here")


def _integer(data, at):
    match = INTEGER.match(data, at)
    if not match or match.group() == b"-0":
        raise _not_canonical(at, "not an integer")
    after = data[match.end():match.end() + 1]
    if after and after in b".eE0123456789":
        raise _not_canonical(match.end(), "a fraction, an exponent or a leading zero")
    digits = match.group()
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise Fault("NUMBER_OUT_OF_RANGE", f"byte {at}: beyond 2^53 - 1")
    return Span(data, at, match.end(), int(digits))


def _array(data, start, depth):
    _check_depth(start, depth)
    items, at = [], start + 1
    if data[at:at + 1] == b"]":
        return Span(data, start, at + 1, items)
    while True:
        item = _value(data, at, depth + 1)
        items.append(item)
        at = item.end + 1
        after = data[item.end:at]
        if after == b"]":
            return Span(data, start, at, items)
        if after != b",":
            raise _not_canonical(item.end, "',' or ']' is missing")


def _object(data, start, depth):
    _check_depth(start, depth)
    members, at, before = {}, start + 1, None
    if data[at:at + 1] == b"}":
        return Span(data, start, at + 1, members)
    while True:
        match = NAME.match(data, at)
        if not match:
            raise _not_canonical(at, "no member name")
        name = match.group(1)
        if before is not None and name == before:
            raise Fault("DUPLICATE_KEY", f"byte {at}: {name.decode()} is there twice")
        if before is not None and name < before:
            raise _not_canonical(at, "member names out of order")
        before, at = name, match.end()
        if data[at:at + 1] != b":":
            raise _not_canonical(at, "':' is missing")
        item = _value(data, at + 1, depth + 1)
        members[name.decode()] = item
        at = item.end + 1
        after = data[item.end:at]
        if after == b"}":
            return Span(data, start, at, members)
        if after != b",":
            raise _not_canonical(item.end, "',' or '}' is missing")


def _check_depth(at, depth):
    if depth > MAX_DEPTH:
        raise Fault("TOO_DEEP", f"byte {at}: level {depth}")
