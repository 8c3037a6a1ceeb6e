"""Integrations as people write them: five right programs, and wrong ones with one fault each."""
