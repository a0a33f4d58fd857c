"""The shipped skills keep the facts they were made from, and borrow no sentence."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TABLE = yaml.safe_load(Path(__file__).with_name("facts.yaml").read_text(encoding="utf-8"))
NAMES = sorted(set(TABLE) - {"every", "added"})
FACTS = [(name, fact) for name in NAMES for fact in TABLE["every"] + TABLE[name]]
BORROWED_WORDS = 8


@pytest.fixture(scope="session")
def seeds(shared):
    """The texts that the skills go back to."""
    return [path.read_text(encoding="utf-8") for path in sorted((shared / "seeds").iterdir())]


def skill_text(name):
    return (ROOT / "skills" / name / "SKILL.md").read_text(encoding="utf-8")


def options(string):
    return string if isinstance(string, list) else [string]


def plain(text):
    return " ".join(re.sub(r"[`*]", "", text).split()).lower()


def blocks(text):
    """Paragraphs, list items, table rows and frontmatter values, each without marks, breaks and capitals."""
    return [plain(part) for part in re.split(r"\n\s*\n|\n(?=\s*(?:[-|>]|\d+\. )|[A-Za-z]+:)", text)]


def states(parts, fact):
    return any(all(any(option.lower() in part for option in options(string)) for string in fact) for part in parts)


def sentences(text):
    """Sentences as word lists, without what has to be the same: code, quotations, brackets, lists of formats."""
    text = re.sub(r"```.*?```|`[^`\n]*`|\"[^\"\n]*\"|\([^)]*\)|\b\w+(?:, \w+){5,}", " ", text, flags=re.DOTALL)
    return [re.findall(r"\w+", part.lower()) for part in re.split(r"[.!?;:|]\s|\n\s*\n|\n[-#>|]|→|—", text)]


def runs(text):
    """Every run of ``BORROWED_WORDS`` words inside one sentence."""
    return {
        tuple(words[start : start + BORROWED_WORDS])
        for words in sentences(text)
        for start in range(len(words) - BORROWED_WORDS + 1)
    }


@pytest.mark.parametrize(("name", "fact"), FACTS, ids=str)
def test_fact_is_stated(name, fact):
    assert states(blocks(skill_text(name)), fact), f"{name} no longer says {fact}"


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_skill_is_in_the_table(name):
    assert {path.parent.name for path in (ROOT / "skills").glob("*/SKILL.md")} == set(NAMES)
    front = yaml.safe_load(skill_text(name).split("---\n")[1])
    assert front["name"] == name
    assert len(front["description"]) <= 1024
    assert front["metadata"]["openclaw"]["requires"]["env"] == [front["metadata"]["openclaw"]["primaryEnv"]]


@pytest.mark.parametrize("name", NAMES)
def test_the_table_says_no_more_than_the_source(name, seeds):
    (seed,) = [plain(text) for text in seeds if re.search(rf"\b{name}\b", text)]
    strings = [string for fact in TABLE["every"] + TABLE[name] for string in fact if string not in TABLE["added"]]
    unknown = [s for s in strings if not any(option.lower() in seed for option in options(s))]
    assert unknown == []


@pytest.mark.parametrize("name", NAMES)
def test_no_sentence_is_borrowed(name, seeds):
    borrowed = runs(skill_text(name)) & set().union(*map(runs, seeds))
    assert sorted(" ".join(words) for words in borrowed) == []
