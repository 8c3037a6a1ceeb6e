"""The pytest plugin: fixtures that run the emulator for a test."""
