"""The front door: the command line, all roles in one (`up`), and the practice web."""
