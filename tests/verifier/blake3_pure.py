"""BLAKE3 key derivation in plain Python, enough to verify ledgers.

Written from the BLAKE3 paper (sections 2.1 to 2.6). Only derive_key with 32 bytes of output.
"""

IV = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
    0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
DERIVE_KEY_CONTEXT, DERIVE_KEY_MATERIAL = 32, 64
BLOCK, CHUNK = 64, 1024
MASK = 0xFFFFFFFF


def _schedules():
    """The order of message words in each of the seven rounds."""
    order = tuple(range(16))
    for _ in range(7):
        yield order
        order = tuple(order[i] for i in PERMUTATION)


ROUNDS = tuple(_schedules())
# Columns, then diagonals.
QUARTERS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)


def _compress(chaining, words, counter, length, flags):
    """The first eight words of the compression function's output."""
    v = [
        *chaining, *IV[:4],
        counter & MASK, (counter >> 32) & MASK, length, flags,
    ]
    for order in ROUNDS:
        for step, (a, b, c, d) in enumerate(QUARTERS):
            va, vb, vc, vd = v[a], v[b], v[c], v[d]
            va = (va + vb + words[order[2 * step]]) & MASK
            vd ^= va
            vd = (vd >> 16 | vd << 16) & MASK
            vc = (vc + vd) & MASK
            vb ^= vc
            vb = (vb >> 12 | vb << 20) & MASK
            va = (va + vb + words[order[2 * step + 1]]) & MASK
            vd ^= va
            vd = (vd >> 8 | vd << 24) & MASK
            vc = (vc + vd) & MASK
            vb ^= vc
            vb = (vb >> 7 | vb << 25) & MASK
            v[a], v[b], v[c], v[d] = va, vb, vc, vd
    return tuple(v[i] ^ v[i + 8] for i in range(8))


def _words(block):
    block = block.ljust(BLOCK, b"\0")
    return [int.from_bytes(block[i:i + 4], "little") for i in range(0, BLOCK, 4)]


def _chunk(key, data, counter, mode, root):
    """The chaining value of one chunk of at most 1024 bytes."""
    chaining = key
    blocks = [data[i:i + BLOCK] for i in range(0, len(data), BLOCK)] or [b""]
    for i, block in enumerate(blocks):
        flags = mode
        if i == 0:
            flags |= CHUNK_START
        if i == len(blocks) - 1:
            flags |= CHUNK_END | root
        chaining = _compress(chaining, _words(block), counter, len(block), flags)
    return chaining


def _tree(key, data, counter, mode, root):
    """The chaining value of the subtree over data, whose first chunk has this counter."""
    if len(data) <= CHUNK:
        return _chunk(key, data, counter, mode, root)
    # The left subtree is the largest power of two of chunks that leaves the right one some.
    chunks = (len(data) + CHUNK - 1) // CHUNK
    left = 1 << ((chunks - 1).bit_length() - 1)
    split = left * CHUNK
    words = _tree(key, data[:split], counter, mode, 0)
    words += _tree(key, data[split:], counter + left, mode, 0)
    return _compress(key, words, 0, BLOCK, mode | PARENT | root)


def _hash(key, data, mode):
    return _tree(key, data, 0, mode, ROOT)


_CONTEXT_KEYS = {}


def derive_key(context, data):
    """32 bytes of BLAKE3 derive_key(context, data); context is a str, data is bytes."""
    key = _CONTEXT_KEYS.get(context)
    if key is None:
        key = _hash(IV, context.encode(), DERIVE_KEY_CONTEXT)
        _CONTEXT_KEYS[context] = key
    words = _hash(key, data, DERIVE_KEY_MATERIAL)
    return b"".join(word.to_bytes(4, "little") for word in words)
