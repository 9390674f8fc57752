#include "rank_method.h"

#include "alloc.h"
#include "error.h"
#include "name_order.h"

#include <math.h>
#include <string.h>

#define DEFAULT_STEP 0.5
#define DEFAULT_EPOCHS 30u

/* One row per method: name, description, source, function. A name that ends in ':' takes an argument. */
#define METHODS(ROW)                                                                                                   \
    ROW("upme", "win rate weighted by judge weights that are learnt to agree with the judges' own scores",             \
        "UPME, eqs. 5 and 10 and Algorithm 1; eq. 5 as a weighted mean (ours)", pl__rank_upme)                         \
    ROW("upme-ema", "upme one comparison at a time: moving averages of scores, then a step of the weights",            \
        "UPME, Algorithm 1; both candidates of a comparison move (ours)", pl__rank_upme_ema)                           \
    ROW("upme-sum", "upme with sums in place of means, for comparison only: it punishes strong judges",                \
        "UPME, eq. 5 as printed; weights of mean 1 (ours)", pl__rank_upme_sum)                                         \
    ROW("pico", "win rate weighted by the output of a small network, trained to correlate with it",                    \
        "PiCO (Ning et al. 2024), the authors' program", pl__rank_pico)                                                \
    ROW("weights:", "win rate weighted by judge weights that are given", "UPME, section 8.1; eq. 5 as a mean (ours)",  \
        pl__rank_fixed_weights)                                                                                        \
    ROW("peer-review", "win rate over all judgments, every judge alike", "UPME, eq. 5 with w = 1",                     \
        pl__rank_peer_review)                                                                                          \
    ROW("single:", "win rate by the one judge that is named", "UPME, Table 1", pl__rank_single)                        \
    ROW("majority-vote", "win rate after each pair went to the plurality of its judges", "UPME, Table 1",              \
        pl__rank_majority_vote)                                                                                        \
    ROW("rating-vote", "win rate weighted by how credible each vote is; judges are trusted as others vote like them",  \
        "Allahbakhsh and Ignjatovic (2012), alpha = 1", pl__rank_rating_vote)                                          \
    ROW("elo", "sequential ratings from 1000, K 32: they depend on the order of the verdicts (that of names and ids)", \
        "Elo (1978); scale 400, base 10", pl__rank_elo)                                                                \
    ROW("prd", "win rate weighted by the judges' own ranks, five iterations", "PRD (Li, Patel, Du 2023), peer rank",   \
        pl__rank_prd)                                                                                                  \
    ROW("bt", "Bradley-Terry strengths, a tie is half a win each", "Bradley & Terry 1952; ridge (ours)", pl__rank_bt)  \
    ROW("bt-davidson", "Bradley-Terry strengths with a probability of ties", "Davidson 1970; ridge (ours)",            \
        pl__rank_bt_davidson)                                                                                          \
    ROW("judge-bt", "strengths with each judge's discrimination, position, length and family biases taken out",        \
        "ours, on Davidson 1970", pl__rank_judge_bt)                                                                   \
    ROW("dawid-skene", "win rate after each verdict's true outcome was estimated, judges by their confusions",         \
        "Dawid & Skene 1979", pl__rank_dawid_skene)                                                                    \
    ROW("dawid-skene-one-coin", "the same with one accuracy for each judge", "Dawid & Skene 1979, one parameter",      \
        pl__rank_dawid_skene_one_coin)

#define INFO(name, description, source, run) {name, description, source},
static const pl_rank_method infos[] = {METHODS(INFO)};
#undef INFO
#define FUNCTION(name, description, source, run) run,
static pl_rank_fn *const functions[] = {METHODS(FUNCTION)};
#undef FUNCTION
#define N_METHODS (sizeof(infos) / sizeof(infos[0]))

const pl_rank_method *pl_rank_methods(size_t *ret_n)
{
    if (ret_n)
        *ret_n = N_METHODS;
    return infos;
}

/* Index of the method, or N_METHODS; *ret_argument is what follows a family's name. */
static size_t find_method(const char *method, const char **ret_argument)
{
    *ret_argument = NULL;
    for (size_t i = 0; i < N_METHODS; i++) {
        size_t length = strlen(infos[i].name);
        bool family = infos[i].name[length - 1] == ':';
        if (family && strncmp(method, infos[i].name, length) == 0) {
            *ret_argument = method + length;
            return i;
        }
        if (!family && strcmp(method, infos[i].name) == 0)
            return i;
    }
    return N_METHODS;
}

static pl_status no_such_method(const char *method, pl_error *reterr)
{
    char list[400] = "";
    size_t used = 0;
    for (size_t i = 0; i < N_METHODS; i++) {
        size_t length = strlen(infos[i].name);
        if (used + length + 10 > sizeof(list))
            break;
        if (i > 0) {
            list[used++] = ',';
            list[used++] = ' ';
        }
        memcpy(list + used, infos[i].name, length);
        used += length;
        if (infos[i].name[length - 1] == ':') {
            bool is_single = strcmp(infos[i].name, "single:") == 0;
            memcpy(list + used, is_single ? "JUDGE" : "FILE", is_single ? 5 : 4);
            used += is_single ? 5 : 4;
        }
    }
    list[used] = '\0';
    return pl__fail(reterr, PL_E_NOT_FOUND, "no method \"%s\"; there are: %s", method, list);
}

static pl_status fill_opts(const pl_rank_opts *given, pl_rank_opts *ret, pl_error *reterr)
{
    static const pl_rank_opts defaults = PL_RANK_OPTS_INIT;
    pl_rank_opts opts = given ? *given : defaults;
    if (opts.size_bytes != sizeof(opts))
        return pl__fail(reterr, PL_E_INVALID, "options of another version");
    if (!(opts.upme_step >= 0.0 && opts.upme_step <= 1.0))
        return pl__fail(reterr, PL_E_INVALID, "the step of upme lies in (0, 1]");
    if (opts.upme_epochs > PL_RANK_EPOCHS_MAX)
        return pl__fail(reterr, PL_E_INVALID, "more than %u epochs", PL_RANK_EPOCHS_MAX);
    if (opts.upme_restarts > PL_RANK_STARTS_MAX)
        return pl__fail(reterr, PL_E_INVALID, "more than %u random starts", PL_RANK_STARTS_MAX);
    if (opts.upme_init != PL_UPME_INIT_ONES && opts.upme_init != PL_UPME_INIT_RANDOM)
        return pl__fail(reterr, PL_E_INVALID, "unknown initial weights");
    if (!(opts.bt_ridge >= 0.0 && isfinite(opts.bt_ridge)))
        return pl__fail(reterr, PL_E_INVALID, "the ridge of bt is 0 or a number above it");
    if (!(opts.upme_step > 0.0))
        opts.upme_step = DEFAULT_STEP;
    if (opts.upme_epochs == 0)
        opts.upme_epochs = DEFAULT_EPOCHS;
    *ret = opts;
    return PL_OK;
}

static pl_status warn_undefined(const pl_rank_input *in, pl_ranking *r)
{
    pl_status rc = PL_OK;
    uint32_t n = 0;
    uint32_t *list = pl__calloc(in->n_models, sizeof(*list));
    if (!list)
        return PL_E_NOMEM;
    for (uint32_t i = 0; i < in->n_models; i++) {
        uint32_t m = in->order[i];
        bool explained = r->explained && r->explained[m];
        if (pl_peer_table_is_candidate(in->table, m) && isnan(r->scores[m]) && !explained)
            list[n++] = m;
    }
    if (n > 0)
        rc = pl__ranking_warn_models(r, in->models, list, n,
                                     "no score (undefined, not 0), because no judgment that counts is behind it");
    pl__free(list);
    return rc;
}

pl_status pl_rank_run(const char *method, const pl_peer_table *table, const char *const *models,
                      const pl_rank_opts *opts, pl_ranking **ret, pl_error *reterr)
{
    pl_rank_opts filled;
    uint32_t *order = NULL;
    pl_ranking *r = NULL;

    if (!method || !table || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    pl_rank_input in = {.table = table, .models = models, .n_models = pl_peer_table_n_models(table), .opts = &filled};
    if (!models && in.n_models > 0)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    for (uint32_t m = 0; m < in.n_models; m++) {
        if (!models[m])
            return pl__fail(reterr, PL_E_INVALID, "model %u has no name", m);
    }
    size_t which = find_method(method, &in.argument);
    if (which == N_METHODS)
        return no_such_method(method, reterr);
    pl_status rc = fill_opts(opts, &filled, reterr);
    if (rc)
        return rc;
    if (pl__name_order(models, in.n_models, &order))
        return pl__fail(reterr, PL_E_NOMEM, "an order for %u models", in.n_models);
    in.order = order;
    rc = functions[which](&in, &r, reterr);
    if (rc)
        goto out;
    rc = warn_undefined(&in, r);
    if (rc) {
        rc = pl__fail(reterr, rc, "a warning");
        goto out;
    }
    *ret = r;
    r = NULL;
out:
    pl__free(order);
    pl_ranking_free(r);
    return rc;
}
