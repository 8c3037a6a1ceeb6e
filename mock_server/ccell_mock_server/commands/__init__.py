"""Internal. The subcommands of `ccell-fake`, one module each."""
