"""Links that act are never followed: asking for one could report, delete, vote, upload, buy or log out.

Kept as data. A word counts when it stands alone in the path or the query, whatever separates it.
"""

import re
from urllib.parse import unquote, urlsplit

ACTING_WORDS = frozenset(
    """
    login signin signon logon logout logoff signout signoff register signup unregister activate
    report flag abuse dmca takedown complaint
    upload submit post-reply newreply newthread newtopic reply quote edit compose posting
    delete remove destroy purge erase
    vote upvote downvote rate rating like unlike dislike favorite favourite bookmark
    share tweet email-friend sendtofriend recommend
    subscribe unsubscribe follow unfollow watch unwatch ignore unignore
    buy cart checkout basket purchase donate pay payment
    markread mark-read dismiss moderate ban unban lock unlock
    reverse-image searchbyimage search-by-image imagesearch tineye reverse-search
    """.split()
)
"""Words that name an act, in lower case."""

_QUERY_VERBS = frozenset({"action", "act", "do", "mode", "op", "cmd", "task", "func"})
"""Query keys whose value is a verb."""

_ACTING_PATH_ENDS = ACTING_WORDS - {"rating", "reply", "watch", "like", "lock", "share", "post-reply", "email-friend"}
"""As a whole path segment. Left out: words that forums also use for places (`/watch/…`, `/share/` folders)."""

_SEGMENT_END = re.compile(r"\.(php|html?|aspx?|cgi|jsp|pl)$")


def acts(url: str) -> bool:
    """Whether asking for this address would (or might) change something on the site, or tell someone."""
    parts = urlsplit(url)
    for segment in unquote(parts.path).lower().split("/"):
        if _SEGMENT_END.sub("", segment) in _ACTING_PATH_ENDS:
            return True
    for pair in unquote(parts.query).lower().replace(";", "&").split("&"):
        key, _, value = pair.partition("=")
        if key in _QUERY_VERBS and value in ACTING_WORDS:
            return True
        if key in ACTING_WORDS and value in {"", "1", "true", "yes"}:
            return True
    return False
