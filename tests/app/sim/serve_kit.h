#ifndef SERVE_KIT_H
#define SERVE_KIT_H

#include "dialect.h"
#include "http_client.h"
#include "kit.h"
#include "sim.h"

/* A simulated server and requests to it in all dialects. All end the test on failure. */
typedef struct serve_fixture {
    const char *image; /* base64 of a scene's PNG: scene 0 of seed 1 */
    pl_sim_pool *pool;
    pl_sim_server *server;
} serve_fixture;

/* A server of its own; faults may be NULL, else a list with NULL at its end. */
void serve_start(serve_fixture *fx, const char *const *faults);
void serve_stop(serve_fixture *fx);

extern const char *const serve_paths[PL_SIM_DIALECTS]; /* for the model glimpse-96 */
extern const char *const serve_headers[PL_SIM_DIALECTS];

/* A request with the scene; `more` goes among the members ("" or "\"n\":2,"; for Gemini into generationConfig). A model
 * only counts where it stands in the body. Free it. */
char *serve_body(const serve_fixture *fx, pl_sim_dialect_id dialect, const char *model, const char *text,
                 const char *more);
json_t *serve_json(const http_reply *reply);
/* Posts and wants that status; the document. */
json_t *serve_post(const serve_fixture *fx, const char *path, const char *headers, const char *body, int status);
json_t *serve_ask(const serve_fixture *fx, pl_sim_dialect_id dialect, const char *text, const char *more);
/* What was said in an answer; NULL: nothing. */
const char *serve_text(pl_sim_dialect_id dialect, const json_t *doc);
json_t *serve_stats(const serve_fixture *fx);
int64_t serve_count(const json_t *object, const char *key); /* 0 where there is none */

#endif
