"""Transcripts: what was asked and answered, in order, without secrets. No sockets, no decisions."""

from ccell_fake.transcripts.differences import Comparison, Difference
from ccell_fake.transcripts.exchange import Ending, Exchange, UnreadableLine
from ccell_fake.transcripts.file import RecordedRun, Transcript, UnreadableTranscript, Writer, read
from ccell_fake.transcripts.redaction import Redaction

__all__ = [
    "Comparison",
    "Difference",
    "Ending",
    "Exchange",
    "RecordedRun",
    "Redaction",
    "Transcript",
    "UnreadableLine",
    "UnreadableTranscript",
    "Writer",
    "read",
]
