"""Internal. Read, check and complete the configuration."""
