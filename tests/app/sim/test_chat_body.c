#include "kit.h"

#include "chat_body.h"

#include <stdio.h>
#include <string.h>

static char bulk[300];

static void cut_is(pl_sim_picture_key key, const char *request, const char *wanted, uint32_t pictures)
{
    pl_sim_body body;
    PL_KIT_OK(pl__sim_body_cut(pl__view(request), key, &body), NULL);
    assert_string_equal(pl__str_c(&body.json), wanted);
    assert_int_equal(body.n_pictures, pictures);
    for (uint32_t i = 0; i < pictures; i++)
        assert_true(pl__view_eq_str(body.pictures[i], bulk));
    pl__sim_body_clear(&body);
}

/* Replaces each @ by the bulk. */
static const char *with_bulk(const char *text)
{
    static char out[4][4096];
    static unsigned turn;
    char *o = out[turn++ % 4];
    size_t n = 0;
    for (; *text; text++) {
        if (*text == '@') {
            memcpy(o + n, bulk, strlen(bulk));
            n += strlen(bulk);
        } else {
            o[n++] = *text;
        }
    }
    o[n] = '\0';
    return o;
}

static void pictures_are_cut_out(void **state)
{
    (void)state;
    cut_is(PL_SIM_PICTURE_URL, with_bulk("{\"url\":\"data:image/png;base64,@\"}"),
           "{\"url\":\"data:image/png;base64,#0\"}", 1);
    cut_is(PL_SIM_PICTURE_URL,
           with_bulk("[{\"url\" : \"data:image/jpeg;base64,@\"},{\"url\":\"data:image/png;base64,@\",\"x\":1}]"),
           "[{\"url\" : \"data:image/jpeg;base64,#0\"},{\"url\":\"data:image/png;base64,#1\",\"x\":1}]", 2);
}

static void what_anybody_wrote_stays(void **state)
{
    static const char *const kept[] = {
        "",
        "{}",
        "{\"url\":\"data:image/png;base64,AAAA\"}",                   /* short */
        "{\"url\":\"data:image/png;base64,@",                         /* unfinished */
        "{\"url\":\"data:image/png;base64,@\\/@\"}",                  /* escapes inside */
        "{\"text\":\"data:image/png;base64,@\"}",                     /* another key */
        "{\"text\":\"\\\"url\\\":\\\"data:image/png;base64,@\\\"\"}", /* inside a string */
        "{\"text\":\"\\\"url\":\"data:image/png;base64,@\"}",         /* a quote that ends a string */
        "{\"url\":\"data:image/png\",\"a\":\";base64,@\"}",           /* not one string */
        "[{\"url\":\"data:image/png;base64,#0\"},{\"url\":\"data:image/png;base64,@\"}]", /* a name of its own */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        const char *text = with_bulk(kept[i]);
        cut_is(PL_SIM_PICTURE_URL, text, text, 0);
    }
}

static void pictures_behind_data_are_cut_out(void **state)
{
    static const char *const kept[] = {
        "",
        "{\"data\"",
        "{\"data\":",
        "{\"data\":\"",
        "{\"data\":\"AAAA\"}",
        "{\"data\":\"@",
        "{\"data\":\"@ @\"}",
        "{\"text\":\"@\"}",
        "{\"text\":\"x\\\"data\":\"@\"}",
        "[\"data\",\"@\"]",
        "{\"url\":\"data:image/png;base64,@\"}",
        "[{\"data\":\"@\"},{\"data\":\"#0\"}]",
    };
    (void)state;
    cut_is(PL_SIM_PICTURE_DATA, with_bulk("{\"data\":\"@\"}"), "{\"data\":\"#0\"}", 1);
    cut_is(PL_SIM_PICTURE_DATA, with_bulk("[{\"data\" : \"@\",\"x\":\"#\"},{\"data\":\"@\"}]"),
           "[{\"data\" : \"#0\",\"x\":\"#\"},{\"data\":\"#1\"}]", 2);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        const char *text = with_bulk(kept[i]);
        cut_is(PL_SIM_PICTURE_DATA, text, text, 0);
    }
}

static void names_lead_to_pictures(void **state)
{
    pl_sim_body body;
    (void)state;
    PL_KIT_OK(pl__sim_body_cut(pl__view(with_bulk("{\"url\":\"data:image/png;base64,@\"}")), PL_SIM_PICTURE_URL, &body),
              NULL);
    assert_true(pl__view_eq_str(pl__sim_body_picture(&body, pl__view("#0")), bulk));
    static const char *const others[] = {"", "#", "#1", "#-1", "#x", "#00000000000000000000000001", "AAAA"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_true(pl__view_eq_str(pl__sim_body_picture(&body, pl__view(others[i])), others[i]));
    pl__sim_body_clear(&body);
    pl__sim_body_clear(NULL);
}

static pl_status cut_once(void *user, pl_error *err)
{
    pl_sim_body body;
    pl_status rc = pl__sim_body_cut(pl__view(user), PL_SIM_PICTURE_URL, &body);
    pl__sim_body_clear(&body);
    if (rc)
        *err = (pl_error){.code = rc, .msg = "cut"};
    return rc;
}

static void cutting_survives_refused_memory(void **state)
{
    char text[4096];
    (void)state;
    (void)snprintf(text, sizeof(text), "%s", with_bulk("{\"url\":\"data:image/png;base64,@\"}"));
    pl__kit_fault_loop("pl__sim_body_cut", cut_once, text);
}

int main(void)
{
    memset(bulk, 'A', sizeof(bulk) - 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_cut_out),
        cmocka_unit_test(what_anybody_wrote_stays),
        cmocka_unit_test(pictures_behind_data_are_cut_out),
        cmocka_unit_test(names_lead_to_pictures),
        cmocka_unit_test(cutting_survives_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
