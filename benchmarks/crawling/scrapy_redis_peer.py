"""`python -m benchmarks.crawling.scrapy_redis_peer JOB.json`: scrapy-redis as shipped. Waits for more until ended."""

import sys
from collections.abc import Iterator
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy_redis.spiders import RedisSpider

from benchmarks.crawling.job import Job, read_job
from benchmarks.crawling.peer_settings import settings_of
from benchmarks.plain.reading import read

NAME = "shared"
START_KEY, QUEUE_KEY, RECORDS_KEY = f"{NAME}:start_urls", f"{NAME}:requests", f"{NAME}:items"
"""Its default names in Redis."""


class SharedSpider(RedisSpider):  # type: ignore[misc]  # scrapy-redis ships no types
    """Reads its start addresses from a Redis list, as scrapy-redis's documentation has it."""

    name = NAME

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._profiles = {host: site for site in job.sites for host in site.hosts}
        self.allowed_domains = list(self._profiles)
        # Who comes too late for a seed looks at the queue but once in five seconds, and these runs are short.
        self.redis_batch_size = job.start_batch

    def parse(self, response: Response) -> Iterator[Any]:
        """Called by Scrapy. Any: see `read`."""
        return read(response, self._profiles)


def main(path: str) -> None:
    """Crawl until told to end."""
    job = read_job(path)
    process = AsyncCrawlerProcess(
        {
            **settings_of(job),
            "SCHEDULER": "scrapy_redis.scheduler.Scheduler",
            "DUPEFILTER_CLASS": "scrapy_redis.dupefilter.RFPDupeFilter",
            "SCHEDULER_PERSIST": True,
            "REDIS_URL": job.redis_url,
            "ITEM_PIPELINES": {
                "benchmarks.plain.hashing.HashPipeline": 100,
                "scrapy_redis.pipelines.RedisPipeline": 200,
            },
        }
    )
    process.crawl(SharedSpider, job=job)
    process.start()


if __name__ == "__main__":
    main(sys.argv[1])
