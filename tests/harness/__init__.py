"""What the tests share: documents as Hypothesis draws them, sockets, emulators."""
