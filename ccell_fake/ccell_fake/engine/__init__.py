"""What the gateway decides: rules in order, admission, schedule, money and outcomes. No I/O, no threads, no XML."""
