"""Configurations of peerless for the pool."""
import json

import servers

TEXT_TOKENS, PHOTO_TOKENS, CHOICE_TOKENS, SAMPLE_TOKENS = 48, 24, 16, 12


def address_line(base_url):
    """A list stands for replicas of one model."""
    return f"    base_url: {base_url}" if isinstance(base_url, str) else f"    base_urls: {json.dumps(base_url)}"


def model_lines(model, base_url, max_tokens):
    extra = [f"    extra: {{grammar: {json.dumps(model.grammar)}}}"] if model.grammar else []
    return [f"  - name: {model.name}  # {model.note}",
            "    provider: openai",
            f"    model: {model.name}",
            address_line(base_url),
            f"    endpoint: real-pool/{model.name}  # keeps its name when the port changes, so nothing is asked twice",
            f"    family: {model.family}",
            f"    params: {{temperature: 0, max_tokens: {max_tokens}, seed: 1}}",
            *extra,
            "    image: {max_side: 512, format: jpeg, quality: 90, detail: auto}",
            # A reply comes in one piece, so on a busy machine its first byte may take minutes.
            f"    limits: {{concurrency: {servers.SLOTS}, timeout_first_byte: 20m, timeout_total: 30m}}"]


def render(data, models, base_urls, max_tokens, evaluation):
    """The text of a peerless.yaml; base_urls by name of the model."""
    lines = ["version: 1", f"data: {data}", "models:"]
    for model in models:
        lines += model_lines(model, base_urls[model.name], max_tokens)
    return "\n".join(lines + ["evaluations:", f"  {evaluation}", "store: run.db", "seed: 1", ""])


def given_config(items, models, base_urls, max_tokens):
    """Questions of the items' own; every model answers, and all that are not in a pair judge it."""
    return render(f"{{items: {json.dumps(str(items))}}}", models, base_urls, max_tokens,
                  "peer_review: {questions: given, judges: all, order: both, criteria: [correctness]}")


def text_config(items, models, base_urls):
    return given_config(items, models, base_urls, TEXT_TOKENS)


def photo_config(folder, models, base_urls):
    """Questions that the models write about images."""
    return render(f"{{images: {json.dumps(str(folder))}}}", models, base_urls, PHOTO_TOKENS,
                  "peer_review: {questions: generated, judges: author, order: both, criteria: [correctness, visual]}")


def choice_config(items, models, base_urls):
    """Multiple choice: a letter from each model, with log-probabilities, and two samples."""
    return render(f"{{items: {json.dumps(str(items))}}}", models, base_urls, CHOICE_TOKENS,
                  "uncertainty: {samples: 2, top_logprobs: 20}")


def samples_config(items, models, base_urls, judge, n_samples):
    """Open questions; one of the models says which samples mean the same."""
    return render(f"{{items: {json.dumps(str(items))}}}", models, base_urls, SAMPLE_TOKENS,
                  f"uncertainty: {{samples: {n_samples}, equivalence: judge, judge: {judge}}}")
