"""A proxy between a client and a gateway: records what passes, and replays it."""
