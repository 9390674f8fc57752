#include "key_source.h"

#include "error.h"
#include "file.h"
#include "host.h"
#include "process.h"
#include "redact.h"
#include "secrets.h"

#include <stdlib.h>
#include <string.h>

#define ERROR_BYTES_MAX ((size_t)1024)
#define SHOWN_BYTES 256

void pl__key_wipe(pl_str *s)
{
    volatile char *p = s->ptr;
    for (size_t i = 0; i < s->len; i++)
        p[i] = 0;
    pl__str_clear(s);
}

/* `place` as in "the file key.txt". */
static pl_status take_key(const char *model, pl_view text, const char *kind, const char *place, pl_str *ret,
                          pl_error *reterr)
{
    pl_view key = pl__view_trim(text);
    if (key.len == 0)
        return pl__fail(reterr, PL_E_NOT_FOUND, "model %s: the %s %s, which should hold its API key, is empty", model,
                        kind, place);
    if (key.len > PL_KEY_BYTES_MAX)
        return pl__fail(reterr, PL_E_INVALID, "model %s: the API key in the %s %s is longer than %u bytes", model, kind,
                        place, PL_KEY_BYTES_MAX);
    for (size_t i = 0; i < key.len; i++)
        if ((unsigned char)key.ptr[i] <= 0x20 || (unsigned char)key.ptr[i] >= 0x7f)
            return pl__fail(reterr, PL_E_INVALID,
                            "model %s: the API key in the %s %s has white space or other odd bytes in it", model, kind,
                            place);
    return pl__str_append_view(ret, key) ? pl__fail(reterr, PL_E_NOMEM, "model %s", model) : PL_OK;
}

static pl_status read_environment(const pl_model_spec *spec, pl_str *ret, pl_error *reterr)
{
    const char *name = spec->reach.api_key_env;
    const char *value = getenv(name);
    if (!value)
        return pl__fail(reterr, PL_E_NOT_FOUND,
                        "model %s: the environment variable %s, which should hold its API key, is not set", spec->name,
                        name);
    return take_key(spec->name, pl__view(value), "environment variable", name, ret, reterr);
}

static pl_status read_file(const pl_model_spec *spec, pl_str *ret, pl_error *reterr)
{
    const char *path = spec->reach.api_key_file;
    pl_str text = {0};
    pl__str_init(&text, PL_KEY_BYTES_MAX);
    pl_status rc = pl__file_read(path, PL_KEY_BYTES_MAX, &text, reterr);
    if (rc)
        pl__error_prefix(reterr, "model %s: API key", spec->name);
    else
        rc = take_key(spec->name, pl__view_n(text.ptr, text.len), "file", path, ret, reterr);
    pl__key_wipe(&text);
    return rc;
}

/* What a command said about its failure, without what it printed, which may be the key all the same. */
static void append_words(pl_str *errors, const pl_str *output, pl_error *reterr)
{
    pl_secrets printed = {0};
    char shown[SHOWN_BYTES];
    pl_view key = pl__view_trim(pl__view_n(pl__str_c(output), output->len));
    if (!reterr || errors->len == 0 || pl__secrets_add(&printed, key, NULL) != PL_OK)
        return;
    pl__secrets_mask(&printed, errors->ptr, errors->len, PL_SECRET_MESSAGE_BYTES_MIN);
    pl__redact_line(pl__view_n(errors->ptr, errors->len), shown, sizeof(shown));
    size_t used = strlen(reterr->msg);
    pl_error longer = *reterr;
    if (shown[0] && used + 2 < sizeof(longer.msg)) {
        (void)pl__fail_detail(&longer, reterr->code, reterr->detail, "%s: %s", reterr->msg, shown);
        *reterr = longer;
    }
    pl__secrets_clear(&printed);
}

static pl_status read_command(const pl_model_spec *spec, pl_str *ret, pl_error *reterr)
{
    const char *const *words = spec->reach.api_key_cmd;
    pl_str output;
    pl_str errors;
    pl__str_init(&output, PL_KEY_BYTES_MAX);
    pl__str_init(&errors, ERROR_BYTES_MAX);
    pl_status rc = pl__str_reserve(&output, PL_KEY_BYTES_MAX); /* grows nowhere: no copies of the key are left behind */
    rc = rc ? pl__fail(reterr, rc, "no memory")
            : pl__process_output(words, PL_KEY_COMMAND_MS_MAX, &output, &errors, reterr);
    if (rc) {
        append_words(&errors, &output, reterr);
        pl__error_prefix(reterr, "model %s: api_key_cmd", spec->name);
    } else {
        rc = take_key(spec->name, pl__view_n(pl__str_c(&output), output.len), "output of the command", words[0], ret,
                      reterr);
    }
    pl__str_clear(&errors);
    pl__key_wipe(&output);
    return rc;
}

pl_status pl__key_read(const pl_model_spec *spec, pl_str *ret, pl_error *reterr)
{
    if (spec->reach.api_key_env)
        return read_environment(spec, ret, reterr);
    if (spec->reach.api_key_file)
        return read_file(spec, ret, reterr);
    return spec->reach.api_key_cmd ? read_command(spec, ret, reterr) : PL_OK;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool pl__key_same_place(const pl_model_spec *a, const pl_model_spec *b)
{
    const char *const *x = a->reach.api_key_cmd;
    const char *const *y = b->reach.api_key_cmd;
    if (!same_text(a->reach.api_key_env, b->reach.api_key_env) ||
        !same_text(a->reach.api_key_file, b->reach.api_key_file) || !x != !y)
        return false;
    while (x && *x && *y && strcmp(*x, *y) == 0) {
        x++;
        y++;
    }
    return !x || (!*x && !*y);
}

void pl__key_warn(const pl_model_spec *spec, bool has_key, const pl_log *log)
{
    pl_file_info info = {0};
    const char *path = spec->reach.api_key_file;
    if (path && pl__file_stat(path, &info, NULL) == PL_OK && info.open_to_others)
        pl__log(log, PL_LOG_WARN, "model %s: others can read its key in %s; chmod 600 keeps it private", spec->name,
                path);
    if (spec->reach.insecure)
        pl__log(log, PL_LOG_WARN, "model %s: tls.insecure: its server's certificate is not checked", spec->name);
    for (size_t i = 0; i < spec->reach.n_base_urls && has_key; i++) {
        const char *url = spec->reach.base_urls[i];
        pl_view host = pl__url_host(url);
        if (pl__view_starts_with(pl__view(url), "http://") && !pl__host_is_loopback(host))
            pl__log(log, PL_LOG_WARN, "model %s: its key goes to %.*s over plain http, where others can read it",
                    spec->name, (int)host.len, host.ptr);
    }
}
