"""Frames survive the pipe, however it cuts them."""

import io
import itertools

from hypothesis import given
from hypothesis import strategies as st

from crawler.hashing.frames import FrameReader, header_of, read_frame, write_frame


@given(payloads=st.lists(st.binary(max_size=200), max_size=5))
def test_what_is_written_is_read(payloads: list[bytes]) -> None:
    stream = io.BytesIO()
    for payload in payloads:
        write_frame(stream, payload)
    stream.seek(0)
    assert [read_frame(stream) for _ in payloads] == payloads
    assert read_frame(stream) is None


@given(payload=st.binary(max_size=200), missing=st.integers(1, 204))
def test_a_stream_that_ends_inside_a_frame_has_ended(payload: bytes, missing: int) -> None:
    whole = header_of(payload) + payload
    assert read_frame(io.BytesIO(whole[:-missing])) is None


@given(payload=st.binary(max_size=200), cuts=st.lists(st.integers(0, 204), max_size=8))
def test_a_frame_in_pieces_is_put_together(payload: bytes, cuts: list[int]) -> None:
    whole = header_of(payload) + payload
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    reader = FrameReader()
    answers = [reader.feed(whole[start:stop]) for start, stop in itertools.pairwise(edges)]
    assert [answer for answer in answers if answer is not None][:1] == [payload]
