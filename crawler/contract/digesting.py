"""Names for things that must not be readable from their name: keyed digests, made alike in every house.

BLAKE2b (RFC 7693) in its keyed mode, personalised by purpose: a digest made for one purpose says nothing about
another, and without the key nobody can test a guess.
"""

import hashlib

DIGEST_KEY_BYTES = 32
"""Length of the digest key that crawlers and matchers share."""

_PURPOSE_BYTES = hashlib.blake2b.PERSON_SIZE


def keyed_digest(key: bytes, purpose: str, *parts: str) -> str:
    """128 bits over `parts` as lower-case hex, a `KeyedDigest`: equal for equal key, purpose and parts only.

    Each part is preceded by its length, so ("ab", "c") and ("a", "bc") differ. `purpose` is 1 to 16 ASCII
    characters. Raises `ValueError` for another purpose or a key that is not 32 bytes long.
    """
    if len(key) != DIGEST_KEY_BYTES:
        raise ValueError(f"the digest key must be {DIGEST_KEY_BYTES} bytes long")
    if not purpose.isascii() or not 0 < len(purpose) <= _PURPOSE_BYTES:
        raise ValueError(f"a purpose is 1 to {_PURPOSE_BYTES} ASCII characters")
    digest = hashlib.blake2b(key=key, digest_size=16, person=purpose.encode("ascii"))
    for part in parts:
        # A lone surrogate is no valid text, but pages contain them: it must get a digest too, always the same.
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return digest.hexdigest()
