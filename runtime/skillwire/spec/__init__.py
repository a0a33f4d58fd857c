"""The interpreter: the text of a SKILL.md → what it declares."""

from skillwire import native

native.attach(__path__)
