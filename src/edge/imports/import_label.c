#include "import_parts.h"
#include "num.h"
#include "option_answer.h"

static const char *const PLACES[] = {"A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M",
                                     "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z"};
#define N_PLACES (sizeof(PLACES) / sizeof(PLACES[0]))

static bool is_letter(const char *text)
{
    return ((text[0] >= 'A' && text[0] <= 'Z') || (text[0] >= 'a' && text[0] <= 'z')) && text[1] == '\0';
}

static size_t list_texts(const json_t *options, const char **ret)
{
    size_t n = json_array_size(options);

    for (size_t i = 0; i < n && i < PL_RESPONSE_OPTIONS_MAX; i++)
        ret[i] = json_string_value(json_array_get(options, i));
    return n <= PL_RESPONSE_OPTIONS_MAX ? n : 0;
}

static size_t equal_text(pl_view label, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (pl__view_eq(label, pl__view_trim(pl__view(texts[i]))))
            return i;
    }
    return PL_OPTION_ANSWER_NONE;
}

/* "B", and of lmms-eval "1" too. */
static size_t place_of(pl_view label, size_t n)
{
    uint64_t place = 0;

    if (label.len == 1 && label.ptr[0] >= 'A' && label.ptr[0] <= 'Z')
        place = (uint64_t)(label.ptr[0] - 'A');
    else if (pl__num_parse_u64(label, &place) != PL_OK)
        return PL_OPTION_ANSWER_NONE;
    return place < n ? (size_t)place : PL_OPTION_ANSWER_NONE;
}

/* Where a label is an option's text and the place of another one there is no telling. */
size_t pl__import_label(pl_view label, const json_t *options)
{
    const char *texts[PL_RESPONSE_OPTIONS_MAX];
    size_t n = list_texts(options, texts);
    size_t named = PL_OPTION_ANSWER_NONE;
    size_t place = PL_OPTION_ANSWER_NONE;

    label = pl__view_trim(label);
    named = equal_text(label, texts, n);
    place = place_of(label, n);
    if (named != PL_OPTION_ANSWER_NONE && place != PL_OPTION_ANSWER_NONE && named != place)
        return PL_OPTION_ANSWER_NONE;
    if (named != PL_OPTION_ANSWER_NONE)
        return named;
    return place != PL_OPTION_ANSWER_NONE ? place : pl__option_answer(label, texts, n);
}

pl_status pl__import_set_label(json_t *doc, const json_t *options, size_t option)
{
    return pl__json_set_string(doc, "label", json_string_value(json_array_get(options, option)));
}

pl_status pl__import_set_prediction(json_t *doc, const json_t *options, const char *text)
{
    const char *texts[PL_RESPONSE_OPTIONS_MAX];
    size_t n = list_texts(options, texts);
    size_t found = PL_OPTION_ANSWER_NONE;
    bool any_letter = false;

    for (size_t i = 0; i < n; i++)
        any_letter = any_letter || is_letter(texts[i]);
    if (any_letter && n <= N_PLACES)
        found = pl__option_answer(pl__view(text), PLACES, n);
    return found == PL_OPTION_ANSWER_NONE ? PL_OK : pl__json_set_string(doc, "prediction", texts[found]);
}
