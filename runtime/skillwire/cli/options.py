"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def overrides(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """``("version=1.0.0",)`` as a mapping. Raises ``click.BadParameter`` for anything else."""
    pairs = {}
    for value in values:
        name, equals, setting = value.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"{value!r} is not KEY=VALUE", context, parameter)
        pairs[name.strip()] = setting.strip()
    return pairs


set_option: Decorator = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    callback=overrides,
    help="Replace a value of the file, such as version=1.0.0.",
)
json_option: Decorator = click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
