#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "aud_error.h"


int
aud_error_set(aud_error_t *err, const char *fmt, ...)
{
    va_list  args;

    err->no = 0;

    va_start(args, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);

    return -1;
}


int
aud_error_system(aud_error_t *err, const char *fmt, ...)
{
    int      no = errno;
    int      n;
    char     reason[128];
    va_list  args;

    err->no = no;

    va_start(args, fmt);
    n = vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);

    if (n >= 0 && (size_t) n < sizeof(err->text)) {
        snprintf(err->text + n, sizeof(err->text) - n, ": %s",
                 strerror_r(no, reason, sizeof(reason)));
    }

    errno = no;

    return -1;
}
