"""The console: pages for a browser, which call the control API."""
