"""Ed25519 signatures in plain Python, enough to verify them.

Written from RFC 8032 (sections 5.1.2 to 5.1.7). Strict, as ledger-format.md, section 12.2 asks.
"""

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
# Points are (X, Y, Z, T) with x = X/Z, y = Y/Z and xy = T/Z.
NEUTRAL = (0, 1, 1, 0)


def _add(a, b):
    left = (a[1] - a[0]) * (b[1] - b[0]) % P
    right = (a[1] + a[0]) * (b[1] + b[0]) % P
    c = 2 * a[3] * b[3] * D % P
    d = 2 * a[2] * b[2] % P
    e, f, g, h = right - left, d - c, d + c, right + left
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number, point):
    result = NEUTRAL
    while number:
        if number & 1:
            result = _add(result, point)
        point = _add(point, point)
        number >>= 1
    return result


def _decode(data):
    """The point that 32 bytes spell; None if they spell none."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _encode(point):
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _has_small_order(point):
    x, y, z, _ = _times(8, point)
    return x == 0 and (y - z) % P == 0


BASE = _decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_key(key):
    """Whether 32 bytes are a public key."""
    return _decode(key) is not None


def verify(key, message, signature):
    """Whether 64 bytes are the key's signature of the message."""
    if len(signature) != 64:
        return False
    public, point = _decode(key), _decode(signature[:32])
    number = int.from_bytes(signature[32:], "little")
    if public is None or point is None or number >= ORDER:
        return False
    if _has_small_order(public) or _has_small_order(point):
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    x, y, z, t = _times(challenge, public)
    found = _add(_times(number, BASE), (-x % P, y, z, -t % P))
    return _encode(found) == signature[:32]
