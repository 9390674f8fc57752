#include "kit.h"

#include "secrets.h"

#include <string.h>

static void mask(pl_secrets *s, char *text, size_t shortest, const char *want)
{
    pl__secrets_mask(s, text, strlen(text), shortest);
    assert_string_equal(text, want);
}

static void add(pl_secrets *s, const char *secret)
{
    pl_error err = {0};
    PL_KIT_OK(pl__secrets_add(s, pl__view(secret), &err), &err);
}

static void every_key_goes_from_everywhere(void **state)
{
    pl_secrets s = {0};
    (void)state;
    add(&s, "first-key");
    add(&s, "a/b+c");
    add(&s, "first-key-longer");
    add(&s, "first-key");
    add(&s, "abc"); /* too short to be one */
    assert_int_equal(s.n, 3);
    char both[] = "first-key, first-key-longer and abc";
    mask(&s, both, 4, "*********, **************** and abc");
    char escaped[] = "\"a\\/b\\u002Bc\\u00e\" a%2Fb%2bc a/b+ \\ %";
    mask(&s, escaped, 4, "\"***********\\u00e\" ********* a/b+ \\ %");
    char answer[] = "first-key first-key-longer";
    mask(&s, answer, 10, "first-key ****************");
    pl__secrets_mask(&s, answer, 0, 4);
    pl__secrets_clear(&s);
    char plain[] = "first-key";
    mask(&s, plain, 4, "first-key");
}

static void replies_are_masked_by_what_they_are(void **state)
{
    pl_secrets s = {0};
    pl_http_reply reply = {.status = 200};
    (void)state;
    add(&s, "EMPTY");
    add(&s, "0123456789abcdef");
    pl__str_init(&reply.headers, 1000);
    pl__str_init(&reply.body, 1000);
    pl__secrets_mask_reply(&s, &reply);
    assert_int_equal(pl__str_append_c(&reply.headers, "x-echo: EMPTY\n"), PL_OK);
    assert_int_equal(pl__str_append_c(&reply.body, "the box is EMPTY 0123456789abcdef"), PL_OK);
    pl__secrets_mask_reply(&s, &reply);
    assert_string_equal(reply.headers.ptr, "x-echo: *****\n");
    assert_string_equal(reply.body.ptr, "the box is EMPTY ****************");
    reply.status = 401;
    pl__secrets_mask_reply(&s, &reply);
    assert_string_equal(reply.body.ptr, "the box is ***** ****************");
    pl__http_reply_clear(&reply);
    pl__secrets_clear(&s);
}

static pl_status collect(void *user, pl_error *err)
{
    pl_secrets s = {0};
    pl_secrets copy = {0};
    (void)user;
    pl_status rc = pl__secrets_add(&s, pl__view("one-key"), err);
    rc = rc ? rc : pl__secrets_add(&s, pl__view("another-key"), err);
    rc = rc ? rc : pl__secrets_copy(&copy, &s, err);
    pl__secrets_clear(&copy);
    pl__secrets_clear(&s);
    return rc;
}

static void survives_refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("secrets", collect, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_goes_from_everywhere),
        cmocka_unit_test(replies_are_masked_by_what_they_are),
        cmocka_unit_test(survives_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
