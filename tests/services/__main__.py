# ruff: noqa: T201 - a command line
"""`python -m tests.services install` fetches all that tests need; `… kafka|redis|elasticsearch` runs one by hand."""

import contextlib
import signal
import sys

from tests.photographs import NoPhotographsError, photographs
from tests.services import machine, maven
from tests.services.elasticsearch import ElasticsearchServer
from tests.services.kafka import KafkaServer
from tests.services.redis import RedisServer
from tests.services.server import ServerFailedError
from tests.site import machina, mediawiki, sigal, thumbsup


def main(arguments: list[str]) -> int:
    """The exit code: 0 when done, 1 when something is missing, 2 when the call was not understood."""
    try:
        match arguments:
            case ["install"]:
                print(f"Java:          {machine.java_home()}")
                print(f"Redis:         {machine.redis_server()}")
                print(f"strace:        {machine.strace()}")
                print(f"Chromium:      {machine.chromium()}")
                print(f"Kafka:         {maven.kafka_jars()}")
                print(f"Elasticsearch: {maven.elasticsearch_archive()}")
                print(f"Photographs:   {len(photographs())}")
                print(f"GraphicsMagick: {machine.graphicsmagick()}")
                print(f"ExifTool:      {machine.exiftool()}")
                print(f"thumbsup:      {thumbsup.installed()}")
                print(f"sigal:         {sigal.installed()}")
                print(f"machina:       {machina.installed()}")
                print(f"MediaWiki:     {mediawiki.installed()}")
            case ["redis"]:
                with RedisServer() as redis:
                    _wait(f"Redis answers at {redis.url}")
            case ["kafka"]:
                with KafkaServer() as kafka:
                    _wait(f"Kafka answers at {kafka.address}")
            case ["elasticsearch"]:
                with ElasticsearchServer() as elastic:
                    _wait(f"Elasticsearch answers at {elastic.url}, user {elastic.admin}, password {elastic.password}")
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except (machine.MissingProgramError, NoPhotographsError, ServerFailedError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _wait(message: str) -> None:
    print(f"{message}. Ctrl-C stops it and forgets its data.", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
