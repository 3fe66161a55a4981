"""Where the basic practice web lives."""

IMAGE_HOSTS = tuple(f"127.0.0.{last}" for last in range(2, 8))
FORUM_HOSTS = ("127.0.0.8", "127.0.0.9")
