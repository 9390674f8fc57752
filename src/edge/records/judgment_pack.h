#ifndef PL_JUDGMENT_PACK_H
#define PL_JUDGMENT_PACK_H

#include "vec.h"
#include <peerless/judgments.h>

/* Rows as most are, in 12 bytes instead of 48: of weight 1 under criterion 0, without lengths, on an item that is its
 * own image, by models whose numbers fit. */
typedef struct pl_packed_row {
    uint32_t item;
    uint16_t judge;
    uint16_t a;
    uint16_t b;
    uint8_t verdict;
    uint8_t missing;
} pl_packed_row;
#define PL_PACKED_MODELS_MAX ((size_t)UINT16_MAX + 1)

typedef struct pl_packed_block {
    size_t first_row;
    size_t n;
    size_t numbering; /* whose numbers its rows have: for who made it to know */
    pl_packed_row rows[];
} pl_packed_block;

typedef struct pl_row_pack {
    PL_VEC(pl_packed_block *) blocks; /* in the order of rows */
    size_t n_rows;
} pl_row_pack;

void pl__row_pack_clear(pl_row_pack *pack);
/* own_image: by item. *ret is NULL if not all rows are as most. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__pack_rows(const pl_judgment *rows, size_t n, const uint32_t *own_image,
                                     pl_packed_block **ret);
/* Takes the block over. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__row_pack_add(pl_row_pack *pack, pl_packed_block *block);
/* Rows [from, from + n) of a block, and of all. */
void pl__unpack_block(const pl_packed_block *block, size_t from, size_t n, const uint32_t *own_image, pl_judgment *ret);
void pl__unpack_rows(const pl_row_pack *pack, size_t from, size_t n, const uint32_t *own_image, pl_judgment *ret);

#endif
