"""Fill the forum through django-machina's own models: people, boards, topics, posts, and pictures in all manners.

Run in an environment of its own: `fill.py PICTURES USER PASSWORD OUTSIDE`, the last an address on another host. Prints
a line of JSON for each picture: where it is served, its SHA-256, and whether it is shown to members only.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django  # type: ignore[import-not-found]  # in the forum's own environment only

django.setup()

from django.contrib.auth.models import User  # type: ignore[import-not-found]  # noqa: E402
from django.core.files import File  # type: ignore[import-not-found]  # noqa: E402
from django.core.files.storage import default_storage  # type: ignore[import-not-found]  # noqa: E402
from django.core.management import call_command  # type: ignore[import-not-found]  # noqa: E402
from django.urls import reverse  # type: ignore[import-not-found]  # noqa: E402
from machina.core.db.models import get_model  # type: ignore[import-not-found]  # noqa: E402

READING = ("can_see_forum", "can_read_forum", "can_download_file")
TAKING_PART = (
    *("can_start_new_topics", "can_reply_to_topics", "can_edit_own_posts", "can_delete_own_posts"),
    *("can_post_without_approval", "can_create_polls", "can_vote_in_polls", "can_attach_file"),
)
SUBJECTS = ("how to report, vote and log out", "a walk", "delete or edit your photos?", "another walk")
"""Of the topics of each board: more than a page shows."""
POSTS = 4
"""In each topic: more than a page shows."""


class Pictures:
    """The pictures, dealt out one by one; says of each where it went."""

    def __init__(self, folder: Path) -> None:
        self._left = iter(sorted(folder.iterdir()))

    def __next__(self) -> Path:
        return next(self._left)

    def rest(self) -> int:
        return len(list(self._left))

    def uploaded(self, *, members: bool) -> str:
        """The next picture among the uploads, in no post yet; its address."""
        picture = next(self)
        with picture.open("rb") as file:
            url = str(default_storage.url(default_storage.save(f"uploads/{picture.name}", File(file))))
        told(url, picture, members=members)
        return url


def told(url: str, picture: Path, *, members: bool) -> None:
    digest = hashlib.sha256(picture.read_bytes()).hexdigest()
    print(json.dumps({"url": url, "sha256": digest, "members": members}))  # noqa: T201 - what it is run for


def attached(post: Any, pictures: Pictures, *, members: bool) -> None:
    picture = next(pictures)
    with picture.open("rb") as file:
        attachment = get_model("forum_attachments", "Attachment")(post=post, comment="taken last week")
        attachment.file.save(picture.name, File(file))
    told(reverse("forum_conversation:attachment", kwargs={"pk": attachment.pk}), picture, members=members)


def contents(pictures: Pictures, *, members: bool, elsewhere: str, outside: str) -> Iterator[tuple[str, int]]:
    """Words of a post and how many attachments it has, over and over: each way to show a picture once.

    `elsewhere`: the address of another board. `outside`: one on another host.
    """

    def upload() -> str:
        return pictures.uploaded(members=members)

    while True:
        yield "Two from the weekend, attached.", 2
        yield f"Look at this one:\n\n![the view]({upload()})\n\nand tell me where it is.", 0
        yield f"The small one leads to the large one: [![small]({upload()})]({upload()})", 0
        yield f"I put it up [over here]({upload()}), and one is attached.", 1
        yield f"Nothing to show today, sorry; there is more on [another board]({elsewhere}). ![]({outside})", 0


def topic_of(board: Any, number: int, people: list[Any], texts: Iterator[tuple[str, int]], pictures: Pictures) -> None:
    members = board.name.startswith("Members")
    topic = get_model("forum_conversation", "Topic").objects.create(
        forum=board,
        poster=people[number % len(people)],
        # A title may speak of acts without being one.
        subject=f"{board.name}: {SUBJECTS[number]}",
        type=0,
        status=0,
        approved=True,
    )
    for post_number in range(POSTS):
        text, attachments = next(texts)
        post = get_model("forum_conversation", "Post").objects.create(
            topic=topic,
            poster=people[(number + post_number) % len(people)],
            subject=topic.subject if not post_number else f"Re: {topic.subject}",
            content=text,
            approved=True,
        )
        for _ in range(attachments):
            attached(post, pictures, members=members)
    if number == 1:
        poll = get_model("forum_polls", "TopicPoll").objects.create(
            topic=topic, question="Report the weather?", max_options=1, user_changes=True
        )
        for answer in ("Yes", "No, delete it"):
            get_model("forum_polls", "TopicPollOption").objects.create(poll=poll, text=answer)


def allowed(board: Any, *, to_guests: bool) -> None:
    permission = get_model("forum_permission", "ForumPermission").objects.get
    give = get_model("forum_permission", "UserForumPermission").objects.create
    for name in (*READING, *TAKING_PART):
        give(forum=board, permission=permission(codename=name), authenticated_user=True)
    # Guests see that the members' boards are there.
    for name in READING if to_guests else READING[:1]:
        give(forum=board, permission=permission(codename=name), anonymous_user=True)


def person(name: str, password: str | None, pictures: Pictures) -> Any:
    """Somebody with an avatar, and a picture in the signature that stands under each post."""
    user = User.objects.create_user(name, password=password)
    profile, _ = get_model("forum_member", "ForumProfile").objects.get_or_create(user=user)
    avatar = next(pictures)
    with avatar.open("rb") as file:
        profile.avatar.save(avatar.name, File(file))
    told(profile.avatar.url, avatar, members=False)
    profile.signature = f"![]({pictures.uploaded(members=False)})"
    profile.save()
    return user


def main(pictures: Pictures, user: str, password: str, outside: str) -> None:
    call_command("migrate", verbosity=0)
    people = [person(user, password, pictures), person("anna", None, pictures), person("bram", None, pictures)]
    forum = get_model("forum", "Forum")
    category = forum.objects.create(name="Outdoors", type=forum.FORUM_CAT)
    allowed(category, to_guests=True)
    coast = forum.objects.create(name="Coast", parent=category, type=forum.FORUM_POST)
    boards = [coast, forum.objects.create(name="Dunes", parent=coast, type=forum.FORUM_POST)]
    boards += [forum.objects.create(name="Members only", parent=category, type=forum.FORUM_POST)]
    for board in boards:
        members = board.name.startswith("Members")
        allowed(board, to_guests=not members)
        cover = next(pictures)
        with cover.open("rb") as file:
            board.image.save(cover.name, File(file))
        told(board.image.url, cover, members=members)
        elsewhere = reverse("forum:forum", kwargs={"slug": boards[-1].slug, "pk": boards[-1].pk})
        texts = contents(pictures, members=members, elsewhere=elsewhere, outside=outside)
        for number in range(len(SUBJECTS)):
            topic_of(board, number, people, texts, pictures)
    assert not pictures.rest(), "pictures are left over"


if __name__ == "__main__":
    main(Pictures(Path(sys.argv[1])), *sys.argv[2:])
