"""``skillwire studio``: the studio's API alone, for any client that speaks it."""

from __future__ import annotations

from pathlib import Path

import click

from skillwire.agents.local import serve


@click.command(name="studio", short_help="Serve the studio's API on loopback.")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0 chooses a free one.")
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="Where projects and renders are kept.")
@click.option(
    "--hand-over",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    help="Take files below this folder by file:// address, without a copy. Only you may be able to open it (mode 0700). Repeatable.",
)
@click.option("--metered", is_flag=True, help="Let edits cost credits: 100 to begin with, exports free.")
@click.option(
    "--private-urls", is_flag=True, help="Also fetch uploads from this machine and its network; refused otherwise."
)
@click.option(
    "--like-cloud", is_flag=True, help="Answer as the hosted service does: late, about buttons, at times not at all."
)
@click.option("--seed", type=int, metavar="N", help="What --like-cloud's chances follow from.  [default: 1]")
@click.option(
    "--cloud-delay",
    type=click.FloatRange(0, 3600),
    metavar="SECONDS",
    help="The longest that --like-cloud lets an answer wait.  [default: 8]",
)
@click.option("--verbose", is_flag=True, help="Log to standard error.")
@click.pass_context
def command(context: click.Context, /, port: int, home: Path | None, **_settings: object) -> int:
    """Serve the studio on 127.0.0.1 until interrupted; its address is printed as one JSON line.

    Other clients use it by that address, such as skills that read it from NEMO_API_URL.
    """
    settings = context.params
    if not settings["like_cloud"] and (settings["seed"] is not None or settings["cloud_delay"] is not None):
        raise click.UsageError("--seed and --cloud-delay say how --like-cloud behaves; add it, or leave them out")
    options = [
        f"--{name.replace('_', '-')}" for name in ("metered", "private_urls", "like_cloud", "verbose") if settings[name]
    ]
    options += [f"--hand-over={folder}" for folder in settings["hand_over"]]
    options += [
        f"--{name.replace('_', '-')}={settings[name]}" for name in ("seed", "cloud_delay") if settings[name] is not None
    ]
    return serve(port, home, options)
