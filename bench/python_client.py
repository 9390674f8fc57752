#!/usr/bin/env python3
"""What users have today: the same question about an image, so many times, by a Python harness.

  python_client.py openai|inspect BASE_URL IMAGE_DIR CALLS CONCURRENCY

openai: the bare AsyncOpenAI client and asyncio, answers thrown away. inspect: inspect-ai with its OpenAI provider,
one sample a call, its log written as it does by itself."""
import asyncio
import base64
import itertools
import json
import pathlib
import sys
import tempfile
import time

QUESTION = "Which of the things in this picture is the largest? Answer in one sentence."


def with_openai(base_url, images, n, concurrency):
    import openai
    encoded = [base64.b64encode(path.read_bytes()).decode() for path in images]

    async def go():
        client = openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=2)
        numbers = itertools.count()

        async def work():
            while (i := next(numbers)) < n:
                reply = await client.chat.completions.create(model="fixed", max_tokens=512, temperature=0, messages=[
                    {"role": "user", "content": [
                        {"type": "image_url",
                         "image_url": {"url": "data:image/png;base64," + encoded[i % len(encoded)]}},
                        {"type": "text", "text": f"{i}: {QUESTION}"}]}])
                assert reply.choices[0].message.content
        await asyncio.gather(*(work() for _ in range(concurrency)))
    asyncio.run(go())


def with_inspect(base_url, images, n, concurrency):
    from inspect_ai import Task, eval as inspect_eval
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import ChatMessageUser, ContentImage, ContentText
    from inspect_ai.solver import generate
    samples = [Sample(id=i, target="", input=[ChatMessageUser(content=[
        ContentImage(image=str(images[i % len(images)])), ContentText(text=f"{i}: {QUESTION}")])]) for i in range(n)]
    with tempfile.TemporaryDirectory() as logs:
        log = inspect_eval(Task(dataset=MemoryDataset(samples), solver=generate()), model="openai/fixed",
                           model_base_url=base_url, model_args={"api_key": "none", "responses_api": False}, max_connections=concurrency,
                           max_samples=concurrency, temperature=0, max_tokens=512, log_dir=logs, display="none",
                           log_level="error")[0]
        assert log.status == "success", log.error


def main():
    kind, base_url, directory, n, concurrency = sys.argv[1:]
    images = sorted(pathlib.Path(directory).resolve().glob("*.png"))
    start = time.monotonic()
    {"openai": with_openai, "inspect": with_inspect}[kind](base_url, images, int(n), int(concurrency))
    print(json.dumps({"requests": int(n), "seconds": time.monotonic() - start}))


if __name__ == "__main__":
    main()
