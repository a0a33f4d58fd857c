"""Takes files in from a multipart body, straight to disk, part by part."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.message import Message
from pathlib import Path
from typing import IO, Any

from skillwire.studio.answers import ApiError, Code
from skillwire.studio.intake import MAX_FILE_BYTES, MAX_FILES, Received, discard, new_file, too_large


class MultipartReceiver:
    """Streams the ``files`` parts of a multipart body to disk; other fields are passed over."""

    def __init__(self, content_type: str, folder: Path) -> None:
        header = Message()
        header["content-type"] = content_type
        boundary = header.get_param("boundary")
        if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str) or not boundary:
            raise ApiError(Code.BAD_REQUEST, "Send the files as multipart/form-data, or JSON with urls.")
        self._boundary = boundary
        self._folder = folder
        self._files: list[Received] = []
        self._out: IO[bytes] | None = None
        self._size = 0
        self._refused: ApiError | None = None
        self._header_name = b""
        self._header_value = b""
        self._disposition = b""
        self._ended = False

    async def receive(self, body: AsyncIterator[bytes]) -> list[Received]:
        """Reads the whole body. Raises ``ApiError``; then no file is left.

        The body is read to its end also when refused, within bounds, so that the client gets to see why.
        """
        from python_multipart.exceptions import MultipartParseError  # noqa: PLC0415 - slow import
        from python_multipart.multipart import MultipartParser  # noqa: PLC0415 - slow import

        parser = MultipartParser(self._boundary.encode("latin-1", "replace"), self._callbacks())
        left = (MAX_FILES + 1) * MAX_FILE_BYTES
        try:
            async for chunk in body:
                left -= len(chunk)
                if left < 0:
                    break
                if self._refused is None:
                    parser.write(chunk)
            self._check(whole=self._ended, bounded=left >= 0)
        except BaseException as error:
            self._close()
            discard(self._files)
            if isinstance(error, MultipartParseError):
                raise ApiError(Code.BAD_REQUEST, "The multipart body is malformed.") from error
            raise
        return self._files

    def _check(self, *, whole: bool, bounded: bool) -> None:
        if self._refused is not None:
            raise self._refused
        if not bounded:
            raise too_large("The upload")
        if not whole:
            raise ApiError(Code.BAD_REQUEST, "The upload ended in the middle.")
        if not self._files:
            raise ApiError(Code.BAD_REQUEST, "The upload holds no file in the field files.")

    def _callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._data,
            "on_part_end": self._close,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._disposition = b""
        self._header_name = self._header_value = b""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _on_headers(self) -> None:
        from python_multipart.multipart import parse_options_header  # noqa: PLC0415 - slow import

        _, options = parse_options_header(self._disposition)
        name = options.get(b"filename")
        if options.get(b"name") != b"files" or not name:
            return
        try:
            received = new_file(self._folder, name.decode("utf-8", "replace"))
        except ApiError as error:
            self._refused = self._refused or error
            return
        if len(self._files) >= MAX_FILES:
            self._refused = self._refused or ApiError(Code.TOO_LARGE, f"At most {MAX_FILES} files go into one upload.")
            return
        self._files.append(received)
        self._out = received.path.open("xb")
        self._size = 0

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._out is None or self._refused is not None:
            return
        self._size += end - start
        if self._size > MAX_FILE_BYTES:
            self._refused = too_large(self._files[-1].name)
            return
        self._out.write(data[start:end])

    def _close(self) -> None:
        if self._out is not None:
            self._out.close()
            self._out = None

    def _end(self) -> None:
        self._ended = True
