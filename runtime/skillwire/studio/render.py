"""A draft → an MP4: copies packets wherever an edit does not touch them, encodes only what it must."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillwire.errors import JobFailed
from skillwire.studio.draft import Clip, Draft
from skillwire.studio.media.read import Source, copied, open_audio, open_video

if TYPE_CHECKING:
    from av.container import OutputContainer


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file a draft plays: where, and its size (bytes) and time of change when it was taken in."""

    path: Path
    name: str
    size: int
    mtime_ns: int
    video_codec: str = ""

    def check(self) -> None:
        """Raises ``JobFailed`` when the file went or changed since."""
        try:
            now = self.path.stat()
        except OSError:
            raise JobFailed("the uploaded file is no longer there", where=self.name, fix="upload it again") from None
        if (now.st_size, now.st_mtime_ns) != (self.size, self.mtime_ns):
            raise JobFailed("the file changed after it was uploaded", where=self.name, fix="upload it again")


def copies_video(draft: Draft, codec_of: Callable[[str], str]) -> bool:
    """Whether the pictures can be copied as they are: one whole H.264 clip, nothing drawn, no other shape or size."""
    return (
        len(draft.video) == 1
        and draft.video[0].whole
        and draft.video[0].start == 0
        and not draft.titles
        and draft.canvas.ratio is None
        and draft.canvas.height is None
        and codec_of(draft.video[0].media) == "h264"
    )


def render(
    draft: Draft,
    media: Mapping[str, MediaFile],
    target: Path,
    quality: str,
    on_progress: Callable[[float], None],
) -> list[str]:
    """Renders ``draft`` to an MP4 at ``target``, telling the fraction done. Returns notes on damage met in the inputs.

    ``quality``: ``draft``, ``standard`` or ``high``. Raises ``JobFailed``, ``BadInput`` or ``OutputFailed``; then nothing is left.
    """
    from skillwire.studio.media.write import QUALITIES, mp4_output, mux  # noqa: PLC0415 - used by a worker only

    for name in draft.media:
        media[name].check()
    total = max(draft.duration / 1000, 0.001)
    sources: list[Source] = []
    with mp4_output(target) as output:
        feeds = [_video_feed(draft, media, output, QUALITIES[quality], sources)]
        if draft.audio:
            feeds.append(_audio_feed(draft.audio[0].clips[0], media, output, sources))
        written = mux(output, feeds, lambda time: on_progress(min(0.99, max(0.0, time / total))))
        if written == 0:
            raise JobFailed("nothing in this file could be read", where=draft.video[0].name, fix="check that it plays")
    return [note for source in sources for note in _notes(source)]


def _video_feed(
    draft: Draft, media: Mapping[str, MediaFile], output: OutputContainer, quality: Any, sources: list[Source]
) -> Iterator[Any]:
    from skillwire.studio.media.encode import VideoEncoder  # noqa: PLC0415 - used by a worker only

    file = media[draft.video[0].media]
    source = open_video(file.path, file.name)
    sources.append(source)
    if copies_video(draft, lambda name: media[name].video_codec):
        return copied(source, output.add_stream_from_template(source.stream))
    return VideoEncoder(output, source, quality).packets()


def _audio_feed(
    clip: Clip, media: Mapping[str, MediaFile], output: OutputContainer, sources: list[Source]
) -> Iterator[Any]:
    from skillwire.studio.media.encode import AudioEncoder  # noqa: PLC0415 - used by a worker only

    file = media[clip.media]
    source = open_audio(file.path, file.name)
    sources.append(source)
    context = source.stream.codec_context
    # Without its configuration record (ADTS, some AVI) a copied AAC stream would not play from MP4.
    if context.name == "aac" and context.extradata:
        return copied(source, output.add_stream_from_template(source.stream))
    return AudioEncoder(output, source).packets()


def _notes(source: Source) -> list[str]:
    notes = []
    if source.damage.cut_off:
        notes.append(f"{source.name} ends early; everything up to there was used")
    if source.damage.bad_packets:
        notes.append(f"{source.damage.bad_packets} damaged parts of {source.name} were left out")
    return notes
