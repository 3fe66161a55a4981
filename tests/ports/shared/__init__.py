"""The shared store's port: one suite, run on SQLite and on a real Redis."""
