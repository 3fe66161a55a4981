from tests.unit.spiders.reading import read


def test_the_way_from_landing_over_waiting_page_to_the_archive_is_found() -> None:
    landing = '<h1>holiday.zip</h1><a class="btn" href="/f/ab12/holiday.zip.html">Slow download</a>'
    waiting = '<meta http-equiv="refresh" content="30;url=/wait/ab12?t=9"><p>Your download starts in 30 seconds</p>'
    ready = '<a href="http://dl3.site.example/d/q1w2/holiday.zip">Download</a>'
    assert read(landing, "file_host") == [("page", "/f/ab12/holiday.zip.html")]
    assert read(waiting, "file_host") == [("page", "/wait/ab12?t=9")]
    assert read(ready, "file_host") == [("page", "http://dl3.site.example/d/q1w2/holiday.zip")]


def test_links_that_a_countdown_shows_at_its_end_are_found_at_once() -> None:
    html = r"""
    <button id="go" disabled data-href="/get/1">wait 20</button>
    <div data-url="http://dl.example/get/2" data-id="7" data-link="aHR0cDovL2RsLmV4YW1wbGUvZ2V0LzM="></div>
    <script>setTimeout(function () { $('#dl').html('<a href="/get/4">here</a>'); }, 9e3);
    var u = "https:\/\/dl.example\/x\/5.part1.rar?k=1", w = '/download/6', n = "/img/sprite";
    setTimeout("location.href = '/get/7'", 1);</script><a href="javascript:window.open('/get/8')">8</a>
    """
    assert [url for kind, url in read(html, "file_host") if url != "javascript:"] == [
        "/get/1",
        "http://dl.example/get/2",
        "http://dl.example/get/3",
        "/get/7",
        "/get/4",
        "https://dl.example/x/5.part1.rar?k=1",
        "/download/6",
        "/get/8",
    ]


def test_a_form_that_starts_the_download_is_left_alone() -> None:
    html = '<form method="post" action="/get/1"><input type="hidden" name="op" value="go"><button>go</button></form>'
    assert read(html, "file_host") == []


def test_archives_in_parts_are_pages_until_their_bytes_say_what_they_are() -> None:
    html = "".join(f'<a href="/a.{ending}">x</a>' for ending in ("zip", "7z", "part2.rar", "tar.gz", "001"))
    assert {kind for kind, _ in read(html, "file_host")} == {"page"}
