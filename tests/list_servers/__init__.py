"""Providers of hash lists, played on loopback: their documented answers, errors and pauses."""
