"""Whether this machine has what a skill asks for (``metadata.openclaw.requires``, ``os``, ``always``).

The rules are OpenClaw's: the operating system is checked first; ``always`` then lifts every other requirement; all of
``bins``, ``env`` and ``config`` and one of ``anyBins`` must be there.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skillwire.spec.model import Requires

# OpenClaw takes Node's names for operating systems; people also write the everyday ones.
_OS_NAMES = {"macos": "darwin", "mac": "darwin", "osx": "darwin", "windows": "win32", "win": "win32"}
_MISSING = object()
# Outside strings: comments go, tabs become blanks, so that the YAML reader takes what JSON5 allows on top of JSON.
_JSON5 = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|//[^\n]*|/\*.*?\*/|\t""", re.DOTALL)


class Host:
    """Programs, environment and OpenClaw configuration of this machine, each as found when first asked for.

    Made anew for each listing, so that what was installed meanwhile is seen.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._programs: dict[str, bool] = {}

    def unmet(self, requires: Requires) -> tuple[str, ...]:
        """Why a skill is not eligible here, one phrase each; empty when it is.

        A missing ``primaryEnv`` is no reason: it names the skill's credential, which the vault or the skill's own token
        call supplies.
        """
        systems = [_OS_NAMES.get(name.lower(), name.lower()) for name in requires.os]
        if systems and sys.platform not in systems:
            return (f"needs {' or '.join(requires.os)}, and this is {sys.platform}",)
        if requires.always:
            return ()
        reasons = [f"program {name} not found" for name in requires.bins if not self._has(name)]
        if requires.any_bins and not any(map(self._has, requires.any_bins)):
            reasons.append(f"none of the programs {', '.join(requires.any_bins)} found")
        reasons += [
            f"environment variable {name} not set"
            for name in requires.env
            if name != requires.primary_env and not self._environ.get(name)
        ]
        reasons += [f"{key} not set in {self.config_path}" for key in requires.config if not _truthy(self._config, key)]
        return tuple(reasons)

    @functools.cached_property
    def config_path(self) -> Path:
        """OpenClaw's own configuration file: ``OPENCLAW_CONFIG_PATH``, else ``~/.openclaw/openclaw.json``."""
        stated = self._environ.get("OPENCLAW_CONFIG_PATH")
        return Path(stated).expanduser() if stated else Path.home() / ".openclaw" / "openclaw.json"

    def _has(self, program: str) -> bool:
        if program not in self._programs:
            self._programs[program] = shutil.which(program, path=self._environ.get("PATH")) is not None
        return self._programs[program]

    @functools.cached_property
    def _config(self) -> Any:
        return _read_config(self.config_path)


def _read_config(path: Path) -> Any:
    """The configuration (JSON, or JSON5 as OpenClaw writes it); ``None`` when absent or unreadable."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        import yaml  # noqa: PLC0415 - slow, and needed for JSON5 alone

        try:
            return yaml.safe_load(_JSON5.sub(lambda match: match[1] or " ", text))
        except (yaml.YAMLError, RecursionError, ValueError):
            return None


def _truthy(config: Any, dotted: str) -> bool:
    for key in dotted.split("."):
        config = config.get(key, _MISSING) if isinstance(config, dict) else _MISSING
    return config is not _MISSING and bool(config)
