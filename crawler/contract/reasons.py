"""Why something was passed over. Every skip and every failure is counted under one of these, nothing silently."""

from enum import StrEnum


class Reason(StrEnum):
    """The reason a link, page or picture was not followed, fetched or hashed. Values are stable names."""

    # links that were seen on a page and not followed
    OUTSIDE_SITES = "outside_sites"
    UNSUPPORTED_SCHEME = "unsupported_scheme"
    ACTING_LINK = "acting_link"
    NOT_IN_PROFILE = "not_in_profile"
    TOO_DEEP = "too_deep"
    MALFORMED_LINK = "malformed_link"
    REPEATING_PATH = "repeating_path"
    CALENDAR = "calendar"
    TOO_MANY_VARIANTS = "too_many_variants"
    NEAR_IDENTICAL = "near_identical"
    OVER_BUDGET = "over_budget"

    # decided before or while connecting
    ROBOTS_DISALLOWED = "robots_disallowed"
    ROBOTS_UNREACHABLE = "robots_unreachable"
    NOT_PERMITTED = "not_permitted"
    ADDRESS_NOT_PUBLIC = "address_not_public"
    COUNTRY_OUTSIDE = "country_outside"
    COUNTRY_UNDETERMINED = "country_undetermined"
    BEHIND_CDN = "behind_cdn"
    PROXY_FAILED = "proxy_failed"
    DNS_FAILED = "dns_failed"
    CONNECTION_FAILED = "connection_failed"
    TIMEOUT = "timeout"

    # what the server answered
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    NEEDS_LOGIN = "needs_login"
    LOGIN_FAILED = "login_failed"
    GATE_CLOSED = "gate_closed"
    GONE = "gone"
    NOT_MODIFIED = "not_modified"
    THROTTLED = "throttled"
    SERVER_ERROR = "server_error"
    UNEXPECTED_STATUS = "unexpected_status"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    REDIRECTED = "redirected"
    RESPONSE_TOO_LARGE = "response_too_large"
    NOT_A_PAGE = "not_a_page"
    NEEDS_SCRIPT = "needs_script"
    BROWSER_FAILED = "browser_failed"

    # what the bytes turned out to be
    EMPTY = "empty"
    NOT_A_PICTURE = "not_a_picture"
    UNSUPPORTED_FORMAT = "unsupported_format"
    TOO_MANY_PIXELS = "too_many_pixels"
    TRUNCATED = "truncated"
    UNDECODABLE = "undecodable"
    DECODE_TIMEOUT = "decode_timeout"
    DECODE_MEMORY = "decode_memory"
    HASHER_DIED = "hasher_died"
    VIDEO = "video"
    ARCHIVE_DAMAGED = "archive_damaged"
    ARCHIVE_LOCKED = "archive_locked"
    ARCHIVE_TOO_LARGE = "archive_too_large"
    ARCHIVE_TOO_MANY = "archive_too_many"
    ARCHIVE_TOO_DEEP = "archive_too_deep"
    ARCHIVE_RATIO = "archive_ratio"
    ARCHIVE_UNSUPPORTED = "archive_unsupported"

    # what went wrong here
    PARSER_FAILED = "parser_failed"
    PUBLISH_FAILED = "publish_failed"
    LEASE_EXPIRED = "lease_expired"
    LEASE_TOO_OLD = "lease_too_old"


EXPLANATIONS: dict[Reason, str] = {
    Reason.OUTSIDE_SITES: "the link leads to a host that no configured site names",
    Reason.UNSUPPORTED_SCHEME: "not http or https",
    Reason.ACTING_LINK: "following it would act: log out, report, upload, delete, vote, share, search",
    Reason.NOT_IN_PROFILE: "a page that the site's profile does not ask to follow (page_links)",
    Reason.TOO_DEEP: "more links away from the seed than the site's profile allows",
    Reason.MALFORMED_LINK: "the link is no address",
    Reason.REPEATING_PATH: "the address repeats parts of its path, as endless ones do",
    Reason.CALENDAR: "a calendar's page far from today: such pages never end",
    Reason.TOO_MANY_VARIANTS: "one more variant (order, filter, view) of a page that was seen in many",
    Reason.NEAR_IDENTICAL: "on a page that says what many others of the site say: its further links were not followed",
    Reason.OVER_BUDGET: "beyond the site's or report's budget",
    Reason.ROBOTS_DISALLOWED: "the site's robots.txt disallows it",
    Reason.ROBOTS_UNREACHABLE: "robots.txt could not be had, which counts as a no (RFC 9309)",
    Reason.NOT_PERMITTED: "the site's mandate does not permit it, or not any more",
    Reason.ADDRESS_NOT_PUBLIC: "the name leads to a private, loopback, link-local or otherwise special address",
    Reason.COUNTRY_OUTSIDE: "hosted in a country outside the scope",
    Reason.COUNTRY_UNDETERMINED: "the hosting country could not be determined",
    Reason.BEHIND_CDN: "fronted by a content network: where it is hosted cannot be seen from here",
    Reason.PROXY_FAILED: "the site's proxy did not answer or refused",
    Reason.DNS_FAILED: "the name could not be resolved",
    Reason.CONNECTION_FAILED: "no connection, or it broke",
    Reason.TIMEOUT: "no answer in time",
    Reason.NOT_FOUND: "status 404 or 410",
    Reason.FORBIDDEN: "status 403 or 451",
    Reason.NEEDS_LOGIN: "shown to those who are logged in only, or status 401",
    Reason.LOGIN_FAILED: "the site did not accept the account",
    Reason.GATE_CLOSED: "the page to pass first (age gate) could not be passed",
    Reason.GONE: "gone at several visits in a row: retired",
    Reason.NOT_MODIFIED: "unchanged since the last visit, says the server",
    Reason.THROTTLED: "status 429 or 503, too many times",
    Reason.SERVER_ERROR: "status 5xx, too many times",
    Reason.UNEXPECTED_STATUS: "a status that is neither a page, a redirect nor a known refusal",
    Reason.TOO_MANY_REDIRECTS: "more redirect hops than allowed",
    Reason.REDIRECTED: "answered with a redirect, whose target is queued as a link of its own",
    Reason.RESPONSE_TOO_LARGE: "more bytes than the configured cap",
    Reason.NOT_A_PAGE: "expected a page or a picture and got something else",
    Reason.NEEDS_SCRIPT: "a page that has no content until a script runs",
    Reason.BROWSER_FAILED: "the browser could not show the page",
    Reason.EMPTY: "no bytes",
    Reason.NOT_A_PICTURE: "called a picture, but its first bytes say otherwise",
    Reason.UNSUPPORTED_FORMAT: "a picture in a format that is not decoded here",
    Reason.TOO_MANY_PIXELS: "larger than the pixel cap, by its own header; not decoded",
    Reason.TRUNCATED: "the picture ends too early; its exact digests were matched, its looks were not",
    Reason.UNDECODABLE: "the decoder refused it; its exact digests were matched, its looks were not",
    Reason.DECODE_TIMEOUT: "decoding took longer than the limit",
    Reason.DECODE_MEMORY: "decoding took more memory than the limit",
    Reason.HASHER_DIED: "the hashing process died on it",
    Reason.VIDEO: "a video: its exact digests were matched, its looks were not",
    Reason.ARCHIVE_DAMAGED: "the archive cannot be read, or not to its end",
    Reason.ARCHIVE_LOCKED: "the archive wants a password that is not known here",
    Reason.ARCHIVE_TOO_LARGE: "more unpacked bytes than the limit",
    Reason.ARCHIVE_TOO_MANY: "more files in the archive than the limit",
    Reason.ARCHIVE_TOO_DEEP: "archives within archives, deeper than the limit",
    Reason.ARCHIVE_RATIO: "unpacks to suspiciously more than it is: a bomb",
    Reason.ARCHIVE_UNSUPPORTED: "an archive, or a way of packing, that is not read here",
    Reason.PARSER_FAILED: "the page's parser failed; the page's links are not known",
    Reason.PUBLISH_FAILED: "the record was refused and lies with the dead letters",
    Reason.LEASE_EXPIRED: "the crawler that held it died, too many times",
    Reason.LEASE_TOO_OLD: "held longer than any lease may be",
}

DECIDED_HERE = frozenset(
    {
        Reason.OUTSIDE_SITES,
        Reason.UNSUPPORTED_SCHEME,
        Reason.ACTING_LINK,
        Reason.NOT_IN_PROFILE,
        Reason.TOO_DEEP,
        Reason.MALFORMED_LINK,
        Reason.REPEATING_PATH,
        Reason.CALENDAR,
        Reason.TOO_MANY_VARIANTS,
        Reason.NEAR_IDENTICAL,
        Reason.OVER_BUDGET,
        Reason.NOT_PERMITTED,
        Reason.ROBOTS_DISALLOWED,
        Reason.ROBOTS_UNREACHABLE,
        Reason.ADDRESS_NOT_PUBLIC,
        Reason.COUNTRY_OUTSIDE,
        Reason.COUNTRY_UNDETERMINED,
        Reason.BEHIND_CDN,
        Reason.TOO_MANY_REDIRECTS,
        Reason.RESPONSE_TOO_LARGE,
        Reason.NOT_A_PAGE,
        Reason.EMPTY,
        Reason.NEEDS_SCRIPT,
        Reason.ARCHIVE_TOO_LARGE,
        Reason.ARCHIVE_TOO_MANY,
        Reason.ARCHIVE_TOO_DEEP,
        Reason.ARCHIVE_RATIO,
        Reason.ARCHIVE_UNSUPPORTED,
    }
)
"""Reasons of our own choosing: the target counts as skipped. Under any other it counts as failed."""
