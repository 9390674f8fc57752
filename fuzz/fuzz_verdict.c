/* A judge's reply: the same input gives the same verdict; usable if and only if nothing is missing; blank lines behind
 * it change nothing; what is cut off is never more usable; quoted, it holds no mark, also between other text.
 * Input: the reply; where it has a NUL byte, the instruction stands before the first one. */
#include "answer.h"
#include "error.h"
#include "quote.h"
#include "verdict.h"

#include <string.h>

static const char default_instruction[] = "[[A]] stands for the first answer being the better one.";

static bool same(pl_parsed_verdict a, pl_parsed_verdict b)
{
    return a.verdict == b.verdict && a.missing == b.missing;
}

static void check_blank_lines(pl_view reply, pl_view instruction, pl_parsed_verdict verdict)
{
    static const char *const tails[] = {"\n", "\r\n\r\n", "\n \t\n", "\n\xc2\xa0\n"};
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        pl_str longer;
        pl__str_init(&longer, PL_STR_LIMIT_DEFAULT);
        bool built = pl__str_append_view(&longer, reply) == PL_OK && pl__str_append_c(&longer, tails[i]) == PL_OK;
        PL_ASSERT(built && same(pl__verdict_parse(pl__view_n(longer.ptr, longer.len), instruction, false), verdict));
        (void)built;
        pl__str_clear(&longer);
    }
}

static void check_quoted(pl_view reply)
{
    pl_str prompt;
    pl_str again;
    pl_verdict mark = PL_VERDICT_MISSING;
    size_t at = 0;
    size_t end = 0;
    char fence[PL_FENCE_BYTES];

    pl__str_init(&prompt, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&again, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__quote(reply, &prompt);
    pl_view quoted = pl__view_n(pl__str_c(&prompt), prompt.len);
    pl__quote_fence(quoted, reply, fence);
    PL_ASSERT(rc == PL_OK && pl__utf8_valid(quoted));
    PL_ASSERT(pl__view_find(quoted, pl__view(fence)) == SIZE_MAX);
    rc = pl__quote(quoted, &again);
    PL_ASSERT(rc == PL_OK && pl__view_eq(quoted, pl__view_n(pl__str_c(&again), again.len)));
    pl__str_reset(&again);
    rc = pl__str_append_c(&again, "Answer A:\n") == PL_OK && pl__str_append_view(&again, quoted) == PL_OK &&
                 pl__str_append_c(&again, "\nEnd of it") == PL_OK
             ? PL_OK
             : PL_E_NOMEM;
    PL_ASSERT(rc == PL_OK && !pl__verdict_mark(pl__view_n(pl__str_c(&again), again.len), 0, &mark, &at, &end));
    PL_ASSERT(pl__view_find(quoted, pl__view("<|")) == SIZE_MAX && pl__view_find(quoted, pl__view("[[")) == SIZE_MAX);
    (void)rc;
    pl__str_clear(&prompt);
    pl__str_clear(&again);
}

/* Views into the reply, and nothing outside it. */
static void check_parts(pl_view reply)
{
    const pl_view parts[] = {pl__answer_final(reply), pl__question_clean(reply)};
    for (size_t i = 0; i < 2; i++)
        PL_ASSERT(parts[i].len == 0 ||
                  (parts[i].ptr >= reply.ptr && parts[i].ptr + parts[i].len <= reply.ptr + reply.len));
    (void)parts;
    PL_ASSERT(pl__count_words(reply) <= reply.len);
}

/* The same rule with other marks; no reply says both that answers are the same and which one is better by one mark. */
static void check_equivalence(pl_view reply, pl_view instruction)
{
    pl_parsed_equivalence whole = pl__equivalence_parse(reply, instruction, false);
    pl_parsed_equivalence cut_off = pl__equivalence_parse(reply, instruction, true);
    pl_equivalence mark = PL_EQUIVALENCE_MISSING;
    pl_verdict other = PL_VERDICT_MISSING;
    size_t at = 0;
    size_t end = 0;
    PL_ASSERT((whole.equivalence != PL_EQUIVALENCE_MISSING) == (whole.missing == PL_MISSING_NOT));
    PL_ASSERT(cut_off.equivalence == whole.equivalence || cut_off.missing == PL_MISSING_CUT_OFF);
    bool found = pl__equivalence_mark(reply, 0, &mark, &at, &end);
    PL_ASSERT(found || whole.equivalence == PL_EQUIVALENCE_MISSING);
    if (found) {
        PL_ASSERT(at < end && end <= reply.len);
        PL_ASSERT(!pl__verdict_mark(pl__view_n(reply.ptr + at, end - at), 0, &other, &at, &end));
    }
    (void)whole;
    (void)cut_off;
    (void)other;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_view reply = pl__view_n((const char *)data, size);
    pl_view instruction = pl__view(default_instruction);
    const uint8_t *nul = size > 0 ? memchr(data, 0, size) : NULL;
    if (nul) {
        size_t n = (size_t)(nul - data);
        instruction = pl__view_n((const char *)data, n);
        reply = pl__view_n((const char *)data + n + 1, size - n - 1);
    }
    pl_parsed_verdict verdict = pl__verdict_parse(reply, instruction, false);
    pl_parsed_verdict cut_off = pl__verdict_parse(reply, instruction, true);
    PL_ASSERT(same(verdict, pl__verdict_parse(reply, instruction, false)));
    PL_ASSERT((verdict.verdict != PL_VERDICT_MISSING) == (verdict.missing == PL_MISSING_NOT));
    PL_ASSERT(same(cut_off, verdict) || (verdict.missing == PL_MISSING_NOT && cut_off.verdict == PL_VERDICT_MISSING &&
                                         cut_off.missing == PL_MISSING_CUT_OFF));
    (void)cut_off;
    check_equivalence(reply, instruction);
    check_blank_lines(reply, instruction, verdict);
    check_quoted(reply);
    check_parts(reply);
    return 0;
}
