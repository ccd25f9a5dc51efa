"""Signed notes and checkpoints (ledger-format.md, section 12)."""

import base64
import binascii
import hashlib
import re

import ed25519
from canonical import Fault

MAX_NOTE = 262_144
ORIGIN = re.compile("plan-ledger/([0-9a-f]{64})")
DECIMAL = re.compile("0|[1-9][0-9]*")
NAME = re.compile(r"[^\s\x1c-\x1f\x85+]+")
TRAILER = "Plan-Checkpoint: "


def from_base64(text):
    """The bytes that a text spells in canonical base64; None if it does not."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def from_decimal(text):
    """The number, below 2^64, that a text spells; None if it does not."""
    if len(text) > 20 or not DECIMAL.fullmatch(text):
        return None
    number = int(text)
    return number if number < 2**64 else None


def hash_of(text):
    """The 32 bytes that a text spells; None if it does not."""
    data = from_base64(text)
    return data if data is not None and len(data) == 32 else None


class Key:
    """A public key, from NAME+ID+BASE64 (section 12.3)."""

    def __init__(self, text):
        self.name, key_id, encoded = text.split("+", 2)
        data = from_base64(encoded)
        if data is None or len(data) != 33 or data[0] != 1 or not ed25519.is_key(data[1:]):
            raise ValueError("not an Ed25519 key")
        self.public = data[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + data).digest()[:4]
        if self.id.hex() != key_id or not NAME.fullmatch(self.name):
            raise ValueError("the id does not fit the key")


class Checkpoint:
    """A checkpoint, as a signed note or in a trailer; its signatures are not checked yet."""

    def __init__(self, data, code="NOT_A_CHECKPOINT"):
        self.code = code
        self.text, self.signatures = self._note(data)
        lines = self.text.split("\n")[:-1]
        origin = ORIGIN.fullmatch(lines[0])
        if not origin or len(lines) < 3 or "" in lines:
            raise self._fault("its text is not that of a checkpoint")
        self.ledger = origin.group(1)
        self.size, self.root = from_decimal(lines[1]), hash_of(lines[2])
        if self.size is None or self.root is None:
            raise self._fault("no size or no root")

    @classmethod
    def find(cls, data):
        """A signed note, or the last trailer of a text (section 12.5)."""
        try:
            return cls(data)
        except Fault as fault:
            lines = data.decode("utf-8", "replace").split("\n")
            trailers = [line.removesuffix("\r") for line in lines if line.startswith(TRAILER)]
            if not trailers:
                raise
            words = trailers[-1].removeprefix(TRAILER).split(" ")
            if len(words) != 4:
                raise Fault(fault.code, "the trailer does not have four pieces") from None
            origin, size, root, signature = words
            return cls(f"{origin}\n{size}\n{root}\n\n— {origin} {signature}\n".encode())

    def _fault(self, text):
        return Fault(self.code, text)

    def _note(self, data):
        """The text and the signatures of a note (section 12.2)."""
        try:
            note = data.decode()
        except UnicodeDecodeError:
            raise self._fault("not UTF-8") from None
        if len(data) > MAX_NOTE or any(c < " " and c != "\n" for c in note):
            raise self._fault("too long, or with control characters")
        text, empty, rest = note.rpartition("\n\n")
        if not empty or not text or not rest.endswith("\n"):
            raise self._fault("not a text, an empty line and signatures")
        return text + "\n", [self._signature(line) for line in rest[:-1].split("\n")]

    def _signature(self, line):
        words = line.split(" ")
        data = from_base64(words[2]) if len(words) == 3 else None
        if data is None or words[0] != "—" or not NAME.fullmatch(words[1]) or len(data) < 5:
            raise self._fault("a line that is no signature")
        return words[1], data[:4], data[4:]

    def check_signature(self, key):
        own = [own[2] for own in self.signatures if own[:2] == (key.name, key.id)]
        if not own:
            raise Fault("NOT_SIGNED", "the key did not sign it")
        message = self.text.encode()
        if not all(ed25519.verify(key.public, message, signature) for signature in own):
            raise Fault("BAD_SIGNATURE", "the signature is not right")

    def compare(self, key, verifier):
        """Section 12.6; the verifier went through the journal, and kept the root it had at the
        checkpoint's size."""
        if self.ledger != verifier.ledger:
            raise Fault("OTHER_LEDGER", "the checkpoint is another ledger's")
        self.check_signature(key)
        if self.size > verifier.tree.size:
            raise Fault("CUT_SHORT", f"of {self.size} events {verifier.tree.size} are there")
        if self.root != verifier.root:
            raise Fault("REWRITTEN", f"the first {self.size} events are not those signed")
