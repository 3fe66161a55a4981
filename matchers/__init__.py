"""Consume → match → store: from the hashes of a picture to a hit that people can decide on."""
