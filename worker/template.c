#include "template.h"


static int fill_gap(aud_str_t gap, const template_values_t *values,
    aud_buffer_t *out, aud_error_t *err);
static aud_str_t before(aud_str_t s, const char *mark, size_t len);


int
template_fill(aud_str_t text, const template_values_t *values,
    aud_buffer_t *out, aud_error_t *err)
{
    aud_str_t  plain, gap;

    for ( ;; ) {
        plain = before(text, "{{", 2);
        aud_buffer_add(out, plain.data, plain.len);

        if (plain.len == text.len) {
            break;
        }

        text = aud_str(text.data + plain.len + 2, text.len - plain.len - 2);
        gap = before(text, "}}", 2);

        if (gap.len == text.len) {
            return aud_error_set(err, "\"{{%.*s\" is never closed",
                                 (int) (gap.len < 80 ? gap.len : 80),
                                 gap.data);
        }

        if (fill_gap(gap, values, out, err) != 0) {
            return -1;
        }

        text = aud_str(text.data + gap.len + 2, text.len - gap.len - 2);
    }

    return out->failed ? aud_error_set(err, "no memory") : 0;
}


static int
fill_gap(aud_str_t gap, const template_values_t *values, aud_buffer_t *out,
    aud_error_t *err)
{
    int64_t    n;
    aud_str_t  name, one, many;

    name = before(gap, "|", 1);

    if (name.len == gap.len) {
        if (values->value(values->arg, name, out) == 0) {
            return 0;
        }

    } else if (values->number
               && values->number(values->arg, name, &n) == 0)
    {
        gap = aud_str(gap.data + name.len + 1, gap.len - name.len - 1);
        one = before(gap, "|", 1);

        if (one.len < gap.len) {
            many = aud_str(gap.data + one.len + 1, gap.len - one.len - 1);
            one = n == 1 ? one : many;
            aud_buffer_add(out, one.data, one.len);
            return 0;
        }
    }

    return aud_error_set(err, "\"{{%.*s}}\" names what is not there",
                         (int) (name.len < 80 ? name.len : 80), name.data);
}


/* s up to the first mark, or all of it. */
static aud_str_t
before(aud_str_t s, const char *mark, size_t len)
{
    const char  *at = s.len ? memmem(s.data, s.len, mark, len) : NULL;

    return at ? aud_str(s.data, (size_t) (at - s.data)) : s;
}
