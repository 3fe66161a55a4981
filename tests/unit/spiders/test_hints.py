from tests.unit.spiders.reading import links


def hint(html: str, address: str) -> str:
    return links(html, "forum")[address].hint or ""


def test_a_link_says_its_words_its_title_its_relations_and_its_method() -> None:
    html = '<a href="/x/5" rel="NoFollow" title="Remove it" data-method="DELETE"><b>Delete</b> <i>this</i> post</a>'
    assert set(hint(html, "/x/5").split()) >= {"nofollow", "remove", "it", "delete", "this", "post"}


def test_a_link_without_words_says_what_its_picture_or_its_classes_say() -> None:
    assert hint('<a href="/a"><img src="/i.png" alt="Report"></a>', "/a") == "report"
    assert hint('<a href="/b" class="btn"><i class="fa fa-trash"></i></a>', "/b") == "btn fa fa-trash"


def test_every_mention_of_an_address_counts_but_those_of_a_place_on_its_page() -> None:
    html = '<a href="/t/5">Roses</a><a href="/t/5#reply">Reply</a><a href="/t/5">Delete</a>'
    assert hint(html, "/t/5") == "roses delete"


def test_the_words_of_a_redirector_are_not_those_of_a_page_linked_elsewhere() -> None:
    share = '<a href="http://social.example/sharer?u=http://site.example/t/5">Share</a>'
    assert hint(share, "/t/5") == "share"
    assert hint(share + '<a href="/t/5">Roses</a>', "/t/5") == "roses"
    assert hint('<a href="/t/5">Roses</a>' + share, "/t/5") == "roses"


def test_pictures_and_long_texts_say_little() -> None:
    assert links('<img src="/a.jpg" alt="Delete">')["/a.jpg"].hint is None
    assert len(hint(f'<a href="/x">{"word " * 10_000}</a>', "/x")) <= 300


def test_a_hint_is_not_shown() -> None:
    assert "Roses" not in repr(links('<a href="/t/5">Roses</a>')["/t/5"])
