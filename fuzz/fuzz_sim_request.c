#include "chat_api.h"
#include "dialects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Input: a byte that chooses dialect and headers, then the body. Oracle: some answer of a known status, whose body is a
 * JSON document; the same input twice gives the same bytes; a 200 is an answer and nothing else is. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static pl_sim_pool *pool;
static pl_sim_gallery *gallery; /* what it remembers of earlier inputs must not show */
static pl_sim_call_log *calls;

static void check(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "oracle: %s\n", what);
    abort();
}

static const char *find_header(const void *connection, const char *name)
{
    const uint8_t *choice = connection;
    (void)name;
    return *choice & 0x80 ? NULL : "x";
}

static int64_t no_time(void *user)
{
    (void)user;
    return 0;
}

static pl_outcome answer(const pl_httpd_request *request, uint32_t dialect, pl_httpd_response *ret)
{
    const pl_clock clock = {.now_unix_ms = no_time};
    const pl_sim_desk desk = {.pool = pool, .gallery = gallery, .calls = calls, .clock = &clock};
    *ret = (pl_httpd_response){.status = 200};
    pl__str_init(&ret->body, PL_STR_LIMIT_DEFAULT);
    return pl__sim_chat(&desk, pl__sim_dialect_at(dialect), request, ret).outcome;
}

static void check_answer(const pl_httpd_response *r, pl_outcome outcome)
{
    json_t *doc = NULL;
    pl_error err = {0};
    check(r->status == 200 || r->status == 400 || r->status == 401 || r->status == 403 || r->status == 404 ||
              r->status == 500,
          "a known status");
    check((r->status == 200) == pl__outcome_is_response(outcome), "200 is a response");
    check(pl__json_parse(pl__view_n(pl__str_c(&r->body), r->body.len), &doc, &err) == PL_OK, "the answer is JSON");
    check((json_object_get(doc, "error") != NULL) == (r->status != 200), "errors say so");
    json_decref(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[PL_SIM_DIALECTS] = {"/v1/chat/completions", "/v1/messages",
                                                       "/v1beta/models/glimpse-12:generateContent"};
    pl_httpd_response once;
    pl_httpd_response twice;
    pl_error err = {0};
    if (size == 0)
        return 0;
    if (!pool) {
        check(pl__sim_pool_default(2, 1, &pool, &err) == PL_OK, "a pool");
        gallery = pl__sim_gallery_new(pool);
        calls = pl__sim_call_log_new();
        check(gallery && calls, "memory");
    }
    uint32_t dialect = data[0] % PL_SIM_DIALECTS;
    const pl_httpd_request request = {.method = "POST",
                                      .path = paths[dialect],
                                      .query = "",
                                      .body = pl__view_n((const char *)data + 1, size - 1),
                                      .header = find_header,
                                      .connection = data};
    pl_outcome outcome = answer(&request, dialect, &once);
    check(outcome == answer(&request, dialect, &twice), "twice the same outcome");
    check(once.status == twice.status && once.body.len == twice.body.len &&
              memcmp(pl__str_c(&once.body), pl__str_c(&twice.body), once.body.len) == 0,
          "twice the same answer");
    check_answer(&once, outcome);
    pl__str_clear(&once.body);
    pl__str_clear(&twice.body);
    return 0;
}
