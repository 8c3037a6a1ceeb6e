"""Seeded randomness: the same seed and input give the same result."""

import hashlib


def share(seed: int, *parts: str) -> float:
    """Return a number in [0, 1) that depends only on the arguments."""
    text = "\0".join((str(seed), *parts))
    digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
