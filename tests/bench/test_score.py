"""What the numbers of `./dev bench ingest` mean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import ingest, score
from bench.score import Found, Gold, Scores, shingles, stands_in


def gold(**given: object) -> Gold:
    return Gold(name="page", url="https://example.org/", html=b"", **given)  # type: ignore[arg-type]


def scored(wanted: Gold, found: Found) -> Scores:
    made = Scores()
    made.add(wanted, found)
    return made


def test_a_body_scores_by_the_bag_of_its_runs_of_four_words() -> None:
    assert shingles("one two three four five").total() == 2
    assert shingles("one two").total() == 1
    assert not shingles(" … ")
    exact = scored(gold(body="a b c d e"), Found(body="a, b c d – e")).body
    assert (exact.precision, exact.recall, exact.f1) == (1.0, 1.0, 1.0)
    half = scored(gold(body="a b c d e f g h"), Found(body="a b c d e")).body
    assert (half.precision, half.recall) == (1.0, 2 / 5)
    twice = scored(gold(body="a b c d"), Found(body="a b c d\na b c d")).body
    assert twice.precision == pytest.approx(1 / 5)


def test_every_page_weighs_the_same() -> None:
    scores = Scores()
    scores.add(gold(body="a b c d"), Found(body="x y z u"))
    long = " ".join(map(str, range(500)))
    scores.add(gold(body=long), Found(body=long))
    assert scores.body.recall == pytest.approx(2 / 3)


def test_titles_and_names_are_exact_but_for_case_space_and_quotes() -> None:
    wanted = gold(title="The bees’  return", authors=("Ada Moss", "Bo Li"), published="2024-04-09")
    found = Found(
        title="the bees' return", authors=("Bo Li", "Ada Moss"), published="2024-04-09T10:00:00Z"
    )
    scores = scored(wanted, found)
    assert (scores.title.value, scores.authors.value, scores.date.value) == (1.0, 1.0, 1.0)
    scores.add(wanted, Found(title="Bees’ return", authors=("Ada Moss",), published=""))
    assert (scores.title.value, scores.authors.value, scores.date.value) == (0.5, 0.5, 0.5)


def test_what_neither_the_gold_nor_the_tool_speaks_of_does_not_count() -> None:
    scores = scored(gold(title="T"), Found(body="x", title=None))
    assert (scores.title.value, scores.body.f1, scores.see_also.f1) == (None, None, None)


def test_a_promo_in_the_body_is_seen() -> None:
    assert stands_in("Sign up: now!", "Read this. Sign up now. Then go.")
    assert not stands_in("sign up now", "resign up now")
    assert (
        scored(gold(body="a b", promos=("Sign up",)), Found(body="a b. Sign up")).promos.value == 0
    )


def test_the_benchmark_runs_over_a_folder_of_ones_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "The frost came early this year, and the dahlias were the first ones to feel it. " * 4
    (tmp_path / "a.html").write_text(
        f"<html lang=en><title>Frost</title><h1>Frost</h1><article><p>{text}</p></article>"
    )
    said = {"url": "https://g.example/a", "title": "Frost", "language": "en", "paragraphs": [text]}
    (tmp_path / "a.json").write_text(json.dumps(said))
    numbers = tmp_path / "numbers.json"
    assert ingest.main(["--data", str(tmp_path), "--rounds", "1", "--json", str(numbers)]) == 0
    printed = capsys.readouterr().out
    assert "1 pages" in printed
    assert "pages a second" in printed
    ours = json.loads(numbers.read_text())["seealso"]
    assert (ours["title exact"], ours["body F1"]) == (1.0, 1.0)


def test_a_folder_without_pages_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ingest.main(["--data", str(tmp_path)]) == 1
    assert "Give --data a folder" in capsys.readouterr().err
    with pytest.raises(FileNotFoundError):
        score.load(tmp_path)
