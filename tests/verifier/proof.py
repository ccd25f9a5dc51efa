"""Proofs as files (ledger-format.md, section 13)."""

from canonical import Fault
from checkpoint import Checkpoint, from_base64, from_decimal, hash_of
from event import Event, read_header
from tree import includes, is_beginning, leaf_hash

INCLUSION = "c2sp.org/tlog-proof@v1"
CONSISTENCY = "plan-ledger/consistency-proof@v1"
MAX_PATH = 128


def _malformed(text):
    return Fault("NOT_A_PROOF", text)


class Leaf:
    """An event by itself: its journal line, or its header alone."""

    def __init__(self, data):
        try:
            if data.startswith(b'{"body":'):
                event = Event(data)
                self.header, self.id, raw = event.header, event.id, event.raw_header
            else:
                self.header, self.id, raw = read_header(data)
        except Fault as fault:
            raise Fault("BAD_EVENT", f"{fault.code}: {fault}") from None
        self.hash = leaf_hash(raw)
        self.ledger = self.header.get("ledger", self.id)


class Proof:
    """A proof that was read and not checked yet."""

    def __init__(self, data):
        self.data, self.at = data, 0
        self.extra = self.old = None
        kind = self._line()
        line = self._line()
        if kind == INCLUSION:
            if line.startswith("extra "):
                self.extra = from_base64(line.removeprefix("extra "))
                if self.extra is None:
                    raise _malformed("the event is not in base64")
                line = self._line()
            self.index = from_decimal(line.removeprefix("index "))
            right = line.startswith("index ") and self.index is not None
        elif kind == CONSISTENCY:
            words = line.split(" ")
            if len(words) == 3 and words[0] == "old":
                self.old = from_decimal(words[1]), hash_of(words[2])
            right = self.old is not None and None not in self.old
        else:
            right = False
        if not right:
            raise _malformed("not the lines that a proof begins with")
        self.path = []
        while line := self._line():
            self.path.append(hash_of(line))
            if self.path[-1] is None or len(self.path) > MAX_PATH:
                raise _malformed("not a path of hashes")
        self.checkpoint = Checkpoint(data[self.at:], code="NOT_A_PROOF")

    def _line(self):
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise _malformed("a line without a line feed")
        line, self.at = self.data[self.at:end], end + 1
        try:
            return line.decode()
        except UnicodeDecodeError:
            raise _malformed("a line that is not UTF-8") from None

    def check(self, key, event=None, against=None):
        """Checks the proof with what was given beside it; the event, if it is of one."""
        for signed in filter(None, (self.checkpoint, against)):
            signed.check_signature(key)
        new = self.checkpoint
        if self.old:
            about = (new.ledger, *self.old)
        else:
            events = [data for data in (event, self.extra) if data is not None]
            if not events:
                raise Fault("NO_EVENT", "the event is not in the proof")
            leaves = [Leaf(data) for data in events]
            if any(leaf.ledger != new.ledger for leaf in leaves):
                raise Fault("OTHER_LEDGER", "the event is of another ledger")
            about = new.ledger, new.size, new.root
        if against and about != (against.ledger, against.size, against.root):
            raise Fault("OTHER_CHECKPOINT", "the proof is not about this checkpoint")
        if self.old:
            proven = is_beginning(self.old[0], new.size, self.path, self.old[1], new.root)
        else:
            proven = all(
                includes(leaf.hash, self.index, new.size, self.path, new.root)
                for leaf in leaves
            )
        if not proven:
            raise Fault("NOT_PROVEN", "the hashes do not lead to the root")
        return None if self.old else leaves[0]
