#include "commands.h"
#include "file.h"
#include "out.h"

int pl__cmd_init(const pl_args *args)
{
    const char *path = pl__arg_text(args, "output", PL_CONFIG_DEFAULT);
    pl_file_info info = {0};
    pl_error err = {0};

    if (pl__file_stat(path, &info, NULL) == PL_OK)
        return pl__out_usage("%s exists already; name another file with -o, or remove it first", path);
    if (pl__file_write(path, pl__view(pl__config_template()), &err) != PL_OK)
        return pl__out_error(&err);
    if (!args->quiet)
        pl__out_say("Wrote %s. Put in your images and models, then: peerless plan -c %s", path, path);
    return PL_EXIT_OK;
}
