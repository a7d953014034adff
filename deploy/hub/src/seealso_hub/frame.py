"""What all commands share: the session, the options that may stand anywhere, how errors end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
from seealso_core.settings import Settings, load
from seealso_sdk.errors import SeealsoError

from seealso_hub.client import HubClient
from seealso_hub.errors import HubRefused


class Session:
    """What one run of the command knows: settings and options, read when they are needed."""

    def __init__(self) -> None:
        self.data: Path | None = None
        self.hub_url: str | None = None
        self.debug = False

    def settings(self, **given: str) -> Settings:
        """The settings, with options of the command line over the environment's.

        Args:
            given: names of settings and their text, for example ``port="8081"``.

        Raises:
            SettingsError: something in the environment or the settings file is off.
        """
        return load(self.environ(**given))

    def environ(self, **given: str) -> dict[str, str]:
        """The environment, with options of the command line over it."""
        environ = dict(os.environ)
        if self.data is not None:
            given["data"] = str(self.data)
        environ.update({f"SEEALSO_{name.upper()}": text for name, text in given.items()})
        return environ

    def client(self) -> HubClient:
        """Requests to the hub that is meant."""
        return HubClient(self.settings(), self.hub_url)


class _Everywhere:
    """Options that may stand before or after the command's name, kept in the session."""

    params: list[click.Parameter]

    def add_common_options(self, hidden: bool) -> None:
        known = {name for parameter in self.params for name in parameter.opts}
        for option in (
            click.Option(
                ["--data"],
                type=click.Path(path_type=Path, file_okay=False),
                metavar="DIR",
                help="Data folder of the hub on this machine (SEEALSO_DATA).",
                callback=_keep,
                expose_value=False,
                hidden=hidden,
            ),
            click.Option(
                ["--hub", "hub_url"],
                metavar="URL",
                help="A hub elsewhere (SEEALSO_HUB_URL, with SEEALSO_KEY).",
                callback=_keep,
                expose_value=False,
                hidden=hidden,
            ),
            click.Option(
                ["--debug"],
                is_flag=True,
                help="Show the trace of an error.",
                callback=_keep,
                expose_value=False,
                hidden=hidden,
            ),
        ):
            if not known & set(option.opts):
                self.params.append(option)


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    session = context.ensure_object(Session)
    if value and parameter.name:
        setattr(session, parameter.name, value)


class HubCommand(click.Command, _Everywhere):
    """A command that knows the options of all commands."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_common_options(hidden=True)


class HubGroup(click.Group, _Everywhere):
    """A group whose commands end in one sentence when something of ours fails."""

    command_class = HubCommand
    group_class = type

    def __init__(self, *args: Any, root: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_common_options(hidden=not root)

    def invoke(self, context: click.Context) -> Any:
        """Run; an exception of ours becomes a message and exit code 1."""
        try:
            return super().invoke(context)
        except BrokenPipeError:
            raise
        except (SeealsoError, OSError) as error:
            if context.ensure_object(Session).debug:
                raise
            raise Failure(error) from error


class Failure(click.ClickException):
    """An error as the person sees it."""

    exit_code = 1

    def __init__(self, error: Exception) -> None:
        sentences = [str(error) or type(error).__name__]
        if isinstance(error, HubRefused):
            sentences += [f"  {sentence}" for sentence in error.errors]
        super().__init__("\n".join(sentences))


pass_session = click.make_pass_decorator(Session, ensure=True)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
