"""Internal. The control API: operations for tests, as JSON over HTTP."""
