"""A draft → a film: copies packets wherever an edit does not touch them, encodes only what it must."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillwire.errors import JobFailed
from skillwire.studio.draft import Clip, Draft
from skillwire.studio.edit import apply
from skillwire.studio.overlap import Overlap

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.frame import VideoFrame

    from skillwire.studio.media.encode import Quality
    from skillwire.studio.media.forms import Form
    from skillwire.studio.media.read import Source
    from skillwire.studio.media.sound import Sound


# Seconds around a moment that are rendered for its poster.
_MOMENT = 0.1


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
    return _untouched(draft, codec_of) and draft.video[0].whole


def _untouched(draft: Draft, codec_of: Callable[[str], str]) -> bool:
    """Whether no picture of the draft differs from those of its one H.264 clip, whichever of them it shows."""
    return (
        len(draft.video) == 1
        and draft.video[0].speed == 1
        and draft.video[0].start == 0
        and not draft.titles
        and draft.video[0].background is None
        and draft.video[0].removed is None
        and draft.canvas.plain
        and codec_of(draft.video[0].media) == "h264"
    )


def render(
    draft: Draft,
    media: Mapping[str, MediaFile],
    target: Path,
    quality: str,
    on_progress: Callable[[float], None],
) -> list[str]:
    """Renders ``draft`` to ``target``, telling the fraction done. Returns notes on damage met in the inputs.

    The suffix of ``target`` (``.mp4``, ``.webm``, ``.mov``) says what it becomes; an MP4 shows what is transparent as a checkerboard.
    ``quality``: ``draft``, ``standard`` or ``high``. Raises ``JobFailed``, ``BadInput`` or ``OutputFailed``; then nothing
    is left at ``target``.
    """
    from skillwire.studio.media.encode import QUALITIES  # noqa: PLC0415 - used by a worker only
    from skillwire.studio.media.forms import form_of  # noqa: PLC0415 - used by a worker only
    from skillwire.studio.media.write import film_output, mux  # noqa: PLC0415 - used by a worker only

    for name in draft.media:
        media[name].check()
    total = max(draft.duration / 1000, 0.001)
    composer = _Composer(draft, media, form_of(target))
    try:
        with film_output(target) as output:
            feeds = [composer.pictures(output, QUALITIES[quality])]
            if draft.audio:
                feeds.append(composer.sound(output))
            written = mux(output, feeds, lambda time: on_progress(min(0.99, max(0.0, time / total))))
            if written == 0:
                raise JobFailed("nothing in this file could be read", where=draft.video[0].name)
    finally:
        composer.close()
    return composer.notes()


def poster(draft: Draft, media: Mapping[str, MediaFile], target: Path, at: int) -> None:
    """Writes the picture shown at ``at`` (ms) as JPEG. Raises as ``render`` does."""
    import av  # noqa: PLC0415 - slow import

    moment = apply(replace(draft, audio=()), {"op": "trim", "start": at / 1000, "end": at / 1000 + _MOMENT}).draft
    film = target.with_suffix(".mp4")
    try:
        render(moment, media, film, "high", lambda _: None)
        with av.open(str(film)) as container:
            frame: Any = next(container.decode(video=0))
            # Into the folder under another name first, so that nobody finds half a picture.
            part = target.with_name(f".{target.name}")
            frame.to_image().save(part, format="JPEG", quality=88)
            part.replace(target)
    finally:
        film.unlink(missing_ok=True)


class _Composer:
    """Builds the feeds of packets for one output and remembers the files they read."""

    def __init__(self, draft: Draft, media: Mapping[str, MediaFile], form: Form) -> None:
        self._draft = draft
        self._media = media
        self._form = form
        self.opened: list[Source] = []
        self._remarks: list[str] = []
        self._stages: list[Generator[Any, None, None]] = []
        self._overlap: Overlap | None = None

    def close(self) -> None:
        """Stops what still runs in threads, then closes the files they read."""
        if self._overlap is not None:
            self._overlap.close()
        for stage in self._stages:
            stage.close()
        for source in self.opened:
            source.close()

    def pictures(self, output: OutputContainer, quality: Quality) -> Iterator[Any]:
        if not _untouched(self._draft, lambda name: self._media[name].video_codec):
            return self._encoded_pictures(output, quality)
        if not self._draft.video[0].whole:
            return self._cut_pictures(output, quality)
        from skillwire.studio.media.copy import copied, reordered, showing_order  # noqa: PLC0415 - see render

        source = self._open_video(self._draft.video[0])
        if source.has_showing_times:
            return copied(source, output.add_stream_from_template(source.stream))
        file = self._media[self._draft.video[0].media]
        order = showing_order(file.path, file.name)
        if order is None:
            return self._encoded_pictures(output, quality)
        return reordered(source, output.add_stream_from_template(source.stream), order)

    def _cut_pictures(self, output: OutputContainer, quality: Quality) -> Iterator[Any]:
        from skillwire.studio.media.smartcut import planned, smart_cut  # noqa: PLC0415 - see render

        clip = self._draft.video[0]
        file = self._media[clip.media]
        source_out = None if clip.source_out is None else _seconds(clip.source_out)
        cut = planned(file.path, file.name, _seconds(clip.source_in), source_out)
        if cut is None:
            return self._encoded_pictures(output, quality)
        sources, packets = smart_cut(output, cut, quality)
        self.opened += sources
        return packets

    def sound(self, output: OutputContainer) -> Iterator[Any]:
        from skillwire.studio.media.copy import copied  # noqa: PLC0415 - see render
        from skillwire.studio.media.encode import audio_stream, encoded_audio  # noqa: PLC0415 - see render
        from skillwire.studio.media.sound import mixed  # noqa: PLC0415 - see render

        tracks = self._draft.audio
        untouched = self._untouched_sound()
        if untouched is not None and self._form.sound == "aac":
            source = self._open_audio(untouched)
            # Without its configuration record (ADTS, some AVI) a copied AAC stream would not play from MP4.
            if source.stream.codec_context.name == "aac" and source.stream.codec_context.extradata:
                return copied(source, output.add_stream_from_template(source.stream))
            source.close()
        length = _seconds(self._draft.duration)
        sounds = [[self._sound(clip) for clip in track.clips] for track in tracks]
        return encoded_audio(audio_stream(output, self._form), mixed(sounds, length))

    def notes(self) -> list[str]:
        """What was met in the inputs, and what could not be drawn, a sentence each."""
        notes = list(self._remarks)
        for source in self.opened:
            if source.damage.cut_off:
                notes.append(f"{source.name} ends early; everything up to there was used")
            if source.damage.bad_packets:
                notes.append(f"{source.damage.bad_packets} damaged parts of {source.name} were left out")
        return list(dict.fromkeys(notes))

    def _untouched_sound(self) -> Clip | None:
        """The one clip whose sound plays whole, from the start, at its own level, beside its own whole pictures."""
        clips = [clip for track in self._draft.audio for clip in track.clips]
        if len(clips) != 1 or len(self._draft.video) != 1:
            return None
        sound, picture = clips[0], self._draft.video[0]
        plain = sound.whole and sound.start == 0 and sound.volume == 1 and not sound.muted
        return sound if plain and picture.whole and picture.media == sound.media else None

    def _encoded_pictures(self, output: OutputContainer, quality: Quality) -> Iterator[Any]:
        from skillwire.studio.media import encode, shape  # noqa: PLC0415 - see render
        from skillwire.studio.media.pictures import COMMON_CLOCK, Span, span_frames  # noqa: PLC0415 - see render

        clips, canvas = self._draft.video, self._draft.canvas
        first_source = self._open_video(clips[0])
        stream = first_source.stream
        alone = len(clips) == 1
        clock = stream.time_base if alone and clips[0].speed == 1 and stream.time_base < 1 else COMMON_CLOCK

        def frames_of(clip: Clip, source: Source) -> Iterator[Any]:
            source_out = None if clip.source_out is None else _seconds(clip.source_out)
            begin, start, length = map(_seconds, (clip.source_in, clip.start, clip.duration))
            shown = span_frames(source, Span(begin, source_out, start, _factor(clip.speed), length), clock)
            return self._without_things(clip, source, shown) if clip.removed else shown

        def pixel_aspect(clip: Clip, source: Source) -> Fraction | None:
            """What is drawn on anew has square pixels."""
            tagged = source.stream.sample_aspect_ratio or source.stream.codec_context.sample_aspect_ratio
            return None if clip.removed else tagged

        # Before the first frame is asked for: of a short clip that may be read ahead to its end, which closes its file.
        aspect, rate = pixel_aspect(clips[0], first_source), stream.average_rate or Fraction(25)
        frames = frames_of(clips[0], first_source)
        first = next(frames, None)
        if first is None:
            raise JobFailed("the chosen part lies beyond the end of the clip", where=first_source.name)
        fitted: Callable[[Iterator[Any]], Iterator[Any]]
        turned = shape.display_matrix(first) is not None or (aspect or 1) != 1
        drawn_over = self._draft.titles or clips[0].background
        if alone and canvas.plain and not (turned and drawn_over):
            # One clip in its own shape keeps its rotation and pixel aspect as tags; titles and backgrounds need it upright.
            size = shape.fitted(first.width, first.height)
            matrix = shape.display_matrix(first)
            if aspect and min(first.width, first.height) > shape.MAX_SHORT_SIDE:
                aspect *= Fraction(first.width * size[1], first.height * size[0])
            fitted = partial(map, shape.Shaper(size))
        else:
            shown = shape.display_size(first, aspect, canvas.turn)
            size = shape.canvas_size(shown, canvas.ratio, canvas.height)
            fitted, aspect, matrix = self._onto_canvas(size, aspect), None, None
        picture = encode.Picture(size, clock, rate, aspect, matrix)
        target = encode.video_stream(output, picture, quality, first, self._form)

        def shaped() -> Iterator[Any]:
            yield from self._before_background(clips[0], fitted(chain([first], frames)), size, first)
            for clip in clips[1:]:
                source = self._open_video(clip)
                upright = self._onto_canvas(size, pixel_aspect(clip, source))(frames_of(clip, source))
                yield from self._before_background(clip, upright, size, first)

        self._overlap = Overlap()
        return self._overlap.encoded(self._titled(shaped(), size), partial(encode.encoded_video, target))

    def _without_things(self, clip: Clip, source: Source, frames: Iterator[Any]) -> Iterator[Any]:
        """The clip's frames, upright, without what is taken out of them; made ahead of the encoder in a thread."""
        from skillwire.studio.effects.vanish import vanished  # noqa: PLC0415 - loads OpenCV and networks

        if clip.removed is None:
            return frames
        file = self._media[clip.media]
        shown = partial(_in_file, clip)
        stage = vanished(clip.removed, source, file.path, frames, shown, _span(clip), self._remarks.append)
        self._stages.append(stage)
        return stage

    def _onto_canvas(self, size: tuple[int, int], pixel: Fraction | None) -> Callable[[Iterator[Any]], Iterator[Any]]:
        """What turns a clip's frames, of pixels of that aspect, into frames of ``size``."""
        from skillwire.studio.media import shape  # noqa: PLC0415 - see render

        canvas = self._draft.canvas
        if not canvas.crop:
            return partial(map, shape.CanvasShaper(size, pixel, canvas.turn))

        def cropped(frames: Iterator[Any]) -> Iterator[Any]:
            from skillwire.studio.effects.reframe import reframed  # noqa: PLC0415 - loads OpenCV and networks

            self._stages.append(reframed(frames, size, pixel, canvas.turn))
            return self._stages[-1]

        return cropped

    def _before_background(
        self, clip: Clip, frames: Iterator[Any], size: tuple[int, int], like: VideoFrame
    ) -> Iterator[Any]:
        if clip.background is None:
            return frames
        from skillwire.studio.effects.backdrop.glimpses import Told  # noqa: PLC0415 - loads OpenCV
        from skillwire.studio.effects.backdrop.replace import replaced_by  # noqa: PLC0415 - loads OpenCV and networks

        canvas = self._draft.canvas
        gone = clip.removed.to_json() if clip.removed else None
        told = Told(
            self._media[clip.media].path,
            # A crop follows what moves from where the stretch begins.
            [canvas.ratio, canvas.turn, canvas.crop and _span(clip), gone],
            _span(clip),
            partial(_in_file, clip),
            every=clip.speed <= 1,
        )
        stage = replaced_by(clip.background, frames, like, size, self._frames_of, alpha=self._form.alpha, told=told)
        self._stages.append(stage)
        return stage

    def _frames_of(self, media: str) -> Iterator[Any]:
        from skillwire.studio.media.read import frames, open_video  # noqa: PLC0415 - see render

        file = self._media[media]
        self.opened.append(open_video(file.path, file.name))
        return frames(self.opened[-1])

    def _titled(self, frames: Iterator[Any], size: tuple[int, int]) -> Iterator[Any]:
        if not self._draft.titles:
            return frames
        from skillwire.studio.media.titles import TitleOverlay  # noqa: PLC0415 - see render

        titles = TitleOverlay(self._draft.titles, size)
        if titles.missing:
            self._remarks.append(f"no font has {' '.join(titles.missing)}; the titles were drawn without")
        return titles.over(frames)

    def _sound(self, clip: Clip) -> Sound:
        from skillwire.studio.media.sound import Sound  # noqa: PLC0415 - see render

        return Sound(
            open=partial(self._open_audio, clip),
            start=_seconds(clip.start),
            length=_seconds(clip.duration),
            source_in=_seconds(clip.source_in),
            source_out=None if clip.source_out is None else _seconds(clip.source_out),
            speed=_factor(clip.speed),
            volume=clip.volume,
            muted=tuple((_seconds(a), _seconds(b)) for a, b in clip.muted),
        )

    def _open_video(self, clip: Clip) -> Source:
        from skillwire.studio.media.read import open_video  # noqa: PLC0415 - see render

        file = self._media[clip.media]
        self.opened.append(open_video(file.path, file.name))
        return self.opened[-1]

    def _open_audio(self, clip: Clip) -> Source:
        from skillwire.studio.media.read import open_audio  # noqa: PLC0415 - see render

        file = self._media[clip.media]
        self.opened.append(open_audio(file.path, file.name))
        return self.opened[-1]


def _span(clip: Clip) -> tuple[float, float]:
    """Which seconds of its file a clip shows."""
    return clip.source_in / 1000, (clip.source_in + clip.duration * clip.speed) / 1000


def _in_file(clip: Clip, shown: float) -> float:
    """The time in a clip's file of a time on the timeline, both in seconds."""
    return (clip.source_in + (shown * 1000 - clip.start) * clip.speed) / 1000


def _seconds(milliseconds: int) -> Fraction:
    return Fraction(milliseconds, 1000)


def _factor(speed: float) -> Fraction:
    return Fraction(speed).limit_denominator(1000)
