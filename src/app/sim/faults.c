#include "faults.h"

#include "error.h"
#include "num.h"
#include "rng.h"

#include <math.h>
#include <string.h>

#define P_DEFAULT 0.1
#define SIGMA_MAX 5.0
#define EXPONENT_MIN 0.5
#define EXPONENT_MAX 100.0
#define SUM_SLACK 1e-9

typedef struct fault_row {
    const char *name;
    uint32_t ms; /* unless said otherwise; 0: no time belongs to it */
    pl_outcome outcome;
    bool hopeless; /* not part of "all": the endpoint would be given up */
} fault_row;

static const fault_row rows[PL_SIM_FAULTS] = {
    [PL_SIM_FAULT_NONE] = {"none", 0, PL_OUTCOME_NONE, false},
    [PL_SIM_RATE_LIMIT] = {"rate-limit", 1000, PL_OUTCOME_RATE_LIMITED, false},
    [PL_SIM_RATE_SECONDS] = {"rate-seconds", 1000, PL_OUTCOME_RATE_LIMITED, false},
    [PL_SIM_RATE_DATE] = {"rate-date", 1000, PL_OUTCOME_RATE_LIMITED, false},
    [PL_SIM_RATE_MS] = {"rate-ms", 200, PL_OUTCOME_RATE_LIMITED, false},
    [PL_SIM_RATE_RESET] = {"rate-reset", 200, PL_OUTCOME_RATE_LIMITED, false},
    [PL_SIM_RATE_INFO] = {"rate-info", 200, PL_OUTCOME_RATE_LIMITED, false},
    [PL_SIM_RATE_RFC3339] = {"rate-rfc3339", 1000, PL_OUTCOME_RATE_LIMITED, false},
    [PL_SIM_RATE_BARE] = {"rate-bare", 0, PL_OUTCOME_RATE_LIMITED, false},
    [PL_SIM_QUOTA] = {"quota", 0, PL_OUTCOME_QUOTA, true},
    [PL_SIM_SERVER_ERROR] = {"server-error", 0, PL_OUTCOME_SERVER_ERROR, false},
    [PL_SIM_OVERLOADED] = {"overloaded", 0, PL_OUTCOME_SERVER_ERROR, false},
    [PL_SIM_BAD_GATEWAY] = {"bad-gateway", 0, PL_OUTCOME_SERVER_ERROR, false},
    [PL_SIM_STALL] = {"stall", 120000, PL_OUTCOME_TIMED_OUT, false},
    [PL_SIM_STALL_BODY] = {"stall-body", 120000, PL_OUTCOME_TIMED_OUT, false},
    [PL_SIM_NO_REPLY] = {"no-reply", 0, PL_OUTCOME_UNREACHABLE, false},
    [PL_SIM_CUT] = {"cut", 0, PL_OUTCOME_UNREACHABLE, false},
    [PL_SIM_DRIP] = {"drip", 2000, PL_OUTCOME_NONE, false},
    [PL_SIM_HTML] = {"html", 0, PL_OUTCOME_GARBLED, false},
    [PL_SIM_MALFORMED] = {"malformed", 0, PL_OUTCOME_GARBLED, false},
    [PL_SIM_UTF8] = {"utf8", 0, PL_OUTCOME_GARBLED, false},
    [PL_SIM_LENGTH_LONG] = {"length-long", 0, PL_OUTCOME_UNREACHABLE, false},
    [PL_SIM_LENGTH_SHORT] = {"length-short", 0, PL_OUTCOME_GARBLED, false},
    [PL_SIM_EMPTY_BODY] = {"empty-body", 0, PL_OUTCOME_GARBLED, false},
    [PL_SIM_EMPTY] = {"empty", 0, PL_OUTCOME_NONE, false},
    [PL_SIM_REFUSAL] = {"refusal", 0, PL_OUTCOME_NONE, false},
};

const char *pl__sim_fault_name(pl_sim_fault fault)
{
    return (unsigned)fault < PL_SIM_FAULTS ? rows[fault].name : NULL;
}

pl_outcome pl__sim_fault_outcome(pl_sim_fault fault)
{
    return rows[fault].outcome;
}

/* ---- profiles as text ---- */

/* The part up to the colon, off the front of *rest. */
static pl_view next_part(pl_view *rest)
{
    size_t at = pl__view_find(*rest, pl__view(":"));
    pl_view part = pl__view_n(rest->ptr, at == SIZE_MAX ? rest->len : at);
    size_t skip = at == SIZE_MAX ? rest->len : at + 1;
    *rest = pl__view_n(rest->ptr + skip, rest->len - skip);
    return part;
}

static bool read_time(pl_view text, double *ret_ms)
{
    uint64_t ms = 0;
    if (pl__num_parse_duration_ms(text, &ms) || ms > PL_SIM_FAULT_MS_MAX)
        return false;
    *ret_ms = (double)ms;
    return true;
}

static bool read_number(pl_view text, double least, double most, double *ret)
{
    return pl__num_parse(text, ret) == PL_OK && *ret >= least && *ret <= most;
}

static pl_status add_latency(pl_sim_faults *faults, pl_view text, pl_error *reterr)
{
    pl_view kind = next_part(&text);
    bool good = read_time(next_part(&text), &faults->latency_a_ms);
    if (pl__view_eq_str(kind, "fixed")) {
        faults->latency = PL_SIM_LATENCY_FIXED;
    } else if (pl__view_eq_str(kind, "uniform")) {
        faults->latency = PL_SIM_LATENCY_UNIFORM;
        good = good && read_time(next_part(&text), &faults->latency_b) && faults->latency_a_ms <= faults->latency_b;
    } else if (pl__view_eq_str(kind, "lognormal")) {
        faults->latency = PL_SIM_LATENCY_LOGNORMAL;
        good = good && read_number(next_part(&text), 0.0, SIGMA_MAX, &faults->latency_b);
    } else if (pl__view_eq_str(kind, "pareto")) {
        faults->latency = PL_SIM_LATENCY_PARETO;
        good = good && read_number(next_part(&text), EXPONENT_MIN, EXPONENT_MAX, &faults->latency_b);
    } else {
        good = false;
    }
    if (good && text.len == 0)
        return PL_OK;
    return pl__fail(
        reterr, PL_E_PARSE,
        "latency is fixed:TIME, uniform:TIME:TIME, lognormal:MEDIAN:SIGMA or pareto:LEAST:EXPONENT, such as "
        "lognormal:200ms:0.8");
}

static pl_status add_all(pl_sim_faults *faults, double p)
{
    unsigned n = 0;
    for (unsigned i = 1; i < PL_SIM_FAULTS; i++)
        n += rows[i].hopeless ? 0 : 1;
    for (unsigned i = 1; i < PL_SIM_FAULTS; i++) {
        if (!rows[i].hopeless)
            faults->p[i] = p / n;
    }
    return PL_OK;
}

static pl_status add_fault(pl_sim_faults *faults, pl_view name, pl_view text, pl_error *reterr)
{
    double p = P_DEFAULT;
    double ms = 0.0;
    unsigned i = 1;
    bool said = text.len > 0;
    while (i < PL_SIM_FAULTS && !pl__view_eq_str(name, rows[i].name))
        i++;
    bool all = pl__view_eq_str(name, "all");
    if (i == PL_SIM_FAULTS && !all)
        return pl__fail(reterr, PL_E_PARSE, "\"%.*s\" is not a fault", (int)(name.len < 40 ? name.len : 40), name.ptr);
    if (said && !read_number(next_part(&text), 0.0, 1.0, &p))
        return pl__fail(reterr, PL_E_PARSE, "a fault's share is a number from 0 to 1, as in cut=0.05");
    if (text.len > 0 && (all || rows[i].ms == 0))
        return pl__fail(reterr, PL_E_PARSE, "no time belongs to %s", all ? "all" : rows[i].name);
    if (text.len > 0 && (!read_time(text, &ms) || ms < 1.0))
        return pl__fail(reterr, PL_E_PARSE, "a fault's time is at most 10m, as in stall=0.01:30s");
    if (all)
        return add_all(faults, p);
    faults->p[i] = p;
    if (ms > 0.0)
        faults->ms[i] = (uint32_t)ms;
    return PL_OK;
}

pl_status pl__sim_faults_add(pl_sim_faults *faults, pl_view spec, pl_error *reterr)
{
    pl_sim_faults added = *faults;
    size_t at = pl__view_find(spec, pl__view("="));
    pl_view name = pl__view_n(spec.ptr, at == SIZE_MAX ? spec.len : at);
    pl_view rest = pl__view_n(spec.ptr + name.len, spec.len - name.len);
    double sum = 0.0;

    if (rest.len == 1)
        return pl__fail(reterr, PL_E_PARSE, "a fault's share is a number from 0 to 1, as in cut=0.05");
    if (rest.len > 0)
        rest = pl__view_n(rest.ptr + 1, rest.len - 1);
    pl_status rc =
        pl__view_eq_str(name, "latency") ? add_latency(&added, rest, reterr) : add_fault(&added, name, rest, reterr);
    if (rc)
        return rc;
    for (unsigned i = 1; i < PL_SIM_FAULTS; i++)
        sum += added.p[i];
    if (sum > 1.0 + SUM_SLACK)
        return pl__fail(reterr, PL_E_PARSE, "the shares of all faults sum to more than 1");
    *faults = added;
    return PL_OK;
}

/* ---- drawing ---- */

static uint32_t draw_latency(const pl_sim_faults *faults, pl_rng *rng)
{
    double a = faults->latency_a_ms;
    double b = faults->latency_b;
    double ms = 0.0;
    switch (faults->latency) {
    case PL_SIM_LATENCY_NONE:
        break;
    case PL_SIM_LATENCY_FIXED:
        ms = a;
        break;
    case PL_SIM_LATENCY_UNIFORM:
        ms = a + (b - a) * pl__rng_uniform(rng);
        break;
    case PL_SIM_LATENCY_LOGNORMAL:
        ms = a * exp(b * pl__rng_normal(rng));
        break;
    case PL_SIM_LATENCY_PARETO:
        ms = a * pow(1.0 - pl__rng_uniform(rng), -1.0 / b);
        break;
    }
    return ms < PL_SIM_FAULT_MS_MAX ? (uint32_t)ms : PL_SIM_FAULT_MS_MAX;
}

pl_sim_mishap pl__sim_faults_draw(const pl_sim_faults *faults, uint64_t seed, uint64_t call_key, uint32_t attempt)
{
    pl_rng rng;
    pl_sim_mishap mishap = {.fault = PL_SIM_FAULT_NONE};
    const uint64_t key[2] = {call_key, attempt};
    double below = 0.0;

    pl__rng_init_bytes(&rng, seed, key, sizeof(key));
    double u = pl__rng_uniform(&rng);
    for (unsigned i = 1; i < PL_SIM_FAULTS && mishap.fault == PL_SIM_FAULT_NONE; i++) {
        below += faults->p[i];
        /* Shares that sum to 1 may do so only nearly: the last ones take what is left. */
        if (faults->p[i] > 0.0 && (u < below || below > 1.0 - SUM_SLACK))
            mishap.fault = (pl_sim_fault)i;
    }
    mishap.ms = faults->ms[mishap.fault] > 0 ? faults->ms[mishap.fault] : rows[mishap.fault].ms;
    mishap.latency_ms = draw_latency(faults, &rng);
    return mishap;
}
