"""What the studio says in chat, in English and Chinese."""

from __future__ import annotations

from typing import Any

_SENTENCES: dict[str, dict[str, str]] = {
    "en": {
        "no_clip": "There is no clip on the timeline yet. Upload a video first, then say what to change.",
        "sound_removed": "Removed all sound. The picture stays exactly as it was.",
        "already_silent": "The clip has no sound, so there is nothing to remove.",
        "undone": "Took back the last change ({cause}).",
        "nothing_to_undo": "There is nothing to take back.",
        "cannot_yet": "Not done: {what}. This studio cannot do that yet; nothing was changed for it.",
        "unread": "I did not understand this part: {parts}.",
        "nothing_read": "I could not read an edit in that. For example: “remove all sound”.",
        "no_credits": "No credits are left, so the rest was not done.",
        "export_hint": "Export when you like what you have.",
    },
    "zh": {
        "no_clip": "时间线上还没有片段。请先上传视频，再说要怎么改。",
        "sound_removed": "已去掉全部声音，画面保持原样。",
        "already_silent": "这个片段没有声音，不需要去除。",
        "undone": "已撤销上一步（{cause}）。",
        "nothing_to_undo": "没有可以撤销的操作。",
        "cannot_yet": "未完成：{what}。目前还做不到这一项，没有为它改动任何内容。",
        "unread": "这部分没有看懂：{parts}。",
        "nothing_read": "没有看出要做什么编辑。例如：“把声音全部去掉”。",
        "no_credits": "积分已用完，剩下的没有执行。",
        "export_hint": "满意后即可导出。",
    },
}


def language_of(*wishes: str) -> str:
    """The first of ``wishes`` (``zh-CN``, ``en``, …) that there are sentences in; English otherwise."""
    for wish in wishes:
        base = wish.lower().replace("_", "-").split("-")[0]
        if base in _SENTENCES:
            return base
    return "en"


def say(key: str, language: str, **values: Any) -> str:
    """The sentence ``key`` in one of the languages, its placeholders filled."""
    return _SENTENCES[language][key].format(**values)
