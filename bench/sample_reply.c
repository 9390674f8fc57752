#include "sample_reply.h"

#include "rng.h"

#include <math.h>

#define WORDS_MIN 25u
#define WORDS_SPREAD 60u
#define TOKENS_A_WORD 1.3

static const char *const words[] = {
    "the",       "image",  "is",       "a",        "of",       "answer",   "and",     "in",      "to",       "it",
    "shows",     "more",   "with",     "that",     "left",     "right",    "on",      "because", "first",    "second",
    "describes", "colour", "correct",  "while",    "there",    "are",      "two",     "three",   "man",      "woman",
    "street",    "table",  "blue",     "red",      "green",    "standing", "holding", "behind",  "front",    "window",
    "misses",    "detail", "accurate", "number",   "people",   "car",      "dog",     "white",   "black",    "sign",
    "reads",     "large",  "small",    "building", "visible",  "however",  "claims",  "not",     "present",  "scene",
    "bicycle",   "yellow", "kitchen",  "bottle",   "umbrella", "clearly",  "partly",  "hidden",  "question", "asks"};
#define N_WORDS (sizeof(words) / sizeof(words[0]))

/* By rank: the r-th word is about r times rarer than the first. */
static const char *draw_word(pl_rng *rng)
{
    size_t rank = (size_t)(pow((double)N_WORDS + 1.0, pl__rng_uniform(rng)) - 1.0);
    return words[rank < N_WORDS ? rank : N_WORDS - 1];
}

pl_status pl__sample_text(uint64_t number, bool is_judgment, pl_str *out)
{
    pl_rng rng;
    pl_status rc = PL_OK;
    pl__rng_init(&rng, 1, "sample text", number);
    uint64_t n = WORDS_MIN + pl__rng_below(&rng, WORDS_SPREAD);
    pl__str_reset(out);
    for (uint64_t i = 0; i < n && rc == PL_OK; i++)
        rc = pl__str_appendf(out, "%s%s", i > 0 ? " " : "", draw_word(&rng));
    if (rc == PL_OK)
        rc = pl__str_append_char(out, '.');
    if (rc == PL_OK && is_judgment)
        rc = pl__str_appendf(out, " [[%c]]", "ABC"[pl__rng_below(&rng, 3)]);
    return rc;
}

pl_status pl__sample_reply(uint64_t number, bool is_judgment, pl_str *out, pl_usage *ret_usage)
{
    pl_str text;
    pl_rng rng;
    pl__rng_init(&rng, 1, "sample reply", number);
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    pl__str_reset(out);
    pl_status rc = pl__sample_text(number, is_judgment, &text);
    uint64_t input = 900 + pl__rng_below(&rng, 400);
    uint64_t output = (uint64_t)((double)text.len / 5.0 * TOKENS_A_WORD);
    if (rc == PL_OK)
        rc = pl__str_appendf(
            out,
            "{\"id\":\"chatcmpl-%016llx%016llx\",\"object\":\"chat.completion\",\"created\":%llu,\"model\":\"my-model-%"
            "c\","
            "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"%s\",\"refusal\":null,"
            "\"annotations\":[],\"reasoning_content\":null,\"tool_calls\":[]},\"logprobs\":null,"
            "\"finish_reason\":\"stop\",\"stop_reason\":null}],\"service_tier\":null,\"system_fingerprint\":null,"
            "\"usage\":{\"prompt_tokens\":%llu,\"total_tokens\":%llu,\"completion_tokens\":%llu,"
            "\"prompt_tokens_details\":null},\"prompt_logprobs\":null,\"kv_transfer_params\":null}",
            (unsigned long long)pl__rng_u64(&rng), (unsigned long long)pl__rng_u64(&rng),
            1760000000ULL + (unsigned long long)number / 50, "abcdef"[number % 6], pl__str_c(&text),
            (unsigned long long)input, (unsigned long long)input + output, (unsigned long long)output);
    pl__str_clear(&text);
    if (rc == PL_OK)
        *ret_usage = (pl_usage){.input_tokens = input, .output_tokens = output};
    return rc;
}
