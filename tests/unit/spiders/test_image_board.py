from tests.unit.spiders.reading import links, read

THREAD = """
<div class="boardlist">[ <a href="/b/index.html">b</a> / <a href="/g/index.html">g</a> ]</div>
<form name="postcontrols" action="/post.php" method="post"><input type="hidden" name="board" value="b">
<div class="thread" id="thread_100"><div class="files"><div class="file"><p class="fileinfo">File:
<a href="/b/src/1700000000001.jpg">1700000000001.jpg</a> (90 KB)</p>
<a href="/b/src/1700000000001.jpg" target="_blank"><img class="post-image" src="/b/thumb/1700000000001s.jpg"></a></div>
<div class="file"><a href="/b/src/1700000000002.webm"><img src="/static/spoiler.png"></a></div></div>
<div class="body"><a onclick="highlightReply('101')" href="/b/res/100.html#101">&gt;&gt;101</a>
<a href="/g/res/55.html#q57">&gt;&gt;&gt;/g/57</a> and http://archive.example/b/thread/90 and
www.other.example/x</div></div>
<input type="checkbox" name="delete_100"><input type="submit" name="report" value="Report"></form>
<a id="thread-return" href="/b/index.html">[Return]</a> <a href="/b/catalog.html">[Catalog]</a>
<a href="/b/archive/">[Archive]</a>
"""


def test_a_thread_inside_its_deletion_form_is_read_and_the_form_is_not() -> None:
    found = links(THREAD, "image_board", url="http://site.example/b/res/100.html")
    assert {url: link.kind for url, link in found.items()} == {
        "/b/index.html": "page",
        "/g/index.html": "page",
        "/b/src/1700000000001.jpg": "picture",
        "/b/thumb/1700000000001s.jpg": "picture",
        "/b/src/1700000000002.webm": "picture",
        "/static/spoiler.png": "picture",
        "/b/res/100.html": "page",
        "/g/res/55.html": "page",
        "http://archive.example/b/thread/90": "page",
        "http://www.other.example/x": "page",
        "/b/catalog.html": "page",
        "/b/archive/": "page",
    }


def test_files_without_an_ending_are_pictures_where_the_board_says_so() -> None:
    html = """
    <a class="imgLink" href="/.media/ab12-imagejpeg" data-filemime="image/jpeg"><img src="/.media/t_ab12"></a>
    <a class="fileThumb" href="//i.example/b/1" target="_blank"><img src="//t.example/b/1s.jpg"></a>
    <a href="/b/src/7"><picture><img src="/b/thumb/7"></picture></a>
    <a href="/b/res/8.html"><img src="/b/thumb/8.jpg"></a><a href="/b/src/">all files</a>
    """
    assert [url for kind, url in read(html, "image_board") if kind == "page"] == ["/b/res/8.html", "/b/src/"]


def test_a_catalogue_that_a_script_draws_leads_to_its_threads() -> None:
    script = 'var catalog = {"page":1,"threads":{"101":{"sub":"a","r":3},"99":{"sub":"{","teaser":"\\"5\\":{"}},"x":1};'
    found = links(f"<script>{script}</script>", "image_board", url="http://site.example/b/catalog")
    assert list(found) == ["/b/thread/101", "/b/thread/99"]


def test_a_drawn_catalogue_names_its_threads_as_pages() -> None:
    html = '<div class="catalogCell"><a class="linkThumb" href="/b/res/5.html"><img src="/.media/t_5"></a></div>'
    assert read(html, "image_board") == [("page", "/b/res/5.html"), ("picture", "/.media/t_5")]
