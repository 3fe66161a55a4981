"""Sites behind a door: an age gate, referrer rules, HTTP basic authentication, a fixed cookie, a user agent."""

import base64

from zoeklicht.practice.answers import Answer
from zoeklicht.practice.hanging import Hanging, PracticeSite, Profile, profile
from zoeklicht.practice.locks import closed, refusal
from zoeklicht.practice.markup import document, link

AGE_GATE = "127.0.0.30"
REFERRER, REFERRER_FIXED, REFERRER_LINKING = "127.0.0.31", "127.0.0.32", "127.0.0.33"
BASIC_AUTH = "127.0.0.34"
FIXED_COOKIE = "127.0.0.35"
USER_AGENT = "127.0.0.36"

GATE_TEXT = "Please confirm your age"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; practice)"
BASIC_USER, BASIC_PASSWORD = "lamp", "light-in-the-window"
COOKIE_NAME, COOKIE_VALUE = "guest_pass", "blue-heron"
FIXED_PAGE = "/from/here"
_PAGES = frozenset({"/robots.txt", "/", "/album", "/elsewhere"})


def _album(hanging: Hanging, address: str, more: str = "") -> None:
    """A front page, and a page with a known picture behind it."""
    hanging.robots(address)
    inner = hanging.page(address, "/album", "Album", hanging.shown(address))
    hanging.page(address, "/", "Welcome", link(inner, "album") + more)


def hang_age_gate(hanging: Hanging) -> None:
    """Every page asks for one's age until the enter page has set a cookie; pictures answer 403 until then."""
    _album(hanging, AGE_GATE)
    gate = document("Age", f'<h1>{GATE_TEXT}</h1><a href="/enter?age=18">I am an adult</a>')
    shut = Answer("refused", body=gate.encode(), feature="age_gate")
    cookies = {"set-cookie": "over18=yes; Path=/"}
    enter = Answer("entry", body=document("Thank you", link("/", "go on")).encode(), headers=cookies)
    hanging.answers.put(AGE_GATE, "/enter?age=18", enter)

    no_picture = refusal("age_gate", 403, "Adults only")
    opens = closed(
        lambda asked: asked.cookie("over18") == "yes", shut, pictures_shut=no_picture, spared={"/robots.txt"}
    )
    hanging.answers.rule(AGE_GATE, opens)


def hang_referrer(hanging: Hanging) -> None:
    """Pictures that are given to those who come from a page only: of the same site, one certain page, another site."""
    answers = hanging.answers
    shut = refusal("referrer", 403, "No hotlinking")

    def only_from(address: str, page: str) -> None:
        opens = closed(lambda asked: asked.headers.get("referer") == page, shut, spared=_PAGES)
        answers.rule(address, opens)

    hanging.robots(REFERRER_LINKING)
    hanging.page(REFERRER_LINKING, "/", "Files", "<p>Nothing to see here; we only keep pictures for others.</p>")
    linking = hanging.page(REFERRER, "/elsewhere", "Elsewhere", hanging.shown(REFERRER_LINKING))
    only_from(REFERRER_LINKING, linking)
    _album(hanging, REFERRER, link(linking, "pictures kept elsewhere"))
    only_from(REFERRER, answers.url(REFERRER, "/album"))
    _album(hanging, REFERRER_FIXED)
    only_from(REFERRER_FIXED, answers.url(REFERRER_FIXED, FIXED_PAGE))


def hang_basic_auth(hanging: Hanging) -> None:
    """Everything but the front page wants HTTP basic authentication (RFC 7617)."""
    _album(hanging, BASIC_AUTH)
    token = base64.b64encode(f"{BASIC_USER}:{BASIC_PASSWORD}".encode()).decode()
    shut = refusal("basic_auth", 401, "Who are you?", {"www-authenticate": 'Basic realm="practice"'})
    hanging.answers.rule(BASIC_AUTH, closed(lambda asked: asked.headers.get("authorization") == f"Basic {token}", shut))


def hang_fixed_cookie(hanging: Hanging) -> None:
    """Everything wants a cookie that nothing here sets."""
    _album(hanging, FIXED_COOKIE)
    shut = refusal("fixed_cookie", 403, "Guests have a pass")
    hanging.answers.rule(
        FIXED_COOKIE, closed(lambda asked: asked.cookie(COOKIE_NAME) == COOKIE_VALUE, shut, spared={"/robots.txt"})
    )


def hang_user_agent(hanging: Hanging) -> None:
    """Answers a browser only, or what calls itself one."""
    _album(hanging, USER_AGENT)
    shut = refusal("user_agent", 403, "Use a browser")
    hanging.answers.rule(
        USER_AGENT, closed(lambda asked: asked.headers.get("user-agent") == AGENT, shut, spared={"/robots.txt"})
    )


def _age_gate(port: int) -> list[Profile]:
    cookies = {"visit_first": f"http://{AGE_GATE}:{port}/enter?age=18", "gate": GATE_TEXT}
    return [profile("age-gate", "image_host", AGE_GATE, port, means=["cookie"], cookies=cookies)]


def _referrer(port: int) -> list[Profile]:
    same = profile("referrer", "image_host", REFERRER, port)
    fixed_url = f"http://{REFERRER_FIXED}:{port}{FIXED_PAGE}"
    fixed = profile(
        "referrer-fixed",
        "image_host",
        REFERRER_FIXED,
        port,
        means=["referrer"],
        referrer="fixed",
        referrer_url=fixed_url,
    )
    linking = profile(
        "referrer-linking", "image_host", REFERRER_LINKING, port, means=["referrer"], referrer="linking_page"
    )
    return [same, fixed, linking]


def _basic_auth(port: int) -> list[Profile]:
    basic = {
        "user_file": "practice-basic.user",
        "password_file": "practice-basic.password",
        "realm": "practice",
        "schemes": ["http"],
    }
    return [profile("basic-auth", "image_host", BASIC_AUTH, port, means=["account"], basic_auth=basic)]


def _fixed_cookie(port: int) -> list[Profile]:
    cookies = {"fixed": {COOKIE_NAME: COOKIE_VALUE}}
    return [profile("fixed-cookie", "image_host", FIXED_COOKIE, port, means=["cookie"], cookies=cookies)]


def _user_agent(port: int) -> list[Profile]:
    return [profile("user-agent", "image_host", USER_AGENT, port, user_agent=AGENT)]


SITES = (
    PracticeSite("age_gate", (AGE_GATE,), hang_age_gate, _age_gate),
    PracticeSite("referrer", (REFERRER, REFERRER_FIXED, REFERRER_LINKING), hang_referrer, _referrer),
    PracticeSite(
        "basic_auth",
        (BASIC_AUTH,),
        hang_basic_auth,
        _basic_auth,
        {"practice-basic.user": BASIC_USER, "practice-basic.password": BASIC_PASSWORD},
    ),
    PracticeSite("fixed_cookie", (FIXED_COOKIE,), hang_fixed_cookie, _fixed_cookie),
    PracticeSite("user_agent", (USER_AGENT,), hang_user_agent, _user_agent),
)
"""In the order of this file."""
