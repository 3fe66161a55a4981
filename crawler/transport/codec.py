"""`ImageSeen` to bytes and back: JSON, validated at both ends. No error repeats anything of a record."""

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec
from msgspec import inspect

from crawler.contract.errors import InvalidRecordError
from crawler.contract.records import ImageSeen

T = TypeVar("T")

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(ImageSeen)

# How msgspec's messages begin, and what is said instead. Their ends may quote the record.
_FAULTS = (
    ("Object missing required field", "a field is missing"),
    ("Object contains unknown field", "there is a field that this version does not have"),
    ("Expected", "a value is not as it should be"),
    ("Invalid", "a value is not as it should be"),
)
_PLACE = re.compile(r" - at `\$((?:\.\w+|\[(?:\.\.\.|\d+)\])+)`$")


def encode(record: ImageSeen) -> bytes:
    """The record as JSON, UTF-8. Raises `InvalidRecordError` when it breaks the schema (nothing checks it earlier)."""
    text = _attempt(lambda: _ENCODER.encode(record))
    _attempt(lambda: _DECODER.decode(text))
    return text


def decode(value: bytes) -> ImageSeen:
    """The record that `encode` made. Raises `InvalidRecordError` with the kind of fault and the field's place."""
    return _attempt(lambda: _DECODER.decode(value))


def _attempt(step: Callable[[], T]) -> T:
    try:
        return step()
    except msgspec.ValidationError as error:
        fault = _described(str(error))
    # Text that is no UTF-8, an integer of a thousand digits, arrays in arrays without end.
    except (msgspec.DecodeError, ValueError, TypeError, OverflowError, RecursionError):
        fault = "it is not well-formed JSON"
    # Raised out here, so that not even the error's context holds the value.
    raise InvalidRecordError(f"Not an image_seen.v1 record: {fault}.")


def _described(message: str) -> str:
    fault = next((said for begin, said in _FAULTS if message.startswith(begin)), "it breaks the schema")
    match = _PLACE.search(message)
    # An unknown field's name is the sender's: only names of ours are repeated.
    if match and set(re.findall(r"\.(\w+)", match[1])) <= _FIELDS:
        fault += ", at $" + re.sub(r"\[\d+\]", "[...]", match[1])
    return fault


def _names(kind: inspect.Type) -> Iterator[str]:
    if isinstance(kind, inspect.StructType):
        for field in kind.fields:
            yield field.encode_name
            yield from _names(field.type)
    elif isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from _names(each)
    elif isinstance(kind, inspect.VarTupleType):
        yield from _names(kind.item_type)


_FIELDS = frozenset(_names(inspect.type_info(ImageSeen))) | {"schema"}
