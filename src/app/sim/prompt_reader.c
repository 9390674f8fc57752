/* The layout that is read here is the one that core/text writes: a judge's material stands between whole lines that
 * repeat one fence, an answer prompt has its question between a line "Question:" and one that begins with "Think ".
 * The prompts for the items' own questions have a line "Question:" too, and one that begins "Reply with the ".
 * Users' own templates that keep the fences and the marks are understood too. */
#include "prompt_reader.h"

#include "answer.h"
#include "quote.h"

#include <string.h>

#define BLOCKS_MAX 3u

static bool has(pl_view text, const char *words)
{
    return pl__view_find(text, pl__view(words)) != SIZE_MAX;
}

/* The line that begins at text[*at], without its end; *at moves to the next one. */
static pl_view next_line(pl_view text, size_t *at)
{
    size_t start = *at;
    const char *end = memchr(text.ptr + start, '\n', text.len - start);
    size_t len = end ? (size_t)(end - text.ptr) - start : text.len - start;
    *at = start + len + (end ? 1u : 0u);
    if (len > 0 && text.ptr[start + len - 1] == '\r')
        len--;
    return pl__view_n(text.ptr + start, len);
}

static bool is_fence(pl_view line)
{
    static const char frame[] = "==== ";
    size_t n = sizeof(frame) - 1;
    return line.len == PL_FENCE_BYTES - 1 && pl__view_starts_with(line, frame) &&
           memcmp(line.ptr + line.len - n, " ====", n) == 0;
}

/* The texts between the first and second, third and fourth, … line of the first fence; returns how many. More than
 * BLOCKS_MAX: the first ones go. ret_tail is what comes after the last fence. */
static uint32_t read_blocks(pl_view prompt, pl_view ret[BLOCKS_MAX], pl_view *ret_tail)
{
    pl_view fence = {0};
    uint32_t n = 0;
    bool inside = false;
    size_t start = 0;

    *ret_tail = prompt;
    for (size_t at = 0; at < prompt.len;) {
        size_t line_start = at;
        pl_view line = next_line(prompt, &at);
        if (!fence.ptr && is_fence(line))
            fence = line;
        if (!fence.ptr || !pl__view_eq(line, fence))
            continue;
        inside = !inside;
        if (inside) {
            start = at;
            continue;
        }
        if (n == BLOCKS_MAX) {
            ret[0] = ret[1];
            ret[1] = ret[2];
            n--;
        }
        ret[n++] = pl__view_trim(pl__view_n(prompt.ptr + start, line_start - start));
        *ret_tail = pl__view_n(prompt.ptr + at, prompt.len - at);
    }
    return n;
}

static bool read_judge(pl_view prompt, pl_sim_reading *ret)
{
    pl_view blocks[BLOCKS_MAX];
    pl_view tail;
    uint32_t n = read_blocks(prompt, blocks, &tail);

    if (n < 2 || !has(prompt, "[[A]]") || !has(prompt, "[[B]]") || !has(prompt, "[[C]]"))
        return false;
    ret->first = blocks[n - 2];
    ret->second = blocks[n - 1];
    pl_view head = pl__view_n(prompt.ptr, (size_t)(blocks[0].ptr - prompt.ptr));
    bool visual = has(tail, "Criterion: visual") ||
                  (!has(tail, "Criterion: correctness") && (has(tail, "visual") || has(head, "visual")));
    ret->wish = visual ? PL_SIM_WISH_JUDGE_VISUAL : PL_SIM_WISH_JUDGE_CORRECTNESS;
    ret->understood = pl__sim_question_find(n > 2 ? blocks[0] : head, &ret->question);
    return true;
}

static bool read_equivalence(pl_view prompt, pl_sim_reading *ret)
{
    pl_view blocks[BLOCKS_MAX];
    pl_view tail;
    uint32_t n = read_blocks(prompt, blocks, &tail);

    if (n < 2 || !has(prompt, "[[SAME]]") || !has(prompt, "[[DIFFERENT]]"))
        return false;
    ret->first = blocks[n - 2];
    ret->second = blocks[n - 1];
    ret->wish = PL_SIM_WISH_JUDGE_EQUIVALENCE;
    ret->understood = n > 2 && pl__sim_question_find(blocks[0], &ret->question);
    return true;
}

/* "A. red", "(B) blue", "C: green", "D) two": the letters in order from A. */
static void read_options(pl_view text, pl_sim_reading *ret)
{
    for (size_t at = 0; at < text.len && ret->n_options < PL_SIM_OPTIONS_MAX;) {
        pl_view line = pl__view_trim(next_line(text, &at));
        char letter = (char)('A' + (char)ret->n_options);
        size_t i = line.len > 0 && line.ptr[0] == '(' ? 1 : 0;
        if (i + 1 >= line.len || line.ptr[i] != letter || !strchr(i > 0 ? ")" : ".):", line.ptr[i + 1]))
            continue;
        ret->options[ret->n_options++] = pl__view_trim(pl__view_n(line.ptr + i + 2, line.len - i - 2));
    }
}

/* What stands below a line "Question:" up to the line that begins "Think ", or to the end. */
static bool question_section(pl_view prompt, pl_view *ret)
{
    bool found = false;
    size_t start = 0;
    size_t end = prompt.len;
    for (size_t at = 0; at < prompt.len;) {
        size_t line_start = at;
        pl_view line = next_line(prompt, &at);
        if (!found && pl__view_eq_str(line, "Question:")) {
            found = true;
            start = at;
        } else if (found && pl__view_starts_with(line, "Think ")) {
            end = line_start; /* the last such line: questions may have one of their own */
        }
    }
    if (found)
        *ret = pl__view_n(prompt.ptr + start, end - start);
    return found;
}

static bool has_line(pl_view text, const char *beginning)
{
    for (size_t at = 0; at < text.len;) {
        if (pl__view_starts_with(next_line(text, &at), beginning))
            return true;
    }
    return false;
}

void pl__sim_prompt_read(pl_view prompt, pl_sim_reading *ret)
{
    pl_view section = prompt;

    *ret = (pl_sim_reading){.wish = PL_SIM_WISH_DESCRIBE};
    if (read_judge(prompt, ret) || read_equivalence(prompt, ret))
        return;
    bool framed = question_section(prompt, &section);
    if (!framed &&
        (has(prompt, "Write one question") || has(prompt, "rite a question") || has(prompt, "sk one question"))) {
        ret->wish = PL_SIM_WISH_ASK;
        return;
    }
    ret->marked = has(prompt, "[[");
    ret->terse = framed && !ret->marked && has_line(section, "Reply with the ");
    ret->understood = pl__sim_question_find(section, &ret->question);
    read_options(section, ret);
    if (framed || ret->understood || ret->marked)
        ret->wish = PL_SIM_WISH_ANSWER;
}

pl_view pl__sim_quoted_final(pl_view answer)
{
    pl_view found = pl__answer_final(answer); /* a template of the user's own may leave the marks */
    if (found.len > 0)
        return found;
    size_t open = SIZE_MAX;
    for (size_t i = 0; i < answer.len; i++) {
        char c = answer.ptr[i];
        if (c == '\n') {
            open = SIZE_MAX;
        } else if (c == '(') {
            open = i + 1;
        } else if (c == ')' && open != SIZE_MAX) {
            found = pl__view_trim(pl__view_n(answer.ptr + open, i - open));
            open = SIZE_MAX;
        }
    }
    return found;
}
