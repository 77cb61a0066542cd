"""Measurements; each module here is one `kefu bench NAME` and has `run() -> dict`."""
