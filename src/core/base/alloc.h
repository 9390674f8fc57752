#ifndef PL_ALLOC_H
#define PL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* Every allocation of ours goes through here, so that tests can refuse the n-th. All return NULL on refusal;
 * a size of 0 gives a unique pointer that must be freed. Products that overflow are refused. */
void *pl__malloc(size_t size_bytes);
void *pl__calloc(size_t n, size_t size_bytes);
void *pl__realloc(void *p, size_t size_bytes);                /* on refusal p stays valid */
void *pl__reallocarray(void *p, size_t n, size_t size_bytes); /* the same */
void pl__free(void *p);                                       /* NULL is a no-op */
char *pl__strdup(const char *s);
char *pl__strndup(const char *s, size_t n); /* copies exactly n bytes and adds a NUL */
void *pl__memdup(const void *p, size_t size_bytes);

#ifdef PL_FAULTS
/* Process-wide: refuse the nth allocation from now (1 = the next); 0 disarms. */
void pl__fault_arm(unsigned long nth);
bool pl__fault_fired(void); /* has the armed refusal happened? */
long pl__live_blocks(void); /* blocks handed out and not yet freed */
#endif

#endif
