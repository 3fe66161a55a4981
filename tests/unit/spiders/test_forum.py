from tests.unit.spiders.reading import read


def test_a_thumbnail_that_leads_to_an_attachment_leads_to_a_picture() -> None:
    html = '<a href="/attachment.php?id=5"><b><img src="/attachment.php?id=5&amp;t=1"></b></a>'
    assert read(html, "forum") == [("picture", "/attachment.php?id=5"), ("picture", "/attachment.php?id=5&t=1")]


def test_a_thumbnail_that_leads_to_a_topic_or_a_viewer_leads_to_a_page() -> None:
    html = """
    <a href="/topic?t=5"><img src="/icon.gif"></a>
    <a href="http://host.example/image/5.html"><img src="http://host.example/t/5.jpg"></a>
    """
    assert [kind for kind, url in read(html, "forum") if "/t/" not in url and "icon" not in url] == ["page", "page"]


def test_a_link_of_words_to_an_attachment_is_read_by_its_name() -> None:
    assert read('<a href="/attachment.php?id=5">holiday.zip</a>', "forum") == [("page", "/attachment.php?id=5")]


def test_addresses_written_out_in_a_post_are_found() -> None:
    html = """<div class="post">look: http://host.example/a.jpg, and (hxxp://host.example/album/7).<br>
    also [img]https://host.example/b.png[/img] here</div>"""
    assert read(html, "forum") == [
        ("picture", "http://host.example/a.jpg"),
        ("page", "http://host.example/album/7"),
        ("picture", "https://host.example/b.png"),
    ]


def test_scripts_and_the_words_of_a_link_are_no_prose() -> None:
    html = (
        '<script>x = "http://a.example/x"</script><a href="/r?to=1">http://a.example/1</a><style>/* http://a */</style>'
    )
    assert read(html, "forum") == [("page", "/r?to=1")]
