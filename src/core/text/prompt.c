#include "prompt.h"

#include "alloc.h"
#include "builtin.h"
#include "error.h"
#include "option_answer.h"
#include "quote.h"
#include "verdict.h"

#include <string.h>

static const char digest_tag[] = "peerless prompts 1";
static const char item_digest_tag[] = "peerless item prompts 1";

typedef enum slot { SLOT_QUESTION = 0, SLOT_FENCE = 1, SLOT_A = 2, SLOT_B = 3, SLOT_OPTIONS = 4 } slot;
#define SLOTS 5
#define NO_SLOT SLOTS

static const char *const slot_texts[SLOTS] = {[SLOT_QUESTION] = "{question}",
                                              [SLOT_FENCE] = "{fence}",
                                              [SLOT_A] = "{a}",
                                              [SLOT_B] = "{b}",
                                              [SLOT_OPTIONS] = "{options}"};

#define JUDGE_SLOTS (1u << SLOT_QUESTION | 1u << SLOT_FENCE | 1u << SLOT_A | 1u << SLOT_B)

typedef enum mark_kind { NO_MARKS = 0, VERDICT_MARKS = 1, EQUIVALENCE_MARKS = 2 } mark_kind;

/* One row a kind of prompt. */
static const struct {
    const char *name;
    uint32_t slots;  /* bits: those that are filled in, and must be there */
    mark_kind marks; /* that must be there */
} kinds[PL_PROMPT_KINDS] = {
    [PL_PROMPT_QUESTION] = {"question", 0, NO_MARKS},
    [PL_PROMPT_ANSWER] = {"answer", 1u << SLOT_QUESTION, NO_MARKS},
    [PL_PROMPT_JUDGE_CORRECTNESS] = {"judge_correctness", JUDGE_SLOTS, VERDICT_MARKS},
    [PL_PROMPT_JUDGE_VISUAL] = {"judge_visual", JUDGE_SLOTS, VERDICT_MARKS},
    [PL_PROMPT_CHOICE] = {"choice", 1u << SLOT_QUESTION | 1u << SLOT_OPTIONS, NO_MARKS},
    [PL_PROMPT_OPEN] = {"open", 1u << SLOT_QUESTION, NO_MARKS},
    [PL_PROMPT_EQUIVALENCE] = {"equivalence", JUDGE_SLOTS, EQUIVALENCE_MARKS},
};

struct pl_prompt_set {
    char *templates[PL_PROMPT_KINDS];
    char *instructions[PL_PROMPT_KINDS];
    pl_digest digest;
    pl_digest item_digest;
};

const char *pl__prompt_kind_name(pl_prompt_kind kind)
{
    return (unsigned)kind < PL_PROMPT_KINDS ? kinds[kind].name : "unknown";
}

/* The slot of this kind at text[0], or NO_SLOT; its bytes in *ret_n. */
static unsigned slot_at(pl_prompt_kind kind, const char *text, size_t *ret_n)
{
    for (unsigned s = 0; s < SLOTS; s++) {
        size_t n = strlen(slot_texts[s]);
        if ((kinds[kind].slots & 1u << s) && strncmp(text, slot_texts[s], n) == 0) {
            *ret_n = n;
            return s;
        }
    }
    return NO_SLOT;
}

static pl_status check_marks(pl_prompt_kind kind, const char *text, pl_error *reterr)
{
    static const char letters[] = "?ABC";
    bool seen[4] = {true, false, false, false};
    pl_verdict mark = PL_VERDICT_MISSING;
    size_t at = 0;
    size_t end = 0;
    while (pl__verdict_mark(pl__view(text), end, &mark, &at, &end))
        seen[mark] = true;
    for (size_t i = 0; i < 4; i++)
        if (!seen[i])
            return pl__fail(reterr, PL_E_PARSE, "prompt %s: the mark [[%c]] is missing", kinds[kind].name, letters[i]);
    return PL_OK;
}

static pl_status check_equivalence_marks(const char *text, pl_error *reterr)
{
    bool seen[3] = {false, false, false};
    pl_equivalence mark = PL_EQUIVALENCE_MISSING;
    size_t at = 0;
    size_t end = 0;
    while (pl__equivalence_mark(pl__view(text), end, &mark, &at, &end))
        seen[mark] = true;
    if (!seen[PL_EQUIVALENCE_SAME] || !seen[PL_EQUIVALENCE_DIFFERENT])
        return pl__fail(reterr, PL_E_PARSE, "prompt %s: the mark %s is missing", kinds[PL_PROMPT_EQUIVALENCE].name,
                        seen[PL_EQUIVALENCE_SAME] ? "[[DIFFERENT]]" : "[[SAME]]");
    return PL_OK;
}

static pl_status check_template(pl_prompt_kind kind, const char *text, pl_error *reterr)
{
    const char *name = kinds[kind].name;
    size_t n = 0;
    uint32_t found = 0;

    if (strlen(text) > PL_PROMPT_TEMPLATE_BYTES_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "prompt %s: more than %u bytes", name, PL_PROMPT_TEMPLATE_BYTES_MAX);
    if (!pl__utf8_valid(pl__view(text)))
        return pl__fail(reterr, PL_E_PARSE, "prompt %s: not UTF-8", name);
    if (pl__view_trim(pl__view(text)).len == 0)
        return pl__fail(reterr, PL_E_PARSE, "prompt %s: empty", name);
    for (const char *brace = strchr(text, '{'); brace; brace = strchr(brace + 1, '{'))
        found |= (1u << slot_at(kind, brace, &n)) & kinds[kind].slots;
    for (unsigned s = 0; s < SLOTS; s++)
        if (kinds[kind].slots & ~found & 1u << s)
            return pl__fail(reterr, PL_E_PARSE, "prompt %s: the slot %s is missing", name, slot_texts[s]);
    if (kinds[kind].marks == EQUIVALENCE_MARKS)
        return check_equivalence_marks(text, reterr);
    return kinds[kind].marks == VERDICT_MARKS ? check_marks(kind, text, reterr) : PL_OK;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A slot counts as white space: what stood around it does not run together. */
static char *instruction_of(pl_prompt_kind kind, const char *text)
{
    char *ret = pl__malloc(strlen(text) + 1);
    size_t len = 0;
    bool space = false;
    if (!ret)
        return NULL;
    while (*text) {
        size_t n = 0;
        if (is_space(*text))
            n = 1;
        else if (*text == '{')
            (void)slot_at(kind, text, &n);
        if (n > 0) {
            space = len > 0;
            text += n;
            continue;
        }
        if (space)
            ret[len++] = ' ';
        space = false;
        ret[len++] = *text++;
    }
    ret[len] = '\0';
    return ret;
}

pl_status pl__prompt_judge_instruction(const char *text, pl_str *out, pl_error *reterr)
{
    char *instruction = instruction_of(PL_PROMPT_JUDGE_CORRECTNESS, text);
    pl_status rc = instruction ? pl__str_append_c(out, instruction) : PL_E_NOMEM;

    pl__free(instruction);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "instruction");
}

/* Two, so that a template of one evaluation is nothing to the tasks of the other. That of comparisons is in neither: it
 * is nothing to the answers that are compared. */
static pl_status set_digests(pl_prompt_set *set)
{
    pl_sha256 *h = pl__sha256_new();
    if (!h)
        return PL_E_NOMEM;
    pl__sha256_add_str(h, digest_tag);
    for (size_t k = 0; k < PL_PROMPT_REVIEW_KINDS; k++)
        pl__sha256_add_str(h, set->templates[k]);
    pl__sha256_finish(h, &set->digest);
    pl__sha256_reset(h);
    pl__sha256_add_str(h, item_digest_tag);
    for (size_t k = PL_PROMPT_CHOICE; k <= PL_PROMPT_OPEN; k++)
        pl__sha256_add_str(h, set->templates[k]);
    pl__sha256_finish(h, &set->item_digest);
    pl__sha256_free(h);
    return PL_OK;
}

pl_status pl__prompt_set_new(const char *const templates[PL_PROMPT_KINDS], pl_prompt_set **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_prompt_set *set = pl__calloc(1, sizeof(*set));
    if (!set)
        return pl__fail(reterr, PL_E_NOMEM, "prompts");

    for (unsigned k = 0; k < PL_PROMPT_KINDS; k++) {
        pl_prompt_kind kind = (pl_prompt_kind)k;
        const char *text = templates && templates[k] ? templates[k] : pl__prompt_builtin(kind);
        rc = check_template(kind, text, reterr);
        if (rc != PL_OK)
            goto out;
        set->templates[k] = pl__strdup(text);
        set->instructions[k] = instruction_of(kind, text);
        if (!set->templates[k] || !set->instructions[k]) {
            rc = pl__fail(reterr, PL_E_NOMEM, "prompts");
            goto out;
        }
    }
    if (set_digests(set) != PL_OK) {
        rc = pl__fail(reterr, PL_E_NOMEM, "prompts");
        goto out;
    }
    *ret = set;
    set = NULL;
out:
    pl__prompt_set_free(set);
    return rc;
}

void pl__prompt_set_free(pl_prompt_set *set)
{
    if (!set)
        return;
    for (size_t k = 0; k < PL_PROMPT_KINDS; k++) {
        pl__free(set->templates[k]);
        pl__free(set->instructions[k]);
    }
    pl__free(set);
}

const pl_digest *pl__prompt_set_digest(const pl_prompt_set *set)
{
    return &set->digest;
}

const pl_digest *pl__prompt_set_item_digest(const pl_prompt_set *set)
{
    return &set->item_digest;
}

const char *pl__prompt_set_template(const pl_prompt_set *set, pl_prompt_kind kind)
{
    return set->templates[kind];
}

pl_view pl__prompt_set_instruction(const pl_prompt_set *set, pl_prompt_kind kind)
{
    return pl__view(set->instructions[kind]);
}

/* The values as they go in: quoted, and the fence that none of them contains. */
typedef struct fillings {
    pl_str texts[SLOTS];
    char fence[PL_FENCE_BYTES];
} fillings;

static void fillings_clear(fillings *f)
{
    for (size_t s = 0; s < SLOTS; s++)
        pl__str_clear(&f->texts[s]);
}

static pl_view text_of(const pl_str *s)
{
    return pl__view_n(pl__str_c(s), s->len);
}

static pl_status fill(uint32_t slots, const pl_prompt_values *values, fillings *ret)
{
    static const pl_prompt_values none = {{"", 0}, {"", 0}, {"", 0}, {"", 0}};
    values = values ? values : &none;
    const pl_view sources[SLOTS] = {[SLOT_QUESTION] = values->question,
                                    [SLOT_A] = values->first,
                                    [SLOT_B] = values->second,
                                    [SLOT_OPTIONS] = values->options};
    pl_status rc = PL_OK;
    for (unsigned s = 0; s < SLOTS; s++)
        pl__str_init(&ret->texts[s], PL_STR_LIMIT_DEFAULT);
    for (unsigned s = 0; s < SLOTS && rc == PL_OK; s++)
        if (slots & 1u << s)
            rc = pl__quote(sources[s], &ret->texts[s]);
    if (rc != PL_OK || !(slots & 1u << SLOT_FENCE))
        return rc;
    pl__quote_fence_apart(text_of(&ret->texts[SLOT_A]), text_of(&ret->texts[SLOT_B]),
                          text_of(&ret->texts[SLOT_QUESTION]), ret->fence);
    return pl__str_append_c(&ret->texts[SLOT_FENCE], ret->fence);
}

pl_status pl__prompt_options(const char *const *options, size_t n, pl_str *out, pl_error *reterr)
{
    pl_status rc = PL_OK;

    for (size_t i = 0; i < n && rc == PL_OK; i++) {
        pl_view text = pl__view_trim(pl__view(options[i]));
        char letter = pl__option_letter(options, i);
        if (i > 0)
            rc = pl__str_append_char(out, '\n');
        if (rc == PL_OK && !(text.len == 1 && text.ptr[0] == letter))
            rc = pl__str_appendf(out, "%c. ", letter);
        for (size_t k = 0; k < text.len && rc == PL_OK; k++) {
            char c = text.ptr[k];

            if (c == '\n' || c == '\r')
                c = ' ';
            rc = pl__str_append_char(out, c);
        }
    }
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "%zu options", n);
}

pl_status pl__prompt_render(const pl_prompt_set *set, pl_prompt_kind kind, const pl_prompt_values *values, pl_str *out,
                            pl_error *reterr)
{
    pl_status rc = PL_OK;
    fillings f = {0};
    size_t old_len = out->len;
    const char *text = set->templates[kind];

    rc = fill(kinds[kind].slots, values, &f);
    while (*text && rc == PL_OK) {
        size_t n = strcspn(text, "{");
        rc = pl__str_append(out, text, n);
        text += n;
        if (rc != PL_OK || !*text)
            break;
        unsigned s = slot_at(kind, text, &n);
        rc = s == NO_SLOT ? pl__str_append_char(out, '{') : pl__str_append_view(out, text_of(&f.texts[s]));
        text += s == NO_SLOT ? 1 : n;
    }
    fillings_clear(&f);
    if (rc == PL_OK)
        return PL_OK;
    if (out->ptr) {
        out->len = old_len;
        out->ptr[old_len] = '\0';
    }
    return pl__fail(reterr, rc, "prompt %s of %zu bytes", kinds[kind].name, strlen(set->templates[kind]));
}
