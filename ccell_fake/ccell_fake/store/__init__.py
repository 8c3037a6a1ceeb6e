"""Internal. The gateway's data in SQLite, in memory or in a file that survives a crash."""
