#include "response_lines.h"

#include "kit.h"

#include <stdio.h>
#include <string.h>

static void put(pl_str *out, const char *text)
{
    assert_int_equal(pl__str_append_c(out, text), PL_OK);
}

static const char *pick(pl_rng *rng, const char *const *from, size_t n)
{
    return from[pl__rng_below(rng, n)];
}
#define PICK(rng, list) pick(rng, list, sizeof(list) / sizeof((list)[0]))

static const char *const words[] = {
    "A",
    "B",
    " the",
    "C",
    "\\u0120the",
    "\xe2\x96\x81of",
    "\\n",
    "a longer word than sixteen bytes",
    "",
    "\\\"",
    "caf\xc3\xa9",
    "\\ud83d\\ude00",
    "x",
    "yes",
    "<think>",
    "</think>",
    "0123456",
    "01234567",
    "0123456789abcdef",
    "0123456789abcdefg",
};
static const char *const numbers[] = {"-0.5",
                                      "-12.345678",
                                      "-1e-05",
                                      "0",
                                      "-0",
                                      "-0.0",
                                      "-2.3841855067985307e-07",
                                      "-11.500003814697266",
                                      "-3",
                                      "1e-7",
                                      "-9999",
                                      "-10000.5",
                                      "-0.00012345672817900777"};
static const char *const spaces[] = {"", "", "", " ", "  ", "\t"};

static void put_text(pl_rng *rng, pl_str *out)
{
    put(out, "\"");
    put(out, PICK(rng, words));
    if (pl__rng_below(rng, 4) == 0)
        put(out, PICK(rng, words));
    put(out, "\"");
}

static void put_key(pl_rng *rng, pl_str *out, const char *key)
{
    put(out, PICK(rng, spaces));
    put(out, ",");
    put(out, PICK(rng, spaces));
    assert_int_equal(pl__str_appendf(out, "\"%s\"", key), PL_OK);
    put(out, PICK(rng, spaces));
    put(out, ":");
    put(out, PICK(rng, spaces));
}

static void put_token(pl_rng *rng, pl_str *out)
{
    put(out, "{\"t\":");
    put_text(rng, out);
    if (pl__rng_below(rng, 8) > 0) {
        put(out, ",\"lp\":");
        put(out, pl__rng_below(rng, 9) == 0 ? "null" : PICK(rng, numbers));
    }
    if (pl__rng_below(rng, 8) == 0)
        put(out, ",\"bytes\":[1,2,{\"a\":[null,true]}]");
    if (pl__rng_below(rng, 4) > 0) {
        put_key(rng, out, "top");
        put(out, pl__rng_below(rng, 9) == 0 ? "null" : "[");
        for (uint64_t n = pl__rng_below(rng, 5), i = 0; i < n && out->ptr[out->len - 1] != 'l'; i++) {
            put(out, i > 0 ? "," : "");
            put(out, PICK(rng, spaces));
            put(out, "[");
            put_text(rng, out);
            put(out, ",");
            put(out, PICK(rng, spaces));
            put(out, PICK(rng, numbers));
            put(out, "]");
        }
        put(out, out->ptr[out->len - 1] == 'l' ? "" : "]");
    }
    put(out, "}");
}

static void put_list(pl_rng *rng, pl_str *out, uint64_t n, void (*one)(pl_rng *rng, pl_str *out))
{
    put(out, "[");
    for (uint64_t i = 0; i < n; i++) {
        put(out, i > 0 ? "," : "");
        one(rng, out);
    }
    put(out, "]");
}

static void put_number(pl_rng *rng, pl_str *out)
{
    put(out, pl__rng_below(rng, 9) == 0 ? "null" : PICK(rng, numbers));
}

static void put_logit(pl_rng *rng, pl_str *out)
{
    static const char *const logits[] = {"1.25", "-3", "0.1", "17e1", "2.220446049250313e-16"};
    put(out, PICK(rng, logits));
}

static void put_options(pl_rng *rng, pl_str *out)
{
    static const char *const lists[] = {"[\"A\",\"B\"]", "[\"a dog\", \"a cat\", \"caf\\u00e9\"]", "[\"x\"]"};
    static const uint64_t lengths[] = {2, 3, 1};
    static const char *const labels[] = {",\"label\":\"A\"", ",\"labels\":[\"A\",\"a\"]",
                                         ",\"label\":null,\"labels\":null", ",\"label\":\" a \""};
    size_t which = pl__rng_below(rng, 3);
    put_key(rng, out, "options");
    put(out, lists[which]);
    if (which < 2 && pl__rng_below(rng, 2) == 0)
        put(out, PICK(rng, labels));
    if (pl__rng_below(rng, 2) == 0)
        return;
    bool logits = pl__rng_below(rng, 3) == 0;
    put_key(rng, out, logits ? "option_logits" : "option_logprobs");
    put_list(rng, out, lengths[which], logits ? put_logit : put_number);
}

static void put_meanings(pl_rng *rng, pl_str *out, uint64_t n)
{
    uint64_t n_meanings = 0;
    put_key(rng, out, "meanings");
    put(out, "[");
    for (uint64_t i = 0; i < n; i++) {
        uint64_t meaning = pl__rng_below(rng, n_meanings + 1);
        n_meanings += meaning == n_meanings;
        assert_int_equal(pl__str_appendf(out, "%s%u", i > 0 ? ", " : "", (unsigned)meaning), PL_OK);
    }
    put(out, "]");
}

static void put_odd(pl_rng *rng, pl_str *out)
{
    static const char *const odd[] = {
        /* unusual, but good */
        ",\"vocab_size\":3e4",
        ",\"vocab_size\":4000000000",
        ",\"deep\":[[[[[[[[[[1]]]]]]]]]]",
        ",\"big\":123456789012345678901.5",
        ",\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9",
        ",\"option_logprobs\":null,\"option_logits\":null",
        ",\"ite\\u006d2\":0",
        ",\"meanings\":null",
        ",\"samples\":[\"x\",\"y\"],\"meanings\":[-0,1e0]",
        /* bad */
        ",\"item\":\"again\"",
        ",\"note\":1,\"note\":2",
        ",\"note\":{\"a\":1,\"a\":2}",
        ",\"note\":12345678901234567890",
        ",\"note\":1e400",
        ",\"vocab_size\":-1",
        ",\"vocab_size\":1.5",
        ",\"tokens\":{}",
        ",\"samples\":[1]",
        ",\"samples\":\"x\"",
        ",\"meanings\":[0,1,3,0]",
        ",\"meanings\":{}",
        ",\"samples\":[\"x\",\"y\"],\"meanings\":[]",
        ",\"samples\":[\"x\",\"y\"],\"meanings\":[0]",
        ",\"samples\":[\"x\",\"y\"],\"meanings\":[0,2]",
        ",\"samples\":[\"x\",\"y\"],\"meanings\":[0,0.5]",
        ",\"samples\":[\"x\",\"y\"],\"meanings\":[0,null]",
        ",\"tokens\":[{\"lp\":-1}]",
        ",\"tokens\":[{\"t\":\"x\",\"lp\":0.5}]",
        ",\"tokens\":[{\"t\":\"x\",\"top\":[[\"x\",null]]}]",
        ",\"tokens\":[{\"t\":\"x\",\"top\":[[\"x\",-1,2]]}]",
        ",\"tokens\":[{\"t\":\"x\",\"t\":\"x\"}]",
        ",\"tokens\":[{\"t\":\"x\",\"x\":1,\"x\":1}]",
        ",\"option_logprobs\":[1]",
        ",\"option_logprobs\":[]",
        ",\"option_logits\":[null]",
        ",\"options\":[]",
        ",\"options\":[7]",
        ",\"label\":7",
        ",\"prediction\":7",
        ",\"image\":\"\"",
        ",\"dataset\":[]",
        ",\"text\":\"\\u0000\"",
        ",\"text\":\"\xff\"",
        ",\"text\":\"\x01\"",
        ",",
        ",\"x\"",
        "}",
        "]",
    };
    put(out, PICK(rng, odd));
}

void put_response_line(pl_rng *rng, pl_str *out, uint32_t odd_every)
{
    static const char *const datasets[] = {",\"dataset\":\"d\"", ",\"dataset\":null", ",\"dataset\":\"\"", "", ""};
    static const char *const others[] = {",\"image\":\"i\\u00e9\"",
                                         ",\"image\":null",
                                         ",\"note\":{\"usage\":[1,2.5]}",
                                         ",\"vocab_size\":32000",
                                         ",\"prediction\":\"B\"",
                                         "",
                                         "",
                                         ""};
    bool odd = odd_every > 0 && pl__rng_below(rng, odd_every) == 0;
    assert_int_equal(pl__str_appendf(out, "{\"item\":\"q%u\",\"model\":\"m%u\"", (unsigned)pl__rng_below(rng, 300),
                                     (unsigned)pl__rng_below(rng, 20)),
                     PL_OK);
    put(out, PICK(rng, datasets));
    put(out, PICK(rng, others));
    if (pl__rng_below(rng, 3) > 0)
        put_options(rng, out);
    else if (pl__rng_below(rng, 2) == 0)
        put(out, ",\"label\":\"x\"");
    if (pl__rng_below(rng, 2) == 0) {
        put_key(rng, out, "text");
        put_text(rng, out);
    }
    if (pl__rng_below(rng, 3) > 0) {
        put_key(rng, out, "tokens");
        put_list(rng, out, pl__rng_below(rng, 6), put_token);
    }
    if (pl__rng_below(rng, 4) == 0) {
        put_key(rng, out, "samples");
        uint64_t n = pl__rng_below(rng, 4);
        put_list(rng, out, n, put_text);
        if (pl__rng_below(rng, 2) == 0)
            put_meanings(rng, out, n);
    }
    if (odd)
        put_odd(rng, out);
    put(out, "}\n");
}
