#ifndef PL_TEXT_TABLE_H
#define PL_TEXT_TABLE_H

#include "map.h"

/* Numbers for texts in the order of first use, as pl_names gives them, with a memory of the short ones that were asked
 * for last: most tokens are found there, by what they are and not by where they stand. */
typedef struct pl_text_table pl_text_table;

pl_text_table *pl__text_table_new(void); /* NULL on refusal */
void pl__text_table_free(pl_text_table *table);
/* As pl__names_intern(). */
PL_NODISCARD pl_status pl__text_table_number(pl_text_table *table, pl_view text, uint32_t *ret);
const char *pl__text_table_get(const pl_text_table *table, uint32_t number);
size_t pl__text_table_count(const pl_text_table *table);

#endif
