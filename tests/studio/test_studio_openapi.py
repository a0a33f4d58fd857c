"""Whatever the OpenAPI document allows, and much that it does not, is answered without a server error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from skillwire.studio import app

DOCUMENT = json.loads(Path(app.__file__).with_name("openapi.json").read_bytes())


def test_document_names_every_route():
    documented = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}

    class Anything:
        def __getattr__(self, name):
            return self

        def __call__(self, *_):
            return self

    served = {
        (method, route.path)
        for route in app.create_app(Anything()).routes
        for method in route.methods
        if method != "HEAD"
    }
    assert served == documented | {("GET", "/openapi.json")}


@pytest.fixture(scope="module")
def held(studio, clip):
    """A client with a session that has a clip in it."""
    with studio.client() as client:
        client.sign_in()
        client.session = client.open_session()
        client.upload(client.session, clip("base.mp4"))
        yield client


SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [(path, method.upper()) for path, methods in DOCUMENT["paths"].items() for method in methods]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_server_error(path, method, held):
    own = {key: held.headers[key] for key in ("Authorization", "X-Skill-Source", "X-Skill-Version", "X-Skill-Platform")}

    @given(case=SCHEMA[path][method].as_strategy(), known=st.booleans())
    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def ask(case, known):
        # Half of the requests concern a session that exists, or nothing behind the look-up would be reached.
        if known:
            if "sid" in (case.path_parameters or {}):
                case.path_parameters["sid"] = held.session
            for name in ("session_id", "sessionId"):
                if isinstance(case.body, dict) and name in case.body:
                    case.body[name] = held.session
        answer = case.call(base_url=str(held.base_url), headers=own)
        case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance])

    ask()


def test_document_is_served(held):
    assert held.get("/openapi.json").json() == DOCUMENT
