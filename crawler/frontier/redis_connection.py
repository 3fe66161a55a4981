"""The way to Redis, as the frontier's adapter takes it: see `crawler.redis_connection`."""

from crawler.redis_connection import answering, connect

__all__ = ["answering", "connect"]
