"""An ADK app whose model follows a script, so that a real server runs without a model, a key or a network.

What the user says picks the tool; the clip is whatever inline data came with the message.
"""

from __future__ import annotations

from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, LlmResponse
from google.adk.tools import ToolContext  # noqa: TC002 - ADK reads the tools' annotations
from google.genai import types

DRAFT = {"t": [{"tt": 0, "sg": [{"d": 4000, "m": {"name": "harbour"}}]}]}


def says(words, **more):
    return LlmResponse(content=types.Content(role="model", parts=[types.Part(text=words)]), **more)


def calls(tool):
    part = types.Part(function_call=types.FunctionCall(name=tool, args={}))
    return LlmResponse(content=types.Content(role="model", parts=[part]))


class Scripted(BaseLlm):
    """Answers by the last message; after a tool's answer it closes the turn, in pieces and then whole."""

    model: str = "scripted"

    async def generate_content_async(self, llm_request, stream=False):  # noqa: ARG002 - the base class's signature
        last = llm_request.contents[-1].parts
        said = " ".join(part.text or "" for part in last)
        if any(part.function_response for part in last):
            yield says("The sound ", partial=True)
            yield says("is gone.", partial=True)
            yield says("The sound is gone.")
        elif "break" in said:
            raise RuntimeError("the script breaks here")
        elif "remove" in said:
            yield calls("cut_sound")
        elif "timeline" in said:
            yield calls("lay_out")
        else:
            yield says("I was only asked to talk.")


async def cut_sound(tool_context: ToolContext) -> dict:
    """Saves the bytes of the clip that came with the message in reverse, which no test takes for the input."""
    clip = next((part.inline_data for part in tool_context.user_content.parts if part.inline_data), None)
    data = clip.data if clip else b"no clip came along"
    made = types.Part.from_bytes(data=data[::-1], mime_type="video/mp4")
    return {"version": await tool_context.save_artifact("silent.mp4", made)}


def lay_out(tool_context: ToolContext) -> dict:
    """Keeps a draft in the session's state, as an agent with a timeline of its own does."""
    tool_context.state["draft"] = DRAFT
    return {"tracks": 1}


root_agent = LlmAgent(name="scripted_editor", model=Scripted(), tools=[cut_sound, lay_out])
