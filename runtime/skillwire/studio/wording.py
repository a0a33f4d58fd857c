"""What the studio says in chat, in English and Chinese."""

from __future__ import annotations

from typing import Any

_SENTENCES: dict[str, dict[str, str]] = {
    "en": {
        "no_clip": "There is no clip on the timeline yet. Upload a video first, then say what to change.",
        "sound_removed": "Removed all sound. The picture stays exactly as it was.",
        "already_silent": "The clip has no sound, so there is nothing to remove.",
        "muted": "Muted the sound from {start} to {end} s.",
        "trimmed": "Kept {start} to {end} s; the clip is now {length} s long.",
        "nothing_to_trim": "The clip already runs from {start} to {end} s; nothing was cut.",
        "speed_set": "Plays at {factor}× now, the pitch unchanged; the clip is {length} s long.",
        "same_speed": "The speed stays as it is.",
        "volume_set": "Set the volume to {percent} of what it was.",
        "rotated": "Turned the picture by {degrees}° clockwise.",
        "quarter_turns": "Not done: {what}. The picture can be turned by 90, 180 or 270 degrees.",
        "text_added": "Put “{text}” over the picture ({position}) from {start} to {end} s.",
        "text_added_plain_emoji": "Put “{text}” over the picture ({position}) from {start} to {end} s; emoji are drawn in one colour.",
        "aspect_set": "The picture is {ratio} now; what it does not fill shows a blur of it.",
        "aspect_cropped": "The picture is {ratio} now, cut to fill it around what matters most in it.",
        "resolution_set": "The picture is {height} pixels on its short side now.",
        "resolution_capped": "The picture is {height} pixels on its short side now; {asked} is more than this studio writes.",
        "empty_range": "Not done: {what}. That range lies outside the clip, which is {length} s long.",
        "out_of_bounds": "Not done: {what}. That would go beyond what is possible, {low} to {high}.",
        "music_added": "Laid {name} under the pictures at {percent} of its volume.",
        "music_generated": "Laid a {name}, royalty-free, under the pictures at {percent} of its volume. For a song of your own, upload it (mp3, wav, m4a, aac) and ask again.",
        "no_music": "Not done: {what}. The music uploaded is shorter than a second; upload a longer one.",
        "background_set": "Put the people before {name}.",
        "background_blurred": "Blurred what is behind the people.",
        "background_drawn": "Put the people before a {name} that this studio draws itself, lit to match. For a real place, upload a picture or video of it and ask again.",
        "background_file": "Put the people before {name}.",
        "background_transparent": "Made everything but the people transparent. The finished file will be {name}, as MP4 holds no transparency; until then a checkerboard stands for it.",
        "no_such_background": "Not done: {what}. There is no such background here: name a colour or a code like #2060c0, say blurred, upload a picture or video, or choose one that this studio draws: {scenes}.{own}",
        "own_backgrounds": " Your own: {names}.",
        "background_unreadable": "Not done: {what}. That background cannot be used: {cause}",
        "nobody_seen": "Not done: {what}. No person was found in the clip, so nothing was changed.",
        "object_removed": "Took {what} out of the picture ({count} in all), sure to {sure}.{notes}",
        "object_invented": " About {share} of what stood behind is never seen in the clip and had to be made up.",
        "object_unclear": " Other things in the clip answer to these words nearly as well; undo if the wrong one went.",
        "object_kept": " Left as it is: {what}.",
        "object_candidates": "Not done yet: more than one thing could be “{what}”. Which one? {list}. Answer with its number, or several.",
        "object_left": "{number}: at {at}, on the left",
        "object_middle": "{number}: at {at}, in the middle",
        "object_right": "{number}: at {at}, on the right",
        "object_not_seen": "Not done: no {what} was found in the clip, so nothing was changed.",
        "object_unknown": "Not done: this studio cannot tell what “{what}” is in a picture, so nothing was changed. It knows people, animals, vehicles and everyday things.",
        "object_no_such_number": "Not done: {what}. There is no such number to choose from; say again what is to go.",
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
        "muted": "已将 {start} 到 {end} 秒静音。",
        "trimmed": "已保留 {start} 到 {end} 秒，片段现在长 {length} 秒。",
        "nothing_to_trim": "片段本来就是 {start} 到 {end} 秒，没有裁剪。",
        "speed_set": "现在以 {factor} 倍速播放，音调不变；片段长 {length} 秒。",
        "same_speed": "速度保持不变。",
        "volume_set": "音量已调为原来的 {percent}。",
        "rotated": "画面已顺时针旋转 {degrees}°。",
        "quarter_turns": "未完成：{what}。画面只能旋转 90、180 或 270 度。",
        "text_added": "已在画面上（{position}）从 {start} 到 {end} 秒加上文字“{text}”。",
        "text_added_plain_emoji": "已在画面上（{position}）从 {start} 到 {end} 秒加上文字“{text}”，表情符号为单色。",
        "aspect_set": "画面比例现在是 {ratio}，空出的部分用模糊画面填充。",
        "aspect_cropped": "画面比例现在是 {ratio}，已裁切填满，并以画面主体为中心。",
        "resolution_set": "画面短边现在是 {height} 像素。",
        "resolution_capped": "画面短边现在是 {height} 像素；{asked} 超出了可输出的上限。",
        "empty_range": "未完成：{what}。这个范围不在片段内，片段长 {length} 秒。",
        "out_of_bounds": "未完成：{what}。超出了可行范围（{low} 到 {high}）。",
        "music_added": "已加入配乐 {name}，音量为 {percent}。",
        "music_generated": "已加入现场生成的免版税配乐（{name}），音量为 {percent}。想用自己的歌曲，请上传（mp3、wav、m4a、aac）后再说一次。",
        "no_music": "未完成：{what}。上传的音乐不足一秒，请上传更长的音乐。",
        "background_set": "已把人物背景换成 {name}。",
        "background_blurred": "已虚化人物身后的背景。",
        "background_drawn": "已把人物背景换成本工作室绘制的场景（{name}），光线已匹配。想用真实场景，请上传图片或视频后再说一次。",
        "background_file": "已把人物背景换成 {name}。",
        "background_transparent": "已抠出人物，背景变为透明。MP4 不支持透明，成片将是 {name}；在此之前透明部分以棋盘格表示。",
        "no_such_background": "未完成：{what}。没有这样的背景。可以说颜色（或 #2060c0 这样的代码）、虚化、上传图片或视频，或从本工作室绘制的场景中选择：{scenes}。{own}",
        "own_backgrounds": "您自己的背景：{names}。",
        "background_unreadable": "未完成：{what}。这个背景无法使用：{cause}",
        "nobody_seen": "未完成：{what}。片段里没有找到人物，没有改动任何内容。",
        "object_removed": "已从画面中去掉{what}（共 {count} 个），把握 {sure}。{notes}",
        "object_invented": "其后方约 {share} 在片段中从未出现，只能补画。",
        "object_unclear": "片段里还有别的东西也差不多符合；如果去错了，可以撤销。",
        "object_kept": "未改动：{what}。",
        "object_candidates": "尚未执行：“{what}”可能指不止一个。是哪一个？{list}。请回复编号，可以多个。",
        "object_left": "{number}：{at}，左侧",
        "object_middle": "{number}：{at}，中间",
        "object_right": "{number}：{at}，右侧",
        "object_not_seen": "未完成：片段里没有找到{what}，没有改动任何内容。",
        "object_unknown": "未完成：无法在画面中识别“{what}”，没有改动任何内容。可以识别人物、动物、车辆和日常物品。",
        "object_no_such_number": "未完成：{what}。没有这个编号；请再说一次要去掉什么。",
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
