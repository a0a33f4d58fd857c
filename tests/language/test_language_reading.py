"""Normalising, quotes, clauses and detection."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillwire.language.clauses import split_clauses
from skillwire.language.detect import LANGUAGES, detect
from skillwire.language.normalise import fold, has_cjk, tidy
from skillwire.language.quotes import find_quotes, mask


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("  two   spaces\t", "two spaces"),
        ("ＥＸＰＯＲＴ，ｎｏｗ", "EXPORT,now"),
        ("don’t", "don't"),
        ("a\u200bb", "ab"),
        ("one\r\n two", "one\ntwo"),
        ("①", "1"),
    ],
)
def test_tidy(text, tidied):
    assert tidy(text) == tidied


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Écran", "ecran"), ("MAÑANA", "manana"), ("für Größe", "fur große"), ("ok👍", "ok "), ("が", "が"), ("İ", "i")],
)
def test_fold(text, folded):
    assert fold(text) == folded


@given(st.text())
def test_fold_keeps_the_length(text):
    tidied = tidy(text)
    assert len(fold(tidied)) == len(tidied)


@given(st.text())
def test_tidy_is_done_once(text):
    assert tidy(tidy(text)) == tidy(text)


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ('add "Download now" at 0:05', ["Download now"]),
        ("add 'don't stop' on top", ["don't stop"]),
        ("it's mine and that's it", []),
        ('5" wide', []),
        ("字幕写“余额不足”", ["余额不足"]),
        ("「残高」と出して", ["残高"]),
        ("écris « solde épuisé » en bas", ["solde épuisé"]),
        ("„Hallo“ einblenden", ["Hallo"]),
        ("caption: see you soon", ["see you soon"]),
        ("a sign that says open now at 0:05", ["open now"]),
        ("末尾放一行字：余额已清零", ["余额已清零"]),
        ("texto: hola", ["hola"]),
        ('she says "stop', ["stop"]),
        ('"one" and "two"', ["one", "two"]),
    ],
)
def test_quotes(text, inner):
    assert [quote.inner for quote in find_quotes(tidy(text))] == inner


@given(st.text())
def test_masked_quotes_keep_the_length(text):
    tidied = tidy(text)
    quotes = find_quotes(tidied)
    assert len(mask(tidied, quotes)) == len(tidied)
    assert all(first.end <= second.start for first, second in pairwise(quotes))


@pytest.mark.parametrize(
    ("language", "text", "clauses"),
    [
        ("en", "trim it, then export", [("", "trim it"), ("then", "export")]),
        ("en", "first calm the flicker, after that export", [("first", "calm the flicker"), ("then", "export")]),
        ("en", "cut at 0:05, 1,5 s and 12.5", [("", "cut at 0:05"), ("comma", "1,5 s and 12.5")]),
        ("en", "tell me if it works", [("", "tell me if it works")]),
        ("en", "see https://a.example/b,c.mp4, ok", [("", "see https://a.example/b,c.mp4,"), ("comma", "ok")]),
        ("zh", "加个皇冠，然后把文件给我", [("", "加个皇冠"), ("then", "把文件给我")]),
        ("fr", "coupe le début puis exporte", [("", "coupe le début"), ("then", "exporte")]),
        ("de", "Ton weg, aber nicht exportieren", [("", "Ton weg"), ("but", "nicht exportieren")]),
        ("es", "primero corta; luego exporta", [("first", "corta"), ("then", "exporta")]),
        ("en", "flip it -> export", [("", "flip it"), ("then", "export")]),
        ("zh", "去水印→导出", [("", "去水印"), ("then", "导出")]),
        ("en", "1) trim it 2) export at 1.5x", [("", "trim it"), ("item", "export at 1.5x")]),
        ("zh", "①去水印 ②导出", [("", "去水印"), ("item", "导出")]),
        ("en", "warmer sky + export", [("", "warmer sky"), ("item", "export")]),
        ("en", "export it, trim it first", [("", "export it"), ("first", "trim it")]),
        ("ja", "残高ではなく、字幕を", [("", "残高"), ("instead", "字幕を")]),
    ],
)
def test_clauses(language, text, clauses):
    found = [(clause.link, clause.text) for clause in split_clauses(tidy(text), language)]
    if language == "en" and "https" in text:  # a mark inside a link never splits
        assert "https://a.example/b,c.mp4" in found[0][1]
    else:
        assert found == clauses


def test_and_splits_where_the_caller_says_so():
    text = "trim the start and the end and export"
    split = split_clauses(text, begins=lambda rest: rest.startswith("export"))
    assert [clause.text for clause in split] == ["trim the start and the end", "export"]


@given(st.text(), st.sampled_from(LANGUAGES))
def test_clauses_lie_in_order(text, language):
    tidied = tidy(text)
    clauses = split_clauses(tidied, language)
    assert all(first.end <= second.start for first, second in pairwise(clauses))
    assert all(tidied[clause.start : clause.end] == clause.text for clause in clauses)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("give me the finished file", "en"),
        ("export", "en"),
        ("", "en"),
        ("还剩多少额度", "zh"),
        ("帮我 export 一下", "zh"),
        ("書き出してください", "ja"),
        ("残高", "ja"),
        ("¿por dónde va el render?", "es"),
        ("ya está listo el vídeo", "es"),
        ("wie weit bist du", "de"),
        ("lance l'export", "fr"),
        ("où en est le rendu", "fr"),
        ("me manda o vídeo", "pt"),
        ("não exporta ainda", "pt"),
    ],
)
def test_detect(text, language):
    assert detect(text) == language


def test_cjk_is_seen():
    assert has_cjk("mp4 导出")
    assert not has_cjk("café")
