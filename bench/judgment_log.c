/* Writes a log of judgments to standard output, for measuring: names as strings, one judge, pair, item and verdict a
 * line, drawn from strengths that grow with the model's number.
 *
 *   judgment_log JUDGMENTS [MODELS [IMAGES [FOLDER]]]
 *
 * With a folder it also writes the same judgments there as arrays that numpy loads, of 32-bit numbers: a.npy, b.npy,
 * image.npy, and halves.npy, twice what a gets. */
#include "num.h"
#include "rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MODELS_DEFAULT 60u
#define IMAGES_DEFAULT 10000u
#define MODELS_MAX 4096u
#define IMAGES_MAX 100000000u
#define SPREAD 3.0   /* of the strengths, in natural-log odds */
#define DECIDED 0.85 /* share of verdicts that are no ties */
#define BUFFER_BYTES ((size_t)1 << 20)
#define LINE_BYTES 256u

static uint64_t number_at(int argc, char **argv, int place, uint64_t otherwise, uint64_t most)
{
    uint64_t n = otherwise;
    if (argc > place && pl__num_parse_u64(pl__view(argv[place]), &n))
        n = otherwise;
    return n < most ? n : most;
}

#define N_ARRAYS 4u
#define PATH_BYTES 4096u
#define HEADER_BYTES 128u /* of a file of version 1.0: a multiple of 64 */

static const char *const array_names[N_ARRAYS] = {"a", "b", "image", "halves"};

static bool open_arrays(const char *folder, uint64_t n, FILE **arrays)
{
    for (size_t i = 0; i < N_ARRAYS; i++) {
        char path[PATH_BYTES];
        char header[HEADER_BYTES + 1];
        (void)snprintf(path, sizeof(path), "%s/%s.npy", folder, array_names[i]);
        int len =
            snprintf(header, sizeof(header), "%c%s%c%c%c%c{'descr': '<u4', 'fortran_order': False, 'shape': (%llu,)}",
                     0x93, "NUMPY", 1, 0, (int)HEADER_BYTES - 10, 0, (unsigned long long)n);
        memset(header + len, ' ', HEADER_BYTES - (size_t)len);
        header[HEADER_BYTES - 1] = '\n';
        arrays[i] = fopen(path, "wb");
        if (!arrays[i] || fwrite(header, 1, HEADER_BYTES, arrays[i]) != HEADER_BYTES)
            return false;
    }
    return true;
}

static bool add_to_arrays(FILE *const *arrays, const uint32_t row[N_ARRAYS])
{
    for (size_t i = 0; i < N_ARRAYS; i++) {
        if (fwrite(&row[i], sizeof(row[i]), 1, arrays[i]) != 1)
            return false;
    }
    return true;
}

static bool close_arrays(FILE *const *arrays)
{
    bool whole = true;
    for (size_t i = 0; i < N_ARRAYS && arrays[i]; i++)
        whole = fclose(arrays[i]) == 0 && whole;
    return whole;
}

int main(int argc, char **argv)
{
    static char buffer[BUFFER_BYTES];
    FILE *arrays[N_ARRAYS] = {NULL};
    uint64_t n = number_at(argc, argv, 1, 1000000, UINT32_MAX);
    uint64_t m = number_at(argc, argv, 2, MODELS_DEFAULT, MODELS_MAX);
    uint64_t images = number_at(argc, argv, 3, IMAGES_DEFAULT, IMAGES_MAX);
    size_t used = 0;
    pl_rng rng;
    if (m < 3 || images == 0)
        return 2;
    if (argc > 4 && !open_arrays(argv[4], n, arrays))
        return 1;
    pl__rng_init(&rng, 1, "judgment log", 0);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t a = pl__rng_below(&rng, m);
        uint64_t b = (a + 1 + pl__rng_below(&rng, m - 1)) % m;
        uint64_t judge = pl__rng_below(&rng, m);
        uint64_t image = pl__rng_below(&rng, images);
        double first = DECIDED / (1.0 + exp(SPREAD * ((double)b - (double)a) / (double)m));
        double u = pl__rng_uniform(&rng);
        const char *verdict = u < first ? "a" : u < DECIDED ? "b" : "tie";
        const uint32_t row[N_ARRAYS] = {(uint32_t)a, (uint32_t)b, (uint32_t)image, u < first ? 2 : u < DECIDED ? 0 : 1};
        if (arrays[0] && !add_to_arrays(arrays, row))
            return 1;
        if (used + LINE_BYTES > BUFFER_BYTES) {
            if (fwrite(buffer, 1, used, stdout) != used)
                return 1;
            used = 0;
        }
        int len = snprintf(buffer + used, LINE_BYTES,
                           "{\"item\":\"q%06u\",\"judge\":\"model-%02u\",\"a\":\"model-%02u\",\"b\":\"model-%02u\","
                           "\"verdict\":\"%s\"}\n",
                           (unsigned)image, (unsigned)judge, (unsigned)a, (unsigned)b, verdict);
        if (len < 0)
            return 1;
        used += (size_t)len;
    }
    return close_arrays(arrays) && fwrite(buffer, 1, used, stdout) == used && fflush(stdout) == 0 ? 0 : 1;
}
