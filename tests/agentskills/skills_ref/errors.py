"""Its two kinds of failure: a file that does not parse, and properties that are missing."""


class SkillError(Exception):
    pass


class ParseError(SkillError):
    pass


class ValidationError(SkillError):
    pass
