"""Replaying transcripts: what was asked is asked again, and the answers are compared."""
