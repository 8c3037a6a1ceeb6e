"""Small deliberate violations of the gateway, each of which the contract suite has to notice.

Each is applied through a seam of the product: what the gateway decides through its behaviour
(`ccell_fake.engine.behaviour`), what is carried and written through the transport that a road leads over
(`ccell_fake.testing.Road`).
"""

from . import codes, questions, queues, sends, threads, transport
from .mutant import LIMITS, Mutant

__all__ = ["LIMITS", "MUTANTS", "Mutant"]

MUTANTS = (
    *transport.MUTANTS,
    *threads.MUTANTS,
    *sends.MUTANTS,
    *queues.MUTANTS,
    *codes.MUTANTS,
    *questions.MUTANTS,
)
"""All of them."""
