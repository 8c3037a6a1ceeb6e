"""A verified fake of the CCell SMS gateway: what it says on the wire, what it decides, and what it remembers."""
