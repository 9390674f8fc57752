/* What calls cost, and the cap. Invariant: spent + reserved <= cap whenever a call is started, so that the cap is
 * passed only if servers use more than was asked of them. */
#include "error.h"
#include "run_internal.h"

pl_status pl__run_money_begin(pl_runner *r, pl_error *reterr)
{
    const pl_config *config = r->setup->config;

    r->summary->max_cost_nano_usd = r->opts->max_cost_nano_usd;
    for (uint32_t i = 0; i < config->n_models; i++) {
        pl_price price = pl__price_of(&config->models[i], NULL);

        r->summary->models[i].price = price;
        if (!price.known && r->opts->max_cost_nano_usd > 0)
            return pl__fail(reterr, PL_E_INVALID,
                            "a cap of cost needs the price of every model, and that of %s is not known: give it one, "
                            "price: {input: …, output: …} in US dollars a million tokens (0 for a server of your own), "
                            "or bound the run by --max-calls",
                            config->models[i].name);
    }
    return PL_OK;
}

pl_reservation pl__run_reservation(const pl_runner *r, const pl_chat *chat, uint32_t model, uint32_t width_px,
                                   uint32_t height_px)
{
    const pl_price *price = &r->summary->models[model].price;
    uint64_t samples = chat->n > 1 ? chat->n : 1;
    pl_reservation ret = {.input_high = PL_TOKENS_AROUND_HIGH, .output_high = samples * chat->max_tokens};

    for (size_t i = 0; i < chat->n_parts; i++) {
        if (chat->parts[i].kind == PL_PART_IMAGE)
            ret.input_high += pl__tokens_of_image(chat->model, width_px, height_px).high;
        else
            ret.input_high += pl__tokens_of_text(chat->parts[i].text).high;
    }
    ret.nano_usd = pl__cost_most(price, ret.input_high, ret.output_high);
    return ret;
}

pl_admission pl__run_admit(pl_runner *r, uint32_t model, const pl_reservation *reservation)
{
    uint64_t cap = r->opts->max_cost_nano_usd;
    uint64_t alone = pl__money_add(r->spent_nano_usd, reservation->nano_usd);
    char spent[PL_MONEY_BYTES];
    char limit[PL_MONEY_BYTES];
    char next[PL_MONEY_BYTES];

    if (cap == 0 || pl__money_add(alone, r->reserved_nano_usd) <= cap)
        return PL_ADMIT_NOW;
    if (alone <= cap)
        return PL_ADMIT_LATER;
    pl__money_text(r->spent_nano_usd, spent);
    pl__money_text(cap, limit);
    pl__money_text(reservation->nano_usd, next);
    pl__run_stop(r, PL_RUN_STOPPED,
                 "the cap of %s is used up: %s spent now, and the next call of %s may cost %s; the same command spends "
                 "up to the cap again, --max-cost raises it",
                 limit, spent, r->setup->config->models[model].name, next);
    return PL_ADMIT_NEVER;
}

void pl__run_unreserve(pl_runner *r, pl_flight *f)
{
    r->reserved_nano_usd -= f->reserved_nano_usd < r->reserved_nano_usd ? f->reserved_nano_usd : r->reserved_nano_usd;
    f->reserved_nano_usd = 0;
}

void pl__run_reserve(pl_runner *r, pl_flight *f, const pl_reservation *reservation)
{
    pl__run_unreserve(r, f);
    f->reserved_nano_usd = reservation->nano_usd;
    f->input_high = reservation->input_high;
    f->output_high = reservation->output_high;
    r->reserved_nano_usd = pl__money_add(r->reserved_nano_usd, reservation->nano_usd);
}

static uint64_t text_high(const char *text, size_t len)
{
    return text ? pl__tokens_of_text(pl__view_n(text, len)).high : 0;
}

/* Usage of a response whose server did not say it: the most it can have been. */
static bool fill_in(const pl_flight *f, pl_usage *usage)
{
    const pl_reply *reply = &f->result.decoded.reply;
    uint64_t output = 0;

    if (!pl__outcome_is_response(reply->outcome) || (usage->input_tokens > 0 && usage->output_tokens > 0))
        return false;
    output = text_high(reply->text, reply->text_len);
    if (reply->reasoning || reply->n_further > 0)
        output = f->output_high;
    if (output > f->output_high || reply->outcome == PL_OUTCOME_CUT_OFF)
        output = f->output_high;
    if (usage->input_tokens > 0 && output == 0)
        return false; /* an empty reply: nothing used is what was used */
    if (usage->input_tokens == 0)
        usage->input_tokens = f->input_high;
    if (usage->output_tokens == 0)
        usage->output_tokens = output;
    return true;
}

static pl_spend spend_of(const pl_price *price, const pl_usage *usage)
{
    return (pl_spend){.calls = 1, .usage = *usage, .nano_usd = pl__cost_of(price, usage)};
}

pl_status pl__run_spend(pl_runner *r, pl_flight *f, pl_error *reterr)
{
    pl_run_model *m = &r->summary->models[f->model];
    pl_usage usage = f->result.decoded.reply.usage;
    bool estimated = fill_in(f, &usage);
    pl_spend spend = spend_of(&m->price, &usage);
    bool is_new = false;

    pl__run_unreserve(r, f);
    if (usage.input_tokens == 0 && usage.output_tokens == 0)
        return PL_OK; /* a failure: nothing was said to be used */
    if (pl__key_set_put(&r->counted, &f->key, &is_new) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "cost of a call");
    spend.estimated = estimated;
    pl__spend_sum(&m->spend[f->stage], &spend);
    pl__spend_sum(&m->stored[f->stage], &spend);
    r->spent_nano_usd = pl__money_add(r->spent_nano_usd, spend.nano_usd);
    if (!estimated) {
        m->usage.input_tokens += usage.input_tokens;
        m->usage.output_tokens += usage.output_tokens;
        m->usage.cached_tokens += usage.cached_tokens;
        m->usage.reasoning_tokens += usage.reasoning_tokens;
        m->usage.cache_written_tokens += usage.cache_written_tokens;
    }
    return PL_OK;
}

pl_status pl__run_spend_stored(pl_runner *r, const pl_task *task, const pl_store_call *call, pl_error *reterr)
{
    pl_run_model *m = &r->summary->models[task->model];

    if (pl__spend_stored(&m->stored[task->kind - 1], &m->price, &r->counted, call) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "cost of a stored call");
    return PL_OK;
}
