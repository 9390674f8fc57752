"""Checks of `peerless probe` against what the servers are known to do."""
import json

# llama.cpp's server: text and vision models differ in pictures alone.
EVERY = {"reachable": "yes", "text": "yes", "logprobs": "yes", "repeatable": "yes", "temperature": "yes", "context": "yes",
         "max_tokens": "yes", "max_completion_tokens": "yes", "prefill": "yes", "usage": "yes", "reasoning": "no"}
TOP_LOGPROBS = 20
CONTEXT_TOKENS = 4096  # of a slot: the default of serve.py
CALLS_MAX = 16


def states(model, names):
    return {name: model["abilities"][name]["state"] for name in names}


def check_probe(check, peerless, pool):
    done = peerless("probe", "--format", "json", seconds_max=600)
    if not check.equal("exit status of peerless probe", done.returncode, 0):
        return
    models = json.loads(done.stdout)["models"]
    for wanted in pool:
        found = models[wanted.name]
        abilities = found["abilities"]
        check.equal(f"{wanted.name}: what every server does", states(found, EVERY), EVERY)
        check.equal(f"{wanted.name}: alternatives for a token", abilities["logprobs"].get("amount"), TOP_LOGPROBS)
        check.equal(f"{wanted.name}: tokens of a slot's context", abilities["context"].get("amount"), CONTEXT_TOKENS)
        check(abilities["seed"]["state"] in ("yes", "unknown"), f"{wanted.name}: seed: {abilities['seed']['why']}")
        check(abilities["n"]["state"] in ("yes", "no"), f"{wanted.name}: n: {abilities['n']['why']}")
        check(found["calls"] <= CALLS_MAX, f"{wanted.name}: {found['calls']} calls, {found['input_tokens']} tokens in, "
              f"{found['output_tokens']} out, {found['elapsed_ms']} ms")
        pictures = states(found, ("images", "image_side"))
        if wanted.mmproj is None:
            check.equal(f"{wanted.name}: pictures", pictures, {"images": "no", "image_side": "no"})
            check("mmproj" in abilities["images"]["why"], f"{wanted.name}: {abilities['images']['why']}")
        else:
            check.equal(f"{wanted.name}: pictures", pictures, {"images": "yes", "image_side": "yes"})
            check("a picture counts" in abilities["sees"]["why"], f"{wanted.name}: {abilities['sees']['why']}")
