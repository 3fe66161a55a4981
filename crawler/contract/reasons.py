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

    # decided before or while connecting
    ROBOTS_DISALLOWED = "robots_disallowed"
    ROBOTS_UNREACHABLE = "robots_unreachable"
    ADDRESS_NOT_PUBLIC = "address_not_public"
    COUNTRY_OUTSIDE = "country_outside"
    COUNTRY_UNDETERMINED = "country_undetermined"
    DNS_FAILED = "dns_failed"
    CONNECTION_FAILED = "connection_failed"
    TIMEOUT = "timeout"

    # what the server answered
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    THROTTLED = "throttled"
    SERVER_ERROR = "server_error"
    UNEXPECTED_STATUS = "unexpected_status"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    REDIRECTED = "redirected"
    RESPONSE_TOO_LARGE = "response_too_large"
    NOT_A_PAGE = "not_a_page"

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
    Reason.ROBOTS_DISALLOWED: "the site's robots.txt disallows it",
    Reason.ROBOTS_UNREACHABLE: "robots.txt could not be had, which counts as a no (RFC 9309)",
    Reason.ADDRESS_NOT_PUBLIC: "the name leads to a private, loopback, link-local or otherwise special address",
    Reason.COUNTRY_OUTSIDE: "hosted in a country outside the scope",
    Reason.COUNTRY_UNDETERMINED: "the hosting country could not be determined",
    Reason.DNS_FAILED: "the name could not be resolved",
    Reason.CONNECTION_FAILED: "no connection, or it broke",
    Reason.TIMEOUT: "no answer in time",
    Reason.NOT_FOUND: "status 404 or 410",
    Reason.FORBIDDEN: "status 401, 403 or 451",
    Reason.THROTTLED: "status 429 or 503, too many times",
    Reason.SERVER_ERROR: "status 5xx, too many times",
    Reason.UNEXPECTED_STATUS: "a status that is neither a page, a redirect nor a known refusal",
    Reason.TOO_MANY_REDIRECTS: "more redirect hops than allowed",
    Reason.REDIRECTED: "answered with a redirect, whose target is queued as a link of its own",
    Reason.RESPONSE_TOO_LARGE: "more bytes than the configured cap",
    Reason.NOT_A_PAGE: "expected a page or a picture and got something else",
    Reason.EMPTY: "no bytes",
    Reason.NOT_A_PICTURE: "called a picture, but its first bytes say otherwise",
    Reason.UNSUPPORTED_FORMAT: "a picture in a format that is not decoded here",
    Reason.TOO_MANY_PIXELS: "larger than the pixel cap, by its own header; not decoded",
    Reason.TRUNCATED: "the picture ends too early; its exact digests were matched, its looks were not",
    Reason.UNDECODABLE: "the decoder refused it; its exact digests were matched, its looks were not",
    Reason.DECODE_TIMEOUT: "decoding took longer than the limit",
    Reason.DECODE_MEMORY: "decoding took more memory than the limit",
    Reason.HASHER_DIED: "the hashing process died on it",
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
        Reason.ROBOTS_DISALLOWED,
        Reason.ROBOTS_UNREACHABLE,
        Reason.ADDRESS_NOT_PUBLIC,
        Reason.COUNTRY_OUTSIDE,
        Reason.COUNTRY_UNDETERMINED,
        Reason.TOO_MANY_REDIRECTS,
        Reason.RESPONSE_TOO_LARGE,
        Reason.NOT_A_PAGE,
        Reason.EMPTY,
    }
)
"""Reasons of our own choosing: the target counts as skipped. Under any other it counts as failed."""
