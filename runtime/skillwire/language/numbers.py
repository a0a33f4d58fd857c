"""Numbers in digits and words, percentages, factors and fractions, in the seven languages."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from skillwire.language.normalise import fold
from skillwire.language.phrases import flatten, whole_words

# Positional numerals of Chinese and Japanese: 二十五, 一百零五, 两, 一点五.
_CJK_DIGITS: Final = {
    char: n
    for n, chars in enumerate(("零〇", "一", "二两兩", "三", "四", "五", "六", "七", "八", "九"))
    for char in chars
}
_CJK_POWERS: Final = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_CJK_NUMERAL: Final = "零〇一二两兩三四五六七八九十百千万"

# No number that anybody means is longer; what is longer is read up to here.
_LONGEST: Final = 12

# Suffixes that make tenths out of a number instead of hundredths: 八成, 八割.
_TENTHS: Final = frozenset({"成", "割"})
# Languages that write a decimal point; the others write a decimal comma, and both are read there.
_DECIMAL_POINT: Final = frozenset({"en", "zh", "ja"})


class Number(NamedTuple):
    """A number in a text, at ``text[start:end]``.

    ``kind``: ``plain`` (written in digits), ``word`` (written out), ``fraction`` (half, 1/3), ``plus`` ("and a half"
    after something that is no number), ``percent`` or ``factor`` (2x, twice). ``value``: of a percentage its hundredth
    part, so "40 %" is 0.4.
    """

    kind: str
    value: float
    start: int
    end: int


class _Hit(NamedTuple):
    kind: str
    value: float
    start: int
    end: int
    text: str


@cache
def _tables() -> dict[str, dict[str, Any]]:
    tables: dict[str, dict[str, Any]] = json.loads(
        files(__package__).joinpath("numbers.json").read_text(encoding="utf-8")
    )
    return tables


@cache
def _grammar(language: str) -> tuple[re.Pattern[str], dict[str, tuple[str, str]]]:
    """The pattern that finds the parts of numbers, and what each part means."""
    parts: dict[str, tuple[str, str]] = {}
    for table in (_tables()[language], _tables()["shared"]):
        meant = {key: group for key, group in table.items() if key not in {"joins", "wide"}}
        for phrase, meaning in flatten(meant).items():
            parts.setdefault(fold(phrase), meaning)
    parts |= _tens_and_units(language, parts)
    decimal = r"\d+\.\d+|\d+" if language in _DECIMAL_POINT else r"\d+[.,]\d+|\d+"
    pattern = re.compile(
        rf"(?P<slash>(?<![\d/])[1-9]/[1-9](?![\d/]))|(?P<digits>(?:{decimal}|(?<!\d)\.\d+))"
        rf"|(?P<part>{whole_words(parts)}|[%×½¼¾⅓⅔])|(?P<cjk>[{_CJK_NUMERAL}]+(?:点[{_CJK_NUMERAL}]+)?)"
    )
    return pattern, parts


def _tens_and_units(language: str, parts: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Twenty-one to ninety-nine, from the language's tens, units and the way it joins the two."""
    table = _tables()[language]
    values = [(phrase, float(value)) for phrase, (kind, value) in parts.items() if kind == "value"]
    made = {}
    for tens, high in values:
        if high < 20 or high % 10:
            continue
        top = 20 if int(high) in table["wide"] else 10
        for unit, low in values:
            if 1 <= low < top and low == int(low):
                for join in table["joins"]:
                    made[join.format(tens=tens, unit=unit)] = ("value", str(high + low))
    return made


def cjk_value(numeral: str) -> float:
    """What a Chinese or Japanese numeral is worth: 二十五 → 25, 一百零五 → 105, 一点五 → 1.5."""
    whole, _, decimals = numeral[:_LONGEST].partition("点")
    total = section = digit = 0
    for char in whole:
        if char in _CJK_DIGITS:
            digit = digit * 10 + _CJK_DIGITS[char]
        elif char == "万":
            total, section, digit = (total + section + digit) * 10000, 0, 0
        else:
            section += (digit or 1) * _CJK_POWERS[char]
            digit = 0
    tail = "".join(str(_CJK_DIGITS.get(char, 0)) for char in decimals)
    return float(total + section + digit) + (float(f"0.{tail}") if tail else 0.0)


def words_of_number(language: str) -> frozenset[str]:
    """The single words that number parts consist of in a language, folded: "twenty", "half", "percent"."""
    return frozenset(phrase for phrase in _grammar(language)[1] if phrase.isalpha())


def find_numbers(text: str, language: str) -> list[Number]:
    """All numbers of a text in the form of ``normalise.fold``, left to right, without overlaps. Never raises; linear in the text's length."""
    hits = _hits(text, language)
    numbers: list[Number] = []
    at = 0
    while at < len(hits):
        number, at = _number(text, hits, at)
        if number is not None:
            numbers.append(number)
    return numbers


def _hits(text: str, language: str) -> list[_Hit]:
    pattern, parts = _grammar(language)
    hits = []
    for found in pattern.finditer(text):
        written, (start, end) = found[0], found.span()
        group = found.lastgroup
        if group == "digits":
            hits.append(_Hit("digits", float(written.replace(",", ".")[:_LONGEST]), start, end, written))
        elif group == "slash":
            hits.append(_Hit("fraction", round(int(written[0]) / int(written[2]), 3), start, end, written))
        elif group == "cjk":
            hits.append(_Hit("value", cjk_value(written), start, end, written))
        else:
            kind, value = parts[written]
            hits.append(_Hit(kind, float(value or 0), start, end, written))
    return hits


def _number(text: str, hits: list[_Hit], at: int) -> tuple[Number | None, int]:
    """The number that starts with a hit, or nothing, and the place after it."""
    first, after = hits[at], at + 1
    start, end, value, kind = first.start, first.end, first.value, first.kind
    following = hits[after] if after < len(hits) and _touching(text, end, hits[after].start) else None
    if kind == "percent_before" and following is not None and following.kind in {"digits", "value"}:
        return Number("percent", following.value / 100, start, following.end), after + 1
    led = {"digits"} if first.text in "x×" else {"digits", "value"}
    if kind == "times" and following is not None and following.kind in led:
        return Number("factor", following.value, start, following.end), after + 1
    if kind in {"digits", "value", "hundred"}:
        value, end, after = _spelled_on(text, hits, 100.0 if kind == "hundred" else value, end, after)
        return _measured(text, hits, Number("plain" if kind == "digits" else "word", value, start, end), after)
    if kind == "times" and first.text.startswith("倍"):
        return Number("factor", 2.0, start, end), after
    if kind == "fraction" and first.text != "半":
        return _measured(text, hits, Number(kind, value, start, end), after)
    return (Number(kind, value, start, end) if kind in {"fraction", "factor", "plus"} else None), after


def _measured(text: str, hits: list[_Hit], number: Number, after: int) -> tuple[Number, int]:
    """A number with the word for percent or times that follows it."""
    unit = hits[after] if after < len(hits) and _touching(text, number.end, hits[after].start) else None
    if unit is None:
        return number, after
    # In "2x 3" or "16 x 9" the x multiplies two numbers.
    by_another = unit.text == "x" and text[unit.end : unit.end + 2].strip()[:1].isdigit()
    if unit.kind == "times" and not by_another:
        return Number("factor", number.value, number.start, unit.end), after + 1
    if unit.kind == "percent" and number.kind != "fraction":
        share = round(number.value / (10 if unit.text in _TENTHS else 100), 6)
        return Number("percent", share, number.start, unit.end), after + 1
    return number, after


def _spelled_on(text: str, hits: list[_Hit], value: float, end: int, after: int) -> tuple[float, int, int]:
    """The rest of a number in words: two hundred and five, one point five, one and a half."""
    while after < len(hits) and _touching(text, end, hits[after].start):
        part, beyond = hits[after], hits[after + 1] if after + 1 < len(hits) else None
        tail = beyond if beyond is not None and _touching(text, part.end, beyond.start) else None
        if part.kind == "hundred" and 1 <= value < 10:
            value, end, after = value * 100, part.end, after + 1
        elif part.kind == "value" and value >= 100 and value % 100 == 0 and part.value < 100:
            value, end, after = value + part.value, part.end, after + 1
        elif (
            part.kind == "and"
            and value >= 100
            and value % 100 == 0
            and tail
            and tail.kind == "value"
            and tail.value < 100
        ):
            value, end, after = value + tail.value, tail.end, after + 2
        elif part.kind == "point" and tail is not None and tail.kind in {"value", "digits"} and tail.value < 100:
            value, end, after = float(f"{value:.0f}.{tail.value:.0f}"), tail.end, after + 2
        elif part.kind == "plus":
            value, end, after = value + part.value, part.end, after + 1
        else:
            break
    return value, end, after


def _touching(text: str, left: int, right: int) -> bool:
    """Whether only a space or a hyphen stands between two parts."""
    return right - left <= 2 and not text[left:right].strip(" -")
