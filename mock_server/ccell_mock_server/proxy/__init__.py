"""Internal. Records the traffic between a client and a gateway, and replays it."""
