#ifndef PL_SIM_ASK_H
#define PL_SIM_ASK_H

#include "chat_body.h"
#include "json.h"
#include "pool.h"

/* A request without its dialect. */
#define PL_SIM_CHOICES_N_MAX 16u
#define PL_SIM_TOP_LOGPROBS_MAX 20u
#define PL_SIM_MESSAGES_MAX 256u
#define PL_SIM_PROMPT_BYTES_MAX ((size_t)1 << 20)

/* Why a request was turned down. */
typedef struct pl_sim_complaint {
    int status;
    const char *param;      /* the member that is wrong; or NULL */
    const char *code;       /* OpenAI's error.code; or NULL */
    bool out_of_quota;      /* 429 for good */
    uint32_t retry_info_ms; /* as google.rpc.RetryInfo; 0: none */
    pl_error error;
} pl_sim_complaint;

/* Both return false. */
bool pl__sim_refuse(pl_sim_complaint *why, int status, const char *param, const char *code, const char *message);
bool pl__sim_refuse_error(pl_sim_complaint *why, const char *param); /* of why->error: 500 for memory, else 400 */

typedef struct pl_sim_ask {
    const pl_sim_pool *pool; /* borrowed, like body and the views */
    const pl_sim_body *body;
    uint32_t model;
    uint32_t n;
    double temperature;
    int64_t seed;
    uint32_t max_tokens; /* 0: no limit */
    bool logprobs;
    uint32_t top_logprobs;
    bool thoughts;     /* show some */
    bool uncounted;    /* leave the usage out */
    bool by_assistant; /* the last message is the assistant's … */
    pl_str prefill;    /* … and this is its text */
    pl_str prompt;     /* the text of the last user message */
    pl_view image;     /* base64 of the first picture; empty: none */
    uint64_t key;      /* of the logical request, whatever the dialect */
    uint32_t tokens;   /* that went in */
    bool by_user;      /* whose message is being read … */
    size_t prompt_len; /* … and how long the prompt was before it */
} pl_sim_ask;

void pl__sim_ask_init(pl_sim_ask *ask, const pl_sim_pool *pool, const pl_sim_body *body);
void pl__sim_ask_clear(pl_sim_ask *ask);

/* The parts of a request, in the order in which it has them. False: turned down, see *why. */
bool pl__sim_ask_model(pl_sim_ask *ask, pl_view name, pl_sim_complaint *why);
/* The same of a body with "model", and with "messages", of which there must be some. */
bool pl__sim_ask_chat(pl_sim_ask *ask, const json_t *doc, const char *no_model, pl_sim_complaint *why);
void pl__sim_ask_begin(pl_sim_ask *ask, pl_view role); /* of a message; OpenAI's words for roles */
bool pl__sim_ask_text(pl_sim_ask *ask, pl_view text, pl_sim_complaint *why);
void pl__sim_ask_image(pl_sim_ask *ask, pl_view base64);
void pl__sim_ask_look_away(pl_sim_ask *ask); /* from its first picture, which is not counted either */
void pl__sim_ask_end(pl_sim_ask *ask);       /* of a message */
bool pl__sim_ask_finish(pl_sim_ask *ask, pl_sim_complaint *why);

/* Members of JSON objects; absent or null leaves *ret. */
bool pl__sim_read_integer(const json_t *doc, const char *key, int64_t least, int64_t most, int64_t *ret,
                          pl_sim_complaint *why);
bool pl__sim_read_bool(const json_t *doc, const char *key, bool *ret, pl_sim_complaint *why);
bool pl__sim_read_temperature(const json_t *doc, double most, double *ret, pl_sim_complaint *why);
/* Turned down in the words before, the name, behind if doc has a member that is not among the names. */
bool pl__sim_only_members(json_t *doc, const char *const *names, size_t n, const char *before, const char *behind,
                          pl_sim_complaint *why);
pl_view pl__sim_string(const json_t *s);

#endif
