"""Bytes in, hashes out, in memory."""
