from tests.unit.spiders.reading import read


def test_the_full_picture_is_found_in_the_codes_to_embed_it() -> None:
    html = """
    <input type="text" value="http://i.example/full/1.jpg">
    <input value='<a href="http://site.example/view/2"><img src="http://i.example/full/2.png"></a>'>
    <textarea>[url=http://site.example/view/3][img]http://i.example/full/3.gif[/img][/url]</textarea>
    """
    assert read(html, "image_host") == [
        ("picture", "http://i.example/full/1.jpg"),
        ("picture", "http://i.example/full/2.png"),
        ("picture", "http://i.example/full/3.gif"),
    ]


def test_other_boxes_are_not_taken_for_links() -> None:
    html = '<input type="submit" value="http://i.example/1.jpg"><input name="q" value="picture.jpg">'
    assert read(html, "image_host") == []


def test_a_thumbnail_leads_to_a_viewer_page_even_if_the_address_ends_in_a_picture_and_html() -> None:
    html = '<a href="/view/1.jpg.html"><img src="/t/1.jpg"></a>'
    assert read(html, "image_host") == [("page", "/view/1.jpg.html"), ("picture", "/t/1.jpg")]
