#ifndef PL_CONFIG_KIT_H
#define PL_CONFIG_KIT_H

/* Small configurations, and what is to come of them. */
#include "config.h"
#include "kit.h"

#define POOL_HEAD "data: {images: photos}\nmodels:\n"
#define MODEL_A "  - {name: a, provider: openai, model: ma, base_url: \"http://127.0.0.1:1/v1\"}\n"
#define MODEL_B "  - {name: b, provider: openai, model: mb, base_url: \"http://127.0.0.1:2/v1\"}\n"
#define MODEL_C "  - {name: c, provider: openai, model: mc, base_url: \"http://127.0.0.1:3/v1\"}\n"
#define POOL POOL_HEAD MODEL_A MODEL_B MODEL_C

/* What the text of p.yaml means; it must have no problem. pl__config_free() it. */
pl_config *config_kit_accept(const char *text);
/* The problems of a text that must have some; free() them. */
char *config_kit_refuse(const char *text, size_t len);
/* Exactly one problem, and it is this line. */
void config_kit_expect(const char *text, const char *line);
/* Problems that begin so. */
void config_kit_expect_start(const char *text, const char *start);
size_t config_kit_count_lines(const char *text);

#endif
