from skillwire.spec.agentskills import Properties as SkillProperties

__all__ = ["SkillProperties"]
