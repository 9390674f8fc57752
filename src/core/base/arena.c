#include "arena.h"

#include "alloc.h"

#include <peerless/status.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CHUNK_BYTES_MIN ((size_t)4096)
#define CHUNK_BYTES_MAX ((size_t)256 * 1024)

struct pl_arena_block {
    pl_arena_block *next;
    size_t used;
    size_t cap;
    alignas(max_align_t) unsigned char data[];
};

void pl__arena_init(pl_arena *arena)
{
    arena->head = NULL;
    arena->used_bytes = 0;
}

void pl__arena_clear(pl_arena *arena)
{
    if (!arena)
        return;
    pl_arena_block *block = arena->head;
    while (block) {
        pl_arena_block *next = block->next;
        pl__free(block);
        block = next;
    }
    pl__arena_init(arena);
}

static pl_arena_block *block_new(size_t cap)
{
    if (cap > (size_t)PTRDIFF_MAX - sizeof(pl_arena_block))
        return NULL;
    pl_arena_block *block = pl__malloc(sizeof(pl_arena_block) + cap);
    if (!block)
        return NULL;
    block->next = NULL;
    block->used = 0;
    block->cap = cap;
    return block;
}

#ifdef PL_SANITIZED
static void *take(pl_arena *arena, size_t size_bytes)
{
    pl_arena_block *block = block_new(size_bytes);
    if (!block)
        return NULL;
    block->used = size_bytes;
    block->next = arena->head;
    arena->head = block;
    return block->data;
}
#else
static void *take(pl_arena *arena, size_t size_bytes)
{
    if (size_bytes > (size_t)PTRDIFF_MAX - alignof(max_align_t))
        return NULL;
    size_t rounded = (size_bytes + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    if (rounded == 0)
        rounded = alignof(max_align_t); /* every piece has an address of its own */
    pl_arena_block *head = arena->head;
    if (!head || head->cap - head->used < rounded) {
        size_t cap = head ? head->cap * 2 : CHUNK_BYTES_MIN;
        if (cap > CHUNK_BYTES_MAX)
            cap = CHUNK_BYTES_MAX;
        pl_arena_block *block = block_new(rounded > cap / 4 ? rounded : cap);
        if (!block)
            return NULL;
        if (head && block->cap == rounded) { /* a large piece is a block of its own, behind the one being filled */
            block->used = rounded;
            block->next = head->next;
            head->next = block;
            return block->data;
        }
        block->next = head;
        arena->head = block;
        head = block;
    }
    void *p = head->data + head->used;
    head->used += rounded;
    return p;
}
#endif

void *pl__arena_alloc(pl_arena *arena, size_t size_bytes)
{
    void *p = take(arena, size_bytes);
    if (p)
        arena->used_bytes += size_bytes;
    return p;
}

void *pl__arena_calloc(pl_arena *arena, size_t n, size_t size_bytes)
{
    if (size_bytes > 0 && n > (size_t)PTRDIFF_MAX / size_bytes)
        return NULL;
    void *p = pl__arena_alloc(arena, n * size_bytes);
    if (p)
        memset(p, 0, n * size_bytes);
    return p;
}

char *pl__arena_strdup(pl_arena *arena, const char *s)
{
    return pl__arena_strndup(arena, s, strlen(s));
}

char *pl__arena_strndup(pl_arena *arena, const char *s, size_t n)
{
    if (n >= (size_t)PTRDIFF_MAX)
        return NULL;
    char *copy = pl__arena_alloc(arena, n + 1);
    if (!copy)
        return NULL;
    if (n > 0)
        memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *pl__arena_vtext(pl_arena *arena, const char *fmt, va_list args)
{
    char text[PL_ERROR_MSG_BYTES];

    (void)vsnprintf(text, sizeof(text), fmt, args);
    return pl__arena_strdup(arena, text);
}
