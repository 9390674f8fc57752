/* Prices and what a run may cost. */
#include "num.h"
#include "schema.h"

#define MAX_COST_USD 1000000.0

static uint64_t nano_of(double usd)
{
    return usd > 0.0 ? (uint64_t)(usd * (double)PL_NANO_PER_USD + 0.5) : 0;
}

void pl__read_price(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    pl_draft_model *model = target;
    size_t n_before = r->problems->n;
    model->price_cached_usd = -1.0;
    pl__read_section(r, node, &pl__schema_price, model);
    if (r->problems->n > n_before || r->rc != PL_OK)
        return;
    pl_price *p = &model->spec.price;
    p->known = true;
    p->input = nano_of(model->price_input_usd);
    p->output = nano_of(model->price_output_usd);
    p->cached_input = model->price_cached_usd < 0.0 ? p->input : nano_of(model->price_cached_usd);
}

void pl__settle_price(pl_model_spec *spec)
{
    if (spec->price.known)
        spec->price.cache_written = pl__price_cache_written(spec->provider, spec->price.input);
}

/* 0 would be a run that asks nothing: it is refused, so that it cannot be mistaken for "no bound". */
void pl__read_max_cost(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    double usd = 0.0;
    if (node->kind != PL_YAML_SCALAR || !node->plain || pl__num_parse(pl__view(node->text), &usd) != PL_OK ||
        !(usd > 0.0) || usd > MAX_COST_USD || nano_of(usd) == 0)
        pl__reader_problem(r, node->line, "must be a number of US dollars above 0, such as 5 or 0.50");
    else
        ((pl_draft *)target)->budget.max_cost_nano_usd = nano_of(usd);
}
