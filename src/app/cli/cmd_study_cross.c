/* peerless study cross: what scores on one data set say of those on another. */
#include "cmd_study_cross.h"

#include "alloc.h"
#include "commands.h"
#include "cross_report.h"
#include "error.h"
#include "out.h"
#include "responses_import.h"

#include <string.h>

#define NAME_BYTES 256u

const pl_option pl__study_cross_options[PL_STUDY_CROSS_OPTIONS] = {
    {"responses", 0, PL_OPTION_FILES, "FILE...",
     "labelled responses, as for rank: models' accuracy on each data set; one without a name has its file's"},
    {"scores", 0, PL_OPTION_TEXT, "FILE.csv", "scores you have instead: model, then a column for each data set"},
    {"embeddings", 0, PL_OPTION_FILES, "FILE...",
     "vectors of the data sets' items, for distances (JSONL: dataset, item, vector; may be .gz, - is standard input)"},
    {"points", 0, PL_OPTION_COUNT, "N",
     "vectors drawn of each data set for distances (default: as many as the smallest has, at most 10000)"},
    {"tsne", 0, PL_OPTION_TEXT, "FILE.csv", "write a map of the vectors: dataset,item,x,y; at most 1000 points"},
    {"perplexity", 0, PL_OPTION_NUMBER, "X", "of the map (default 30, less for few points)"},
    {"seed", 0, PL_OPTION_COUNT, "S", "for everything that is drawn (default 1)"},
    {"skip-bad", 0, PL_OPTION_FLAG, NULL, "count bad lines of responses instead of stopping"},
};

typedef struct cross_input {
    pl_score_table scores;
    pl_embedding_log *embeddings;
    size_t sparse; /* models without a score on a data set for too few answers */
    uint64_t bad_lines;
    PL_VEC(char *) notes; /* of what was read */
} cross_input;

static void input_clear(cross_input *in)
{
    for (size_t i = 0; i < in->notes.len; i++)
        pl__free(in->notes.ptr[i]);
    pl__free(in->notes.ptr);
    pl__embedding_log_free(in->embeddings);
    pl__score_table_clear(&in->scores);
}

/* "dir/vqa.jsonl.gz" is "vqa". */
static void name_of(const char *path, char ret[NAME_BYTES])
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t n = strcspn(name, ".");

    n = n == 0 ? strlen(name) : n;
    n = n < NAME_BYTES ? n : NAME_BYTES - 1;
    memcpy(ret, name, n);
    ret[n] = '\0';
}

/* The file's notes become the input's. */
static pl_status take_notes(pl_import *files, cross_input *in)
{
    size_t n = files->notes.len;
    pl_status rc = pl__vec_reserve(&in->notes.ptr, &in->notes.cap, in->notes.len + n, sizeof(*in->notes.ptr));

    for (size_t i = 0; i < n && rc == PL_OK; i++) {
        in->notes.ptr[in->notes.len++] = files->notes.ptr[i];
        files->notes.ptr[i] = NULL;
    }
    return rc;
}

static pl_status gather_file(const char *path, bool skip_bad, pl_cross_gather *g, cross_input *in, pl_error *reterr)
{
    char name[NAME_BYTES];
    pl_import files = {0};
    pl_status rc = pl__import_paths(&path, 1, skip_bad, &files, reterr);

    if (rc != PL_OK)
        return rc;
    name_of(path, name);
    rc = pl__cross_gather_add(g, pl__response_log_set(files.log), name, reterr);
    if (rc == PL_OK && take_notes(&files, in) != PL_OK)
        rc = pl__fail(reterr, PL_E_NOMEM, "notes");
    in->bad_lines += files.n_bad;
    pl__import_clear(&files);
    return rc;
}

static pl_status read_responses(const pl_args *args, cross_input *in, pl_error *reterr)
{
    size_t n = 0;
    const char *const *paths = pl__arg_list(args, "responses", &n);
    pl_cross_gather *g = pl__cross_gather_new();
    pl_status rc = g ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "scores");

    for (size_t i = 0; i < n && rc == PL_OK; i++)
        rc = gather_file(paths[i], pl__arg_given(args, "skip-bad"), g, in, reterr);
    if (rc == PL_OK)
        rc = pl__cross_gather_finish(g, &in->scores, &in->sparse, reterr);
    pl__cross_gather_free(g);
    return rc;
}

static pl_status check_options(const pl_args *args, pl_error *reterr)
{
    bool responses = pl__arg_given(args, "responses");

    if (responses == pl__arg_given(args, "scores"))
        return pl__fail(reterr, PL_E_INVALID,
                        responses ? "either --responses or --scores, not both"
                                  : "what to compare? --responses names labelled logs, --scores a table of scores");
    if (!responses && pl__arg_given(args, "skip-bad"))
        return pl__fail(reterr, PL_E_INVALID, "--skip-bad goes with --responses");
    if (!pl__arg_given(args, "embeddings") && (pl__arg_given(args, "tsne") || pl__arg_given(args, "points")))
        return pl__fail(reterr, PL_E_INVALID, "--tsne and --points go with --embeddings FILE: there is no encoder yet");
    if (strcmp(pl__arg_text(args, "tsne", ""), "-") == 0)
        return pl__fail(reterr, PL_E_INVALID, "--tsne takes a file; standard output has the result");
    if (pl__arg_given(args, "perplexity") && !pl__arg_given(args, "tsne"))
        return pl__fail(reterr, PL_E_INVALID, "--perplexity goes with --tsne");
    return PL_OK;
}

static pl_status read_input(const pl_args *args, cross_input *in, pl_error *reterr)
{
    size_t n = 0;
    const char *const *paths = pl__arg_list(args, "embeddings", &n);
    pl_status rc = PL_OK;

    if (pl__arg_given(args, "scores"))
        rc = pl__score_table_read(pl__arg_text(args, "scores", NULL), &in->scores, reterr);
    else
        rc = read_responses(args, in, reterr);
    if (rc == PL_OK && n > 0)
        rc = pl__embeddings_read(paths, n, &in->embeddings, reterr);
    return rc;
}

static pl_status make_request(const pl_args *args, const cross_input *in, pl_cross_request *ret, pl_error *reterr)
{
    uint64_t points = pl__arg_count(args, "points", 0);
    double perplexity = pl__arg_number(args, "perplexity", 0.0);

    if (pl__arg_given(args, "points") && (points < 2 || points > PL_CROSS_POINTS_MAX))
        return pl__fail(reterr, PL_E_INVALID, "--points is between 2 and %u", PL_CROSS_POINTS_MAX);
    if (pl__arg_given(args, "perplexity") && !(perplexity >= 1.0 && perplexity <= PL_CROSS_MAP_POINTS))
        return pl__fail(reterr, PL_E_INVALID, "--perplexity is between 1 and %u", PL_CROSS_MAP_POINTS);
    *ret = (pl_cross_request){.embeddings = in->embeddings ? pl__embedding_log_set(in->embeddings) : NULL,
                              .points = (uint32_t)points,
                              .wants_map = pl__arg_given(args, "tsne"),
                              .perplexity = perplexity,
                              .seed = pl__arg_count(args, "seed", 1),
                              .threads = pl__arg_threads(args)};
    return PL_OK;
}

static pl_status note_input(const cross_input *in, pl_cross_study *s, pl_error *reterr)
{
    pl_status rc = PL_OK;

    for (size_t i = 0; i < in->notes.len && rc == PL_OK; i++)
        rc = pl__notes_add(&s->notes, &s->arena, reterr, "%s", in->notes.ptr[i]);
    if (rc == PL_OK && in->sparse > 0)
        rc = pl__notes_add(&s->notes, &s->arena, reterr,
                           "scores left out since the model misses more than a fifth of the data set's labelled "
                           "items: %zu",
                           in->sparse);
    if (rc == PL_OK && in->bad_lines > 0)
        rc = pl__notes_add(&s->notes, &s->arena, reterr, "%llu bad lines were skipped",
                           (unsigned long long)in->bad_lines);
    return rc;
}

static pl_status write_map(const pl_cross_study *s, const char *path, pl_error *reterr)
{
    pl_record_writer *writer = NULL;
    pl_str text;
    pl_status rc = PL_OK;

    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    rc = pl__report_cross_map(s, &text, reterr);
    if (rc == PL_OK)
        rc = pl__record_writer_open(path, &writer, reterr);
    if (rc == PL_OK)
        rc = pl__record_writer_write(writer, pl__view_n(pl__str_c(&text), text.len), reterr);
    if (rc == PL_OK) {
        rc = pl__record_writer_close(writer, reterr);
        writer = NULL;
    }
    pl__record_writer_abort(writer);
    pl__str_clear(&text);
    return rc;
}

int pl__cmd_study_cross(const pl_args *args)
{
    const char *map_path = pl__arg_text(args, "tsne", NULL);
    cross_input in = {.sparse = 0};
    pl_cross_request request = {.embeddings = NULL};
    pl_cross_study *study = NULL;
    pl_error err = {0};
    pl_str out;
    int code = PL_EXIT_OK;
    pl_status rc = check_options(args, &err);

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    if (rc == PL_OK)
        rc = read_input(args, &in, &err);
    if (rc == PL_OK)
        rc = make_request(args, &in, &request, &err);
    if (rc == PL_OK)
        rc = pl__cross_study_new(&in.scores, &request, &study, &err);
    if (rc == PL_OK)
        rc = note_input(&in, study, &err);
    if (rc == PL_OK && study->map)
        rc = write_map(study, map_path, &err);
    if (rc == PL_OK)
        rc = pl__report_cross(study, map_path, args->format, &out, &err);
    code = rc == PL_OK ? pl__out_result(pl__view_n(pl__str_c(&out), out.len)) : pl__out_error(&err);
    pl__str_clear(&out);
    pl__cross_study_free(study);
    input_clear(&in);
    return code;
}
