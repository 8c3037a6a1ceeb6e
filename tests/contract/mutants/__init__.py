"""Small deliberate violations of the gateway. The contract suite must detect each of them.

A violation changes the gateway's behaviour (`ccell_fake.engine.behaviour`), or its bytes by a transport
(`ccell_fake.testing.ClientTransports`).
"""

from . import codes, json_rpc, questions, queues, sends, signing, threads, transport
from .mutant import LIMITS, Mutant

__all__ = ["LIMITS", "MUTANTS", "Mutant"]

MUTANTS = (
    *transport.MUTANTS,
    *threads.MUTANTS,
    *sends.MUTANTS,
    *queues.MUTANTS,
    *codes.MUTANTS,
    *signing.MUTANTS,
    *json_rpc.MUTANTS,
    *questions.MUTANTS,
)
"""All mutants."""
