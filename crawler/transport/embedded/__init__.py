"""The transport on one machine: a log in one SQLite file, shared by any number of processes."""
