"""One file a command of the front door."""
