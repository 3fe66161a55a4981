import pytest

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


# Markup as each kind of forum writes it: (board, topic and paging as pages; attachments as pictures; what acts).
PHPBB = """
<ul class="topiclist"><li class="row"><a href="./viewforum.php?f=4&amp;sid=0af1" class="forumtitle">Garden</a></li>
<li><a href="./viewtopic.php?f=4&amp;t=71" class="topictitle">Roses</a></li></ul>
<div class="pagination"><ul><li class="active"><span>1</span></li>
<li><a class="button" href="./viewtopic.php?f=4&amp;t=71&amp;start=10">2</a></li></ul></div>
<div class="content">Look<blockquote><div><cite>anna wrote:</cite><img src="./images/q.jpg" class="postimage"></div>
</blockquote></div><dl class="attachbox"><dd><dl class="thumbnail"><dt>
<a href="./download/file.php?id=12&amp;mode=view"><img src="./download/file.php?id=12&amp;t=1" alt="rose.jpg"></a></dt>
</dl><dl class="file"><dt><a class="postlink" href="./download/file.php?id=13">more roses.png</a></dt></dl></dd></dl>
"""
VBULLETIN = """
<a href="forumdisplay.php?f=3&amp;order=desc&amp;page=2" rel="next" title="Next Page">&gt;</a>
<a href="showthread.php?t=15" id="thread_title_15">Tulips</a>
<div class="smallfont">Attached Thumbnails</div>
<a href="attachment.php?attachmentid=5&amp;d=1190000000" rel="Lightbox_9" target="_blank">
<img class="thumbnail" src="attachment.php?attachmentid=5&amp;stc=1&amp;thumb=1&amp;d=1190000000"></a>
<input type="button" value="Show" onclick="this.parentNode.nextSibling.style.display=''">
<div style="display: none;"><img src="/spoilt/7.jpg"></div>
"""
MYBB = """
<a href="showthread.php?tid=8&amp;page=2" class="pagination_next">Next</a>
<a href="attachment.php?aid=3" target="_blank"><img src="attachment.php?thumbnail=3" class="attachment"></a>
<div class="spoiler_wrap"><details><summary>Spoiler</summary><img data-src="/spoilt/8.jpg"></details></div>
"""
SMF = """
<a class="nav_page" href="http://site.example/index.php?topic=6.15">2</a>
<a href="http://site.example/index.php?action=dlattach;topic=6.0;attach=21;image" id="link_21">
<img src="http://site.example/index.php?action=dlattach;topic=6.0;attach=22;image" id="thumb_21"></a>
"""
XENFORO = """
<a href="/threads/lilies.44/page-2" class="pageNav-jump pageNav-jump--next">Next</a>
<li class="attachment"><a href="/attachments/lily-jpg.310/" class="js-lbImage" data-lb-src="/attachments/lily-jpg.310/">
<img src="/data/attachments/0/310-ab.jpg"></a></li>
<div class="bbCodeSpoiler-content"><img data-src="/spoilt/9.jpg" class="bbImage lazyload"><noscript>
<img src="/spoilt/9.jpg" class="bbImage"></noscript></div>
"""
DISCOURSE = """
<link rel="next" href="/t/daisies/12?page=2"><div class="crawler-post"><div class="lightbox-wrapper">
<a class="lightbox" href="/uploads/default/original/1X/aa.jpeg" data-download-href="/uploads/short-url/zz?dl=1">
<img src="/uploads/default/optimized/1X/aa_690x.jpeg" srcset="/uploads/default/optimized/1X/aa_690x.jpeg, /big.jpeg 2x">
</a></div></div>
"""
PLAIN = """
<table class="table topics"><tr data-href="/topic/9-asters"><td><a href="/topic/9-asters">Asters</a></td></tr></table>
<form><select class="form-control" onchange="location = this.value"><option value="">page</option>
<option value="/topic/9-asters?page=2">2</option><option value="image/png">type</option></select></form>
<p><a href="/media/uploads/aster_full"><img src="/media/thumbs/aster.jpg"></a></p>
"""


@pytest.mark.parametrize(
    ("html", "pages", "pictures"),
    [
        (
            PHPBB,
            {"/dir/viewforum.php?f=4&sid=0af1", "/dir/viewtopic.php?f=4&t=71", "/dir/viewtopic.php?f=4&t=71&start=10"},
            {
                "/dir/images/q.jpg",
                "/dir/download/file.php?id=12&mode=view",
                "/dir/download/file.php?id=12&t=1",
                "/dir/download/file.php?id=13",
            },
        ),
        (
            VBULLETIN,
            {"/dir/forumdisplay.php?f=3&order=desc&page=2", "/dir/showthread.php?t=15"},
            {
                "/dir/attachment.php?attachmentid=5&d=1190000000",
                "/dir/attachment.php?attachmentid=5&stc=1&thumb=1&d=1190000000",
                "/spoilt/7.jpg",
            },
        ),
        (
            MYBB,
            {"/dir/showthread.php?tid=8&page=2"},
            {"/dir/attachment.php?aid=3", "/dir/attachment.php?thumbnail=3", "/spoilt/8.jpg"},
        ),
        (
            SMF,
            {"/index.php?topic=6.15"},
            {
                "/index.php?action=dlattach;topic=6.0;attach=21;image",
                "/index.php?action=dlattach;topic=6.0;attach=22;image",
            },
        ),
        (
            XENFORO,
            {"/threads/lilies.44/page-2"},
            {"/attachments/lily-jpg.310/", "/data/attachments/0/310-ab.jpg", "/spoilt/9.jpg"},
        ),
        (
            DISCOURSE,
            {"/t/daisies/12?page=2"},
            {
                "/uploads/default/original/1X/aa.jpeg",
                "/uploads/short-url/zz?dl=1",
                "/uploads/default/optimized/1X/aa_690x.jpeg",
                "/big.jpeg",
            },
        ),
        (
            PLAIN,
            {"/topic/9-asters", "/topic/9-asters?page=2"},
            {"/media/uploads/aster_full", "/media/thumbs/aster.jpg"},
        ),
    ],
    ids=["phpbb", "vbulletin", "mybb", "smf", "xenforo", "discourse", "plain"],
)
def test_boards_topics_pages_and_attachments_are_told_apart(html: str, pages: set[str], pictures: set[str]) -> None:
    found = read(html, "forum")
    assert {url for kind, url in found if kind == "page"} == pages
    assert {url for kind, url in found if kind == "picture"} == pictures


def test_spoilers_that_a_script_will_unfold_are_read() -> None:
    html = """<div class="spoiler" data-content="&lt;a href='/t/5'&gt;&lt;img src='/s/1.jpg'&gt;&lt;/a&gt;"></div>
    <script type="text/template"><p><img src="/s/2"></p></script><iframe srcdoc="<img src='/s/3'>"></iframe>"""
    assert read(html, "forum") == [("page", "/t/5"), ("picture", "/s/1.jpg"), ("picture", "/s/2"), ("picture", "/s/3")]
