"""Code shared by tests: Hypothesis strategies for documents, sockets, emulators."""
