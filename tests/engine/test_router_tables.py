"""Tables of other shapes, languages and trades route as well as the video skills do."""

from pathlib import Path

import pytest
import yaml

from skillwire.engine.router import Router, split_attachments
from skillwire.spec.model import Auth, Route, Skill

TABLES = yaml.safe_load((Path(__file__).parent / "data" / "tables.yaml").read_text(encoding="utf-8"))


def table(rows):
    """A skill that is nothing but a routing table."""
    routes = tuple(
        Route(
            tuple(row.get("phrases", ())),
            tuple(row.get("events", ())),
            row["action"],
            line,
            then=tuple(row.get("then", ())),
            conditions=tuple(row.get("conditions", ())),
            fallback=row.get("fallback", False),
        )
        for line, row in enumerate(rows, 10)
    )
    return Skill("table", "1.0", "Table", "", "SKILL.md", "unknown", "0", Auth("TOKEN"), routes=routes)


ROUTERS = {name: Router(table(spec["rows"])) for name, spec in TABLES.items()}
CASES = [(name, case["say"], case["plan"]) for name, spec in TABLES.items() for case in spec["cases"]]


@pytest.mark.parametrize(("name", "say", "plan"), CASES, ids=[f"{name}: {say}" for name, say, _ in CASES])
def test_a_table_routes(name, say, plan):
    attachments, words = split_attachments(say)
    routing = ROUTERS[name].route(words, attachments)
    assert list(routing.actions) == plan, routing.why


def test_the_deciding_row_is_named():
    routing = ROUTERS["twelve_rows"].route("I need an invoice")
    assert routing.row is not None
    assert routing.row.action == "invoice"
    assert "invoice" in routing.why


def test_a_keyword_counts_in_its_own_skill_only():
    assert ROUTERS["extra_keyword"].route("flurbify it").actions == ("export",)
    assert ROUTERS["twelve_rows"].route("flurbify it").actions == ("message",)
