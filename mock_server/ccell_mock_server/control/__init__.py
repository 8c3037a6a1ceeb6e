"""The control API: what a test arranges and looks at, as JSON over HTTP."""
