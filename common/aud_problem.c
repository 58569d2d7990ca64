#include <stdarg.h>
#include <stdio.h>

#include "aud_problem.h"
#include "aud_text.h"


static void add_member(aud_buffer_t *out, const char *name, const char *value);
static void add_number(aud_buffer_t *out, const char *name, uint64_t value);
static void add_type(aud_buffer_t *out, const char *slug);
static void render_error(const aud_problem_error_t *e, aud_buffer_t *out);


int
aud_problem_set(aud_problem_t *p, int status, const char *slug,
    const char *title, const char *fmt, ...)
{
    va_list  args;

    memset(p, 0, sizeof(*p));
    p->status = status;
    p->slug = slug;
    p->title = title;

    va_start(args, fmt);
    vsnprintf(p->detail, sizeof(p->detail), fmt, args);
    va_end(args);

    return -1;
}


aud_problem_error_t *
aud_problem_add(aud_problem_t *p, const char *slug, const char *fmt, ...)
{
    static __thread aud_problem_error_t  spare;

    va_list               args;
    aud_problem_error_t  *e;

    if (p->nerrors < AUD_PROBLEM_ERRORS) {
        e = &p->errors[p->nerrors];

    } else {
        e = &spare;
        p->count = p->nerrors + 1;
    }

    p->nerrors++;

    memset(e, 0, sizeof(*e));
    e->slug = slug;

    va_start(args, fmt);
    vsnprintf(e->detail, sizeof(e->detail), fmt, args);
    va_end(args);

    return e;
}


void
aud_problem_render(const aud_problem_t *p, aud_buffer_t *out)
{
    unsigned  n;

    aud_buffer_char(out, '{');
    add_type(out, p->slug);
    add_member(out, "title", p->title);
    aud_buffer_printf(out, ",\"status\":%d", p->status);
    add_member(out, "detail", p->detail);

    n = p->nerrors < AUD_PROBLEM_ERRORS ? p->nerrors : AUD_PROBLEM_ERRORS;

    for (unsigned i = 0; i < n; i++) {
        aud_buffer_text(out, i ? "," : ",\"errors\":[");
        render_error(&p->errors[i], out);
    }

    if (n) {
        aud_buffer_char(out, ']');
    }

    add_number(out, "limit", p->limit);
    if (p->count || p->counted) {
        aud_buffer_printf(out, ",\"count\":%llu",
                          (unsigned long long) p->count);
    }

    if (p->encoding[0]) {
        add_member(out, "encoding", p->encoding);
    }

    aud_buffer_char(out, '}');
}


static void
render_error(const aud_problem_error_t *e, aud_buffer_t *out)
{
    aud_buffer_char(out, '{');
    add_type(out, e->slug);
    add_member(out, "detail", e->detail);

    if (e->has_pointer || e->pointer[0]) {
        add_member(out, "pointer", e->pointer);
    }

    add_number(out, "row", e->row);
    add_number(out, "column", e->column);

    if (e->suggestion[0]) {
        add_member(out, "suggestion", e->suggestion);
    }

    if (e->audience[0]) {
        add_member(out, "audience", e->audience);
    }

    aud_buffer_char(out, '}');
}


static void
add_type(aud_buffer_t *out, const char *slug)
{
    aud_buffer_text(out, "\"type\":\"/problems/");
    aud_buffer_text(out, slug);
    aud_buffer_char(out, '"');
}


static void
add_member(aud_buffer_t *out, const char *name, const char *value)
{
    size_t  len, valid;

    len = strlen(value);
    valid = aud_utf8_valid(aud_str(value, len));

    /* a text that was cut to fit may end within a character */
    if (len - valid < 4) {
        len = valid;
    }

    aud_buffer_printf(out, ",\"%s\":", name);
    aud_buffer_json(out, aud_str(value, len));
}


static void
add_number(aud_buffer_t *out, const char *name, uint64_t value)
{
    if (value) {
        aud_buffer_printf(out, ",\"%s\":%llu", name,
                          (unsigned long long) value);
    }
}
