"""`python -m benchmarks.plain.crawl JOB.json`: one plain crawler. Ends when there was nothing to do for a while."""

import sys

from scrapy.crawler import AsyncCrawlerProcess

from benchmarks.plain.job import read_job
from benchmarks.plain.spider import PlainSpider

SETTINGS = {
    "BOT_NAME": "plain",
    # scrapy-redis as shipped: its scheduler, dupe filter and priority queue, requests pickled.
    "SCHEDULER": "scrapy_redis.scheduler.Scheduler",
    "DUPEFILTER_CLASS": "scrapy_redis.dupefilter.RFPDupeFilter",
    "SCHEDULER_PERSIST": True,  # a crawler that starts again goes on where the queue stands
    "MAX_IDLE_TIME_BEFORE_CLOSE": 3,
    "ITEM_PIPELINES": {
        "benchmarks.plain.hashing.HashPipeline": 100,
        "benchmarks.plain.pipelines.KafkaPipeline": 200,
    },
    "CONCURRENT_REQUESTS": 32,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 8,  # Scrapy's default
    "DOWNLOAD_DELAY": 0,
    "ROBOTSTXT_OBEY": True,
    "COOKIES_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "LOG_LEVEL": "WARNING",  # at INFO, scrapy-redis quotes addresses
    "USER_AGENT": "plain",
}


def main(path: str) -> None:
    """Crawl until drained."""
    job = read_job(path)
    process = AsyncCrawlerProcess({**SETTINGS, "REDIS_URL": job.redis_url, "PLAIN_JOB": job})
    process.crawl(PlainSpider, job=job)
    process.start()


if __name__ == "__main__":
    main(sys.argv[1])
