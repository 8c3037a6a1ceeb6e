"""The control API of the emulator: request bodies, problems, events, and a client."""
