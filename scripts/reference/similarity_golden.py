#!/usr/bin/env python3
"""BLEU-4 of sentences by sacrebleu (1 added to 2- to 4-grams, words between white space) and ROUGE-L by rouge-score, on
made-up sentences.

    similarity_golden.py > tests/core/signal/similarity_golden.h

Needs sacrebleu and rouge-score (PyPI); their versions are printed into the output.
"""
import json
import random
import sys
from importlib.metadata import version

import sacrebleu
from rouge_score import rouge_scorer

WORDS = "the a cat dog sat on mat red blue three two boxes there are is left of right not Paris 17 yes no".split()
FIXED = [("the cat sat on the mat", "the cat sat on the mat"), ("B", "B"), ("B", "C"), ("the mat", "the cat sat on the mat"),
         ("a b c d e", "a b c x e"), ("The Cat!", "the cat"), ("no-one's 3rd", "no one s 3rd"), ("x", ""), ("", "x"),
         ("one two three four five six", "six five four three two one")]


def main():
    rng = random.Random(3)
    pairs = list(FIXED)
    for _ in range(30):
        answer = [rng.choice(WORDS) for _ in range(rng.randint(1, 14))]
        sample = [w for w in answer if rng.random() < 0.8] + [rng.choice(WORDS) for _ in range(rng.randint(0, 3))]
        rng.random() < 0.3 and rng.shuffle(sample)
        pairs.append((" ".join(sample), " ".join(answer)))
    rouge = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    print(f"""/* Made by scripts/reference/similarity_golden.py (Python {sys.version.split()[0]}, sacrebleu """
          f"""{version("sacrebleu")}, rouge-score {version("rouge-score")});
 * tolerance 1e-12. Do not edit. */
#ifndef PL_SIMILARITY_GOLDEN_H
#define PL_SIMILARITY_GOLDEN_H

typedef struct similarity_golden {{
    const char *sample, *answer;
    double bleu, rouge;
}} similarity_golden;

/* clang-format off */
static const similarity_golden similarity_goldens[] = {{""")
    for sample, answer in pairs:
        bleu = sacrebleu.sentence_bleu(sample, [answer], smooth_method="add-k", smooth_value=1, tokenize="none",
                                       use_effective_order=False).score / 100
        print(f"    {{{json.dumps(sample)}, {json.dumps(answer)}, {bleu!r},\n"
              f"     {rouge.score(answer, sample)['rougeL'].fmeasure!r}}},")
    print("};\n/* clang-format on */\n\n#endif")


main()
