"""Internal. The gateway's data in PostgreSQL, which any number of emulators share."""
