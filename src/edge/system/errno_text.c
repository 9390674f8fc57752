#include "file.h"

#include <stdio.h>
#include <string.h>

void pl__errno_text(int code, char *ret, size_t ret_bytes)
{
    if (!ret || ret_bytes == 0)
        return;
    if (strerror_r(code, ret, ret_bytes) != 0)
        (void)snprintf(ret, ret_bytes, "error %d", code);
}
