"""``skillwire studio``: the studio's API alone, for any client that speaks it."""

from __future__ import annotations

from pathlib import Path

import click

from skillwire.agents.local import serve


@click.command(name="studio", short_help="Serve the studio's API on loopback.")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0 chooses a free one.")
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="Where projects and renders are kept.")
def command(port: int, home: Path | None) -> int:
    """Serve the studio on 127.0.0.1 until interrupted; its address is printed as one JSON line."""
    return serve(port, home)
