"""Internal. Convert bytes to the model and back: payloads, requests and replies."""
