#include "error.h"
#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void pl__errno_text(int code, char *ret, size_t ret_bytes)
{
    if (!ret || ret_bytes == 0)
        return;
    if (strerror_r(code, ret, ret_bytes) != 0)
        (void)snprintf(ret, ret_bytes, "error %d", code);
}

static pl_status status_of(int code)
{
    switch (code) {
    case ENOENT:
    case ENOTDIR:
        return PL_E_NOT_FOUND;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return PL_E_FULL;
    case ENOMEM:
        return PL_E_NOMEM;
    default:
        return PL_E_IO;
    }
}

pl_status pl__fail_errno(pl_error *reterr, int code, const char *name)
{
    char text[128];

    pl__errno_text(code, text, sizeof(text));
    return pl__fail_detail(reterr, status_of(code), code, "%s: %s", name, text);
}
