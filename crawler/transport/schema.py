"""The JSON Schema of what is on the wire, for whoever reads a topic with other tools.

`python -m crawler.transport.schema` prints it, `python -m crawler.transport.schema docs/schemas` writes it there.
"""

import sys
from pathlib import Path

import msgspec

from crawler.contract.records import ImageSeen

NAME = "image_seen.v1.json"


def image_seen() -> str:
    """The schema of `ImageSeen` as JSON, indented, keys in the order of the record."""
    schema = msgspec.json.encode(msgspec.json.schema(ImageSeen))
    return msgspec.json.format(schema, indent=2).decode() + "\n"


def main(arguments: list[str]) -> None:
    """Print the schema, or write it into the folder named."""
    if arguments:
        (Path(arguments[0]) / NAME).write_text(image_seen(), encoding="utf-8")
    else:
        sys.stdout.write(image_seen())


if __name__ == "__main__":
    main(sys.argv[1:])
