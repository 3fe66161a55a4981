"""Getting in by the site's own pages: past an age gate, and through its login form.

The login form is the only POST that this project ever sends. It is built here alone, from a form that stands on the
page that the profile names; no link leads here. Nothing here registers an account or writes a message.
"""

import logging
import re
from urllib.parse import unquote, urlsplit

from form2request import form2request
from parsel import Selector
from scrapy import Request
from scrapy.http import TextResponse
from scrapy.http.request import NO_CALLBACK

from crawler.contract.access import Cookies, Login
from crawler.contract.config import read_secret
from crawler.contract.errors import ConfigError
from crawler.fetching.errands import Errand

logger = logging.getLogger(__name__)

_CLIENT_ERROR = 400
_REGISTERING = re.compile(r"(?<![a-z])(register|registration|registreren|signup|sign-up|sign_up)(?![a-z])")


def shows(response: TextResponse, pattern: str) -> bool:
    """Whether a page shows a pattern of its site's profile."""
    return re.search(pattern, response.text) is not None


async def pass_gate(errand: Errand, cookies: Cookies) -> bool:
    """Visit the page that lets one in, so that its cookies are in the errand's jar. Returns whether it answered well.

    Raises verdicts where the site does not answer.
    """
    if cookies.visit_first is None:
        return True
    page = await errand.get(cookies.visit_first)
    if page is None or page.status >= _CLIENT_ERROR:
        return False
    return cookies.gate is None or not shows(page, cookies.gate)


async def log_in(errand: Errand, login: Login, site: str) -> bool:
    """Fill in and send the login form, once. Returns whether the site then shows that one is logged in.

    Raises verdicts where the site does not answer; that says nothing of the account.
    """
    page = await errand.get(login.page)
    if page is None:
        return _failed(site, "its login page leads away from the site")
    try:
        form = login_request(page, login)
    except ConfigError as error:
        return _failed(site, str(error))
    if not errand.is_ours(form.url):
        return _failed(site, "its login form would be sent to another site")
    answer = await errand.post(form, referrer=page.url)
    if answer is not None and shows(answer, login.success):
        return True
    # Some answer with a bare "you are logged in, one moment": what any other page shows, decides.
    if await is_logged_in(errand, login):
        return True
    return _failed(site, "no page shows the profile's login.success: check user, password, fields and pattern")


async def is_logged_in(errand: Errand, login: Login) -> bool:
    """Whether the site shows, on its login page or where that leads, that one is logged in."""
    page = await errand.get(login.page)
    return page is not None and shows(page, login.success)


def login_request(page: TextResponse, login: Login) -> Request:
    """The filled-in form as a POST. Hidden fields are sent as they stand.

    Raises `ConfigError` when there is no such form, when it is not to be trusted with a password (sent by GET, or over
    http from an https page), or when it registers accounts.
    """
    found = [form for form in page.css(login.form) if _has_fields(form, login)]
    if not found:
        raise ConfigError(
            "its login page has no form with the profile's login.user_field and login.password_field, one password "
            "to fill in, and no registration"
        )
    fields = {
        **login.fields,
        login.user_field: read_secret(login.user_file, "login.user_file"),
        login.password_field: read_secret(login.password_file, "login.password_file"),
    }
    try:
        filled = form2request(found[0], fields)
    except (NotImplementedError, ValueError):
        raise ConfigError("its login form cannot be filled in here (multipart, or no HTML)") from None
    if filled.method != "POST":
        raise ConfigError("its login form would put the password into an address")
    if urlsplit(page.url).scheme == "https" and urlsplit(filled.url).scheme != "https":
        raise ConfigError("its login form would send the password unencrypted")
    if _registers(filled.url):
        raise ConfigError("its login form registers accounts")
    return Request(
        filled.url,
        method="POST",
        headers=dict(filled.headers),
        body=filled.body,
        callback=NO_CALLBACK,
        dont_filter=True,
    )


def _has_fields(form: Selector, login: Login) -> bool:
    names = set(form.css("[name]::attr(name)").getall())
    passwords = form.css("input[type=password i]")
    return (
        form.root.tag == "form"
        and {login.user_field, login.password_field} <= names
        and len(passwords) == 1
        and not _registers(form.attrib.get("action", ""))
    )


def _registers(url: str) -> bool:
    parts = urlsplit(url)
    return _REGISTERING.search(unquote(f"{parts.path}?{parts.query}").lower()) is not None


def _failed(site: str, why: str) -> bool:
    logger.warning("Logging in to site %r did not work: %s.", site, why)
    return False
