"""Page furniture and bylines by their words: what they are, and what only looks like them."""

from __future__ import annotations

import pytest
from seealso_sdk.bylines import first_date, read_correction, read_meta
from seealso_sdk.furniture import (
    furniture,
    furniture_kinds,
    inline_related,
    kind_named,
    promo_about,
    related_heading,
    series_named,
)

SIGN_UPS = [
    ("Get the latest bridge news delivered to your inbox.", "bridge"),
    ("Sign up for our free newsletter about river fish.", "river fish"),
    ("Subscribe to our weekly gardening newsletter", "gardening"),
    ("Join our mailing list for updates on night trains every month.", "night trains"),
    (
        "Suscríbete a nuestro boletín y recibe noticias sobre el faro en tu correo electrónico",
        "faro",
    ),
    ("Jetzt Newsletter abonnieren: Neues rund um Brot per E-Mail", "Brot"),
    ("Abonnez-vous à l'infolettre : des conseils sur les rosiers chaque semaine", "rosiers"),
    ("Schrijf je in voor de nieuwsbrief: tips over de tuin", "tuin"),
    ("Inscreva-se e receba o boletim sobre a costa por e-mail", "a costa"),
    ("Iscriviti alla newsletter", None),
    ("اشترك في نشرتنا البريدية", None),
]


@pytest.mark.parametrize(("text", "about"), SIGN_UPS)
def test_a_sign_up_is_known_and_what_it_is_about(text: str, about: str | None) -> None:
    found = furniture(text)
    assert found is not None
    assert (found.kind, found.sure) == ("newsletter-signup", True)
    assert promo_about([text]) == about


@pytest.mark.parametrize(
    "text",
    [
        "Get regular sleep and drink water.",
        "Sign up for a class at the swimming hall before Friday.",
        "Letters are delivered to your door, not to your inbox, when the bank has doubts.",
        "The ministry wants the latest figures by e-mail.",
        "She shared the print with a friend on the train.",
        "Twitter was renamed in 2023, and the bird went with it.",
        "Cookies taste best on the second day.",
        "Copyright law protects the photographer for seventy years.",
        "What is a cookie?",
        "5 minutes",
    ],
)
def test_a_sentence_of_an_article_is_no_furniture(text: str) -> None:
    found = furniture(text)
    assert found is None or not found.sure


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Share on Facebook", "share"),
        ("Tweet\nEmail\nPrint", "share"),
        ("Teilen", "share"),
        ("Advertisement", "advert"),
        ("- Anzeige -", "advert"),
        ("ADVERTISEMENT - CONTINUE READING BELOW", "advert"),
        ("This website uses cookies to work.", "boilerplate"),
        ("© 2024 The Bridge Company", "boilerplate"),
        ("Tous droits réservés", "boilerplate"),
        ("Home > Health > Sleep", "boilerplate"),
        ("Terms of use | Privacy policy | Contact", "boilerplate"),
        ("Was this page helpful? Yes No", "boilerplate"),
        ("6 min read", "boilerplate"),
    ],
)
def test_bars_adverts_and_notices_are_known(text: str, kind: str) -> None:
    found = furniture(text)
    assert found is not None
    assert (found.kind, found.sure) == (kind, True)


def test_small_print_counts_only_beside_a_sign_up() -> None:
    small = "You can unsubscribe at any time."
    assert furniture_kinds(["Title", small, "Text."]) == [None, None, None]
    sign_up = "Sign up for our newsletter."
    assert furniture_kinds(["Title", "Your e-mail", sign_up, small, "Text."]) == [
        None,
        *["newsletter-signup"] * 3,
        None,
    ]


def test_the_shorter_wording_of_what_a_sign_up_is_about_counts() -> None:
    lines = [
        "News on night trains and day trains.",
        "The latest night trains news.",
        "Updates on night trains",
    ]
    assert promo_about(lines) == "night trains"


@pytest.mark.parametrize(
    ("line", "strength"),
    [
        ("See also", "strong"),
        ("SEE ALSO:", "strong"),
        ("Artículos relacionados", "strong"),
        ("More information", "weak"),
        ("More about bridges", "weak"),
        ("More bridges were built", None),
        ("See the river", None),
    ],
)
def test_a_related_heading_is_sure_or_may_be_one(line: str, strength: str | None) -> None:
    assert related_heading(line) == strength


def test_related_titles_may_stand_on_one_line() -> None:
    assert inline_related("See also: Rivers; Is it deep?") == ("Rivers", "Is it deep?")
    assert inline_related("Note: Rivers; Lakes") == ()


@pytest.mark.parametrize(
    ("line", "series"),
    [
        ("See more Expert Answers", "Expert Answers"),
        ("See all Expert Answers »", "Expert Answers"),
        ("Part of the Night Trains series", "Night Trains"),
        ("Mehr aus Sprechstunde", "Sprechstunde"),
        ("Voir plus de Questions du jardin", "Questions du jardin"),
        ("See more", None),
        ("More from us", None),
        ("See more of the river.", None),
    ],
)
def test_a_series_is_named_by_its_line(line: str, series: str | None) -> None:
    assert series_named(line) == series


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Infographic: Valves", "infographic"),
        ("Infographie – Les valves", "infographic"),
        ("A night in the tower [video]", "video"),
        ("Video games and sleep", None),
        ("Infographics for beginners", None),
    ],
)
def test_a_title_names_its_kind(title: str, kind: str | None) -> None:
    assert kind_named(title) == kind


def test_a_line_that_says_more_than_who_and_when_is_a_sentence() -> None:
    assert read_meta("Updated on 9 April 2024 by a storm that nobody expected") is None
    assert read_meta("April is the cruellest month") is None
    assert read_meta("") is None


def test_one_line_may_say_it_all() -> None:
    found = read_meta(
        "By Ann Reef, M.D., and Bo Tide | Published 9 April 2024 – Updated: 2024-05-01"
    )
    assert found is not None
    assert [person.name for person in found.authors] == ["Ann Reef, M.D.", "Bo Tide"]
    assert found.dates == (("published", "2024-04-09"), ("updated", "2024-05-01"))


def test_the_first_date_of_a_sentence_is_found() -> None:
    assert first_date("It opened on 9 April 2024, not on 10 April 2024.") == "2024-04-09"
    assert first_date("It opened in 2024.") is None


@pytest.mark.parametrize(
    ("text", "at", "note"),
    [
        ("Correction: It is deep.", "2020-01-01", "It is deep."),
        ("Correction (9 April 2024): It is deep.", "2024-04-09", "It is deep."),
        ("Korrektur vom 09.04.2024: Er ist tief.", "2024-04-09", "Er ist tief."),
        ("Fe de erratas: Es hondo.", "2020-01-01", "Es hondo."),
    ],
)
def test_a_correction_note_has_its_day(text: str, at: str, note: str) -> None:
    found = read_correction(text, "2020-01-01")
    assert found is not None
    assert (found.at, found.text) == (at, note)


def test_a_sentence_about_corrections_is_no_note() -> None:
    assert read_correction("Corrections are printed on page two.", "2020-01-01") is None
