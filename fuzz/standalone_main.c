/* Replays a corpus without a fuzzing engine: every file under the given directories goes through the target once.
 * Fails when a directory has no file or one cannot be read, so that a lost corpus is noticed. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PATH_BYTES_MAX 4096
#define DEPTH_MAX 8
#define FILE_BYTES_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int complain(const char *what, const char *path)
{
    (void)fprintf(stderr, "%s: %s\n", path, what);
    return -1;
}

/* The buffer is exactly as large as the file, so that a sanitizer sees the first byte read too far. */
static int replay_file(const char *path, size_t size)
{
    int rc = -1;
    uint8_t *bytes = NULL;
    FILE *f = NULL;

    if (size > FILE_BYTES_MAX)
        return complain("too large", path);
    f = fopen(path, "rb");
    bytes = malloc(size > 0 ? size : 1);
    if (!f || !bytes || fread(bytes, 1, size, f) != size) {
        rc = complain("cannot be read", path);
        goto out;
    }
    (void)LLVMFuzzerTestOneInput(bytes, size);
    rc = 0;
out:
    free(bytes);
    if (f)
        (void)fclose(f);
    return rc;
}

/* Adds to *count; -1 on the first file that cannot be replayed. */
static int replay_directory(const char *directory, unsigned depth, size_t *count)
{
    int rc = 0;
    const struct dirent *entry = NULL;
    DIR *dir = depth < DEPTH_MAX ? opendir(directory) : NULL;

    if (!dir)
        return complain("cannot be opened", directory);
    while (rc == 0 && (entry = readdir(dir))) {
        char path[PATH_BYTES_MAX];
        struct stat st;
        if (entry->d_name[0] == '.')
            continue;
        int n = snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        if (n < 0 || (size_t)n >= sizeof(path) || stat(path, &st) != 0) {
            rc = complain("cannot be read", entry->d_name);
        } else if (S_ISDIR(st.st_mode)) {
            rc = replay_directory(path, depth + 1, count);
        } else {
            rc = replay_file(path, (size_t)st.st_size);
            *count += 1;
        }
    }
    (void)closedir(dir);
    return rc;
}

int main(int argc, char **argv)
{
    static const uint8_t nothing[1] = {0};
    if (argc < 2) {
        (void)fprintf(stderr, "usage: %s DIRECTORY...\n", argv[0]);
        return 2;
    }
    (void)LLVMFuzzerTestOneInput(nothing, 0);
    for (int i = 1; i < argc; i++) {
        size_t count = 0;
        if (replay_directory(argv[i], 0, &count) != 0)
            return 1;
        if (count == 0) {
            (void)complain("no corpus file", argv[i]);
            return 1;
        }
        (void)printf("%s: %zu files replayed\n", argv[i], count);
    }
    return 0;
}
