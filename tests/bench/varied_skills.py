"""Skills that a process has not seen: the shipped ones, each copy with other names, hosts, codes, phrases and numbers."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

_HOST = re.compile(r"(https?://)([\w-]+\.)")
_HEADER = re.compile(r"\b(X-[A-Z]\w+)")
_CODE = re.compile(r"\b[1-9]\d{3}\b")
_PHRASE = re.compile(r'"([^"]+)"')
_SMALL_WORD = re.compile(r"\b(the|a|and|of|with)\b")
_PROSE = 40  # a longer line that is no row of a table is prose


def write(project: Path, folder: Path, count: int) -> list[Path]:
    """Folders of ``count`` skills made from those of ``project``, no two with a line of prose in common.

    Their frontmatter is in block style: the reference library refuses JSON inside YAML.
    """
    sources = sorted((project / "skills").glob("*/SKILL.md"))
    made = []
    for n in range(count):
        _, front, body = sources[n % len(sources)].read_text(encoding="utf-8").split("---\n", 2)
        stated = yaml.safe_load(front)
        stated = {key: stated[key] for key in ("name", "description", "license", "metadata")}
        stated["name"] += f"-{n}"
        stated["description"] = stated["description"].replace("video", f"video {n}")
        block = yaml.safe_dump(stated, allow_unicode=True, sort_keys=False, default_flow_style=False, width=120)
        lines = [_varied(line, n, k) for k, line in enumerate(body.split("\n"))]
        made.append(folder / stated["name"])
        made[-1].mkdir()
        (made[-1] / "SKILL.md").write_text(f"---\n{block}---\n" + "\n".join(lines), encoding="utf-8")
    return made


def _varied(line: str, n: int, k: int) -> str:
    line = _HOST.sub(rf"\g<1>v{n}.\2", line)
    line = _HEADER.sub(rf"\g<1>{n}", line)
    line = _CODE.sub(lambda code: str(int(code[0]) + n), line)
    if n % 2:  # another API, none of whose paths are known
        line = line.replace("/api/", f"/a{n}/")
    if line.startswith("|"):
        return _PHRASE.sub(rf'"\g<1> {n}"', line)
    return _SMALL_WORD.sub(rf"\g<1> no{n}x{k}", line, count=1) if len(line) > _PROSE else line
