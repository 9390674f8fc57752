#include "kit.h"

#include "endpoint.h"
#include "key_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COMMAND(text) ((const char *const[]){"sh", "-c", text, NULL})

static pl_model_spec model_of(const char *const *command)
{
    static const char *const urls[] = {"http://a/v1"};
    return (pl_model_spec){
        .name = "cat", .provider = "openai", .reach = {.base_urls = urls, .n_base_urls = 1, .api_key_cmd = command}};
}

static void read_key(const char *const *command, pl_status want, const char *words)
{
    const pl_model_spec spec = model_of(command);
    pl_str key;
    pl_error err = {0};
    pl__str_init(&key, PL_KEY_BYTES_MAX);
    PL_KIT_STATUS(pl__key_read(&spec, &key, &err), want, &err);
    if (want == PL_OK)
        assert_string_equal(pl__str_c(&key), words);
    else
        assert_non_null(strstr(err.msg, words));
    assert_null(strstr(err.msg, "sesame"));
    assert_true(want == PL_OK || strstr(err.msg, "model cat") != NULL);
    pl__key_wipe(&key);
}

static void commands_print_keys(void **state)
{
    (void)state;
    read_key(COMMAND("echo '  sesame-open-up'; echo hint >&2"), PL_OK, "sesame-open-up");
    read_key(COMMAND("echo locked >&2; exit 3"), PL_E_INVALID, "sh: ended with code 3: locked");
    read_key(COMMAND("echo sesame-open-up; echo it is sesame-open-up, not >&2; exit 1"), PL_E_INVALID,
             "it is **************, not");
    read_key(COMMAND("echo trying sk-sesame-1234567 >&2; exit 1"), PL_E_INVALID, "trying [key]");
    read_key(COMMAND("true"), PL_E_NOT_FOUND, "the output of the command sh");
    read_key(COMMAND("echo sesame open"), PL_E_INVALID, "white space");
    read_key(COMMAND("head -c 9000 /dev/zero | tr '\\0' x"), PL_E_LIMIT, "api_key_cmd: sh: prints more");
    read_key((const char *const[]){"/nonexistent/wallet", NULL}, PL_E_NOT_FOUND, "/nonexistent/wallet");
}

static void a_command_is_asked_when_told(void **state)
{
    char *log = pl__kit_path(*state, "asked");
    char text[500];
    pl_endpoint e = {0};
    pl_endpoint other = {0};
    pl_error err = {0};
    (void)snprintf(text, sizeof(text), "echo x >> %s; echo sesame-open", log);
    const char *const again[] = {"sh", "-c", text, NULL};
    const pl_model_spec spec = model_of(COMMAND(text));
    const pl_model_spec same = model_of(again);
    const pl_model_spec another = model_of(COMMAND("echo other-key"));
    assert_true(pl__key_same_place(&spec, &same));
    assert_false(pl__key_same_place(&spec, &another));
    PL_KIT_OK(pl__endpoint_init(&e, &spec, &err), &err);
    assert_false(pl__kit_exists(log));
    PL_KIT_OK(pl__endpoint_ask_key(&e, NULL, &err), &err);
    assert_string_equal(pl__str_c(&e.auth_value), "Bearer sesame-open");
    PL_KIT_OK(pl__endpoint_init(&other, &same, &err), &err);
    PL_KIT_OK(pl__endpoint_ask_key(&other, &e, &err), &err);
    assert_string_equal(pl__str_c(&other.auth_value), "Bearer sesame-open");
    char *asked = pl__kit_read(log, NULL);
    assert_string_equal(asked, "x\n");
    pl__endpoint_clear(&e);
    pl__endpoint_clear(&other);
    free(asked);
    free(log);
}

static void keep(pl_log_level level, const char *message, void *user)
{
    char *all = user;
    assert_int_equal(level, PL_LOG_WARN);
    size_t used = strlen(all);
    (void)snprintf(all + used, 4000 - used, "%s", message);
}

static void what_others_can_read_is_said(void **state)
{
    static const char *const urls[] = {"http://127.0.0.1:1/v1", "http://far:1/v1"};
    char said[4000] = "";
    const pl_log log = {.sink = keep, .user = said, .min_level = PL_LOG_WARN};
    char *path = pl__kit_write_text(*state, "key", "sesame-open");
    pl_model_spec spec = {.name = "cat", .reach = {.base_urls = urls, .n_base_urls = 1, .api_key_file = path}};
    assert_int_equal(chmod(path, 0600), 0);
    pl__key_warn(&spec, true, &log);
    assert_string_equal(said, "");
    assert_int_equal(chmod(path, 0640), 0);
    pl__key_warn(&spec, true, &log);
    assert_non_null(strstr(said, "others can read its key in "));
    said[0] = '\0';
    spec.reach.api_key_file = NULL;
    spec.reach.n_base_urls = 2;
    pl__key_warn(&spec, false, &log);
    assert_string_equal(said, "");
    pl__key_warn(&spec, true, &log);
    assert_string_equal(said, "model cat: its key goes to far over plain http, where others can read it");
    said[0] = '\0';
    spec.reach.insecure = true;
    pl__key_warn(&spec, false, &log);
    assert_string_equal(said, "model cat: tls.insecure: its server's certificate is not checked");
    free(path);
}

static pl_status ask(void *user, pl_error *err)
{
    const pl_model_spec spec = model_of(user);
    pl_endpoint e = {0};
    pl_secrets secrets = {0};
    pl_status rc = pl__endpoint_init(&e, &spec, err);
    rc = rc ? rc : pl__endpoint_ask_key(&e, NULL, err);
    rc = rc ? rc : pl__endpoint_secrets(&e, &secrets, err);
    pl__secrets_clear(&secrets);
    pl__endpoint_clear(&e);
    return rc;
}

static void survives_refused_memory(void **state)
{
    static const char *words[] = {"echo", "sesame-open", NULL};
    (void)state;
    pl__kit_fault_loop("key_source", ask, words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_print_keys),
        cmocka_unit_test(a_command_is_asked_when_told),
        cmocka_unit_test(what_others_can_read_is_said),
        cmocka_unit_test(survives_refused_memory),
    };
    return cmocka_run_group_tests(tests, pl__kit_temp_setup, pl__kit_temp_teardown);
}
