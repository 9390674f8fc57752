#include "error.h"
#include "import_parts.h"

#include <string.h>

/* First words of VLMEvalKit's data sets, for files that no folder names the model of. */
static const char *const DATASETS[] = {
    "3DSRBench",
    "A-Bench",
    "A-OKVQA",
    "AI2D",
    "AMBER",
    "AesBench",
    "BLINK",
    "CCBench",
    "CCOCR",
    "CHARTQA",
    "COCO",
    "CORE",
    "CRPE",
    "CV-Bench",
    "ChartQA",
    "ChartQAPro",
    "CharXiv",
    "DUDE",
    "DocVQA",
    "DynaMath",
    "EMMA",
    "GMAI-MMBench",
    "HRBench4K",
    "HRBench8K",
    "HallusionBench",
    "InfoVQA",
    "LEGO",
    "LLaVABench",
    "LogicVista",
    "MIA-Bench",
    "MLLMGuard",
    "MLVU",
    "MMAlignBench",
    "MMBench",
    "MMBench-Video",
    "MMDU",
    "MME",
    "MME-RealWorld",
    "MMIFEval",
    "MMLongBench",
    "MMMB",
    "MMMU",
    "MMSci",
    "MMStar",
    "MMT-Bench",
    "MMVP",
    "MMVet",
    "MTL",
    "MTVQA",
    "MUIRBench",
    "MVBench",
    "MathVerse",
    "MathVision",
    "MathVista",
    "NaturalBench",
    "OCRBench",
    "OCRVQA",
    "OlympiadBench",
    "POPE",
    "PhyX",
    "Q-Bench1",
    "R-Bench-Dis",
    "R-Bench-Ref",
    "RealWorldQA",
    "SEEDBench",
    "SEEDBench2",
    "SLIDEVQA",
    "SPEC",
    "ScienceQA",
    "TDBench",
    "TableVQABench",
    "TallyQA",
    "TaskMeAnything",
    "TempCompass",
    "TextVQA",
    "VCR",
    "VL-RewardBench",
    "VLM2Bench",
    "VMCBench",
    "VStarBench",
    "Video-MME",
    "VisOnlyQA",
    "VisuLogic",
    "VizWiz",
    "WeMath",
    "WorldMedQA-V",
    "WorldSense",
    "ZEROBench",
};
#define N_DATASETS (sizeof(DATASETS) / sizeof(DATASETS[0]))

static pl_view base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return pl__view(slash ? slash + 1 : path);
}

/* The folder `levels` above the file, from 1; empty if the path does not say. */
static pl_view folder_name(const char *path, unsigned levels)
{
    pl_view rest = pl__view(path);
    pl_view part = {.ptr = path, .len = 0};

    for (unsigned i = 0; i <= levels; i++) {
        size_t start = rest.len;
        while (start > 0 && rest.ptr[start - 1] != '/')
            start--;
        part = pl__view_n(rest.ptr + start, rest.len - start);
        while (start > 0 && rest.ptr[start - 1] == '/')
            start--;
        rest.len = start;
    }
    return pl__view_eq_str(part, ".") || pl__view_eq_str(part, "..") ? pl__view_n(path, 0) : part;
}

static bool take_ending(pl_view *name, const char *ending)
{
    size_t n = strlen(ending);

    if (name->len <= n || memcmp(name->ptr + name->len - n, ending, n) != 0)
        return false;
    name->len -= n;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "T20240101_Gabcdef12", "T20250101-120000": one run of the evaluation. */
static bool is_run_folder(pl_view name)
{
    if (name.len < 10 || name.ptr[0] != 'T' || (name.ptr[9] != '_' && name.ptr[9] != '-'))
        return false;
    for (size_t i = 1; i < 9; i++) {
        if (!is_digit(name.ptr[i]))
            return false;
    }
    return true;
}

/* Where the data set of "MODEL_DATASET" begins if it starts with this model; else 0. */
static size_t behind_model(pl_view stem, pl_view model)
{
    bool starts = model.len > 0 && stem.len > model.len + 1 && memcmp(stem.ptr, model.ptr, model.len) == 0;
    return starts && stem.ptr[model.len] == '_' ? model.len + 1 : 0;
}

static bool is_known(pl_view word)
{
    for (size_t i = 0; i < N_DATASETS; i++) {
        if (pl__view_eq_str(word, DATASETS[i]))
            return true;
    }
    return false;
}

static size_t next_underscore(pl_view stem, size_t at)
{
    while (at < stem.len && stem.ptr[at] != '_')
        at++;
    return at;
}

/* Where the first known data set begins, or SIZE_MAX. */
static size_t known_dataset(pl_view stem)
{
    for (size_t at = 0; at < stem.len;) {
        size_t end = next_underscore(stem, at);
        if (is_known(pl__view_n(stem.ptr + at, end - at)))
            return at;
        at = end + 1;
    }
    return SIZE_MAX;
}

/* "M_D_openai_result" is M's answers to D, and how they were matched. */
static void drop_matcher(pl_view *stem)
{
    if (!take_ending(stem, "_result") || take_ending(stem, "_exact_matching"))
        return;
    for (size_t n = stem->len; n > 0; n--) {
        if (stem->ptr[n - 1] == '_') {
            stem->len = n - 1;
            return;
        }
    }
}

/* Where the data set begins: 0 if that cannot be known. */
static size_t split(const char *path, pl_view stem)
{
    pl_view folder = folder_name(path, 1);
    size_t at = behind_model(stem, is_run_folder(folder) ? folder_name(path, 2) : folder);
    size_t known = at == 0 ? known_dataset(stem) : 0;

    if (at > 0)
        return at;
    if (known > 0 && known != SIZE_MAX)
        return known;
    at = next_underscore(stem, 0);
    if (known == 0 || at == 0 || at + 1 >= stem.len || next_underscore(stem, at + 1) < stem.len)
        return 0;
    return at + 1;
}

static pl_status put(pl_str *out, pl_view name, const char *path, pl_error *reterr)
{
    pl_status rc = pl__str_append_view(out, name);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "%s: a name that is too long", path);
}

pl_status pl__vlmeval_names(const char *path, const char *model, pl_str *ret_model, pl_str *ret_dataset,
                            pl_error *reterr)
{
    pl_view stem = base_name(path);
    size_t at = 0;
    pl_status rc = PL_OK;

    if (!take_ending(&stem, ".xlsx") && !take_ending(&stem, ".tsv"))
        (void)take_ending(&stem, ".json");
    drop_matcher(&stem);
    if (model) {
        size_t known = known_dataset(stem);
        at = behind_model(stem, pl__view(model));
        if (at == 0)
            at = known == SIZE_MAX ? stem.len : known;
        rc = put(ret_model, pl__view(model), path, reterr);
    } else {
        at = split(path, stem);
        if (at == 0)
            return pl__fail(reterr, PL_E_PARSE,
                            "%s: neither its name, MODEL_DATASET, nor its folder's says which part is the model: say "
                            "--model NAME=%s",
                            path, path);
        rc = put(ret_model, pl__view_n(stem.ptr, at - 1), path, reterr);
    }
    return rc == PL_OK ? put(ret_dataset, pl__view_n(stem.ptr + at, stem.len - at), path, reterr) : rc;
}

/* ---- lmms-eval ---- */
/* "_2025-01-31T..." at the end goes. */
static void drop_date(pl_view *task)
{
    for (size_t at = 0; at + 11 <= task->len; at++) {
        const char *s = task->ptr + at;
        if (s[0] == '_' && is_digit(s[1]) && is_digit(s[2]) && is_digit(s[3]) && is_digit(s[4]) && s[5] == '-' &&
            is_digit(s[6]) && is_digit(s[7]) && s[8] == '-' && is_digit(s[9]) && is_digit(s[10])) {
            task->len = at;
            return;
        }
    }
}

/* False: not named as sample logs are. */
static bool task_of(const char *path, pl_view *ret)
{
    static const char MARK[] = "_samples_";
    pl_view name = base_name(path);
    size_t at = 0;

    if (!take_ending(&name, ".gz"))
        (void)take_ending(&name, ".zst");
    if (!take_ending(&name, ".jsonl"))
        return false;
    if (pl__view_starts_with(name, MARK + 1)) {
        *ret = pl__view_n(name.ptr + sizeof(MARK) - 2, name.len - (sizeof(MARK) - 2));
        drop_date(ret);
        return ret->len > 0;
    }
    at = pl__view_find(name, pl__view(MARK));
    if (at == SIZE_MAX || at + sizeof(MARK) - 1 >= name.len)
        return false;
    *ret = pl__view_n(name.ptr + at + sizeof(MARK) - 1, name.len - at - (sizeof(MARK) - 1));
    return true;
}

bool pl__lmms_file_name(const char *path)
{
    pl_view task = {0};
    return task_of(path, &task);
}

pl_status pl__lmms_names(const char *path, const char *model, pl_str *ret_model, pl_str *ret_dataset, pl_error *reterr)
{
    pl_view task = {.ptr = path, .len = 0};
    bool named = task_of(path, &task);
    pl_view folder = folder_name(path, 1);
    pl_status rc = PL_OK;

    if (!model && (!named || folder.len == 0))
        return pl__fail(reterr, PL_E_PARSE,
                        "%s: does not say which model it is of: it lies in no folder that lmms-eval has named after "
                        "one; say --model NAME=%s",
                        path, path);
    rc = put(ret_model, model ? pl__view(model) : folder, path, reterr);
    return rc == PL_OK ? put(ret_dataset, named ? task : pl__view_n(path, 0), path, reterr) : rc;
}
