"""Bytes to model and back: where a payload stands, what a request says, what a reply says. No sockets, no decisions."""
