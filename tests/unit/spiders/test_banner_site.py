from tests.unit.spiders.reading import read


def test_a_link_list_leads_to_its_redirectors_and_to_what_they_carry() -> None:
    html = """
    <a href="/out.php?id=7&amp;url=http%3A%2F%2Fa.example%2Fx%3Fy%3D1" target="_blank"><img src="/b/7.gif"></a>
    <a href="/go/https://b.example/gallery?p=2">b</a> <a href="/r?u=aHR0cDovL2MuZXhhbXBsZS8x">c</a>
    <a href="/out.php?id=8">d</a>
    """
    assert read(html, "banner_site") == [
        ("page", "/out.php?id=7&url=http%3A%2F%2Fa.example%2Fx%3Fy%3D1"),
        ("page", "http://a.example/x?y=1"),
        ("picture", "/b/7.gif"),
        ("page", "/go/https://b.example/gallery?p=2"),
        ("page", "https://b.example/gallery?p=2"),
        ("page", "/r?u=aHR0cDovL2MuZXhhbXBsZS8x"),
        ("page", "http://c.example/1"),
        ("page", "/out.php?id=8"),
    ]


def test_a_top_list_shows_where_it_leads_in_the_status_line_and_in_titles() -> None:
    html = """
    <table><tr><td>1.</td><td><a href="/cgi-bin/out.cgi?s=1" onmouseover="window.status='http://a.example/';return true"
    onmousedown="this.href='/cgi-bin/count.cgi?s=1'">A</a></td></tr>
    <tr><td>2.</td><td><a href="/cgi-bin/out.cgi?s=2" title="Best of http://b.example/top">B</a>
    c: www.c.example</td></tr>
    </table><a href="/leave.html#https://d.example/">D</a>
    """
    assert [url for _, url in read(html, "banner_site")] == [
        "/cgi-bin/out.cgi?s=1",
        "/cgi-bin/count.cgi?s=1",
        "http://a.example/",
        "/cgi-bin/out.cgi?s=2",
        "http://www.c.example",
        "http://b.example/top",
        "/leave.html",
        "https://d.example/",
    ]
