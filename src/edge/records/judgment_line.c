#include "judgment_line.h"

#include "error.h"
#include "line_fields.h"
#include "verdict.h"

#include <math.h>
#include <string.h>

static const char DEFAULT_CRITERION[] = "overall";

pl_view pl__judgment_criterion_default(void)
{
    return pl__view_n(DEFAULT_CRITERION, sizeof(DEFAULT_CRITERION) - 1);
}

pl_missing pl__judgment_missing_reason(pl_view text)
{
    for (int reason = PL_MISSING_NO_MARK; text.ptr && reason < PL_MISSING_COUNT; reason++) {
        if (pl__view_eq_str(text, pl_missing_text((pl_missing)reason)))
            return (pl_missing)reason;
    }
    return PL_MISSING_UNSPECIFIED;
}

void pl__judgment_read_raw(pl_view raw, pl_view finish, pl_view instruction, pl_judgment *row)
{
    pl_parsed_verdict parsed = pl__verdict_parse(raw, instruction, pl__view_eq_str(finish, "length"));
    row->verdict = (uint8_t)parsed.verdict;
    row->missing = (uint8_t)parsed.missing;
    if (parsed.verdict == PL_VERDICT_MISSING && pl__view_eq_str(finish, "content_filter"))
        row->missing = PL_MISSING_REFUSED;
}

static void read_verdict(pl_line_fields *r, pl_view instruction, pl_judgment *row)
{
    const char *raw = pl__line_text(r, "raw");
    if (raw) {
        pl__judgment_read_raw(pl__view(raw), pl__view(pl__line_text(r, "finish")), instruction, row);
        return;
    }
    const json_t *verdict = json_object_get(r->doc, "verdict");
    const char *word = json_string_value(verdict);
    if (!verdict) {
        pl__line_fail(r, "verdict", "is missing, and there is no \"raw\"");
    } else if (json_is_null(verdict)) {
        row->verdict = PL_VERDICT_MISSING;
        row->missing = (uint8_t)pl__judgment_missing_reason(pl__view(pl__line_text(r, "missing")));
    } else if (word && strcmp(word, "a") == 0) {
        row->verdict = PL_VERDICT_A;
    } else if (word && strcmp(word, "b") == 0) {
        row->verdict = PL_VERDICT_B;
    } else if (word && strcmp(word, "tie") == 0) {
        row->verdict = PL_VERDICT_TIE;
    } else {
        pl__line_fail(r, "verdict", "is none of \"a\", \"b\", \"tie\", null");
    }
}

pl_status pl__judgment_line_read(const json_t *doc, pl_view judge_instruction, pl_judgment_line *ret, pl_error *reterr)
{
    pl_line_fields r = {.doc = doc, .rc = PL_OK, .err = reterr};
    pl_judgment_line line = {.row = {.weight = 1.0}};

    if (!json_is_object(doc))
        return pl__fail(reterr, PL_E_PARSE, "is no JSON object");
    const char *item = pl__line_name(&r, "item", NULL);
    const char *judge = pl__line_name(&r, "judge", NULL);
    const char *a = pl__line_name(&r, "a", NULL);
    const char *b = pl__line_name(&r, "b", NULL);
    if (r.rc == PL_OK && strcmp(a, b) == 0)
        pl__line_fail(&r, "b", "is the same model as \"a\"");
    read_verdict(&r, judge_instruction, &line.row);
    line.item = pl__view(item);
    line.image = pl__view(pl__line_name(&r, "image", item));
    line.judge = pl__view(judge);
    line.a = pl__view(a);
    line.b = pl__view(b);
    line.criterion = pl__view(pl__line_name(&r, "criterion", DEFAULT_CRITERION));
    line.judge_family = pl__view(pl__line_text(&r, "judge_family"));
    line.a_family = pl__view(pl__line_text(&r, "a_family"));
    line.b_family = pl__view(pl__line_text(&r, "b_family"));
    line.row.a_length = pl__line_count(&r, "a_words", pl__line_count(&r, "a_tokens", 0));
    line.row.b_length = pl__line_count(&r, "b_words", pl__line_count(&r, "b_tokens", 0));
    if (r.rc == PL_OK)
        r.rc = pl__json_get_number(doc, "weight", &line.row.weight, reterr);
    if (!(line.row.weight > 0.0) || !isfinite(line.row.weight))
        pl__line_fail(&r, "weight", "is not above 0");
    if (r.rc == PL_OK)
        *ret = line;
    return r.rc;
}
