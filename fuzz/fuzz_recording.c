/* A recording, line by line. Same input, same result; a line that is read, written again and read again says the same;
 * and a failure leaves nothing behind. */
#include "error.h"
#include "exchange.h"
#include "http.h"

#include <string.h>

static bool same_str(const pl_str *a, const pl_str *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

static bool same_end(const pl_http_completion *a, const pl_http_completion *b)
{
    return a->failure == b->failure && a->elapsed_ns == b->elapsed_ns && a->sent_bytes == b->sent_bytes &&
           a->received_bytes == b->received_bytes && a->reply.status == b->reply.status &&
           same_str(&a->reply.headers, &b->reply.headers) && same_str(&a->reply.body, &b->reply.body) &&
           a->error.code == b->error.code && a->error.retryable == b->error.retryable;
}

static void write_and_read(const pl_exchange_keys *keys, uint64_t order, const pl_http_completion *done)
{
    char url[] = "http://h/v1";
    const pl_http_req req = {.url = url};
    const pl_secrets none = {0};
    pl_exchange_keys keys_again = {0};
    uint64_t order_again = 0;
    pl_http_completion again = {0};
    pl_str line;

    pl__str_init(&line, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__exchange_write_request(&req, keys, order, &none, &line);
    rc = rc ? rc : pl__exchange_write_end(done, &none, &line);
    PL_ASSERT(rc == PL_OK);
    pl_view text = pl__view_n(line.ptr, line.len);
    rc = pl__exchange_read_keys(text, &keys_again, &order_again, NULL);
    PL_ASSERT(rc == PL_OK && order_again == order && memcmp(&keys_again, keys, sizeof(*keys)) == 0);
    rc = pl__exchange_read_end(text, &again, NULL);
    PL_ASSERT(rc == PL_OK && same_end(&again, done));
    pl__http_reply_clear(&again.reply);
    pl__str_clear(&line);
}

static void check_line(pl_view line)
{
    pl_exchange_keys keys = {0};
    uint64_t order = 0;
    pl_http_completion done = {0};
    pl_http_completion again = {0};
    pl_error err = {0};
    pl_error err_again = {0};

    pl_status rc = pl__exchange_read_end(line, &done, &err);
    pl_status rc_again = pl__exchange_read_end(line, &again, &err_again);
    PL_ASSERT(rc == rc_again && strcmp(err.msg, err_again.msg) == 0);
    PL_ASSERT(rc ? err.code == rc && !done.reply.body.ptr && !done.reply.headers.ptr : same_end(&done, &again));
    (void)rc_again;
    if (pl__exchange_read_keys(line, &keys, &order, &err) == PL_OK && rc == PL_OK)
        write_and_read(&keys, order, &done);
    pl__http_reply_clear(&done.reply);
    pl__http_reply_clear(&again.reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_view rest = pl__view_n((const char *)data, size);
    pl_error err = {0};
    bool first = true;

    while (rest.len > 0) {
        size_t end = pl__view_find(rest, pl__view("\n"));
        pl_view line = pl__view_n(rest.ptr, end < rest.len ? end : rest.len);

        if (first) {
            pl_status rc = pl__exchange_check_header(line, &err);
            PL_ASSERT(rc == PL_OK || err.code == rc);
            (void)rc;
        }
        first = false;
        check_line(line);
        rest = end < rest.len ? pl__view_n(rest.ptr + end + 1, rest.len - end - 1) : pl__view_n(rest.ptr, 0);
    }
    return 0;
}
