"""Checks against a gateway known only by its address and an account, within the cost that you allow."""
