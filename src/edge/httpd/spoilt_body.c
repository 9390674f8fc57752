#include "spoilt_body.h"

#include "alloc.h"

#include <stdio.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)16384)

/* Owned by its MHD response. */
typedef struct spoilt_body {
    char *ptr;
    size_t n; /* bytes that are sent */
    pl_httpd_spoil how;
    bool whole;       /* the end is an orderly one */
    bool held;        /* the last wait is over */
    size_t paused_at; /* the pause in front of this byte is over */
    pl_delay_queue *delays;
    struct MHD_Connection *connection;
} spoilt_body;

static void spoilt_body_free(void *user)
{
    spoilt_body *b = user;
    pl__free(b->ptr);
    pl__free(b);
}

static void suspend(void *thing)
{
    MHD_suspend_connection(thing);
}

/* libmicrohttpd asks again for the same position once the connection is resumed. A queue that takes nothing more is
 * that of a server that ends. */
static ssize_t wait_ms(const spoilt_body *b, uint32_t ms)
{
    return pl__delay_queue_add(b->delays, ms, suspend, b->connection) ? 0 : MHD_CONTENT_READER_END_WITH_ERROR;
}

static ssize_t read_piece(void *user, uint64_t position, char *buffer, size_t n_max)
{
    spoilt_body *b = user;
    size_t at = (size_t)position;

    if (at >= b->n) {
        if (b->how.hold_ms > 0 && !b->held) {
            b->held = true;
            return wait_ms(b, b->how.hold_ms);
        }
        return b->whole ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
    }
    if (b->how.piece_ms > 0 && at > 0 && b->paused_at != at) {
        b->paused_at = at;
        return wait_ms(b, b->how.piece_ms);
    }
    size_t n = b->n - at;
    if (b->how.piece_bytes > 0 && n > b->how.piece_bytes)
        n = b->how.piece_bytes;
    if (n > n_max)
        n = n_max;
    memcpy(buffer, b->ptr + at, n);
    return (ssize_t)n;
}

/* A Content-Length that is too small: for libmicrohttpd the length is unknown, so it ends the body by closing the
 * connection, and the header is ours. */
static bool announce_less(struct MHD_Response *response, size_t length)
{
    char digits[24];

    (void)snprintf(digits, sizeof(digits), "%zu", length);
    return MHD_set_response_options(response, MHD_RF_INSANITY_HEADER_CONTENT_LENGTH | MHD_RF_HTTP_1_0_COMPATIBLE_STRICT,
                                    MHD_RO_END) == MHD_YES &&
           MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_LENGTH, digits) == MHD_YES;
}

static size_t announced_length(size_t n, int32_t error_bytes)
{
    if (error_bytes >= 0)
        return n + (size_t)error_bytes;
    size_t less = (size_t) - (int64_t)error_bytes;
    return less < n ? n - less : 0;
}

struct MHD_Response *pl__spoilt_body_response(pl_str *body, const pl_httpd_spoil *how, pl_delay_queue *delays,
                                              struct MHD_Connection *connection)
{
    size_t length = announced_length(body->len, how->length_error_bytes);
    spoilt_body *b = pl__calloc(1, sizeof(*b));

    if (!b)
        return NULL;
    b->how = *how;
    b->delays = delays;
    b->connection = connection;
    b->n = how->kept_bytes < body->len ? body->len - how->kept_bytes : 0;
    b->whole = length <= b->n;
    b->ptr = pl__str_take(body);
    struct MHD_Response *response = NULL;
    if (b->ptr)
        response = MHD_create_response_from_callback(length < b->n ? MHD_SIZE_UNKNOWN : length, BLOCK_BYTES, read_piece,
                                                     b, spoilt_body_free);
    if (!response) {
        spoilt_body_free(b);
        return NULL;
    }
    if (length >= b->n || announce_less(response, length))
        return response;
    MHD_destroy_response(response);
    return NULL;
}
