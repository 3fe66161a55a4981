"""Links that act."""

import random
import re
from urllib.parse import urlsplit, urlunsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.contract.frontier import TargetKind
from crawler.sites.guard import acts

ACTING = [
    # plain words
    "http://f.example/logout",
    "http://f.example/user/logout.php",
    "http://f.example/post/3/delete",
    "http://f.example/upload/",
    "http://f.example/upload.php",
    "http://f.example/upload/image",
    "http://f.example/reverse-image?u=3",
    "http://f.example/nl/uitloggen",
    "http://f.example/index.php/logout/",
    "http://f.example/logout;jsessionid=3",
    "http://f.example/admin/logout/index.php",
    "http://f.example/accounts/password_reset/",
    # MediaWiki
    "http://f.example/index.php/Special:UserLogout",
    "http://f.example/w/index.php?title=Special:UserLogout&returnto=Main+Page",
    "http://f.example/wiki/Speciaal:Afmelden",
    "http://f.example/wiki/Special:MovePage/File:Boat.jpg",
    "http://f.example/wiki/Special:User_login",
    "http://f.example/index.php?title=File:Boat.jpg&action=revert&oldimage=20261124000247!Boat.jpg",
    "http://f.example/index.php?title=Boat&veaction=edit",
    "http://f.example/w/api.php?action=clearhasmsg",
    "http://f.example/topic/3/add_reply",
    # verbs in the query
    "http://f.example/?do=vote",
    "http://f.example/ucp.php?mode=logout",
    "http://f.example/index.php?action=report&post=3",
    "http://f.example/viewtopic.php?t=3&mode=quote",
    "http://f.example/topic/3?subscribe=1",
    "http://f.example/topic/3?report=55",
    "http://f.example/?delete=55",
    "http://f.example/?vote=up",
    "http://f.example/album/3?action=deletePost",
    "http://f.example/album/3?task=user.logout",
    "http://f.example/?r=site/logout",
    "http://f.example/?q=user/logout",
    "http://f.example/index.php?route=checkout/cart",
    "http://f.example/index.php?page=login",
    # what common software calls it
    "http://smf.example/index.php?action=logout;sesc=0f0f",
    "http://smf.example/index.php?action=reporttm;topic=3.0;msg=5",
    "http://smf.example/index.php?action=post;topic=3.0;quote=5",
    "http://smf.example/index.php?action=sendtopic;topic=3",
    "http://phpbb.example/app.php/post/55/report",
    "http://phpbb.example/report.php?f=2&p=55",
    "http://phpbb.example/posting.php?mode=reply&f=2&t=3",
    "http://phpbb.example/viewforum.php?f=2&hash=0f0f&mark=topics&mark_read=1&csrf_token=1",
    "http://vb.example/newreply.php?do=newreply&p=55",
    "http://vb.example/forumdisplay.php?do=markread&f=2",
    "http://vb.example/sendmessage.php?do=sendtofriend&t=3",
    "http://mybb.example/newthread.php?fid=2",
    "http://mybb.example/member.php?action=logout&logoutkey=0f",
    "http://xf.example/posts/55/react?reaction_id=1",
    "http://xf.example/posts/55/like",
    "http://xf.example/threads/kittens.3/watch/confirm",
    "http://discuz.example/forum.php?mod=post&action=reply&tid=3",
    "http://discuz.example/home.php?mod=spacecp&ac=favorite&id=3",
    "http://discuz.example/member.php?mod=logging&action=logout&formhash=0f0f0f0f",
    "http://wp.example/?add-to-cart=55",
    "http://wp.example/2024/01/kittens/?share=facebook&nb=1",
    "http://wp.example/kittens/?replytocom=55#respond",
    "http://wp.example/wp-login.php?redirect_to=x",
    "http://wp.example/?_wpnonce=0f0f0f",
    "http://shop.example/cart/add/55",
    # an act and what it is done to
    "http://f.example/delete-post/55",
    "http://f.example/ajax/report_image.php?id=3",
    "http://f.example/reportImage/55",
    "http://f.example/post-edit/3",
    "http://f.example/addtofavorites.php?id=3",
    "http://f.example/like/55",
    "http://f.example/reply/55",
    "http://f.example/report/post/55",
    "http://f.example/share/facebook",
    "http://f.example/share?url=http%3A%2F%2Ff.example%2F1",
    "http://f.example/delete/1.jpg",
    "http://f.example/search?image_url=http%3A%2F%2Ff.example%2F1.jpg",
]

PLACES = [
    # MediaWiki
    "http://f.example/wiki/Special:RecentChanges",
    "http://f.example/index.php?title=Special:ListFiles&limit=50",
    "http://f.example/wiki/File:Upload_or_delete.jpg",
    "http://f.example/index.php?title=Category:Boats&filefrom=Boat+3",
    "http://f.example/",
    "http://f.example/uploads/2024/1.jpg",
    "http://f.example/upload/2024/1.jpg",
    "http://f.example/upload/images/",
    "http://f.example/upload/index.php?topic=3",
    "http://f.example/topic/report-from-the-sea",
    "http://f.example/topic/how-to-delete-a-virus.55/",
    "http://f.example/viewtopic.php?t=3&start=20",
    "http://f.example/viewtopic.php?p=55#p55",
    "http://f.example/reports/yearly",
    "http://f.example/album/likes-and-dislikes/2",
    "http://f.example/?q=delete",
    "http://f.example/search?q=upload+kittens",
    "http://f.example/watch/kittens-at-play",
    "http://f.example/watch?v=0f0f",
    "http://f.example/share/AbC123",
    "http://f.example/share/album/55",
    "http://f.example/images/flag/nl.png",
    "http://f.example/images/report/icon.gif",
    "http://f.example/pinboard/3",
    "http://f.example/fotoreport/2024",
    "http://f.example/photo-share/3",
    "http://f.example/top?rating=4",
    "http://f.example/list?order_posts=asc",
    "http://f.example/album.php?action=show_post&id=3",
    "http://f.example/index.php?action=recent",
    "http://f.example/forum.php?mod=viewthread&tid=3&page=2",
    "http://f.example/forum.php?mod=redirect&goto=lastpost&tid=3",
    "http://f.example/home.php?mod=space&uid=3&do=album&view=all",
    "http://f.example/showthread.php?tid=3&action=lastpost",
    "http://f.example/index.php?page=2",
    "http://f.example/index.php?page=gallery/view",
    "http://f.example/a/b.likes/3",
    "http://f.example/postcards/3",
    "http://f.example/relogout-of-time/3",
    "http://cdn.example/p/1.jpg?w=100&s=0123456789abcdef0123456789abcdef",
]

MEMBERS_ONLY_TROUBLE = [
    "http://f.example/ucp.php?i=pm&folder=inbox",
    "http://f.example/messages/",
    "http://f.example/conversations/add?to=x",
    "http://f.example/account/details",
    "http://f.example/user/settings",
    "http://f.example/profile.php?do=editprofile",
    "http://f.example/profile/edit",
    "http://f.example/forum/mark-all-forums-read/",
    "http://f.example/search.php?search_id=unread",
    "http://f.example/topic/3?subscribe=watching",
    "http://f.example/x/3/?hash=0f0f0f",
    "http://f.example/x/3/?t=1700000000,0f0f0f0f0f0f0f0f",
    "http://f.example/x/3/?secret=0f0f0f0f0f0f0f0f0f0f",
    "http://f.example/x/3/?user_token=abc",
    "http://f.example/topic/report.php?x=y",
]


@pytest.mark.parametrize("url", ACTING)
def test_links_that_act_are_recognised_and_the_rule_is_told(url: str) -> None:
    assert acts(url)


@pytest.mark.parametrize("url", PLACES)
def test_links_that_only_sound_like_it_are_followed(url: str) -> None:
    assert acts(url) is None


@pytest.mark.parametrize("url", MEMBERS_ONLY_TROUBLE)
def test_logged_in_the_guard_is_stricter(url: str) -> None:
    assert acts(url, logged_in=True)


def test_logged_in_a_forum_can_still_be_read() -> None:
    kinds: dict[bool, TargetKind] = {True: "picture", False: "page"}
    judged = {url: acts(url, logged_in=True, kind=kinds[url.partition("?")[0].endswith(("g", "f"))]) for url in PLACES}
    refused = [url.removeprefix("http://f.example") for url, rule in judged.items() if rule]
    assert refused == [
        "/upload/images/",
        "/upload/index.php?topic=3",
        "/?q=delete",
        "/search?q=upload+kittens",
        "/share/AbC123",
        "/share/album/55",
        "/photo-share/3",
    ]


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://f.example/user/logout.php", "path logout"),
        ("http://f.example/?action=delete", "query action=delete"),
        ("http://f.example/?delete=the+secret+name", "query delete"),
        ("http://f.example/delete-post/secret", "path delete_post"),
        ("http://f.example/?nonce=secret", "query: a token against forgery"),
    ],
)
def test_the_rule_names_our_own_words_and_nothing_of_the_address(url: str, rule: str) -> None:
    assert acts(url) == rule


@pytest.mark.parametrize(
    "hint",
    [
        "log out",
        "nofollow log out",
        "uitloggen",
        "delete",
        "delete this post?",
        "nofollow report post report post #5",
        "fa fa-trash",
        "like this",
        "edit",
        "quote",
        "verwijder bericht",
        "remove are you sure? kittens at play",
    ],
)
def test_a_link_that_says_what_it_does_is_believed(hint: str) -> None:
    told = acts("http://f.example/x/3", hint=hint)
    assert told is not None
    assert told.startswith("link ")


@pytest.mark.parametrize(
    "hint",
    [
        "report from the sea",
        "nofollow kittens at play",
        "1 reply",
        "3 likes",
        "view the report",
        "watch",
        "how to delete a virus",
        "next",
        "",
        "the",
        "post 5",
        "delete " * 50,
    ],
)
def test_a_title_is_no_act(hint: str) -> None:
    assert acts("http://f.example/x/3", hint=hint) is None


def test_what_is_written_beside_a_picture_is_not_about_the_picture() -> None:
    assert acts("http://f.example/x/3.jpg", hint="delete", kind="picture") is None


def test_the_profiles_own_patterns_come_first_and_see_through_spelling() -> None:
    for url in ("http://f.example/thanks/3", "http://f.example/Th%61nks//3"):
        assert acts(url, patterns=(r"/thanks/\d+",)) == "profile: acting_links number 1"
    assert acts("http://f.example/thanks/x", patterns=(r"/thanks/\d+",)) is None


def disguised(url: str, chance: random.Random) -> str:
    """The same address to a server that is forgiving, in some other spelling."""
    parts = urlsplit(url)
    pieces = re.split("[&;]", parts.query) if parts.query else []
    chance.shuffle(pieces)
    pieces.append(f"x{chance.randint(0, 9)}={chance.randint(0, 9)}")
    chance.shuffle(pieces)
    segments = []
    for segment in parts.path.split("/")[1:]:
        segments += chance.choice([[], [], ["."], [""], ["x", ".."], ["%2e"], ["x", "%2E%2e"]])
        segments.append(segment)
    query = chance.choice("&;").join("=".join(respelled(part, chance) for part in piece.split("=")) for piece in pieces)
    path = "/" + "/".join(each if each.startswith((".", "%")) else respelled(each, chance) for each in segments)
    return urlunsplit((parts.scheme, parts.netloc, path, query, parts.fragment))


def respelled(text: str, chance: random.Random) -> str:
    """Some letters in the other case, some percent-encoded, some of those twice; escapes stay whole."""
    return "".join(
        piece if piece.startswith("%") else "".join(respelled_letter(letter, chance) for letter in piece)
        for piece in re.split("(%[0-9A-Fa-f]{2})", text)
    )


def respelled_letter(letter: str, chance: random.Random) -> str:
    letter = letter.upper() if chance.random() < 0.3 else letter
    if letter in "+;?" or chance.random() < 0.7:
        return letter
    once = f"%{ord(letter):02x}" if chance.random() < 0.5 else f"%{ord(letter):02X}"
    return once.replace("%", "%25") if chance.random() < 0.2 else once


@given(url=st.sampled_from(ACTING), chance=st.randoms(use_true_random=False))
def test_nothing_that_acts_passes_in_another_spelling(url: str, chance: random.Random) -> None:
    assert acts(disguised(url, chance))


@given(url=st.sampled_from(MEMBERS_ONLY_TROUBLE), chance=st.randoms(use_true_random=False))
def test_nor_does_it_logged_in(url: str, chance: random.Random) -> None:
    assert acts(disguised(url, chance), logged_in=True)


@given(st.text(), st.text(), st.booleans())
def test_whatever_stands_in_an_address_it_is_judged(path: str, query: str, logged_in: bool) -> None:
    acts("http://f.example/" + path.replace("?", "") + "?" + query, hint=path, logged_in=logged_in)
