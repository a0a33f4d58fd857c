"""One module a thing that a skill declares, in the order in which they look at the page.

A rule recognises its part by shape, adds raw facts with their lines, and says which lines it has read. Earlier rules
have the first claim on a table.
"""

from __future__ import annotations

from collections.abc import Callable

from skillwire.spec.facts import Facts
from skillwire.spec.rules import (
    calls,
    draft,
    error_codes,
    frontmatter,
    headers,
    limits,
    routes,
    setup,
    stream,
    translations,
)

RULES: tuple[Callable[[Facts], None], ...] = (
    frontmatter.read,
    setup.read,
    routes.read,
    calls.read,
    headers.read,
    error_codes.read,
    stream.read,
    translations.read,
    draft.read,
    limits.read,
)
