"""The control API of the emulator: what is said over it, and a client that says it."""
