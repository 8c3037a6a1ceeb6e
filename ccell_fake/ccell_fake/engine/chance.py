"""What looks like chance: a function of the seed, so that the same run fares the same."""

import hashlib


def share(seed: int, *parts: str) -> float:
    """A number from 0 up to 1 that is a function of what it is given."""
    text = "\0".join((str(seed), *parts))
    digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
