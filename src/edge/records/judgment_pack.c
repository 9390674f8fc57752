#include "judgment_pack.h"

#include "alloc.h"

void pl__row_pack_clear(pl_row_pack *pack)
{
    for (size_t i = 0; i < pack->blocks.len; i++)
        pl__free(pack->blocks.ptr[i]);
    pl__free(pack->blocks.ptr);
    *pack = (pl_row_pack){0};
}

/* Without a branch for each: nearly always all are. */
static bool all_plain(const pl_judgment *rows, size_t n, const uint32_t *own_image)
{
    uint32_t odd = 0;
    for (size_t i = 0; i < n; i++) {
        const pl_judgment *row = &rows[i];
        bool unlike = row->weight < 1.0 || row->weight > 1.0;
        odd |= (own_image[row->item] ^ row->image) | row->criterion | row->a_length | row->b_length;
        odd |= (row->judge | row->a | row->b) >> 16 | (uint32_t)unlike;
    }
    return odd == 0;
}

pl_status pl__pack_rows(const pl_judgment *rows, size_t n, const uint32_t *own_image, pl_packed_block **ret)
{
    if (!all_plain(rows, n, own_image)) {
        *ret = NULL;
        return PL_OK;
    }
    pl_packed_block *block = pl__malloc(sizeof(*block) + n * sizeof(block->rows[0]));
    if (!block)
        return PL_E_NOMEM;
    *block = (pl_packed_block){.n = n};
    for (size_t i = 0; i < n; i++) {
        const pl_judgment *row = &rows[i];
        block->rows[i] = (pl_packed_row){.item = row->item,
                                         .judge = (uint16_t)row->judge,
                                         .a = (uint16_t)row->a,
                                         .b = (uint16_t)row->b,
                                         .verdict = row->verdict,
                                         .missing = row->missing};
    }
    *ret = block;
    return PL_OK;
}

pl_status pl__row_pack_add(pl_row_pack *pack, pl_packed_block *block)
{
    if (pl__vec_reserve(&pack->blocks.ptr, &pack->blocks.cap, pack->blocks.len + 1, sizeof(pl_packed_block *)) != PL_OK)
        return PL_E_NOMEM;
    block->first_row = pack->n_rows;
    pack->n_rows += block->n;
    pack->blocks.ptr[pack->blocks.len++] = block;
    return PL_OK;
}

void pl__unpack_block(const pl_packed_block *block, size_t from, size_t n, const uint32_t *own_image, pl_judgment *ret)
{
    for (size_t i = 0; i < n; i++) {
        const pl_packed_row *row = &block->rows[from + i];
        ret[i] = (pl_judgment){.item = row->item,
                               .image = own_image[row->item],
                               .judge = row->judge,
                               .a = row->a,
                               .b = row->b,
                               .verdict = row->verdict,
                               .missing = row->missing,
                               .weight = 1.0};
    }
}

/* The block that the row is in; there is one. */
static size_t block_of(const pl_row_pack *pack, size_t row)
{
    size_t low = 0;
    size_t high = pack->blocks.len;
    while (low + 1 < high) {
        size_t mid = low + (high - low) / 2;
        if (pack->blocks.ptr[mid]->first_row <= row)
            low = mid;
        else
            high = mid;
    }
    return low;
}

void pl__unpack_rows(const pl_row_pack *pack, size_t from, size_t n, const uint32_t *own_image, pl_judgment *ret)
{
    size_t at = n > 0 ? block_of(pack, from) : 0;
    for (size_t done = 0; done < n; at++) {
        const pl_packed_block *block = pack->blocks.ptr[at];
        size_t skipped = from + done - block->first_row;
        size_t here = block->n - skipped < n - done ? block->n - skipped : n - done;
        pl__unpack_block(block, skipped, here, own_image, ret + done);
        done += here;
    }
}
