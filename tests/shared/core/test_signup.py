"""The sign-up box: a form that works anywhere, and holds no markup but its own."""

from __future__ import annotations

from lxml import etree
from seealso_core import signup

EVIL = '<MRI> & "more"'


def test_the_box_posts_the_address_and_the_page_to_the_newsletter() -> None:
    (form,) = etree.HTML(signup.box("mri", "MRI", "https://hub.example/topics/mri", "Hub")).xpath(
        "//form"
    )
    assert (form.get("method"), form.get("action")) == ("post", "/newsletters/mri")
    assert form.xpath(".//input/@name") == ["page", "email"]
    assert form.xpath(".//input[@name='page']/@value") == ["https://hub.example/topics/mri"]
    assert form.xpath(".//label/@for") == form.xpath(".//input[@name='email']/@id")


def test_names_in_the_box_stay_text() -> None:
    page = etree.HTML(signup.box('m"ri/é', EVIL, EVIL, EVIL))
    (form,) = page.xpath("//form")
    assert form.get("action") == "/newsletters/m%22ri%2F%C3%A9"
    assert form.xpath(".//label/@for") == form.xpath(".//input[@name='email']/@id")
    assert form.xpath(".//input[@name='page']/@value") == [EVIL]
    assert form.findtext("h2") == f"{EVIL} by e-mail"
    assert signup.wording(EVIL) in form.itertext()
    assert signup.privacy(EVIL) in form.itertext()
