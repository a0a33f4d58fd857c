"""Secrets: for this user's eyes, for their own service, whole on disk, and gone when they are old."""

from __future__ import annotations

import json
import stat
import threading
import time

import pytest

from skillwire.vault import TOKEN_LIFE, Vault


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "vault"


def test_a_token_is_kept_for_its_own_service(folder):
    Vault(folder).keep("a.example", "token", "secret")
    Vault(folder).keep("a.example", "client_id", "me")
    assert Vault(folder).credentials("a.example").token == "secret"
    assert Vault(folder).credentials("a.example").client_id == "me"
    assert Vault(folder).credentials("b.example").token is None
    Vault(folder).keep("a.example", "token", "")
    assert Vault(folder).credentials("a.example").token is None
    assert Vault(folder).credentials("a.example").client_id == "me"


def test_nobody_else_can_read_it(folder):
    Vault(folder).keep("a.example", "token", "secret")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "credentials.json").stat().st_mode) == 0o600
    assert {path.name for path in folder.iterdir()} == {"credentials.json", ".lock"}


def test_an_old_token_is_none(folder, monkeypatch):
    vault = Vault(folder)
    vault.keep("a.example", "token", "secret")
    later = time.time() + TOKEN_LIFE + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert vault.credentials("a.example").token is None


@pytest.mark.parametrize("damage", ["", "{", "[]", '"x"'])
def test_a_damaged_store_is_an_empty_one(folder, damage):
    vault = Vault(folder)
    (folder / "credentials.json").write_text(damage)
    assert vault.credentials("a.example").token is None
    vault.keep("a.example", "token", "new")
    assert vault.credentials("a.example").token == "new"


def test_consent_is_for_one_content_at_one_host(folder):
    vault = Vault(folder)
    vault.give_consent("skill", "d1", "a.example")
    assert vault.has_consent("d1", "a.example")
    assert not vault.has_consent("d2", "a.example"), "a changed file asks again"
    assert not vault.has_consent("d1", "b.example")
    vault.give_consent("skill", "d1", "b.example")
    assert [consent.host for consent in vault.consents()] == ["a.example", "b.example"]
    assert vault.revoke("skill", "a.example") == 1
    assert vault.revoke("skill") == 1
    assert vault.consents() == []


def test_writers_at_the_same_time_lose_nothing(folder):
    vault = Vault(folder)
    threads = [threading.Thread(target=vault.keep, args=(f"s{n}", "token", f"t{n}")) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(json.loads((folder / "credentials.json").read_text())) == 12
