#include "import_parts.h"
#include "num.h"
#include "option_answer.h"

/* A number may be an option's text or, of lmms-eval, its place from 0: where both are possible and differ, there is no
 * telling. */
size_t pl__import_label(pl_view label, const json_t *options)
{
    const char *texts[PL_RESPONSE_OPTIONS_MAX];
    size_t n = json_array_size(options);
    size_t named = PL_OPTION_ANSWER_NONE;
    uint64_t place = 0;

    label = pl__view_trim(label);
    if (n == 0 || n > PL_RESPONSE_OPTIONS_MAX)
        return PL_OPTION_ANSWER_NONE;
    for (size_t i = 0; i < n; i++)
        texts[i] = json_string_value(json_array_get(options, i));
    named = pl__option_named(label, texts, n);
    if (pl__num_parse_u64(label, &place) == PL_OK && place < n)
        return named == PL_OPTION_ANSWER_NONE || named == place ? (size_t)place : PL_OPTION_ANSWER_NONE;
    return named == PL_OPTION_ANSWER_NONE ? pl__option_answer(label, texts, n) : named;
}

pl_status pl__import_set_label(json_t *doc, const json_t *options, size_t option)
{
    return pl__json_set_string(doc, "label", json_string_value(json_array_get(options, option)));
}
