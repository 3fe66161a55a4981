"""The configuration with which the practice web is crawled."""

from typing import Any

from zoeklicht.practice.web import FORUM_HOSTS, IMAGE_HOSTS

LIST_NAME = "practice"
"""The name under which its known list is imported."""


def practice_document(*, port: int, gap_seconds: float) -> dict[str, Any]:
    """`[[sites]]` and `[scope]` for the practice web on that port, as they would stand in the configuration file.

    `gap_seconds`: least time between two requests to one host; 0 for benchmarks. Any: the values are TOML's.
    """
    return {
        "sites": [
            {
                "name": "practice-image-host",
                "type": "image_host",
                "hosts": list(IMAGE_HOSTS),
                "seeds": [f"http://{IMAGE_HOSTS[0]}:{port}/"],
                "gap_seconds": gap_seconds,
            },
            {
                "name": "practice-forum",
                "type": "forum",
                "hosts": list(FORUM_HOSTS),
                "seeds": [f"http://{FORUM_HOSTS[0]}:{port}/"],
                "gap_seconds": gap_seconds,
            },
        ],
        "scope": {
            "allow_networks": [
                {"network": "127.0.0.0/8", "country": "NL", "reason": "practice web on this machine"},
            ],
        },
    }
