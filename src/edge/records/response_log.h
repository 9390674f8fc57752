#ifndef PL_RESPONSE_LOG_H
#define PL_RESPONSE_LOG_H

#include "line_reader.h"
#include "map.h"
#include "response_line.h"
#include "vec.h"

enum { PL_LOG_MODELS, PL_LOG_ITEMS, PL_LOG_IMAGES, PL_LOG_DATASETS, PL_LOG_NAMES };

/* The name that was looked up last: logs are sorted by one or the other. */
typedef struct pl_last_name {
    pl_view name; /* of the table */
    uint32_t number;
} pl_last_name;

/* A log in the making: what its lines say, names numbered as they come. */
struct pl_response_log {
    pl_response_set set;           /* its names live in the tables below */
    pl_names *names[PL_LOG_NAMES]; /* in the order of the enum */
    const char **sorted[PL_LOG_NAMES];
    pl_last_name last[PL_LOG_NAMES];
    PL_VEC(uint32_t) own_image; /* by item: the image of the same name, or PL_NAME_NONE */
    pl_names *texts;
    pl_spellings spellings; /* of tokens */
    const char **text_list;
    pl_map *lists; /* the bytes of a list's text indices -> its index */
    pl_str key;
    PL_VEC(pl_option_list) option_lists;
    PL_VEC(uint32_t) option_texts;
    PL_VEC(double) option_values;
    PL_VEC(pl_response_token) tokens;
    PL_VEC(uint32_t) top_texts;
    PL_VEC(double) top_logprobs;
    PL_VEC(uint32_t) samples;
    PL_VEC(uint32_t) sample_options;
    PL_VEC(uint32_t) sample_meanings;
    PL_VEC(pl_response) rows;
    uint64_t bad_lines;
    pl_response_line line; /* the one that is read */
};

pl_response_log *pl__response_log_start(void); /* NULL on refusal */
/* One line, by pl__response_scan where that takes it. As pl__response_log_add(). */
PL_NODISCARD pl_status pl__response_log_add_text(pl_response_log *log, pl_view text, pl_error *reterr);
/* The rest of the lines, one after the other. */
PL_NODISCARD pl_status pl__response_log_read(pl_response_log *log, pl_line_reader *reader, bool skip_bad,
                                             pl_error *reterr);
/* Numbers a list of n options, by their texts' numbers. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__response_log_list(pl_response_log *log, const uint32_t *texts, size_t n, uint32_t *ret);

#endif
