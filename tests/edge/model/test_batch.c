/* The batch lane against a scripted provider: what is sent in which order, what is durable before it, and what becomes
 * of a batch when things go wrong. */
#include "kit.h"

#include "alloc.h"
#include "batch.h"
#include "client.h"
#include "json.h"
#include "pricing.h"
#include "transport_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000000)
#define UNIX_START_MS 1760000000000
#define CALLS 3u
#define TEXT_BYTES 8192

typedef enum mood {
    WELL,
    REFUSES,     /* 400 to the creation */
    LOSES,       /* the creation's answer; it is in the list */
    LOSES_ALL,   /* and it is not */
    EXPIRES,     /* one result, the rest is late */
    FOREIGN_TOO, /* the list has another's batch of the same size in front */
    NEVER_ENDS,
    HIDES, /* everything but the creation is answered 401 */
} mood;

/* A provider over a scripted transport, and the client's ledger. */
typedef struct world {
    pl_transport *t;
    pl_clock clock;
    pl_client *c;
    pl_model_spec model;
    mood mood;
    char trace[1024]; /* what happened: requests and ledger, a letter each */
    char body[TEXT_BYTES];
    char ids[CALLS][PL_DIGEST_HEX_BYTES];
    char tag[PL_DIGEST_HEX_BYTES];
    char record_id[64]; /* as last put */
    pl_digest keys[CALLS];
    pl_digest record_tag;
    unsigned creations;
} world;

static const char *const urls[] = {"http://a/v1"};

static void note(world *w, const char *what)
{
    size_t len = strlen(w->trace);
    (void)snprintf(w->trace + len, sizeof(w->trace) - len, "%s ", what);
}

static bool is_openai(const world *w)
{
    return strcmp(w->model.provider, "openai") == 0;
}

static void write_status(world *w, const char *id, bool ended)
{
    static const char form[] = "{\"id\":\"%s\",\"status\":\"%s\",\"output_file_id\":%s,\"created_at\":1760000001,"
                               "\"metadata\":{\"peerless\":\"%s\"},\"request_counts\":{\"total\":3}}";
    static const char anthropic[] = "{\"id\":\"%s\",\"processing_status\":\"%s\",\"results_url\":%s,"
                                    "\"created_at\":\"2025-10-09T08:53:21Z\",\"request_counts\":{\"succeeded\":3}}";
    const char *word = w->mood == EXPIRES ? "expired" : "completed";
    char *to = w->body + strlen(w->body);
    size_t room = sizeof(w->body) - strlen(w->body);
    if (is_openai(w))
        (void)snprintf(to, room, form, id, ended ? word : "in_progress", ended ? "\"out\"" : "null",
                       strcmp(id, "foreign") == 0 ? "no" : w->tag);
    else
        (void)snprintf(to, room, anthropic, id, ended ? "ended" : "in_progress",
                       ended ? "\"https://elsewhere/x\"" : "null");
}

static void write_results(world *w, bool foreign)
{
    static const char openai[] =
        "{\"custom_id\":\"%s\",\"response\":{\"status_code\":200,\"body\":{\"choices\":[{\"message\":"
        "{\"content\":\"fine\"},\"finish_reason\":\"stop\"}]}},\"error\":null}\n";
    static const char anthropic[] = "{\"custom_id\":\"%s\",\"result\":{\"type\":\"succeeded\",\"message\":{\"content\":"
                                    "[{\"type\":\"text\",\"text\":\"fine\"}],\"stop_reason\":\"end_turn\"}}}\n";
    unsigned n = w->mood == EXPIRES ? 1 : CALLS;
    for (unsigned i = n; i-- > 0;) { /* results come in any order */
        size_t len = strlen(w->body);
        if (is_openai(w))
            (void)snprintf(w->body + len, sizeof(w->body) - len, openai, foreign ? "x" : w->ids[i]);
        else
            (void)snprintf(w->body + len, sizeof(w->body) - len, anthropic, foreign ? "x" : w->ids[i]);
    }
}

static void write_list(world *w)
{
    (void)snprintf(w->body, sizeof(w->body), "{\"data\":[");
    if (w->mood == FOREIGN_TOO) {
        write_status(w, "foreign", true);
        (void)strncat(w->body, ",", 2);
    }
    if (w->mood != LOSES_ALL)
        write_status(w, "ours", true);
    (void)strncat(w->body, "],\"has_more\":false}", 32);
}

static bool is_post(const pl_http_req *req)
{
    return req->n_parts > 0;
}

static void provider(const pl_http_req *req, uint64_t nth, pl_script_reply *ret, void *user)
{
    world *w = user;
    const char *path = req->url + strlen("http://a");
    bool foreign = strstr(path, "foreign") != NULL;
    (void)nth;
    *ret = (pl_script_reply){.status = 200, .delay_ns = 5 * MS};
    w->body[0] = '\0';
    if (strcmp(path, "/v1/files") == 0) {
        note(w, "upload");
        (void)snprintf(w->body, sizeof(w->body), "{\"id\":\"in\"}");
    } else if (is_post(req)) {
        note(w, "create");
        w->creations++;
        if (w->mood == REFUSES)
            ret->status = 400;
        if (w->mood == LOSES || w->mood == LOSES_ALL || w->mood == FOREIGN_TOO)
            ret->failure = PL_HTTP_CUT;
        if (w->mood == LOSES_ALL && w->creations > 1) {
            ret->failure = PL_HTTP_OK;
            w->mood = WELL;
        }
        write_status(w, "ours", false);
    } else if (strstr(path, "limit=100")) {
        note(w, "list");
        write_list(w);
    } else if (strstr(path, "/content") || strstr(path, "/results")) {
        note(w, foreign ? "foreign" : "fetch");
        write_results(w, foreign);
    } else {
        note(w, "look");
        write_status(w, foreign ? "foreign" : "ours", w->mood != NEVER_ENDS);
    }
    if (w->mood == HIDES && !is_post(req))
        ret->status = 401;
    ret->body = pl__view(w->body);
}

static pl_status put(const pl_batch_record *record, void *user, pl_error *reterr)
{
    world *w = user;
    (void)reterr;
    assert_int_equal(record->n_keys, CALLS);
    for (unsigned i = 0; i < CALLS; i++) {
        w->keys[i] = record->keys[i];
        pl__digest_hex(&record->keys[i], w->ids[i]);
    }
    w->record_tag = record->tag;
    pl__digest_hex(&record->tag, w->tag);
    (void)snprintf(w->record_id, sizeof(w->record_id), "%s", record->remote_id ? record->remote_id : "");
    note(w, record->remote_id ? "named" : "kept");
    return PL_OK;
}

static pl_status end(const pl_batch_record *record, void *user, pl_error *reterr)
{
    (void)reterr;
    assert_true(record->ended);
    note(user, "ended");
    return PL_OK;
}

static uint64_t mono(void *user)
{
    return pl__transport_script_now_ns(((world *)user)->t);
}

static int64_t unix_ms(void *user)
{
    return UNIX_START_MS + (int64_t)(mono(user) / MS);
}

static pl_status open_world(world *w, const char *dialect, mood m, pl_error *err)
{
    *w = (world){.mood = m};
    const pl_batch_ledger ledger = {.put = put, .end = end, .user = w};
    w->clock = (pl_clock){.now_mono_ns = mono, .now_unix_ms = unix_ms, .user = w};
    w->model = (pl_model_spec){
        .name = "cat",
        .provider = dialect,
        .model = "m",
        .endpoint = "here",
        .reach = {.base_urls = urls, .n_base_urls = 1, .concurrency = 1, .batch = true, .attempts_max = 2}};
    pl_status rc = pl__transport_script_new(provider, w, &w->t, err);
    rc = rc ? rc : pl__client_new(&w->model, 1, w->t, &w->clock, 7, NULL, &w->c, err);
    return rc ? rc : pl__client_keep_batches(w->c, &ledger, err);
}

static void close_world(world *w)
{
    pl__client_free(w->c);
    if (w->t)
        w->t->ops->free(w->t);
}

static pl_status ask(world *w, unsigned i, pl_error *err)
{
    char text[16];
    (void)snprintf(text, sizeof(text), "question %u", i);
    const pl_part part = {.role = PL_ROLE_USER, .kind = PL_PART_TEXT, .text = pl__view(text)};
    const pl_chat chat = {.model = &w->model, .parts = &part, .n_parts = 1, .max_tokens = 5};
    return pl__client_submit(w->c, 0, &chat, NULL, 0, 100 + i, err);
}

/* Asks all and waits for as many results; counts those of an outcome, clears all. */
typedef struct tally {
    unsigned n;
    unsigned answered;
    unsigned unasked;
    unsigned again;
    unsigned outcomes[PL_CLIENT_OUTCOMES];
} tally;

static pl_status collect(world *w, unsigned wanted, uint64_t until_ns, tally *ret, pl_error *err)
{
    pl_status rc = PL_OK;
    while (!rc && ret->n < wanted && mono(w) < until_ns) {
        pl_call_result results[2];
        size_t n = 0;
        rc = pl__client_poll(w->c, until_ns, results, 2, &n, err);
        for (size_t i = 0; !rc && i < n; i++) {
            ret->n++;
            ret->outcomes[results[i].decoded.reply.outcome]++;
            ret->answered += results[i].decoded.reply.text && strcmp(results[i].decoded.reply.text, "fine") == 0;
            ret->unasked += results[i].unasked;
            ret->again += results[i].ask_again;
            pl__call_result_clear(&results[i]);
        }
    }
    return rc;
}

static pl_status ask_all(world *w, pl_error *err)
{
    pl_status rc = PL_OK;
    for (unsigned i = 0; i < CALLS && !rc; i++)
        rc = ask(w, i, err);
    return rc;
}

/* One more poll, for what follows the last result. */
static void settle(world *w)
{
    pl_call_result none;
    size_t n = 0;
    pl_error err = {0};
    PL_KIT_OK(pl__client_poll(w->c, mono(w), &none, 1, &n, &err), &err);
    assert_int_equal(n, 0);
}

static tally run(world *w, const char *dialect, mood m, unsigned wanted)
{
    pl_error err = {0};
    tally t = {0};
    PL_KIT_OK(open_world(w, dialect, m, &err), &err);
    PL_KIT_OK(ask_all(w, &err), &err);
    PL_KIT_OK(collect(w, wanted, 600000 * MS, &t, &err), &err);
    assert_int_equal(t.n, wanted);
    settle(w);
    return t;
}

static void a_batch_is_kept_before_and_named_after_its_creation(void **state)
{
    world w;
    (void)state;
    tally t = run(&w, "openai", WELL, CALLS);
    assert_int_equal(t.answered, CALLS);
    assert_string_equal(w.trace, "kept upload create named look fetch ended ");
    close_world(&w);
    t = run(&w, "anthropic", WELL, CALLS);
    assert_int_equal(t.answered, CALLS);
    assert_string_equal(w.trace, "kept create named look fetch ended ");
    close_world(&w);
}

static void a_lost_creation_is_looked_for_before_it_is_tried_again(void **state)
{
    world w;
    (void)state;
    tally t = run(&w, "openai", LOSES, CALLS);
    assert_int_equal(t.answered, CALLS);
    assert_int_equal(w.creations, 1);
    assert_string_equal(w.trace, "kept upload create list named look fetch ended ");
    close_world(&w);
    t = run(&w, "anthropic", FOREIGN_TOO, CALLS);
    assert_int_equal(t.answered, CALLS);
    assert_int_equal(w.creations, 1);
    assert_non_null(strstr(w.trace, "list look foreign list look fetch ended"));
    close_world(&w);
    t = run(&w, "openai", LOSES_ALL, CALLS); /* it never was: the caller may ask again */
    assert_int_equal(t.again, CALLS);
    assert_int_equal(t.outcomes[PL_OUTCOME_NONE], CALLS);
    assert_string_equal(w.trace, "kept upload create list list ended ");
    close_world(&w);
}

static void what_a_batch_lacks_has_an_outcome_of_its_own(void **state)
{
    world w;
    (void)state;
    tally t = run(&w, "openai", EXPIRES, CALLS);
    assert_int_equal(t.answered, 1);
    assert_int_equal(t.outcomes[PL_OUTCOME_BATCH_EXPIRED], CALLS - 1);
    close_world(&w);
    t = run(&w, "openai", REFUSES, CALLS);
    assert_int_equal(t.outcomes[PL_OUTCOME_BATCH_FAILED], CALLS);
    assert_int_equal(w.creations, 1);
    assert_non_null(strstr(w.trace, "create ended"));
    close_world(&w);
}

/* A run that was killed: before the provider answered (id NULL), or after. */
static void resume(const char *dialect, const char *id, const char *trace)
{
    world w;
    world first;
    pl_error err = {0};
    tally t = {0};
    (void)run(&first, dialect, WELL, CALLS);
    close_world(&first);
    PL_KIT_OK(open_world(&w, dialect, WELL, &err), &err);
    memcpy(w.ids, first.ids, sizeof(w.ids));
    memcpy(w.tag, first.tag, sizeof(w.tag));
    const pl_batch_record record = {.tag = first.record_tag,
                                    .provider = dialect,
                                    .endpoint = "here",
                                    .remote_id = id,
                                    .created_unix_ms = UNIX_START_MS,
                                    .keys = first.keys,
                                    .n_keys = CALLS};
    PL_KIT_OK(pl__client_adopt_batch(w.c, &record, &err), &err);
    assert_true(pl__client_awaits(w.c, &first.keys[0]));
    PL_KIT_OK(ask(&w, 0, &err), &err); /* the others are not asked for (yet) */
    assert_false(pl__client_awaits(w.c, &first.keys[0]));
    PL_KIT_OK(collect(&w, CALLS, 600000 * MS, &t, &err), &err);
    assert_int_equal(t.answered, CALLS);
    assert_int_equal(t.unasked, CALLS - 1);
    assert_int_equal(w.creations, 0);
    settle(&w);
    assert_string_equal(w.trace, trace);
    close_world(&w);
}

static void batches_of_an_earlier_run_are_collected(void **state)
{
    (void)state;
    resume("openai", "ours", "look fetch ended ");
    resume("anthropic", "ours", "look fetch ended ");
    resume("openai", NULL, "list named look fetch ended ");
    resume("anthropic", NULL, "list look fetch ended ");
}

static void leaving_ends_calls_and_keeps_the_batch(void **state)
{
    world w;
    pl_error err = {0};
    tally t = {0};
    uint32_t batches = 0;
    uint64_t calls = 0;
    (void)state;
    PL_KIT_OK(open_world(&w, "openai", NEVER_ENDS, &err), &err);
    PL_KIT_OK(ask_all(&w, &err), &err);
    PL_KIT_OK(collect(&w, 1, 300000 * MS, &t, &err), &err);
    assert_int_equal(t.n, 0);
    assert_int_equal(pl__client_in_flight(w.c), CALLS);
    unsigned looks = 0;
    for (const char *at = strstr(w.trace, "look"); at; at = strstr(at + 1, "look"))
        looks++;
    assert_in_range(looks, 5, 20); /* five minutes, with growing pauses */
    pl__client_drop_unsent(w.c);
    PL_KIT_OK(collect(&w, CALLS, 600000 * MS, &t, &err), &err);
    assert_int_equal(t.outcomes[PL_OUTCOME_NONE], CALLS);
    assert_int_equal(t.again, 0);
    pl__client_batches_left(w.c, &batches, &calls);
    assert_int_equal(batches, 1);
    assert_int_equal(calls, CALLS);
    assert_null(strstr(w.trace, "ended"));
    assert_string_equal(w.record_id, "ours");
    close_world(&w);
}

/* A batch that was paid for and cannot be asked about is never asked again, not even by the same run. */
static void a_batch_out_of_sight_stays_open(void **state)
{
    world w;
    pl_error err = {0};
    uint32_t batches = 0;
    uint64_t calls = 0;
    (void)state;
    tally t = run(&w, "openai", HIDES, CALLS);
    assert_int_equal(t.outcomes[PL_OUTCOME_AUTH], CALLS);
    pl__client_batches_left(w.c, &batches, &calls);
    assert_int_equal(batches, 1);
    assert_null(strstr(w.trace, "ended"));
    t = (tally){0};
    PL_KIT_OK(ask(&w, 1, &err), &err);
    PL_KIT_OK(collect(&w, 1, 600000 * MS, &t, &err), &err);
    assert_int_equal(t.outcomes[PL_OUTCOME_AUTH], 1);
    assert_int_equal(w.creations, 1);
    close_world(&w);
}

static void batches_cost_half(void **state)
{
    pl_model_spec spec = {
        .name = "cat", .provider = "openai", .model = "m", .reach = {.base_urls = urls, .n_base_urls = 1}};
    (void)state;
    spec.price = (pl_price){.known = true, .input = 30, .output = 150, .cached_input = 4, .cache_written = 40};
    assert_int_equal(pl__price_of(&spec, NULL).output, 150);
    spec.reach.batch = true;
    pl_price half = pl__price_of(&spec, NULL);
    assert_true(half.known);
    assert_int_equal(half.input, 15);
    assert_int_equal(half.output, 75);
    assert_int_equal(half.cached_input, 2);
    assert_int_equal(half.cache_written, 20);
}

static pl_status whole(void *user, pl_error *err)
{
    world w;
    tally t = {0};
    (void)user;
    pl_status rc = open_world(&w, "openai", WELL, err);
    rc = rc ? rc : ask_all(&w, err);
    rc = rc ? rc : collect(&w, CALLS, 600000 * MS, &t, err);
    close_world(&w);
    return rc;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    pl__kit_fault_loop("a batch", whole, NULL);
}

int main(void)
{
    pl__json_use_alloc();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_kept_before_and_named_after_its_creation),
        cmocka_unit_test(a_lost_creation_is_looked_for_before_it_is_tried_again),
        cmocka_unit_test(what_a_batch_lacks_has_an_outcome_of_its_own),
        cmocka_unit_test(batches_of_an_earlier_run_are_collected),
        cmocka_unit_test(leaving_ends_calls_and_keeps_the_batch),
        cmocka_unit_test(a_batch_out_of_sight_stays_open),
        cmocka_unit_test(batches_cost_half),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
