/*
 * What a line of an upload is: it ends with LF, CRLF, or CR alone, inside
 * quotes too.  Any thread.
 */

#ifndef AUD_LINES_H
#define AUD_LINES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>


/* Ends of lines among n bytes.  *after_cr: whether the byte before was a CR,
 * which this carries on to the next piece. */
static inline uint64_t
aud_lines_count(const char *p, size_t n, int *after_cr)
{
    uint64_t     lines;
    const char  *q, *end;

    if (n == 0) {
        return 0;
    }

    lines = 0;
    end = p + n;

    for (q = p; q < end && (q = memchr(q, '\n', end - q)); q++) {
        lines += !(q == p ? *after_cr : q[-1] == '\r');
    }

    for (q = p; q < end && (q = memchr(q, '\r', end - q)); q++) {
        lines++;
    }

    *after_cr = (end[-1] == '\r');

    return lines;
}

#endif
