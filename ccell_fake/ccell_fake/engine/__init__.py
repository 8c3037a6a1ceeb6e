"""Internal. The gateway's decisions: admission, rules, schedule, charges and outcomes. No I/O, no threads, no XML."""
