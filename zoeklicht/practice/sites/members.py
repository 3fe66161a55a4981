"""A forum with a members-only part: a login form with a CSRF token, a session that ends, and links that act."""

from html import escape

from zoeklicht.practice.answers import Answer
from zoeklicht.practice.asked import Asked
from zoeklicht.practice.hanging import Hanging, PracticeSite, Profile, profile
from zoeklicht.practice.locks import refusal
from zoeklicht.practice.markup import document, link
from zoeklicht.practice.touched import Touches

MEMBERS = "127.0.0.37"
LOGIN, LOGIN_POST = "/ucp?mode=login", "/ucp?mode=login&go=1"
USER, PASSWORD = "heron", "seven-quiet-ponds"
REQUESTS_A_SESSION = 12
"""After so many the session is over, and everything leads to the login form again."""

_TOPICS = 6
_INSIDE = ("/members/", "/attachment?")
_MESSAGES = ("/ucp?i=pm&folder=inbox", "/pm/compose?to=4", "/private-messages/17")


def hang(hanging: Hanging) -> None:
    """A public front page, one public topic, and a members-only board with pictures in every topic."""
    hanging.robots(MEMBERS)
    answers = hanging.answers
    foot = _foot(hanging)
    topics = []
    for number in range(_TOPICS):
        item = hanging.supply.planted() if number % 2 else hanging.supply.ordinary()
        picture = answers.rendition(MEMBERS, f"/attachment?id={item.code}", item, "full")
        shown = link(picture, item.code + ".jpg") if number % 4 == 1 else f'<img src="{escape(picture)}" alt="">'
        acts = _about_a_post(hanging, number)
        topics.append(_members_page(hanging, f"/members/topic?t={number}", f"<div>{shown}{acts}</div>", foot))
    board = _members_page(hanging, "/members/board", "".join(f"<li>{link(url, 'topic')}</li>" for url in topics), foot)
    # Only members see who is one: a page that a person may look at, and whose buttons act.
    people = _members_page(hanging, "/members/list", "<p>heron, ibis, crane</p>", foot)
    public = hanging.page(MEMBERS, "/topic?t=public", "Public", "<p>Welcome! Members see more.</p>")
    way_in = f'<a href="{escape(LOGIN)}">Log in</a> <a href="{_acting(hanging, "/ucp?mode=register")}">Register</a>'
    body = f"{way_in}{link(public, 'public')}{link(board, 'members')}{link(people, 'who we are')}"
    answers.put(MEMBERS, LOGIN, Answer("entry"))
    answers.put(MEMBERS, LOGIN_POST, Answer("entry"))
    hanging.page(MEMBERS, "/", "Forum", body)

    def make(touches: Touches) -> _Sessions:
        return _Sessions(touches)

    answers.rule(MEMBERS, make)


def _members_page(hanging: Hanging, target: str, body: str, foot: str) -> str:
    return hanging.page(MEMBERS, target, "Members", body + foot)


def _foot(hanging: Hanging) -> str:
    """The end of every members-only page: the logout link that shows one is logged in, and one's messages."""
    messages = "".join(
        link(hanging.answers.put(MEMBERS, target, Answer("messages", body=b"<p>Dear heron")), "messages")
        for target in _MESSAGES
    )
    acts = ("/ucp?mode=logout&sid=c0ffee", "/ucp?i=profile&mode=delete", "/members/invite?action=subscribe")
    links = "".join(f'<a href="{_acting(hanging, target)}">x</a>' for target in acts)
    logout = f'<a href="{_acting(hanging, "/ucp?mode=logout")}">Log out [ {USER} ]</a>'
    return f"<footer>{messages}{links}{logout}</footer>"


def _about_a_post(hanging: Hanging, number: int) -> str:
    targets = (
        f"/report?p={number}",
        f"/mcp?mode=report&p={number}",
        f"/posting?mode=delete&p={number}",
        f"/posting?mode=reply&t={number}",
        f"/vote?p={number}&dir=up",
        f"/members/topic?t={number}&action=bookmark",
    )
    links = "".join(f'<a href="{_acting(hanging, target)}">x</a>' for target in targets)
    form = hanging.answers.acting(MEMBERS, "/quickreply")
    return f'{links}<form method="post" action="{form}"><textarea name="message"></textarea></form>'


def _acting(hanging: Hanging, target: str) -> str:
    return escape(hanging.answers.acting(MEMBERS, target))


class _Sessions:
    """Gives what is for members to those who have a session that is not over yet."""

    def __init__(self, touches: Touches) -> None:
        self._touches = touches
        self._tokens: dict[str, str] = {}
        """By the visitor's cookie, the token that the form must bring back."""
        self._left: dict[str, int] = {}
        """By session, the requests that it has left."""
        self._shut = refusal("members", 403, "Members only")

    def __call__(self, asked: Asked, answer: Answer | None) -> Answer | None:
        if asked.target == LOGIN:
            return self._form()
        if asked.target == LOGIN_POST:
            return self._log_in(asked) if asked.method == "POST" else self._form()
        if answer is None or not asked.target.startswith(_INSIDE):
            return answer
        session = asked.cookie("session") or ""
        if self._left.get(session, 0) > 0:
            self._left[session] -= 1
            return answer
        if self._left.pop(session, None) is not None:
            self._touches.note("sessions_ended")
        if answer.kind == "page":
            # As forums do: no refusal by status, but the form in place of the page.
            return self._form()._replace(kind="refused")
        return self._shut

    def _form(self) -> Answer:
        number = len(self._tokens)
        visitor, token = f"v{number}", f"token-{number * 7919 % 10_007}"
        self._tokens[visitor] = token
        body = (
            f'<h1>Log in</h1><form method="post" action="{escape(LOGIN_POST)}">'
            f'<input type="hidden" name="form_token" value="{token}">'
            '<input name="username"><input type="password" name="password">'
            '<input type="checkbox" name="autologin"><button name="login" value="Login">Login</button></form>'
            '<form action="/search"><input name="keywords"></form>'
        )
        headers = {"set-cookie": f"visitor={visitor}; Path=/; HttpOnly"}
        return Answer("entry", body=document("Log in", body).encode(), headers=headers, feature="members")

    def _log_in(self, asked: Asked) -> Answer:
        token = self._tokens.pop(asked.cookie("visitor") or "", None)
        given = asked.form
        if token is None or given.get("form_token") != token:
            self._touches.note("logins_refused")
            return Answer("entry", 403, body=document("No", "<p>The form was out of date.").encode())
        if (given.get("username"), given.get("password")) != (USER, PASSWORD):
            self._touches.note("logins_refused")
            return Answer("entry", body=document("No", "<p>Wrong name or password.").encode())
        self._touches.note("logins")
        session = f"s{len(self._left)}-{token}"
        self._left[session] = REQUESTS_A_SESSION
        headers = {"set-cookie": f"session={session}; Path=/; HttpOnly"}
        return Answer("entry", 302, location="/members/board", headers=headers)


def _profiles(port: int) -> list[Profile]:
    login = {
        "page": f"http://{MEMBERS}:{port}{LOGIN}",
        "user_field": "username",
        "password_field": "password",
        "user_file": "practice-members.user",
        "password_file": "practice-members.password",
        "success": r"Log out \[",
    }
    return [profile("members", "forum", MEMBERS, port, means=["account"], login=login)]


SITES = (
    PracticeSite(
        "members",
        (MEMBERS,),
        hang,
        _profiles,
        {"practice-members.user": USER, "practice-members.password": PASSWORD},
    ),
)
"""The one site of this file."""
