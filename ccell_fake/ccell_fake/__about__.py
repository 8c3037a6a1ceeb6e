"""The version. The distribution reads it from this file."""

__version__ = "0.1.0"
