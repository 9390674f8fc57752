#ifndef PL_SIM_CHAT_API_H
#define PL_SIM_CHAT_API_H

#include "gallery.h"
#include "httpd.h"
#include "speech.h"

#define PL_SIM_CHOICES_N_MAX 16u /* "n" */
#define PL_SIM_TOP_LOGPROBS_MAX 20u
#define PL_SIM_MESSAGES_MAX 256u
#define PL_SIM_PROMPT_BYTES_MAX ((size_t)1 << 20)

/* POST /v1/chat/completions, as bytes. Fills status and body: 200, or an error in OpenAI's form with 400 (what cannot
 * be answered), 404 (no such model) or 500 (no memory). Returns the index of the model that answered, UINT32_MAX if
 * none did. */
uint32_t pl__sim_chat(const pl_sim_pool *pool, pl_sim_gallery *gallery, pl_view body, pl_httpd_response *ret);
/* GET /v1/models. */
void pl__sim_list_models(const pl_sim_pool *pool, pl_httpd_response *ret);
/* An error body. `param` and `code` may be NULL. */
void pl__sim_api_error(pl_httpd_response *ret, int status, const char *message, const char *param, const char *code);

#endif
