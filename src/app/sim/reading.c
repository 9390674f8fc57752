/* Short answers: how models put them, and how they read them. */
#include "reading.h"

#include "hash.h"

#include <math.h>
#include <string.h>

#define SHARP_LETTERS_PX 20.0 /* eyes this coarse misread a quarter of the letters */
#define WORD_BYTES_MAX 24u
#define PLAIN_SHARE 0.5 /* of the ways to put an answer, at temperature 1 */

/* ---- reading ---- */

/* What is known, and what it stands for. */
static const struct {
    const char *word;
    const char *meaning;
} lexicon[] = {
    {"red", "red"},
    {"green", "green"},
    {"blue", "blue"},
    {"yellow", "yellow"},
    {"purple", "purple"},
    {"orange", "orange"},
    {"circle", "circle"},
    {"circles", "circle"},
    {"square", "square"},
    {"squares", "square"},
    {"triangle", "triangle"},
    {"triangles", "triangle"},
    {"star", "star"},
    {"stars", "star"},
    {"object", "object"},
    {"objects", "object"},
    {"small", "small"},
    {"large", "large"},
    {"zero", "0"},
    {"one", "1"},
    {"two", "2"},
    {"three", "3"},
    {"four", "4"},
    {"five", "5"},
    {"six", "6"},
    {"seven", "7"},
    {"eight", "8"},
    {"nine", "9"},
    {"ten", "10"},
    {"yes", "yes"},
    {"no", "no"},
    {"none", "none"},
    {"nothing", "nothing"},
    {"equal", "equal"},
    {"unknown", "unknown"},
};

/* Words that a sentence has whatever it claims. */
static const char *const grammar[] = {"a",  "an",  "the",    "it",   "its",  "is", "are", "there", "more",
                                      "of", "was", "answer", "them", "what", "i",  "see", "that",  "as"};

double pl__sim_misreads(uint32_t resolution_px)
{
    double sharpness = (double)resolution_px / SHARP_LETTERS_PX;
    return 0.5 / (1.0 + sharpness * sharpness);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        c = "abcdefghijklmnopqrstuvwxyz"[c - 'A'];
    return c;
}

/* The next word in lower case; false at the end. */
static bool next_word(pl_view text, size_t *at, char ret[WORD_BYTES_MAX])
{
    size_t len = 0;
    for (; *at < text.len; ++*at) {
        char c = lower(text.ptr[*at]);
        if (!is_digit(c) && !(c >= 'a' && c <= 'z')) {
            if (len > 0)
                break;
            continue;
        }
        if (len + 1 < WORD_BYTES_MAX)
            ret[len++] = c;
    }
    ret[len] = '\0';
    return len > 0;
}

static bool is_grammar(const char *word)
{
    for (size_t i = 0; i < sizeof(grammar) / sizeof(grammar[0]); i++) {
        if (strcmp(word, grammar[i]) == 0)
            return true;
    }
    return false;
}

static void misread(char *word, double rate, pl_rng *rng)
{
    for (; *word; word++) {
        if (!(pl__rng_uniform(rng) < rate))
            continue;
        if (is_digit(*word))
            *word = "0123456789"[pl__rng_below(rng, 10)];
        else
            *word = "abcdefghijklmnopqrstuvwxyz"[pl__rng_below(rng, 26)];
    }
}

/* Levenshtein's distance. */
static size_t distance(const char *x, const char *y)
{
    size_t row[WORD_BYTES_MAX];
    size_t n = strlen(y);
    for (size_t k = 0; k <= n; k++)
        row[k] = k;
    for (size_t i = 0; x[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t k = 0; k < n; k++) {
            size_t best = diagonal + (x[i] != y[k]);
            best = row[k] + 1 < best ? row[k] + 1 : best;
            best = row[k + 1] + 1 < best ? row[k + 1] + 1 : best;
            diagonal = row[k + 1];
            row[k + 1] = best;
        }
    }
    return row[n];
}

/* The nearest known word's meaning, or the letters themselves where half of them would be wrong. */
static const char *recognise(const char *word)
{
    size_t best = strlen(word) / 2 + 1;
    const char *meaning = word;
    for (size_t i = 0; i < sizeof(lexicon) / sizeof(lexicon[0]) && !is_digit(word[0]); i++) {
        size_t d = distance(word, lexicon[i].word);
        if (d < best) {
            best = d;
            meaning = lexicon[i].meaning;
        }
    }
    return meaning;
}

static bool append_meaning(const char *meaning, char *ret, size_t *len)
{
    size_t n = strlen(meaning);
    if (*len + n + 2 > PL_SIM_CLAIM_BYTES)
        return false;
    if (*len > 0)
        ret[(*len)++] = ' ';
    memcpy(ret + *len, meaning, n + 1);
    *len += n;
    return true;
}

void pl__sim_read_claim(const pl_sim_turn *turn, pl_view text, uint32_t glance, char ret[PL_SIM_CLAIM_BYTES])
{
    char word[WORD_BYTES_MAX];
    double rate = pl__sim_misreads(turn->model->eyes.resolution_px);
    uint64_t reader = pl__hash64(turn->model->name, strlen(turn->model->name), turn->seed);
    size_t len = 0;
    size_t at = 0;
    pl_rng rng;

    ret[0] = '\0';
    pl__rng_init(&rng, pl__hash64(text.ptr, text.len, reader), "sim reading", glance);
    while (next_word(text, &at, word)) {
        if (is_grammar(word)) /* known from the sentence's form */
            continue;
        misread(word, rate, &rng);
        const char *meaning = recognise(word);
        bool settled = len == 0 && (strcmp(meaning, "yes") == 0 || strcmp(meaning, "no") == 0);
        if (!append_meaning(meaning, ret, &len) || settled)
            return; /* what follows a yes or no says it again */
    }
}

/* ---- putting ---- */

static const char *number_word(const char *answer)
{
    static const char *const words[] = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"};
    return is_digit(answer[0]) && answer[1] == '\0' ? words[answer[0] - '0'] : answer;
}

typedef enum wording { PLAIN = 0, WORD = 1, STOP = 2, SENTENCE = 3, WORDINGS = 4 } wording;

/* The plain way has half of the probability, as far as the temperature leaves it that. */
static wording draw_wording(const pl_sim_turn *turn)
{
    pl_rng rng;
    double other = pow((1.0 - PLAIN_SHARE) / (WORDINGS - 1) / PLAIN_SHARE, 1.0 / turn->temperature);
    pl__rng_init(&rng, turn->request_key, "sim wording", 0);
    double left = pl__rng_uniform(&rng) * (1.0 + other * (WORDINGS - 1)) - 1.0;
    for (unsigned w = WORD; w < WORDINGS && left >= 0.0; w++) {
        left -= other;
        if (left < 0.0)
            return (wording)w;
    }
    return PLAIN;
}

static void frame_of(const pl_sim_question *q, const char *answer, const char **ret_before, const char **ret_behind)
{
    *ret_before = "The answer is ";
    *ret_behind = ".";
    switch (q->kind) {
    case PL_SIM_ASK_COUNT:
        *ret_before = strcmp(answer, "1") == 0 ? "There is " : "There are ";
        break;
    case PL_SIM_ASK_EXISTS:
        *ret_before = "";
        *ret_behind = strcmp(answer, "yes") == 0 ? ", there is." : ", there is not.";
        break;
    case PL_SIM_ASK_BESIDE:
        *ret_before = strchr(answer, ' ') ? "It is the " : "It is ";
        break;
    case PL_SIM_ASK_LARGEST:
        *ret_before = "It is ";
        break;
    case PL_SIM_ASK_SHAPE:
    case PL_SIM_ASK_MORE:
        break;
    }
}

pl_status pl__sim_reword(const pl_sim_turn *turn, const pl_sim_question *q, const char *answer, pl_sim_speech *ret)
{
    const char *before = "";
    const char *behind = "";
    wording how = turn->temperature > 0.0 ? draw_wording(turn) : PLAIN;
    pl_status rc = PL_OK;

    if (how == WORD)
        answer = number_word(answer);
    if (how == STOP)
        behind = ".";
    if (how == SENTENCE)
        frame_of(q, answer, &before, &behind);
    rc = pl__str_append_c(&ret->text, before);
    if (!rc)
        rc = pl__sim_decide(ret, answer);
    return rc ? rc : pl__str_append_c(&ret->text, behind);
}
