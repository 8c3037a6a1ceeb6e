"""Configuration: read, checked and completed."""
