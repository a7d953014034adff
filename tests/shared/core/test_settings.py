"""One table of settings: read once, mis-typed names refused with a suggestion."""

from __future__ import annotations

from pathlib import Path

import pytest
from seealso_core.errors import SettingsError
from seealso_core.settings import TABLE, Settings, load
from seealso_sdk.plugin import Option


def test_everything_has_a_default_that_works_without_any_server() -> None:
    settings = load({})
    assert settings.broker_url == "memory://"
    assert settings.data.is_absolute()
    assert settings.database_url == f"sqlite:///{settings.data / 'seealso.sqlite3'}"
    assert settings.plugins_dir == settings.data / "plugins"
    assert settings.hub_url == "http://127.0.0.1:8080"


def test_the_environment_wins_over_the_file_and_that_over_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "seealso.toml"
    file.write_text('port = 9000\nhub_name = "File"\nplugins_disabled = ["rss", "atom"]\n')
    settings = load({"SEEALSO_PORT": "9001", "PATH": "/bin"}, file)
    assert (settings.port, settings.hub_name) == (9001, "File")
    assert settings.plugins_disabled == ("rss", "atom")
    assert load({"SEEALSO_CONFIG": str(file)}).port == 9000


@pytest.mark.parametrize(
    ("variable", "value", "names", "says"),
    [
        ("SEEALSO_DATABSE_URL", "x", "SEEALSO_DATABSE_URL", "Did you mean SEEALSO_DATABASE_URL?"),
        ("SEEALSO_WOMBAT", "x", "SEEALSO_WOMBAT", "there is no such setting"),
        ("SEEALSO_PORT_FILE", "x", "SEEALSO_PORT_FILE", "there is no such setting"),
        ("SEEALSO_PORT", "http", "SEEALSO_PORT", "whole number"),
        ("SEEALSO_PORT", "70000", "SEEALSO_PORT", "0 to 65535"),
        ("SEEALSO_SWEEP_SECONDS", "0", "SEEALSO_SWEEP_SECONDS", "above 0"),
        ("SEEALSO_SWEEP_SECONDS", "nan", "SEEALSO_SWEEP_SECONDS", "above 0"),
        ("SEEALSO_HUB_URL", "example.org", "SEEALSO_HUB_URL", "http(s)://host"),
        ("SEEALSO_HUB_URL", "https://a/?x=1", "SEEALSO_HUB_URL", "without a query"),
        ("SEEALSO_LOG_FORMAT", "xml", "SEEALSO_LOG_FORMAT", "human or json"),
        ("SEEALSO_LEASE_SECONDS", "20", "SEEALSO_LEASE_SECONDS", "three times"),
        ("SEEALSO_KEY_FILE", "/no/such/file", "SEEALSO_KEY_FILE", "/no/such/file"),
    ],
)
def test_a_bad_setting_is_named_with_its_remedy(
    variable: str, value: str, names: str, says: str
) -> None:
    with pytest.raises(SettingsError, match=names) as raised:
        load({variable: value})
    assert says in str(raised.value)
    assert raised.value.name == names


def test_a_secret_may_come_from_a_file_but_not_twice(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("s3cret\n")
    assert load({"SEEALSO_KEY_FILE": str(file)}).key == "s3cret"
    with pytest.raises(SettingsError, match="Set one of them"):
        load({"SEEALSO_KEY_FILE": str(file), "SEEALSO_KEY": "other"})


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    settings = load({"SEEALSO_KEY": "s3cret", "SEEALSO_SMTP_URL": "smtp://u:s3cret@h"})
    assert "s3cret" not in repr(settings)
    assert {row.name for row in TABLE if row.secret} == {
        "key", "smtp_url", "database_url", "broker_url",
    }  # fmt: skip


def test_options_of_plugins_reach_the_plugin_whose_name_they_carry(tmp_path: Path) -> None:
    file = tmp_path / "seealso.toml"
    file.write_text('[output.md]\nwidth = 60\n[source.json]\nmapping = "corpus"\n')
    settings = load({"SEEALSO_OUTPUT_MD_HARD_WRAP": "yes", "SEEALSO_OUTPUT_MD_WIDTH": "72"}, file)
    options = (Option("width", "80", ""), Option("hard_wrap", "no", ""), Option("toc", "no", ""))
    assert settings.plugin_options("output", "md", options) == {
        "width": "72", "hard_wrap": "yes", "toc": "no",
    }  # fmt: skip
    mapping = settings.plugin_options("source", "json", [Option("mapping", "", "")])
    assert mapping == {"mapping": "corpus"}


@pytest.mark.parametrize(
    ("text", "says"),
    [("prot = 1", "Did you mean port?"), ("port = [", "can't read"), ("[output]\nmd = 1", "table")],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "seealso.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"seealso\.toml") as raised:
        load({}, file)
    assert says in str(raised.value)


def test_a_hub_that_listens_everywhere_links_to_an_address_that_works() -> None:
    assert load({"SEEALSO_HOST": "0.0.0.0", "SEEALSO_PORT": "81"}).hub_url == "http://127.0.0.1:81"
    assert load({"SEEALSO_HOST": "::1"}).hub_url == "http://[::1]:8080"
    assert load({"SEEALSO_HUB_URL": "https://hub.example/"}).hub_url == "https://hub.example"


def test_every_setting_has_a_help_text() -> None:
    assert all(len(row.help) > 10 for row in TABLE)
    assert {row.name for row in TABLE} < set(Settings.__slots__)


def test_a_queue_prefix_that_is_no_name_is_refused() -> None:
    assert load({"SEEALSO_BROKER_PREFIX": "press-2"}).broker_prefix == "press-2"
    for wrong in ("a b", "", "x" * 61, "amq.*"):
        with pytest.raises(SettingsError, match="SEEALSO_BROKER_PREFIX"):
            load({"SEEALSO_BROKER_PREFIX": wrong})
