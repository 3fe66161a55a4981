"""Scrapy's settings that both peers have: its defaults, but for what stands here."""

from typing import Any

from benchmarks.crawling.job import Job

AT_ONCE = 32
"""Requests under way over all hosts, as ours has it."""


def settings_of(job: Job) -> dict[str, Any]:
    """Any: Scrapy's settings hold anything."""
    return {
        "BOT_NAME": "plain",
        "USER_AGENT": "plain",
        "CONCURRENT_REQUESTS": AT_ONCE,
        "CONCURRENT_REQUESTS_PER_DOMAIN": job.per_host,
        "DOWNLOAD_DELAY": job.gap,
        "DOWNLOAD_DELAY_JITTER": 0,
        "ROBOTSTXT_OBEY": True,
        "COOKIES_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "LOG_LEVEL": "WARNING",  # quiet, and not slowed down by a line a page
    }
