#!/usr/bin/env python3
"""Result files of other tools on made-up questions, and the same answers as our own JSONL.

    importer_fixtures.py tests/cli/golden/data

writes DIR/vlmeval and DIR/lmms (three models each) with DIR/vlmeval.jsonl and DIR/lmms.jsonl. Tables are written by the
calls that VLMEvalKit writes them with (pandas and xlsxwriter), so that their quoting, escapes and numbers are the real
ones; lines of sample logs have the members that lmms-eval and lm-evaluation-harness give them, in three versions'
forms. Needs pandas and xlsxwriter (PyPI).
"""
import csv
import datetime
import json
import os
import random
import sys

import pandas as pd

FAILED = "Failed to obtain answer via API."
COLOURS = ["red", "green", "blue", "grey", "gold", "pink"]
THINGS = ["cube", "ball", "cone", "ring"]
MODELS = {"ash": 0.9, "birch-7b": 0.75, "cedar": 0.55}
LETTERS = "ABCDE"


# ---- questions ----


def choice_questions(rng):
    """Rows of a multiple-choice data set: two to five options, some of them numbers, some hard to quote."""
    rows = []
    for i in range(36):
        n = rng.choice([2, 3, 4, 4, 4, 5])
        options = rng.sample([f"a {c} {t}" for c in COLOURS for t in THINGS], n)
        if i % 6 == 1:
            options = rng.sample([1, 2, 3, 4.5, 7, 0.25], n)
        if i == 2:
            options = ['a "red" cube', "a blue\tball", "two\nlines", "=SUM(1,2)"]
        if i == 3:
            options = ["Würfel", "球", "_x000D_ as text", "None"]
        answer = rng.randrange(len(options))
        rows.append({"index": i, "question": f"What is in picture {i}?\nLook closely.", "options": options,
                     "answer": answer, "category": "shapes", "split": "dev"})
    for i in (5, 7, 8):  # the same question with its options turned, as MMBench has them
        row = dict(rows[i])
        row["options"] = row["options"][1:] + row["options"][:1]
        row["answer"] = (row["answer"] - 1) % len(row["options"])
        row["index"] = 1000000 + i
        rows.append(row)
    return rows


def yes_no_questions(rng):
    return [{"index": i, "question": f"Is there a ball in picture {i}?", "answer": rng.choice(["Yes", "No"]),
             "image_path": f"pictures/{i // 2}.jpg"} for i in range(20)]


def say_choice(rng, options, right, skill):
    """What a model says, in words."""
    pick = right if rng.random() < skill else rng.randrange(len(options))
    letter = LETTERS[pick]
    return rng.choice([letter] * 9 + [f"{letter}.", f"({letter})", f"The answer is {letter}.", f"{letter}. {options[pick]}",
                       f"<think>Or B?\nNo.</think>\n{letter}", "I cannot tell."])


def say_yes_no(rng, right, skill):
    word = right if rng.random() < skill else rng.choice(["Yes", "No"])
    return rng.choice([word] * 5 + [word.lower(), f"{word}.", f"{word}, it is so.", f"**{word}**", "Hard to say."])


# ---- VLMEvalKit ----


def save_table(frame, path):
    """As VLMEvalKit's dump() does."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if path.endswith(".xlsx"):
        options = {"strings_to_formulas": False}
        with pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs={"options": options}) as writer:
            frame.to_excel(writer, index=False)
            writer.book.set_properties({"created": datetime.datetime(2026, 1, 1)})
    elif path.endswith(".tsv"):
        frame.to_csv(path, sep="\t", index=False, encoding="utf-8", quoting=csv.QUOTE_ALL)
    else:
        with open(path, "w", encoding="utf-8") as f:
            json.dump(frame.to_dict("records"), f, indent=4, ensure_ascii=False)


def as_text(value):
    return value if isinstance(value, str) else repr(value)


def vlmeval(directory):
    rng = random.Random(1)
    choices, questions = choice_questions(rng), yes_no_questions(rng)
    lines = []
    for (model, skill), form in zip(MODELS.items(), (".xlsx", ".tsv", ".json")):
        table = []
        for q in choices:
            text = say_choice(rng, q["options"], q["answer"], skill)
            if model == "cedar" and q["index"] in (4, 9):
                text = FAILED
            row = {k: q[k] for k in ("index", "question", "category", "split")}
            row |= {"answer": LETTERS[q["answer"]]} | dict(zip(LETTERS, q["options"])) | {"prediction": text}
            table.append(row)
            if text != FAILED:
                line = {"item": str(q["index"]), "model": model, "dataset": "MMBench_DEV_EN",
                        "options": [as_text(o) for o in q["options"]], "label": as_text(q["options"][q["answer"]]),
                        "text": text}
                if q["index"] >= 1000000:
                    line["image"] = str(q["index"] % 1000000)
                lines.append(line)
        order = ["index", "question", *LETTERS, "answer", "category", "split", "prediction"]
        name = f"{directory}/vlmeval/{model}/{model}_MMBench_DEV_EN"
        frame = pd.DataFrame(table, dtype=object)[order]
        save_table(frame, name + form)
        if model == "ash":  # what VLMEvalKit makes of it: not to be read
            frame["hit"], frame["log"] = 0, "matched"
            save_table(frame, name + "_openai_result.xlsx")
        table = []
        for q in questions:
            text = say_yes_no(rng, q["answer"], skill)
            table.append(q | {"prediction": text})
            line = {"item": str(q["index"]), "model": model, "dataset": "MME", "image": q["image_path"],
                    "options": ["Yes", "No"], "label": q["answer"], "text": text}
            first = text.strip("*").split(",")[0].rstrip(".").capitalize()
            lines.append(line | ({"prediction": first} if first in ("Yes", "No") else {}))
        save_table(pd.DataFrame(table, dtype=object), f"{directory}/vlmeval/{model}/{model}_MME{form}")
    return lines


# ---- lmms-eval ----


def sample_line(q, kind, form, replies, model):
    """A line in one of three forms: 0 lmms-eval up to 0.6, 1 lm-evaluation-harness, 2 lmms-eval from 0.7."""
    prompt = f"{q['question']}\n" + "\n".join(f"{LETTERS[i]}. {o}" for i, o in enumerate(q["options"])) + "\nAnswer:"
    scored = kind == "scored"
    line = {"doc_id": q["index"], "target": str(q["answer"]) if scored else LETTERS[q["answer"]], "acc": float("nan"),
            "doc_hash": f"{q['index']:04x}", "prompt_hash": "0", "target_hash": "0"}
    if form == 1:
        line["doc"] = {"id": q["index"], "question": q["question"]}
        line["arguments"] = {f"gen_args_{i}": {"arg_0": prompt, "arg_1": f" {o}"} for i, o in enumerate(q["options"])}
        if not scored:
            line["arguments"] = {"gen_args_0": {"arg_0": prompt, "arg_1": {"until": ["\n"]}}}
    elif form == 2:
        line["doc"] = {"question": q["question"], "choices": q["options"]}
        line["input"] = q["question"]
    else:
        line["input"] = prompt
    if scored:
        pairs = [[repr(x), "False"] for x in replies] if form < 2 else [[x, False] for x in replies]
        line["filtered_resps"] = pairs
        if form != 0:
            line["resps"] = [[p] for p in pairs]
    elif form == 0:
        line["resps"], line["filtered_resps"] = [[replies[0]]], [replies[0].strip()]
    elif form == 1:
        line["filtered_resps"] = [replies[0]]
    else:
        line["resps"], line["filtered_resps"] = replies, replies[0]
    return line


def lmms(directory):
    rng = random.Random(2)
    questions = []
    for i in range(30):
        options = rng.sample([f"a {c} {t}" for c in COLOURS for t in THINGS], 4)
        questions.append({"index": i, "question": f"What is in picture {i}?", "options": options,
                          "answer": rng.randrange(4)})
    lines = []
    for form, (model, skill) in enumerate(MODELS.items()):
        os.makedirs(f"{directory}/lmms/{model}", exist_ok=True)
        for kind, task in (("scored", "shapes_ppl"), ("said", "shapes")):
            stem = f"samples_{task}_2026-03-01T12-00-00.250000" if form == 1 else f"20260301_12000{form}_samples_{task}"
            with open(f"{directory}/lmms/{model}/{stem}.jsonl", "w", encoding="utf-8") as f:
                for q in questions:
                    line = {"item": str(q["index"]), "model": model, "dataset": task, "options": q["options"],
                            "label": q["options"][q["answer"]]}
                    if kind == "scored":
                        best = q["answer"] if rng.random() < skill else rng.randrange(4)
                        losses = [round(rng.uniform(0.1, 0.9) if k == best else rng.uniform(1.0, 4.0), 4) for k in range(4)]
                        line["option_logits"] = [-x for x in losses]
                        replies = losses if form != 1 else line["option_logits"]
                    else:
                        replies = [say_choice(rng, q["options"], q["answer"], skill) for _ in range(3 if form == 2 else 1)]
                        line["text"] = replies[0]
                        if form == 2:
                            line["samples"] = replies
                    lines.append(line)
                    f.write(json.dumps(sample_line(q, kind, form, replies, model), ensure_ascii=False) + "\n")
    return lines


def main():
    directory = sys.argv[1]
    for name, lines in (("vlmeval", vlmeval(directory)), ("lmms", lmms(directory))):
        with open(f"{directory}/{name}.jsonl", "w", encoding="utf-8") as f:
            for line in lines:
                f.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
