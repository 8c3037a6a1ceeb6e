"""The pytest plugin. Its fixtures run the emulator for tests."""
