/*
 * What a call names: by its path, and by query arguments, name=value pairs
 * between "&", with "+" and %XX.
 */

#include "api_private.h"
#include "document.h"


static int arg_find(api_call_t *call, const char *name, aud_str_t *raw);
static size_t arg_decode(char *out, aud_str_t raw);
static int hex(char c);


aud_str_t
api_arg(api_call_t *call, const char *name)
{
    char       *out;
    aud_str_t   raw;

    if (!arg_find(call, name, &raw)) {
        return aud_str("", 0);
    }

    out = api_scratch(call, raw.len + 1);
    if (out == NULL) {
        return aud_str("", 0);
    }

    raw.len = arg_decode(out, raw);
    out[raw.len] = '\0';

    return aud_str(out, raw.len);
}


json_t *
api_named(api_call_t *call, key_kind_t kind, const char *prefix,
    aud_uuid_t *id)
{
    int         found = 0;
    json_t     *record = NULL;
    aud_str_t   text = call->params[0];

    if (aud_id_parse(text.data, text.len, prefix, id) == 0) {
        record = document_get(call->worker->store, call->request.tenant.data,
                              kind, id, &found);
    }

    if (found < 0) {
        api_unreadable(call);

    } else if (record == NULL) {
        api_not_found(call);
    }

    return record;
}


int
api_arg_present(api_call_t *call, const char *name)
{
    aud_str_t  raw;

    return arg_find(call, name, &raw);
}


/* The first one of that name counts. */

static int
arg_find(api_call_t *call, const char *name, aud_str_t *raw)
{
    size_t       n = strlen(name);
    const char  *p, *end, *next, *equals;

    p = call->request.args.data;
    end = p + call->request.args.len;

    for (/* void */; p < end; p = next + 1) {
        next = memchr(p, '&', end - p);
        next = next ? next : end;
        equals = memchr(p, '=', next - p);
        equals = equals ? equals : next;

        if ((size_t) (equals - p) == n && memcmp(p, name, n) == 0) {
            p = equals < next ? equals + 1 : next;
            *raw = aud_str(p, next - p);
            return 1;
        }
    }

    return 0;
}


/* What is no %XX stays as it is. */

static size_t
arg_decode(char *out, aud_str_t raw)
{
    size_t  i, len = 0;

    for (i = 0; i < raw.len; i++) {
        if (raw.data[i] == '+') {
            out[len++] = ' ';

        } else if (raw.data[i] == '%' && raw.len - i > 2
                   && hex(raw.data[i + 1]) >= 0 && hex(raw.data[i + 2]) >= 0)
        {
            out[len++] = (char) (hex(raw.data[i + 1]) << 4
                                 | hex(raw.data[i + 2]));
            i += 2;

        } else {
            out[len++] = raw.data[i];
        }
    }

    return len;
}


static int
hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
