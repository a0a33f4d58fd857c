"""Constructors of dataclasses, written out for mypyc.

mypyc compiles a dataclass, but leaves its constructor to ``dataclasses``, which writes it in Python: making a record then
costs ten times what it costs with a constructor that is compiled. So the translation starts from sources in which each
dataclass states its own; the lines keep their numbers.
"""

from __future__ import annotations

import ast


def write_out(source: str) -> str:
    """``source`` with an explicit ``__init__`` in each dataclass that has none and whose fields are plain ones."""
    lines = source.split("\n")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            decorator = next(filter(_is_dataclass, node.decorator_list), None)
            last = max((item.end_lineno or 0 for item in _fields(node)), default=0)
            while last < len(lines) and lines[last].strip().startswith('"""'):  # what documents the last field
                last += 1
            if decorator is None or _defines_init(node) or not last or last >= len(lines) or lines[last].strip():
                continue
            at = decorator.end_lineno or 0
            before, call = lines[at - 1], "@dataclass("
            if before.startswith(call):
                lines[at - 1] = f"{call}init=False, {before.removeprefix(call)}"
                lines[last] = _constructor(node)  # on the blank line below the fields
    return "\n".join(lines)


def _constructor(node: ast.ClassDef) -> str:
    """One line: the parameters as ``dataclasses`` has them, each written to its field."""
    takes, sets = ["self"], []
    for item in _fields(node):
        name, kind = ast.unparse(item.target), ast.unparse(item.annotation)
        made = _factory(item.value)
        if made:
            takes.append(f"{name}: {kind} | None = None")
            sets.append(f"self.{name} = {made}() if {name} is None else {name}")
        else:
            takes.append(f"{name}: {kind}" + (f" = {ast.unparse(item.value)}" if item.value else ""))
            sets.append(f"self.{name} = {name}")
    return f"    def __init__({', '.join(takes)}) -> None: {'; '.join(sets)}  # type: ignore"


def _fields(node: ast.ClassDef) -> list[ast.AnnAssign]:
    return [item for item in node.body if isinstance(item, ast.AnnAssign)]


def _factory(value: ast.expr | None) -> str:
    """``dict`` of ``field(default_factory=dict)``; empty where the default is a plain value, or there is none."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "field":
        return next(ast.unparse(option.value) for option in value.keywords if option.arg == "default_factory")
    return ""


def _is_dataclass(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "dataclass"


def _defines_init(node: ast.ClassDef) -> bool:
    names = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
    return not names.isdisjoint({"__init__", "__post_init__"})
