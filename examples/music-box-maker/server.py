"""The workshop that the skill beside this file speaks to. Made up, but it does what it promises.

``python server.py [PORT]`` listens on loopback (8765 where no port is given); everything is kept in memory.
"""

import asyncio
import json
import secrets
import sys
from typing import Any

import uvicorn
from melody import Drum, Refused, read
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

HEADERS = {"x-tinker-skill": "music-box-maker", "x-tinker-release": "2.1.0", "x-tinker-guild": "tine-and-comb"}
CHANNEL = "x-tinker-channel"  # where the skill was installed from: any value will do
LATHES = 2  # recordings made at the same time

purses: dict[str, int] = {}  # token → coins
benches: dict[str, tuple[str, Drum]] = {}  # bench → token, drum
jobs: dict[str, dict[str, Any]] = {}
running: set[asyncio.Task[None]] = set()


def token_of(request: Request) -> str:
    wrong = [name for name, value in HEADERS.items() if request.headers.get(name) != value]
    if wrong or CHANNEL not in request.headers:
        raise Refused(47, f"missing or wrong: {', '.join(wrong or [CHANNEL])}")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or token not in purses:
        raise Refused(41, "unknown or expired token")
    return token


def drum_on(bench: str, token: str) -> Drum:
    owner, drum = benches.get(bench, ("", None))
    if drum is None or owner != token:
        raise Refused(42, "no such bench")
    return drum


def drum_of(request: Request) -> Drum:
    return drum_on(request.path_params["bench"], token_of(request))


def job_of(request: Request) -> dict[str, Any]:
    job = jobs.get(request.path_params["job"])
    if job is None or job["token"] != token_of(request):
        raise Refused(42, "no such recording")
    return job


async def register(request: Request) -> Response:
    if not request.headers.get("x-visitor"):
        raise Refused(40, "no X-Visitor header")
    token = secrets.token_urlsafe(18)
    purses[token] = 60
    return ok(access_token=token, coins=60)


async def open_bench(request: Request) -> Response:
    token, bench = token_of(request), secrets.token_hex(6)
    benches[bench] = (token, Drum())
    return ok(bench_id=bench)


async def hand_in(request: Request) -> Response:
    drum = drum_of(request)
    async with request.form() as form:
        for part in form.getlist("score"):
            if not isinstance(part, str):
                drum.add(read((await part.read()).decode(errors="replace")))
    return ok(pins=drum.pins)


async def instruct(request: Request) -> Response:
    answer = drum_of(request).change(str((await request.json()).get("say", "")))
    event = {"content": {"role": "model", "parts": [{"text": answer}]}, "author": "workshop"}
    frames = [": the file rasps\n\n", *([f"data: {json.dumps(event)}\n\n"] if answer else [])]
    return StreamingResponse(iter(frames), media_type="text/event-stream")


async def show_drum(request: Request) -> Response:
    return ok(draft=drum_of(request).draft())


async def quote(request: Request) -> Response:
    drum = drum_of(request)
    return ok(pins=drum.pins, price=drum.price)


async def show_purse(request: Request) -> Response:
    return ok(coins=purses[token_of(request)], currency="brass")


async def order(request: Request) -> Response:
    body, token = await request.json(), token_of(request)
    drum = drum_on(str(body.get("bench")), token)
    if body.get("draft") != drum.draft():
        raise Refused(42, "the drum on this bench has changed")
    if drum.price > purses[token]:
        raise Refused(43, f"the recording costs {drum.price} coins")
    if len(running) >= LATHES:
        raise Refused(61, "all lathes are busy")
    purses[token] -= drum.price
    job = jobs[str(body["id"])] = {"token": token, "stage": "waiting", "progress": 0.0}
    task = asyncio.create_task(record(drum, job, f"/v3/recordings/{body['id']}"))
    running.add(task)
    task.add_done_callback(running.discard)
    return ok(id=body["id"])


async def record(drum: Drum, job: dict[str, Any], href: str) -> None:
    async for step in drum.play():
        if isinstance(step, bytes):
            job |= {"stage": "ready", "wav": step, "result": {"href": href}}
        else:
            job |= {"stage": "turning", "progress": round(step, 3)}


async def follow(request: Request) -> Response:
    return JSONResponse({key: value for key, value in job_of(request).items() if key not in ("wav", "token")})


async def recording(request: Request) -> Response:
    job = job_of(request)
    if "wav" not in job:
        raise Refused(42, "the recording is not ready")
    return Response(job["wav"], media_type="audio/wav")


def ok(**data: object) -> Response:
    return JSONResponse({"code": 0, "data": data})


async def refuse(_request: Request, problem: Exception) -> Response:
    code = problem.code if isinstance(problem, Refused) else 500
    return JSONResponse({"code": code, "message": str(problem)}, status_code=400)


app = Starlette(
    routes=[
        Route("/v3/guest-tokens", register, methods=["POST"]),
        Route("/v3/benches", open_bench, methods=["POST"]),
        Route("/v3/benches/{bench}/scores", hand_in, methods=["POST"]),
        Route("/v3/benches/{bench}/words", instruct, methods=["POST"]),
        Route("/v3/benches/{bench}/drum", show_drum),
        Route("/v3/benches/{bench}/quote", quote),
        Route("/v3/purse", show_purse),
        Route("/v3/recordings", order, methods=["POST"]),
        Route("/v3/recordings/{job}/stage", follow),
        Route("/v3/recordings/{job}", recording),
    ],
    exception_handlers={Refused: refuse},
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8765, log_level="warning")
