"""Wrong programs. Each has one fault, which its docstring names."""

from stateful.wrong import campaigns, poll, restarts, schedule, send, texts, upstream
from stateful.wrong.registry import WRONG, Wrong

__all__ = ["WRONG", "Wrong", "campaigns", "poll", "restarts", "schedule", "send", "texts", "upstream"]
