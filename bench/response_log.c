/* Writes a log of responses to standard output, for measuring: multiple-choice answers whose first token is a letter,
 * more tokens behind it, each with its likeliest alternatives. Words are drawn so that the k-th is 1/k as frequent as
 * the first; a model's number says how good it is.
 *
 *   response_log ITEMS [MODELS [TOKENS [TOP [DIGITS]]]]
 *
 * TOKENS 0: log-probabilities of the options instead. DIGITS of log-probabilities: 9 is a float's, 17 a double's. */
#include "num.h"
#include "rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MODELS_DEFAULT 20u
#define TOKENS_DEFAULT 16u
#define TOP_DEFAULT 20u
#define DIGITS_DEFAULT 9u
#define MODELS_MAX 10000u
#define ITEMS_MAX 10000000u
#define TOKENS_MAX 1000u
#define TOP_MAX 100u
#define WORDS 50000u
#define WORD_BYTES 16u
#define OPTIONS 4u
#define SKILL 4.0 /* of the best model: natural-log odds of the right option against each other one */
#define LINE_BYTES ((size_t)1 << 23)
#define ENTRY_BYTES 128u

typedef struct maker {
    char words[WORDS][WORD_BYTES];
    pl_rng rng;
    unsigned models;
    unsigned tokens;
    unsigned top;
    int digits;
    char *out;
    size_t n;
} maker;

static uint64_t number_at(int argc, char **argv, int place, uint64_t otherwise, uint64_t most)
{
    uint64_t n = otherwise;
    if (argc > place && pl__num_parse_u64(pl__view(argv[place]), &n))
        n = otherwise;
    return n < most ? n : most;
}

/* Syllables, so that lengths are those of tokens; most begin with a blank, some with a letter beyond ASCII. */
static void make_words(maker *m)
{
    static const char *const starts[] = {" ", " ", " ", "", "", "\xc3\xa9"};
    static const char *const syllables[] = {"a", "in", "ter", "on", "the", "re", "ing", "co", "s", "li", "mo", "ed"};
    for (unsigned i = 0; i < WORDS; i++) {
        int n = snprintf(m->words[i], WORD_BYTES, "%s", starts[pl__rng_below(&m->rng, 6)]);
        for (uint64_t left = 1 + pl__rng_below(&m->rng, 3) + (i > 500); left > 0 && n < (int)WORD_BYTES - 5; left--)
            n += snprintf(m->words[i] + n, WORD_BYTES - (size_t)n, "%s", syllables[pl__rng_below(&m->rng, 12)]);
    }
}

static const char *draw_word(maker *m)
{
    double rank = exp(pl__rng_uniform(&m->rng) * log((double)WORDS));
    return m->words[rank < WORDS ? (unsigned)rank : WORDS - 1];
}

static void put(maker *m, const char *text)
{
    size_t n = strlen(text);
    memcpy(m->out + m->n, text, n);
    m->n += n;
}

static void put_number(maker *m, double x)
{
    m->n += (size_t)snprintf(m->out + m->n, ENTRY_BYTES, "%.*g", m->digits, x);
}

static void put_pair(maker *m, const char *text, double logprob)
{
    put(m, "[\"");
    put(m, text);
    put(m, "\",");
    put_number(m, logprob);
    put(m, "]");
}

static void put_option(maker *m, unsigned item, unsigned k)
{
    m->n += (size_t)snprintf(m->out + m->n, ENTRY_BYTES, "%s\"%s %u\"", k > 0 ? "," : "",
                             m->words[(item * OPTIONS + k) % WORDS], k);
}

static void put_token(maker *m, const char *text, const double *letters)
{
    static const char *const names[OPTIONS] = {"A", "B", "C", "D"};
    double logprob = letters ? letters[0] : log(1.0 - 0.6 * pl__rng_uniform(&m->rng));
    put(m, "{\"t\":\"");
    put(m, text);
    put(m, "\",\"lp\":");
    put_number(m, logprob);
    put(m, ",\"top\":[");
    put_pair(m, text, logprob);
    for (unsigned i = 1; i < m->top; i++) {
        logprob -= 0.9 * pl__rng_uniform(&m->rng) + (i == 1 ? 1.0 : 0.0);
        put(m, ",");
        if (letters && i < OPTIONS)
            put_pair(m, strcmp(names[i], text) == 0 ? names[0] : names[i], letters[i]);
        else
            put_pair(m, draw_word(m), logprob);
    }
    put(m, "]}");
}

/* Log-probabilities of the options; returns the likeliest one. */
static unsigned answer(maker *m, unsigned model, unsigned right, double *ret)
{
    double sum = 0.0;
    unsigned best = 0;
    for (unsigned k = 0; k < OPTIONS; k++) {
        double u = pl__rng_uniform(&m->rng);
        ret[k] = -2.0 * log(1.0 - u) + (k == right ? SKILL * (model + 1.0) / m->models : 0.0);
        best = ret[k] > ret[best] ? k : best;
        sum += exp(ret[k]);
    }
    for (unsigned k = 0; k < OPTIONS; k++)
        ret[k] -= log(sum) + 0.01;
    return best;
}

static void put_line(maker *m, unsigned item, unsigned model)
{
    static const char *const names[OPTIONS] = {"A", "B", "C", "D"};
    double options[OPTIONS];
    double sorted[OPTIONS];
    unsigned right = item % OPTIONS;
    unsigned best = answer(m, model, right, options);
    m->n += (size_t)snprintf(m->out + m->n, ENTRY_BYTES, "{\"item\":\"q%06u\",\"model\":\"model-%03u\",\"options\":[",
                             item, model);
    for (unsigned k = 0; k < OPTIONS; k++)
        put_option(m, item, k);
    put(m, m->tokens > 0 ? "],\"label\":\"" : "],\"option_logprobs\":[");
    if (m->tokens == 0) {
        for (unsigned k = 0; k < OPTIONS; k++) {
            put(m, k > 0 ? "," : "");
            put_number(m, options[k]);
        }
        put(m, "]}\n");
        return;
    }
    put(m, names[right]);
    put(m, "\",\"text\":\"");
    put(m, names[best]);
    put(m, "\",\"tokens\":[");
    memcpy(sorted, options, sizeof(sorted));
    sorted[0] = options[best];
    sorted[best] = options[0];
    put_token(m, names[best], sorted);
    for (unsigned i = 1; i < m->tokens; i++) {
        put(m, ",");
        put_token(m, draw_word(m), NULL);
    }
    put(m, "]}\n");
}

int main(int argc, char **argv)
{
    static maker m;
    static char buffer[LINE_BYTES + LINE_BYTES / 8];
    uint64_t items = number_at(argc, argv, 1, 1000, ITEMS_MAX);
    m.models = (unsigned)number_at(argc, argv, 2, MODELS_DEFAULT, MODELS_MAX);
    m.tokens = (unsigned)number_at(argc, argv, 3, TOKENS_DEFAULT, TOKENS_MAX);
    m.top = (unsigned)number_at(argc, argv, 4, TOP_DEFAULT, TOP_MAX);
    m.digits = (int)number_at(argc, argv, 5, DIGITS_DEFAULT, 17);
    m.out = buffer;
    if ((size_t)m.tokens * (m.top + 1) * ENTRY_BYTES / 2 > LINE_BYTES)
        return 2;
    pl__rng_init(&m.rng, 1, "response log", 0);
    make_words(&m);
    for (uint64_t i = 0; i < items * m.models; i++) {
        put_line(&m, (unsigned)(i / m.models), (unsigned)(i % m.models));
        if (m.n > LINE_BYTES / 8 || i + 1 == items * m.models) {
            if (fwrite(m.out, 1, m.n, stdout) != m.n)
                return 1;
            m.n = 0;
        }
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
