/* Logs are the shortest way to write tokens down. */
#include "kit.h"
#include "meanings_golden.h"
#include "records.h"
#include "rng.h"
#include "str.h"
#include <peerless/answers.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS "\"options\":[\"A\",\"B\",\"C\"],"

typedef struct table {
    pl_response_log *log;
    pl_answer_table *t;
} table;

static table open_log(const char *text, const pl_answer_opts *opts)
{
    table x = {NULL, NULL};
    pl_error err = {0};
    PL_KIT_OK(pl__records_parse_responses("log", pl__view(text), false, &x.log, &err), &err);
    PL_KIT_OK(pl_answer_table_build(pl__response_log_set(x.log), opts, &x.t, &err), &err);
    return x;
}

static void close_log(table *x)
{
    pl_answer_table_free(x->t);
    pl__response_log_free(x->log);
}

/* The signal of the only model at the only item. */
static double value_of(const char *line, const char *signal, double *ret_upper)
{
    double low = 0.0;
    double high = 0.0;
    pl_error err = {0};
    table x = open_log(line, NULL);
    assert_int_equal(pl_answer_table_n_items(x.t), 1);
    PL_KIT_OK(pl_answer_signal_values(x.t, signal, &low, &high, &err), &err);
    close_log(&x);
    if (ret_upper)
        *ret_upper = high;
    return low;
}

static void nll_of_tokens(void **state)
{
    (void)state;
    const char *line = "{\"item\":\"1\",\"model\":\"m\",\"tokens\":[{\"t\":\"Paris\",\"lp\":-0.5},{\"t\":\" \xc3\xa9\","
                       "\"lp\":-1.5},{\"t\":\"!\",\"lp\":-9999}]}";
    PL_KIT_CLOSE(value_of(line, "nll.first", NULL), -0.5, 1e-15);
    PL_KIT_CLOSE(value_of(line, "nll.sum", NULL), -2.0, 1e-15);   /* what is masked is never summed */
    PL_KIT_CLOSE(value_of(line, "nll.mean", NULL), -1.0, 1e-15);  /* nor counted */
    PL_KIT_CLOSE(value_of(line, "nll.byte", NULL), -0.25, 1e-15); /* 5 + 3 bytes */
    PL_KIT_CLOSE(value_of(line, "nll", NULL), -1.0, 1e-15);       /* an open question */
    assert_true(isnan(value_of(line, "nll.answer", NULL)));
    assert_true(isnan(value_of(line, "entropy.mean", NULL)));
    assert_true(isnan(value_of(line, "margin", NULL)));
    assert_true(isnan(value_of("{\"item\":\"1\",\"model\":\"m\",\"text\":\"x\"}", "nll.sum", NULL)));
}

static void entropy_of_tokens(void **state)
{
    (void)state;
    double upper = 0.0;
    /* 1/2, 1/4, 1/8 and what is left, 1/8 */
    const char *top =
        "{\"item\":\"1\",\"model\":\"m\",\"vocab_size\":11,\"tokens\":[{\"t\":\"x\",\"lp\":-0.6931471805599453,"
        "\"top\":[[\"x\",-0.6931471805599453],[\"y\",-1.3862943611198906],[\"z\",-2.0794415416798357],"
        "[\"w\",-9999.0]]}]}";
    double low = 0.5 * log(2) + 0.25 * log(4) + 0.125 * log(8);
    PL_KIT_CLOSE(value_of(top, "entropy.first", &upper), -(low + 0.125 * log(8)), 1e-12);
    PL_KIT_CLOSE(upper, -(low + 0.125 * log(64)), 1e-12); /* 1/8 over the 8 other words */
    PL_KIT_CLOSE(value_of(top, "entropy.mean", NULL), -(low + 0.125 * log(8)), 1e-12);
    PL_KIT_CLOSE(value_of(top, "max_prob", NULL), 0.5, 1e-12);
    PL_KIT_CLOSE(value_of(top, "margin", NULL), 0.25, 1e-12);
    const char *unknown =
        "{\"item\":\"1\",\"model\":\"m\",\"tokens\":[{\"t\":\"x\",\"lp\":0,\"top\":[[\"x\",0.0000004]]}]}";
    PL_KIT_CLOSE(value_of(unknown, "entropy.first", &upper), 0.0, 1e-12); /* the residual is clamped */
    assert_true(isnan(upper));
}

static void options_of_tokens(void **state)
{
    (void)state;
    /* The first token is no letter; the second is B. Its spellings with and without a blank go together. */
    const char *line = "{\"item\":\"1\",\"model\":\"m\"," OPTIONS
                       "\"tokens\":[{\"t\":\"Answer:\",\"lp\":-0.1,\"top\":[[\"Answer:\",-0.1],[\"A\",-3]]},"
                       "{\"t\":\" B\",\"lp\":-1.2039728043259361,\"top\":[[\" B\",-1.2039728043259361],"
                       "[\"B\",-1.6094379124341003],[\"\xe2\x96\x81"
                       "A\",-1.6094379124341003],[\"C\\n\",-2.3025850929940455],[\"D\",-9]]}]}";
    double p[3] = {0.2 / 0.8, 0.5 / 0.8, 0.1 / 0.8};
    table x = open_log(line, NULL);
    for (size_t k = 0; k < 3; k++)
        PL_KIT_CLOSE(pl_answer_table_probabilities(x.t, 0)[k], p[k], 1e-12);
    assert_int_equal(pl_answer_table_choices(x.t, 0)[0], 1);
    close_log(&x);
    PL_KIT_CLOSE(value_of(line, "mass", NULL), 0.8, 1e-12);
    PL_KIT_CLOSE(value_of(line, "nll", NULL), log(p[1]), 1e-12);
    PL_KIT_CLOSE(value_of(line, "nll.answer", NULL), -1.2039728043259361, 1e-15);
}

static pl_answer_missing why_missing(const char *line, double mass, uint8_t choice)
{
    table x = open_log(line, NULL);
    pl_answer_missing found = PL_ANSWER_THERE;
    double m = 0.0;
    pl_error err = {0};
    for (int why = 0; why < PL_ANSWER_MISSING_COUNT; why++) {
        if (pl_answer_table_missing(x.t, 0)[why] > 0)
            found = (pl_answer_missing)why;
    }
    assert_int_equal(pl_answer_table_choices(x.t, 0)[0], choice);
    PL_KIT_OK(pl_answer_signal_values(x.t, "mass", &m, NULL, &err), &err);
    if (isnan(mass))
        assert_true(isnan(m));
    else
        PL_KIT_CLOSE(m, mass, 1e-12);
    close_log(&x);
    return found;
}

static void missing_items(void **state)
{
    (void)state;
    /* all three options, but with a mass of .3 */
    assert_int_equal(why_missing("{\"item\":\"1\",\"model\":\"m\"," OPTIONS "\"option_logprobs\":[-2.302585092994046,"
                                 "-2.302585092994046,-2.302585092994046],\"text\":\"What is\"}",
                                 0.3, UINT8_MAX),
                     PL_ANSWER_LOW_MASS);
    /* C is outside the top-k, said by null and by -9999; the text still names an option */
    assert_int_equal(why_missing("{\"item\":\"1\",\"model\":\"m\"," OPTIONS
                                 "\"option_logprobs\":[-0.2231435513142097,-2.3,null],\"text\":\"(C) it is\"}",
                                 0.8 + exp(-2.3), 2),
                     PL_ANSWER_OUTSIDE);
    assert_int_equal(why_missing("{\"item\":\"1\",\"model\":\"m\"," OPTIONS
                                 "\"option_logprobs\":[-0.2231435513142097,-2.3,-9999]}",
                                 0.8 + exp(-2.3), UINT8_MAX),
                     PL_ANSWER_OUTSIDE);
    assert_int_equal(why_missing("{\"item\":\"1\",\"model\":\"m\"," OPTIONS "\"prediction\":\"B\"}", (double)NAN, 1),
                     PL_ANSWER_NO_VALUES);
    assert_int_equal(why_missing("{\"item\":\"1\",\"model\":\"m\"," OPTIONS
                                 "\"tokens\":[{\"t\":\"What\",\"lp\":-1,\"top\":[[\"What\",-1],[\"Why\",-2]]}]}",
                                 0.0, UINT8_MAX),
                     PL_ANSWER_NO_VALUES);
}

static void thinking(void **state)
{
    (void)state;
    const char *line = "{\"item\":\"1\",\"model\":\"m\"," OPTIONS
                       "\"tokens\":[{\"t\":\"<think>\",\"lp\":-5},{\"t\":\"B\",\"lp\":-4},{\"t\":\"</th\",\"lp\":-3},"
                       "{\"t\":\"ink>\",\"lp\":-2},{\"t\":\"\\n\\n\",\"lp\":-1},{\"t\":\"A\",\"lp\":-0.25}]}";
    PL_KIT_CLOSE(value_of(line, "nll.sum", NULL), -0.25, 0.0);
    PL_KIT_CLOSE(value_of(line, "nll.first", NULL), -0.25, 0.0);
    PL_KIT_CLOSE(value_of(line, "nll.answer", NULL), -0.25, 0.0);
    const char *endless =
        "{\"item\":\"1\",\"model\":\"m\",\"tokens\":[{\"t\":\"<think>\",\"lp\":-5},{\"t\":\"B\",\"lp\":-4}]}";
    assert_true(isnan(value_of(endless, "nll.sum", NULL)));
}

static void samples(void **state)
{
    (void)state;
    const char *open = "{\"item\":\"1\",\"model\":\"m\",\"text\":\"two cats\",\"samples\":[\"two cats\",\"three cats\","
                       "\" two cats\",\"a dog\"]}";
    PL_KIT_CLOSE(value_of(open, "consistency.exact", NULL), 0.5, 1e-15);
    PL_KIT_CLOSE(value_of(open, "consistency.rouge", NULL), (1.0 + 0.5 + 1.0 + 0.0) / 4.0, 1e-15);
    PL_KIT_CLOSE(value_of(open, "semantic_entropy", NULL), -(0.5 * log(2) + 0.5 * log(4)), 1e-12);
    /* the same option in three spellings is one meaning */
    const char *choice =
        "{\"item\":\"1\",\"model\":\"m\"," OPTIONS "\"samples\":[\"B\",\"B. it is\",\"The answer is B\",\"A\"]}";
    PL_KIT_CLOSE(value_of(choice, "semantic_entropy", NULL), -(0.75 * log(4.0 / 3.0) + 0.25 * log(4)), 1e-12);
    assert_true(isnan(value_of(choice, "consistency.exact", NULL))); /* no answer beside them */
}

#define SAMPLES "\"samples\":[\"2\",\"two\",\"3\",\" 2\"]"

static void meanings_of_samples(void **state)
{
    (void)state;
    const char *judged = "{\"item\":\"1\",\"model\":\"m\"," SAMPLES ",\"meanings\":[0,0,1,0]}";
    PL_KIT_CLOSE(value_of(judged, "semantic_entropy.judge", NULL), -(0.75 * log(4.0 / 3.0) + 0.25 * log(4)), 1e-12);
    PL_KIT_CLOSE(value_of(judged, "semantic_entropy", NULL), -(0.5 * log(2) + 0.5 * log(4)), 1e-12);
    assert_true(isnan(value_of("{\"item\":\"1\",\"model\":\"m\"," SAMPLES "}", "semantic_entropy.judge", NULL)));
    assert_true(isnan(value_of("{\"item\":\"1\",\"model\":\"m\",\"text\":\"2\"}", "semantic_entropy.judge", NULL)));
    const char *one = "{\"item\":\"1\",\"model\":\"m\"," SAMPLES ",\"meanings\":[0,0,0,0]}";
    PL_KIT_CLOSE(value_of(one, "semantic_entropy.judge", NULL), 0.0, 0.0);
    /* options tell by themselves, whatever a log says of meanings */
    const char *choice =
        "{\"item\":\"1\",\"model\":\"m\"," OPTIONS "\"samples\":[\"B\",\"B. it is\",\"A\"],\"meanings\":[0,1,2]}";
    PL_KIT_CLOSE(value_of(choice, "semantic_entropy.judge", NULL), -(2.0 / 3.0 * log(1.5) + log(3) / 3.0), 1e-12);
    for (size_t i = 0; i < sizeof(meanings_goldens) / sizeof(meanings_goldens[0]); i++) {
        const meanings_golden *g = &meanings_goldens[i];
        pl_str line;
        pl__str_init(&line, PL_STR_LIMIT_DEFAULT);
        assert_int_equal(pl__str_append_c(&line, "{\"item\":\"1\",\"model\":\"m\",\"samples\":["), PL_OK);
        for (uint32_t k = 0; k < g->n; k++)
            assert_int_equal(pl__str_appendf(&line, "%s\"%u\"", k > 0 ? "," : "", k), PL_OK);
        assert_int_equal(pl__str_appendf(&line, "],\"meanings\":%s}", g->meanings), PL_OK);
        PL_KIT_CLOSE(value_of(pl__str_c(&line), "semantic_entropy.judge", NULL), -g->entropy, 1e-12);
        pl__str_clear(&line);
    }
}

/* A judge who never errs sees no more meanings than there are texts, and as many where no two texts mean the same. */
static void a_judge_sees_no_more_than_texts(void **state)
{
    pl_rng rng;
    size_t n_fewer = 0;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "meanings", 1);
    for (int round = 0; round < 300; round++) {
        uint32_t n = 1 + (uint32_t)pl__rng_below(&rng, 8);
        uint32_t wordings = 1 + (uint32_t)pl__rng_below(&rng, 3);
        uint32_t number_of[4] = {9, 9, 9, 9};
        uint32_t n_meanings = 0;
        pl_str line;
        pl_str meanings;
        pl__str_init(&line, PL_STR_LIMIT_DEFAULT);
        pl__str_init(&meanings, PL_STR_LIMIT_DEFAULT);
        assert_int_equal(pl__str_append_c(&line, "{\"item\":\"1\",\"model\":\"m\",\"samples\":["), PL_OK);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t meaning = (uint32_t)pl__rng_below(&rng, 4);
            if (number_of[meaning] == 9)
                number_of[meaning] = n_meanings++;
            assert_int_equal(pl__str_appendf(&line, "%s\"%u%c\"", i > 0 ? "," : "", meaning,
                                             (char)('a' + (char)pl__rng_below(&rng, wordings))),
                             PL_OK);
            assert_int_equal(pl__str_appendf(&meanings, "%s%u", i > 0 ? "," : "", number_of[meaning]), PL_OK);
        }
        assert_int_equal(pl__str_appendf(&line, "],\"meanings\":[%s]}", pl__str_c(&meanings)), PL_OK);
        double exact = -value_of(pl__str_c(&line), "semantic_entropy", NULL);
        double judge = -value_of(pl__str_c(&line), "semantic_entropy.judge", NULL);
        assert_true(judge <= exact + 1e-12);
        if (wordings == 1)
            PL_KIT_CLOSE(judge, exact, 1e-12);
        n_fewer += judge < exact - 1e-6;
        pl__str_clear(&line);
        pl__str_clear(&meanings);
    }
    assert_true(n_fewer > 50);
}

#define ROW(item, options, values)                                                                                     \
    "{\"item\":\"" item "\",\"model\":\"m\",\"options\":[" options "],\"option_logits\":[" values "]}\n"

static void letter_prior(void **state)
{
    (void)state;
    pl_answer_opts opts = PL_ANSWER_OPTS_INIT;
    opts.prior = PL_PRIOR_CORRECTED;
    /* A is liked; the third option has the same text everywhere and is left alone */
    const char *log =
        ROW("1", "\"cat\",\"dog\",\"I don't know\"", "3,2,1") ROW("2", "\"red\",\"blue\",\"I don't know\"", "3,0,1");
    const double x[2][3] = {{3, 2, 1}, {3, 0, 1}};
    double y[2][3];
    double mean[2] = {0, 0};
    for (size_t i = 0; i < 2; i++) {
        double sum = exp(x[i][0]) + exp(x[i][1]) + exp(x[i][2]);
        for (size_t k = 0; k < 3; k++)
            y[i][k] = x[i][k] - log1p(sum - 1.0);
        mean[0] += y[i][0] / 2;
        mean[1] += y[i][1] / 2;
    }
    table t = open_log(log, &opts);
    for (size_t i = 0; i < 2; i++) {
        const double *p = pl_answer_table_probabilities(t.t, 0) + 3 * i;
        double z[3] = {exp(y[i][0] - mean[0]), exp(y[i][1] - mean[1]), exp(y[i][2])};
        for (size_t k = 0; k < 3; k++)
            PL_KIT_CLOSE(p[k], z[k] / (z[0] + z[1] + z[2]), 1e-12);
    }
    assert_int_equal(pl_answer_table_choices(t.t, 0)[0], 1); /* dog: more than B usually gets */
    close_log(&t);
    /* Letters alone do not tell what is fixed: it can be said */
    const char *letters = ROW("1", "\"A\",\"B\",\"C\"", "3,2,1") ROW("2", "\"A\",\"B\",\"C\"", "3,0,1");
    opts.fixed_options = 4;
    t = open_log(letters, &opts);
    PL_KIT_CLOSE(pl_answer_table_probabilities(t.t, 0)[2],
                 exp(y[0][2]) / (exp(y[0][0] - mean[0]) + exp(y[0][1] - mean[1]) + exp(y[0][2])), 1e-12);
    close_log(&t);
}

static void datasets(void **state)
{
    (void)state;
    const char *log =
        "{\"item\":\"1\",\"dataset\":\"x\",\"model\":\"m\"}\n{\"item\":\"1\",\"dataset\":\"y\",\"model\":\"m\"}\n"
        "{\"item\":\"2\",\"dataset\":\"y\",\"model\":\"n\"}\n";
    pl_answer_opts opts = PL_ANSWER_OPTS_INIT;
    table t = open_log(log, &opts);
    assert_int_equal(pl_answer_table_n_items(t.t), 3); /* ids are those of their datasets */
    close_log(&t);
    opts.dataset = "y";
    t = open_log(log, &opts);
    assert_int_equal(pl_answer_table_n_items(t.t), 2);
    assert_int_equal(pl_answer_table_answered(t.t, 0), 1);
    pl_answer_table *none = NULL;
    pl_error err = {0};
    opts.dataset = "z";
    PL_KIT_STATUS(pl_answer_table_build(pl__response_log_set(t.log), &opts, &none, &err), PL_E_NOT_FOUND, &err);
    close_log(&t);
}

static void registry(void **state)
{
    (void)state;
    size_t n = 0;
    const pl_answer_signal *signals = pl_answer_signals(&n);
    assert_true(n >= 18);
    for (size_t k = 0; k < n; k++)
        assert_true(signals[k].description[0] && signals[k].source[0]);
}

/* What is said so far is kept, 64 bytes of it, and searched after each token: slow and plain. */
#define SAID_BYTES 64u
#define PIECES_MAX 24u

static bool ends_with_mark(char *said, const char *add, const char *const *marks)
{
    size_t n = strlen(said);
    memcpy(said + n, add, strlen(add) + 1);
    n += strlen(add);
    size_t cut = n > SAID_BYTES ? n - SAID_BYTES : 0;
    for (size_t k = 0; k < 3; k++) {
        if (strstr(said + cut, marks[k])) {
            said[0] = '\0';
            return true;
        }
    }
    return false;
}

/* Where the answer begins; n: it never does. */
static size_t answer_start(const char *const *pieces, size_t n)
{
    static const char *const opening[] = {"<think>", "<thinking>", "[THINK]"};
    static const char *const closing[] = {"</think>", "</thinking>", "[/THINK]"};
    char open[2048] = "";
    char close[2048] = "";
    size_t first = 0;
    bool thinks = false;
    for (size_t i = 0; i < n; i++) {
        if (ends_with_mark(open, pieces[i], opening) && first == 0)
            thinks = true;
        if (!ends_with_mark(close, pieces[i], closing))
            continue;
        thinks = false;
        open[0] = '\0';
        first = i + 1;
    }
    while (first > 0 && first < n && pieces[first][strspn(pieces[first], " ")] == '\0')
        first++;
    return thinks ? n : first;
}

static void marks_over_tokens(void **state)
{
    static const char *const words[] = {
        "<think>",
        "</think>",
        "<th",
        "ink>",
        "</th",
        "inking>",
        "[THINK]",
        "[/TH",
        "INK",
        "]",
        ">",
        "x",
        " ",
        "",
        "a > b]",
        "<",
        "/think",
        "x</think>y",
        "<think>and then quite a lot more is said, so that the mark is far behind by its end>"};
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "marks", 0);
    for (uint32_t round = 0; round < 20000; round++) {
        const char *pieces[PIECES_MAX];
        pl_str line;
        size_t n = 1 + pl__rng_below(&rng, PIECES_MAX - 1);
        double sum = 0.0;
        pl__str_init(&line, PL_STR_LIMIT_DEFAULT);
        assert_int_equal(pl__str_append_c(&line, "{\"item\":\"1\",\"model\":\"m\",\"tokens\":["), PL_OK);
        for (size_t i = 0; i < n; i++) {
            pieces[i] = words[pl__rng_below(&rng, sizeof(words) / sizeof(words[0]))];
            assert_int_equal(pl__str_appendf(&line, "%s{\"t\":\"%s\",\"lp\":-%zu}", i > 0 ? "," : "", pieces[i], i + 1),
                             PL_OK);
        }
        assert_int_equal(pl__str_append_c(&line, "]}"), PL_OK);
        size_t first = answer_start(pieces, n);
        for (size_t i = first; i < n; i++)
            sum -= (double)(i + 1);
        double found = value_of(line.ptr, "nll.sum", NULL);
        if (first < n ? !(fabs(found - sum) < 0.5) : !isnan(found))
            fail_msg("%s: %.1f, not %.1f", line.ptr, found, sum);
        pl__str_clear(&line);
    }
}

/* Of the one data set that is looked at, items go by their place in the set; the counts agree with the single reasons.
 */
static void items_of_the_table(void **state)
{
    (void)state;
    const char *lines = "{\"item\":\"1\",\"dataset\":\"a\",\"model\":\"m\"," OPTIONS "\"option_logits\":[1,0,0]}\n"
                        "{\"item\":\"1\",\"dataset\":\"b\",\"model\":\"m\"," OPTIONS "\"option_logits\":[1,0,0]}\n"
                        "{\"item\":\"2\",\"dataset\":\"b\",\"model\":\"m\"," OPTIONS "\"text\":\"A\"}\n"
                        "{\"item\":\"2\",\"dataset\":\"b\",\"model\":\"n\"," OPTIONS "\"option_logprobs\":[-5,-5,-5]}\n"
                        "{\"item\":\"3\",\"dataset\":\"b\",\"model\":\"m\",\"text\":\"open\"}\n";
    static const pl_answer_missing reasons[2][3] = {{PL_ANSWER_THERE, PL_ANSWER_NO_VALUES, PL_ANSWER_THERE},
                                                    {PL_ANSWER_NO_RESPONSE, PL_ANSWER_LOW_MASS, PL_ANSWER_NO_RESPONSE}};
    pl_answer_opts opts = PL_ANSWER_OPTS_INIT;
    opts.dataset = "b";
    table x = open_log(lines, &opts);
    const pl_response_set *set = pl_answer_table_set(x.t);
    assert_int_equal(pl_answer_table_n_items(x.t), 3);
    for (uint32_t i = 0; i < 3; i++) {
        const pl_response *row = pl_answer_table_response(x.t, 0, i);
        assert_non_null(row);
        assert_int_equal(row->item, pl_answer_table_items(x.t)[i]);
        assert_string_equal(set->datasets[row->dataset], "b");
        assert_string_equal(pl__response_item_id(set, row), i == 0 ? "1" : (i == 1 ? "2" : "3"));
        for (uint32_t m = 0; m < 2; m++)
            assert_int_equal(pl_answer_table_why_missing(x.t, m, i), reasons[m][i]);
    }
    assert_null(pl_answer_table_response(x.t, 1, 0));
    assert_int_equal(pl_answer_table_missing(x.t, 1)[PL_ANSWER_LOW_MASS], 1);
    close_log(&x);
}

/* Half of the answers choose, the others speak; some are missing. */
static void put_answer(pl_rng *rng, uint32_t model, uint32_t item, pl_str *out)
{
    uint64_t n_tokens = item % 2 ? 1 : pl__rng_below(rng, 5);
    assert_int_equal(pl__str_appendf(out, "{\"item\":\"%u\",\"model\":\"%u\",\"vocab_size\":%u,%s\"tokens\":[", item,
                                     model, model % 2 ? 50 : 0, item % 2 ? OPTIONS : ""),
                     PL_OK);
    for (uint64_t k = 0; k < n_tokens; k++) {
        assert_int_equal(pl__str_appendf(out, "%s{\"t\":\"%c\",\"lp\":-0.%u,\"top\":[", k > 0 ? "," : "",
                                         "ABCD"[pl__rng_below(rng, 4)], (unsigned)pl__rng_below(rng, 900)),
                         PL_OK);
        for (uint64_t i = 0, n = pl__rng_below(rng, 6); i < n; i++)
            assert_int_equal(pl__str_appendf(out, "%s[\"%c\",-%u.%u]", i > 0 ? "," : "", "ABCD"[i % 4], (unsigned)i / 2,
                                             (unsigned)pl__rng_below(rng, 900)),
                             PL_OK);
        assert_int_equal(pl__str_append_c(out, "]}"), PL_OK);
    }
    assert_int_equal(pl__str_append_c(out, "],\"samples\":[\"A\",\"B b\"],\"text\":\"A\"}\n"), PL_OK);
}

static void check_same_numbers(const double *x, const double *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_true(memcmp(&x[i], &y[i], sizeof(*x)) == 0 || (isnan(x[i]) && isnan(y[i])));
}

static void check_same_table(const pl_answer_table *one, const pl_answer_table *several)
{
    size_t n_signals = 0;
    const pl_answer_signal *signals = pl_answer_signals(&n_signals);
    size_t n_items = pl_answer_table_n_items(one);
    size_t n = pl_answer_table_n_models(one) * n_items;
    double *values = calloc(4 * n, sizeof(*values));
    assert_non_null(values);
    for (uint32_t m = 0; m < pl_answer_table_n_models(one); m++) {
        check_same_numbers(pl_answer_table_probabilities(one, m), pl_answer_table_probabilities(several, m),
                           pl_answer_table_options(one)[n_items]);
        assert_memory_equal(pl_answer_table_choices(one, m), pl_answer_table_choices(several, m), n_items);
        assert_memory_equal(pl_answer_table_missing(one, m), pl_answer_table_missing(several, m),
                            PL_ANSWER_MISSING_COUNT * sizeof(uint32_t));
    }
    for (size_t k = 0; k < n_signals; k++) {
        pl_error err = {0};
        pl_status rc = pl_answer_signal_values(one, signals[k].name, values, values + n, &err);
        assert_int_equal(pl_answer_signal_values(several, signals[k].name, values + 2 * n, values + 3 * n, &err), rc);
        if (rc == PL_OK)
            check_same_numbers(values, values + 2 * n, 2 * n);
    }
    free(values);
}

static void threads_do_not_matter(void **state)
{
    enum { MODELS = 7, ITEMS = 401 };
    pl_rng rng;
    pl_str text;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "threads", 0);
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    for (uint32_t i = 0; i < MODELS * ITEMS; i++) {
        if (pl__rng_below(&rng, 20) > 0)
            put_answer(&rng, i % MODELS, i / MODELS, &text);
    }
    table one = open_log(text.ptr, NULL);
    for (uint32_t threads = 0; threads < 10; threads += 3) {
        pl_answer_opts opts = PL_ANSWER_OPTS_INIT;
        opts.threads = threads;
        table several = open_log(text.ptr, &opts);
        check_same_table(one.t, several.t);
        close_log(&several);
    }
    close_log(&one);
    pl__str_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nll_of_tokens),
        cmocka_unit_test(entropy_of_tokens),
        cmocka_unit_test(options_of_tokens),
        cmocka_unit_test(missing_items),
        cmocka_unit_test(thinking),
        cmocka_unit_test(marks_over_tokens),
        cmocka_unit_test(samples),
        cmocka_unit_test(meanings_of_samples),
        cmocka_unit_test(a_judge_sees_no_more_than_texts),
        cmocka_unit_test(letter_prior),
        cmocka_unit_test(datasets),
        cmocka_unit_test(registry),
        cmocka_unit_test(items_of_the_table),
        cmocka_unit_test(threads_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
