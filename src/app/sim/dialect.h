#ifndef PL_SIM_DIALECT_H
#define PL_SIM_DIALECT_H

#include "ask.h"
#include "httpd.h"
#include "speech.h"
#include "tokens.h"

/* How one provider's API words requests, answers and errors. */
typedef enum pl_sim_dialect_id {
    PL_SIM_OPENAI = 0,
    PL_SIM_ANTHROPIC = 1,
    PL_SIM_GEMINI = 2,
} pl_sim_dialect_id;
#define PL_SIM_DIALECTS 3u

typedef struct pl_sim_dialect {
    const char *name;
    pl_sim_dialect_id id;
    pl_sim_picture_key picture_key; /* where pictures stand in a request */
    /* May be NULL: nothing is asked for. Do the headers let the request in? */
    bool (*admit)(const pl_httpd_request *request, pl_sim_complaint *why);
    /* Required. doc is an object; all of *ask is filled. */
    bool (*read)(const pl_httpd_request *request, json_t *doc, pl_sim_ask *ask, pl_sim_complaint *why);
    /* Required. Appends the body of the answer, ask->n speeches. PL_E_NOMEM, PL_E_LIMIT. */
    pl_status (*write)(const pl_sim_ask *ask, const pl_sim_speech *speeches, pl_str *out);
    /* Required. Appends the body of an error. */
    pl_status (*write_error)(const pl_sim_complaint *why, pl_str *out);
    /* Required. GET of the models: appends the body. */
    pl_status (*write_models)(const pl_sim_pool *pool, pl_str *out);
    /* May be NULL. Headers of every answer, whatever its status. */
    void (*add_headers)(int64_t now_unix_ms, pl_httpd_response *ret);
} pl_sim_dialect;

extern const pl_sim_dialect pl__sim_dialect_openai;
extern const pl_sim_dialect pl__sim_dialect_anthropic;
extern const pl_sim_dialect pl__sim_dialect_gemini;

/* Replaces status and body. */
void pl__sim_answer_error(const pl_sim_dialect *dialect, const pl_sim_complaint *why, pl_httpd_response *ret);
void pl__sim_answer_models(const pl_sim_dialect *dialect, const pl_sim_pool *pool, pl_httpd_response *ret);
/* One more header; a full set stays as it is. */
void pl__sim_add_header(pl_httpd_response *ret, const char *name, const char *value);
/* "…": the inside of a JSON string with its quotes. */
pl_status pl__sim_write_string(pl_view text, pl_str *out);
pl_status pl__sim_write_number(double x, pl_str *out);
/* The beginning of a token's object: {"token":"…","KEY":logprob */
pl_status pl__sim_write_token(const char *key, pl_view token, double logprob, pl_str *out);
/* The most probable `top` tokens that a token was chosen from, with commas between them; itself, if nothing else was
 * possible. */
pl_status pl__sim_write_alternatives(const pl_sim_token *token, uint32_t top,
                                     pl_status (*write)(pl_view token, double logprob, pl_str *out), pl_str *out);

#endif
