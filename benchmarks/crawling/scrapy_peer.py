"""`python -m benchmarks.crawling.scrapy_peer JOB.json`: plain Scrapy. Ends when it has nothing left to do."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.http import Response

from benchmarks.crawling.job import Job, read_job
from benchmarks.crawling.peer_settings import settings_of
from benchmarks.plain.hashing import Item
from benchmarks.plain.reading import read


class ScrapySpider(Spider):
    """Starts at the seeds of its sites and follows what leads to their hosts."""

    name = "scrapy"

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._profiles = {host: site for site in job.sites for host in site.hosts}
        self.allowed_domains = list(self._profiles)
        self.start_urls = [url for site in job.sites for url in site.seeds]

    def parse(self, response: Response) -> Iterator[Any]:
        """Called by Scrapy. Any: see `read`."""
        return read(response, self._profiles)


class RecordsPipeline:
    """Appends a line a picture, unbuffered: what is handed on survives a kill."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RecordsPipeline":
        """Called by Scrapy."""
        return cls(Path(crawler.settings["RECORDS"]))

    def process_item(self, item: Item) -> Item:
        """Hand on one picture's record."""
        self._file.write(json.dumps(item, default=str).encode() + b"\n")
        return item

    def close_spider(self) -> None:
        """Called by Scrapy."""
        self._file.close()


def main(path: str) -> None:
    """Crawl until drained."""
    job = read_job(path)
    process = AsyncCrawlerProcess(
        {
            **settings_of(job),
            "ITEM_PIPELINES": {"benchmarks.plain.hashing.HashPipeline": 100, RecordsPipeline: 200},
            "RECORDS": job.records,
            "JOBDIR": job.state,
        }
    )
    process.crawl(ScrapySpider, job=job)
    process.start()


if __name__ == "__main__":
    main(sys.argv[1])
