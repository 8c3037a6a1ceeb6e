"""Transcripts: recorded requests and answers in order, without secrets. Opens no sockets."""

from ccell_fake.transcripts.differences import LAYOUT, Comparison, Difference
from ccell_fake.transcripts.exchange import Ending, Exchange, UnreadableLine
from ccell_fake.transcripts.file import RecordedRun, Transcript, UnreadableTranscript, Writer, read
from ccell_fake.transcripts.redaction import Redaction

__all__ = [
    "LAYOUT",
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
