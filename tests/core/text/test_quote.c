#include "alloc.h"
#include "kit.h"
#include "quote.h"
#include "rng.h"
#include "verdict.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void quoted(const char *text, const char *wanted)
{
    pl_str out;
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__quote(pl__view(text), &out), NULL);
    assert_string_equal(pl__str_c(&out), wanted);
    pl__str_clear(&out);
}

/* What servers are known to act upon, in the user's text too. */
static const char *const tokens[] = {
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "<|image|>",
    "<|vision_start|>",
    "<|channel|>",
    "<|turn>",
    "<turn|>",
    "<channel|>",
    "<\xef\xbd\x9cUser\xef\xbd\x9c>",
    "<\357\275\234begin\342\226\201of\342\226\201sentence\357\275\234>",
    "\xef\xbc\x9c|im_start|\xef\xbc\x9e",
    "<start_of_turn>",
    "<end_of_turn>",
    "<start_of_image>",
    "<image_soft_token>",
    "[INST]",
    "[/INST]",
    "[inst]",
    "[TOOL_CALLS]",
    "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]",
    "[IMG]",
    "[IMG_BREAK]",
    "[img-1]",
    "[control_8]",
    "<<SYS>>",
    "<</SYS>>",
    "<s>",
    "</s>",
    "<bos>",
    "<eos>",
    "<pad>",
    "<unk>",
    "<mask>",
    "<image>",
    "<Image>",
    "</image>",
    "<image/>",
    "<img>",
    "</img>",
    "<video>",
    "<audio>",
    "<image1>",
    "<__media__>",
    "<fake_token_around_image>",
    "<global-img>",
    "<row_1_col_1>",
    "<row_12_col_3>",
    "<end_of_utterance>",
    "<unused42>",
    "<loc0007>",
    "<think>",
    "</think>",
    "<tool_call>",
    "<IMG_CONTEXT>",
    "<reserved_106>",
    "<filename>",
    "<reponame>",
    "[gMASK]",
    "[CLS]",
};

static void control_tokens_are_broken_up(void **state)
{
    (void)state;
    quoted("<|im_start|>system", "< |im_start|>system");
    quoted("a<start_of_turn>b", "a< start_of_turn>b");
    quoted("[INST] x [/INST]", "[ INST] x [ /INST]");
    quoted("<<SYS>>", "< <SYS>>");
    quoted("</s><s>", "< /s>< s>");
    quoted("<<image>>", "<< image>>");
    for (size_t i = 0; i < COUNT(tokens); i++) {
        pl_str out;
        pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
        PL_KIT_OK(pl__quote(pl__view(tokens[i]), &out), NULL);
        if (strstr(pl__str_c(&out), tokens[i]) || out.len != strlen(tokens[i]) + 1)
            fail_msg("%s became %s", tokens[i], pl__str_c(&out));
        pl__str_clear(&out);
    }
}

static void marks_become_plain_text(void **state)
{
    (void)state;
    quoted("so [[B]].", "so (B).");
    quoted("[[ a ]]", "( a )");
    quoted("[[42 cats]]", "(42 cats)");
    quoted("[[[A]]]", "[ (A)]");
    quoted("[[[[A]]]]", "[ [ (A)]]");
    quoted("[[1, 2], [3, 4]]", "[ [1, 2], [3, 4]]");
    quoted("[[A", "[ [A");
    quoted("[[A]", "[ [A]");
    quoted("[[A\n]]", "[ [A\n]]");
    quoted("[[]]", "()");
    quoted("[[INST]]", "(INST)");
    quoted("[[<|x|>]]", "(< |x|>)");
    quoted("[[\xff]]", "(\xef\xbf\xbd)");
}

static void everything_else_is_kept(void **state)
{
    (void)state;
    static const char *const plain[] = {
        "",
        "plain text, 1 < 2 > 0",
        "a <b>bold</b> <i>word</i> <img src=x> <system>",
        "x[0] = y[1][2]; [a], [B], ]]",
        "f |> g",
        "\xc3\xa9 \xe5\x9b\xbe \xf0\x9f\x8f\x86",
        "line\r\n\tline\n\n",
        "[ [A] ]",
        "[Inside]",
        "<http://a.example/b>",
        "<",
        "<<",
        "[",
        "<sys>",
        "if (a<b && c>d)",
        "\x01\x1b[0m",
        "==== 0123456789abc ====",
    };
    for (size_t i = 0; i < COUNT(plain); i++)
        quoted(plain[i], plain[i]);
}

static void invalid_bytes_become_the_replacement_character(void **state)
{
    (void)state;
    quoted("a\xff"
           "b\xc3",
           "a\xef\xbf\xbd"
           "b\xef\xbf\xbd");
    quoted("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    quoted("<\xff|im_start|>", "<\xef\xbf\xbd|im_start|>");
}

static bool has_mark(pl_view text)
{
    pl_verdict mark = PL_VERDICT_MISSING;
    size_t at = 0;
    size_t end = 0;
    return pl__verdict_mark(text, 0, &mark, &at, &end);
}

static bool contains(const pl_str *text, const char *piece)
{
    return pl__view_find(pl__view_n(pl__str_c(text), text->len), pl__view(piece)) != SIZE_MAX;
}

static void random_text(pl_rng *rng, pl_str *out)
{
    static const char *const pieces[] = {
        "<",  ">", "|",    "[",    "]",        "[[",   "]]",  "/",     "\xef\xbd\x9c", "\xef\xbc\x9c",
        "A",  "b", " ",    "\n",   "im_start", "INST", "SYS", "s",     "image",        "_",
        "1",  "(", ")",    "\xff", "\xe2",     "\x81", "=",   "==== ", "word",         "<<",
        ">>", "-", "turn",
    };
    size_t n = (size_t)pl__rng_below(rng, 40);
    for (size_t i = 0; i < n; i++) {
        bool whole = pl__rng_below(rng, 6) == 0;
        const char *piece =
            whole ? tokens[pl__rng_below(rng, COUNT(tokens))] : pieces[pl__rng_below(rng, COUNT(pieces))];
        PL_KIT_OK(pl__str_append_c(out, piece), NULL);
    }
}

static void quoted_text_is_only_data(void **state)
{
    (void)state;
    pl_str raw[2];
    pl_str once[2];
    pl_str twice;
    for (size_t i = 0; i < 2; i++) {
        pl__str_init(&raw[i], PL_STR_LIMIT_DEFAULT);
        pl__str_init(&once[i], PL_STR_LIMIT_DEFAULT);
    }
    pl__str_init(&twice, PL_STR_LIMIT_DEFAULT);
    for (uint64_t round = 0; round < 20000; round++) {
        pl_rng rng;
        char fence[PL_FENCE_BYTES];
        pl__rng_init(&rng, pl__kit_seed(), "quote", round);
        for (size_t i = 0; i < 2; i++) {
            pl__str_reset(&raw[i]);
            pl__str_reset(&once[i]);
            random_text(&rng, &raw[i]);
            PL_KIT_OK(pl__quote(pl__view_n(pl__str_c(&raw[i]), raw[i].len), &once[i]), NULL);
        }
        pl_view first = pl__view_n(pl__str_c(&once[0]), once[0].len);
        pl_view second = pl__view_n(pl__str_c(&once[1]), once[1].len);
        pl__quote_fence(first, second, fence);
        if (has_mark(first) || contains(&once[0], "[[") || contains(&once[0], fence) || contains(&once[1], fence))
            fail_msg("round %lu: %s", (unsigned long)round, pl__str_c(&once[0]));
        for (size_t i = 0; i < COUNT(tokens); i++)
            if (contains(&once[0], tokens[i]))
                fail_msg("round %lu: %s in %s", (unsigned long)round, tokens[i], pl__str_c(&once[0]));
        assert_true(pl__utf8_valid(first));
        pl__str_reset(&twice);
        PL_KIT_OK(pl__quote(first, &twice), NULL);
        assert_string_equal(pl__str_c(&twice), pl__str_c(&once[0]));
    }
    for (size_t i = 0; i < 2; i++) {
        pl__str_clear(&raw[i]);
        pl__str_clear(&once[i]);
    }
    pl__str_clear(&twice);
}

static void fences(void **state)
{
    (void)state;
    char fence[PL_FENCE_BYTES];
    char again[PL_FENCE_BYTES];
    pl__quote_fence(pl__view("one"), pl__view("two"), fence);
    assert_int_equal(strlen(fence), PL_FENCE_BYTES - 1);
    assert_string_equal(fence, "==== 4bd32dfdb917c ===="); /* the same on every machine: it is part of requests */
    pl__quote_fence(pl__view("one"), pl__view("two"), again);
    assert_string_equal(fence, again);
    pl__quote_fence(pl__view("two"), pl__view("one"), again);
    assert_string_not_equal(fence, again);
    pl__quote_fence(pl__view("onet"), pl__view("wo"), again);
    assert_string_not_equal(fence, again);
    /* A question that somehow has the fence in it only moves the fence. */
    pl__quote_fence_apart(pl__view("one"), pl__view("two"), pl__view(fence), again);
    assert_string_not_equal(fence, again);
    pl__quote_fence(pl__view(NULL), pl__view(NULL), fence);
    assert_int_equal(strlen(fence), PL_FENCE_BYTES - 1);
}

static void a_failure_leaves_the_output_alone(void **state)
{
    (void)state;
    pl_str out;
    pl__str_init(&out, 12);
    PL_KIT_OK(pl__str_append_c(&out, "before"), NULL);
    assert_int_equal(pl__quote(pl__view("<s><s><s>"), &out), PL_E_LIMIT);
    assert_string_equal(pl__str_c(&out), "before");
    pl__str_clear(&out);
}

static void long_hostile_texts(void **state)
{
    (void)state;
    static const char *const pieces[] = {"[[", "<", "<a", "[a", "[[a", "]]", "=", "\xef\xbc\x9c", "\x80"};
    enum { LONG = 1 << 20 };
    char *text = test_malloc(LONG);
    for (size_t i = 0; i < COUNT(pieces); i++) {
        char fence[PL_FENCE_BYTES];
        pl_str out;
        size_t n = strlen(pieces[i]);
        pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
        for (size_t k = 0; k < LONG; k++)
            text[k] = pieces[i][k % n];
        PL_KIT_OK(pl__quote(pl__view_n(text, LONG), &out), NULL);
        pl_view all = pl__view_n(pl__str_c(&out), out.len);
        pl__quote_fence(all, all, fence);
        assert_false(has_mark(all));
        pl__str_clear(&out);
    }
    test_free(text);
}

static pl_status quote_it(void *user, pl_error *err)
{
    (void)err;
    pl_str out;
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__quote(pl__view(user), &out);
    pl__str_clear(&out);
    return rc;
}

static void survives_refused_memory(void **state)
{
    (void)state;
    char text[4000];
    memset(text, '<', sizeof(text));
    memcpy(text, "[[A]]<s>", 8);
    text[sizeof(text) - 1] = '\0';
    pl__kit_fault_loop("quote", quote_it, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_tokens_are_broken_up),
        cmocka_unit_test(marks_become_plain_text),
        cmocka_unit_test(everything_else_is_kept),
        cmocka_unit_test(invalid_bytes_become_the_replacement_character),
        cmocka_unit_test(quoted_text_is_only_data),
        cmocka_unit_test(fences),
        cmocka_unit_test(a_failure_leaves_the_output_alone),
        cmocka_unit_test(long_hostile_texts),
        cmocka_unit_test(survives_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
