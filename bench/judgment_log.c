/* Writes a log of judgments to standard output, for measuring: names as strings, one judge, pair, item and verdict a
 * line, drawn from strengths that grow with the model's number.
 *
 *   judgment_log JUDGMENTS [MODELS [IMAGES]] */
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

int main(int argc, char **argv)
{
    static char buffer[BUFFER_BYTES];
    uint64_t n = number_at(argc, argv, 1, 1000000, UINT32_MAX);
    uint64_t m = number_at(argc, argv, 2, MODELS_DEFAULT, MODELS_MAX);
    uint64_t images = number_at(argc, argv, 3, IMAGES_DEFAULT, IMAGES_MAX);
    size_t used = 0;
    pl_rng rng;
    if (m < 3 || images == 0)
        return 2;
    pl__rng_init(&rng, 1, "judgment log", 0);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t a = pl__rng_below(&rng, m);
        uint64_t b = (a + 1 + pl__rng_below(&rng, m - 1)) % m;
        uint64_t judge = pl__rng_below(&rng, m);
        uint64_t image = pl__rng_below(&rng, images);
        double first = DECIDED / (1.0 + exp(SPREAD * ((double)b - (double)a) / (double)m));
        double u = pl__rng_uniform(&rng);
        const char *verdict = u < first ? "a" : u < DECIDED ? "b" : "tie";
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
    return fwrite(buffer, 1, used, stdout) == used && fflush(stdout) == 0 ? 0 : 1;
}
