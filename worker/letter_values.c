/* What the gaps of a letter are filled with. */

#include "aud_clock.h"
#include "letter_private.h"
#include "template.h"


static int  letter_value(void *arg, aud_str_t name, aud_buffer_t *out);
static int  letter_number(void *arg, aud_str_t name, int64_t *n);
static void add_string(letter_writer_t *w, aud_str_t name, aud_str_t text,
    aud_buffer_t *out);


int
letter_fill(letter_writer_t *w, const char *text, aud_buffer_t *out)
{
    template_values_t  values = { letter_value, letter_number, w };

    return template_fill(aud_str(text, strlen(text)), &values, out, w->err);
}


/* For headings and headers: what came with control characters in a value gets
 * blanks for them. */
int
letter_line(letter_writer_t *w, const char *text, aud_buffer_t *out)
{
    unsigned char  c, next;

    if (letter_fill(w, text, out) != 0) {
        return -1;
    }

    for (size_t i = 0; i < out->len; i++) {
        c = (unsigned char) out->data[i];
        next = i + 1 < out->len ? (unsigned char) out->data[i + 1] : 0;

        if (c < 0x20 || c == 0x7f) {
            out->data[i] = ' ';

        } else if (c == 0xc2 && next < 0xa0) {  /* U+0080 to U+009F */
            out->data[i] = ' ';
            out->data[i + 1] = ' ';
        }
    }

    return 0;
}


const json_t *
letter_find(const letter_writer_t *w, aud_str_t name)
{
    char           key[64];
    const json_t  *value;

    if (name.len >= sizeof(key)) {
        return NULL;
    }

    memcpy(key, name.data, name.len);
    key[name.len] = '\0';

    for (size_t i = w->nitems; i > 0; i--) {
        value = json_object_get(w->items[i - 1], key);

        if (value) {
            return value;
        }
    }

    return json_object_get(w->values, key);
}


static int
letter_value(void *arg, aud_str_t name, aud_buffer_t *out)
{
    letter_writer_t      *w = arg;
    const json_t  *v;

    if (aud_str_equal(name, AUD_STR("name"))) {
        aud_buffer_text(out, w->name);
        return 0;
    }

    v = letter_find(w, name);

    if (json_is_integer(v)) {
        locale_number(w->texts, json_integer_value(v), out);
        return 0;
    }

    if (json_is_string(v)) {
        add_string(w, name, aud_str(json_string_value(v),
                                    json_string_length(v)), out);
        return 0;
    }

    return -1;
}


static int
letter_number(void *arg, aud_str_t name, int64_t *n)
{
    const json_t  *v = letter_find(arg, name);

    if (!json_is_integer(v)) {
        return -1;
    }

    *n = json_integer_value(v);

    return 0;
}


static void
add_string(letter_writer_t *w, aud_str_t name, aud_str_t text,
    aud_buffer_t *out)
{
    int64_t  us;

    if (name.len > 3 && memcmp(name.data + name.len - 3, "_at", 3) == 0
        && aud_time_parse(text.data, text.len, &us, NULL) == 0)
    {
        locale_time(w->texts, us, out);
        return;
    }

    aud_buffer_add(out, text.data, text.len);
}


void
letter_html(aud_buffer_t *out, aud_str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.data[i]) {
        case '&':   aud_buffer_text(out, "&amp;");   break;
        case '<':   aud_buffer_text(out, "&lt;");    break;
        case '>':   aud_buffer_text(out, "&gt;");    break;
        case '"':   aud_buffer_text(out, "&quot;");  break;
        case '\'':  aud_buffer_text(out, "&#39;");   break;
        default:    aud_buffer_char(out, text.data[i]);
        }
    }
}


const char *
letter_text_of(const json_t *object, const char *name)
{
    const char  *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}
