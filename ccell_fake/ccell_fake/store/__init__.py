"""What the gateway remembers, in SQLite: in memory, or in a file that outlives a crash."""
