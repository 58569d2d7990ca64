#include <stdarg.h>
#include <stdio.h>

#include "aud_filter_read.h"
#include "aud_text.h"


aud_problem_error_t *
aud_filter_error(aud_problem_t *problem, const char *slug, const char *pointer,
    const char *suffix, const char *fmt, ...)
{
    char                  detail[256];
    va_list               args;
    aud_problem_error_t  *e;

    va_start(args, fmt);
    vsnprintf(detail, sizeof(detail), fmt, args);
    va_end(args);

    if (problem->status == 0) {
        aud_problem_set(problem, 422, "invalid-filter",
                        "The filter is not valid", "%s", detail);

    } else if (problem->nerrors) {
        snprintf(problem->detail, sizeof(problem->detail),
                 "%u things in the request have to be corrected.",
                 problem->nerrors + 1);
    }

    e = aud_problem_add(problem, slug, "%s", detail);
    e->has_pointer = 1;
    snprintf(e->pointer, sizeof(e->pointer), "%s%s", pointer, suffix);

    return e;
}


void
aud_filter_no_memory(aud_problem_t *problem)
{
    aud_problem_set(problem, 500, "internal-error",
                    "Something went wrong",
                    "The server has no memory left for this filter.");
}


const char *
aud_quote(aud_quoted_t *q, aud_str_t s)
{
    size_t  len = s.len;

    if (len > AUD_QUOTED) {
        len = aud_utf8_valid(aud_str(s.data, AUD_QUOTED));
    }

    if (len) {
        memcpy(q->text, s.data, len);
    }

    strcpy(q->text + len, len < s.len ? "…" : "");

    return q->text;
}


void
aud_pointer_add(char *pointer, size_t size, const char *name)
{
    aud_pointer_add_str(pointer, size, aud_str(name, strlen(name)));
}


void
aud_pointer_add_str(char *pointer, size_t size, aud_str_t name)
{
    size_t       i, len = strlen(pointer), n;
    const char  *piece, *c;

    if (len + 1 < size) {
        pointer[len++] = '/';
    }

    for (i = 0; i < name.len; i++) {
        c = name.data + i;
        piece = *c == '~' ? "~0" : *c == '/' ? "~1" : c;
        n = piece == c ? 1 : 2;

        if (len + n >= size) {
            break;
        }

        memcpy(pointer + len, piece, n);
        len += n;
    }

    pointer[len] = '\0';
}
