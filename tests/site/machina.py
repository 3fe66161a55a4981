"""A forum by django-machina, from PyPI: boards, topics over several pages, posts with attachments, a members' board."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tests.site.applications import PASSWORD, USER, Application, Shown
from tests.site.environments import environment, run
from tests.site.filling import lay_out_pictures

_LOCK = Path(__file__).parent / "machina.lock"
_BUILD_LOCK = Path(__file__).parent / "machina-build.lock"
_FORUM = Path(__file__).parent / "forum"
_PICTURES = 78


def installed() -> Path:
    """The Python of an environment of the forum's own, with exactly the versions of its lock file."""
    return environment(_LOCK, built={"django-haystack": _BUILD_LOCK})


class Forum(Application):
    """The forum, behind Django's own small server."""

    name = "machina"
    start_seconds = 30
    address = "127.0.0.41"
    asked_line = re.compile(
        r'^\[[^\]]*\] "(?P<method>[A-Z]+) (?P<path>\S+) HTTP/[\d.]+" (?P<status>\d+) ', re.MULTILINE
    )

    # As the URL configurations of machina and of Django's accounts name them.
    acting = re.compile(
        r"/(create|update|delete|edit|vote|subscribe|unsubscribe|lock|unlock|move|change|approve|disapprove)(/|$)"
        r"|^/tracking/mark/|^/moderation/|^/accounts/(?!login/$)|change_vote"
    )
    records = (
        *("forum_conversation_topic_subscribers", "forum_conversation_post", "forum_attachments_attachment"),
        *("forum_polls_topicpollvote", "forum_polls_topicpolloption", "forum_member_forumprofile"),
    )

    def __init__(self, outside: str) -> None:
        super().__init__(outside)
        self._python = installed()
        self.account = {
            "page": f"{self.url}/accounts/login/",
            "user_field": "username",
            "password_field": "password",
            "success": "View my posts",
        }

    def profile(self) -> dict[str, Any]:
        return {"name": "machina", "type": "forum", "hosts": [self.address], "seeds": [f"{self.url}/"]}

    def prepare(self) -> None:
        lay_out_pictures(self.folder / "pictures", _PICTURES)
        fill = [str(self._python), str(_FORUM / "fill.py"), str(self.folder / "pictures"), USER, PASSWORD, self.outside]
        lines = run(fill, **self.environment()).splitlines()
        self.shown = [msgspec.json.decode(line, type=Shown) for line in lines]

    @property
    def database(self) -> Path:
        return self.folder / "forum.sqlite3"

    def environment(self) -> Mapping[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "settings",
            "FORUM_FOLDER": str(self.folder),
            "PYTHONPATH": str(_FORUM),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
        }

    def command(self) -> Sequence[str]:
        serve = ["runserver", "--noreload", "--insecure", "--skip-checks", f"{self.address}:{self.port}"]
        return [str(self._python), "-m", "django", *serve]
