"""An ADK app that saves every file it is handed as an artifact, by ADK's own plugin, and makes none of its own."""

from __future__ import annotations

from google.adk.agents import LlmAgent
from google.adk.apps import App
from google.adk.models import BaseLlm, LlmResponse
from google.adk.plugins.save_files_as_artifacts_plugin import SaveFilesAsArtifactsPlugin
from google.genai import types


class Idle(BaseLlm):
    """Says that it did something, and did nothing."""

    model: str = "idle"

    async def generate_content_async(self, llm_request, stream=False):  # noqa: ARG002 - the base class's signature
        yield LlmResponse(content=types.Content(role="model", parts=[types.Part(text="It is done.")]))


app = App(
    name="keeping_editor",
    root_agent=LlmAgent(name="keeping_editor", model=Idle()),
    plugins=[SaveFilesAsArtifactsPlugin()],
)
