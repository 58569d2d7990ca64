#include "aud_clock.h"
#include "letter.h"
#include "template.h"


typedef struct {
    const locale_texts_t  *texts;
    const json_t          *values;
    const char            *name;        /* of who gets it */
    letter_t              *letter;
    aud_str_t              title;       /* filled */
    aud_str_t              body;        /* HTML */
    aud_error_t           *err;
} writer_t;


static int  write_body(writer_t *w, const json_t *blocks, aud_buffer_t *html);
static int  write_greeting(writer_t *w, aud_buffer_t *html);
static int  write_block(writer_t *w, const json_t *block, aud_buffer_t *html);
static int  write_paragraph(writer_t *w, const char *text, aud_buffer_t *html);
static int  write_link(writer_t *w, const json_t *block, aud_buffer_t *html);
static int  write_facts(writer_t *w, const json_t *facts, aud_buffer_t *html);
static int  write_fact(writer_t *w, const json_t *fact, aud_buffer_t *html);
static int  write_frame(writer_t *w);
static int  frame_part(void *arg, aud_str_t name, aud_buffer_t *out);
static int  fill(writer_t *w, const char *text, aud_buffer_t *out);
static int  one_line(writer_t *w, const char *text, aud_buffer_t *out);
static int  wanted(const writer_t *w, const json_t *block);
static int  truth(const writer_t *w, const json_t *name);
static const json_t *find(const writer_t *w, aud_str_t name);
static int  letter_value(void *arg, aud_str_t name, aud_buffer_t *out);
static int  letter_number(void *arg, aud_str_t name, int64_t *n);
static void add_string(writer_t *w, aud_str_t name, aud_str_t text,
    aud_buffer_t *out);
static void add_html(aud_buffer_t *out, aud_str_t text);
static const char *text_of(const json_t *object, const char *name);


const char *const  letter_names[] = {
    "import_succeeded", "import_partial", "import_rejected", "import_failed",
    "export_ready", NULL
};


int
letter_write(const locale_texts_t *texts, const char *letter,
    const char *name, const json_t *values, letter_t *out, aud_error_t *err)
{
    int            rc = -1;
    writer_t       w = { texts, values, name, out, AUD_STR(""), AUD_STR(""),
                         err };
    aud_buffer_t   title = { 0 }, body = { 0 };
    const json_t  *source;

    memset(out, 0, sizeof(*out));

    source = json_object_get(json_object_get(texts->json, "letters"), letter);

    if (source == NULL) {
        return aud_error_set(err, "there is no letter \"%s\"", letter);
    }

    if (one_line(&w, text_of(source, "subject"), &out->subject) != 0
        || one_line(&w, text_of(source, "title"), &title) != 0
        || write_body(&w, json_object_get(source, "blocks"), &body) != 0)
    {
        goto done;
    }

    w.title = aud_buffer_str(&title);
    w.body = aud_buffer_str(&body);

    if (write_frame(&w) != 0) {
        goto done;
    }

    if (title.failed || body.failed || out->subject.failed || out->text.failed
        || out->html.failed)
    {
        aud_error_set(err, "no memory");
        goto done;
    }

    rc = 0;

done:

    aud_buffer_free(&title);
    aud_buffer_free(&body);

    if (rc != 0) {
        letter_free(out);
    }

    return rc;
}


void
letter_free(letter_t *letter)
{
    aud_buffer_free(&letter->subject);
    aud_buffer_free(&letter->text);
    aud_buffer_free(&letter->html);
}


/* The plain text grows in the letter, the HTML beside it. */
static int
write_body(writer_t *w, const json_t *blocks, aud_buffer_t *html)
{
    const char    *footer = locale_text(w->texts, "footer");
    aud_buffer_t  *text = &w->letter->text;

    if (write_greeting(w, html) != 0) {
        return -1;
    }

    for (size_t i = 0; i < json_array_size(blocks); i++) {
        if (write_block(w, json_array_get(blocks, i), html) != 0) {
            return -1;
        }
    }

    aud_buffer_text(text, "-- \n");
    aud_buffer_text(text, footer);
    aud_buffer_char(text, '\n');

    return 0;
}


static int
write_greeting(writer_t *w, aud_buffer_t *html)
{
    return write_paragraph(w, locale_text(w->texts, w->name[0]
                                          ? "greeting" : "greeting_nameless"),
                           html);
}


static int
write_block(writer_t *w, const json_t *block, aud_buffer_t *html)
{
    if (!wanted(w, block)) {
        return 0;
    }

    if (json_object_get(block, "facts")) {
        return write_facts(w, json_object_get(block, "facts"), html);
    }

    if (json_object_get(block, "link")) {
        return write_link(w, block, html);
    }

    return write_paragraph(w, text_of(block, "text"), html);
}


static int
write_paragraph(writer_t *w, const char *text, aud_buffer_t *html)
{
    int           rc;
    aud_buffer_t  filled = { 0 };

    rc = fill(w, text, &filled);

    if (rc == 0) {
        aud_buffer_add(&w->letter->text, filled.data, filled.len);
        aud_buffer_text(&w->letter->text, "\n\n");

        aud_buffer_text(html, "<p>");
        add_html(html, aud_buffer_str(&filled));
        aud_buffer_text(html, "</p>\n");
    }

    aud_buffer_free(&filled);

    return rc;
}


/* An address stands alone on its line, so that mail programs find its end. */
static int
write_link(writer_t *w, const json_t *block, aud_buffer_t *html)
{
    int           rc = -1;
    aud_buffer_t  url = { 0 }, label = { 0 };

    if (one_line(w, text_of(block, "link"), &url) != 0
        || one_line(w, text_of(block, "label"), &label) != 0)
    {
        goto done;
    }

    aud_buffer_char(&url, '\0');

    if (url.failed || (strncmp(url.data, "https://", 8) != 0
                       && strncmp(url.data, "http://", 7) != 0))
    {
        aud_error_set(w->err, "a link is no web address");
        goto done;
    }

    url.len--;

    aud_buffer_add(&w->letter->text, label.data, label.len);
    aud_buffer_text(&w->letter->text, ":\n");
    aud_buffer_add(&w->letter->text, url.data, url.len);
    aud_buffer_text(&w->letter->text, "\n\n");

    aud_buffer_text(html, "<p><a class=\"button\" href=\"");
    add_html(html, aud_buffer_str(&url));
    aud_buffer_text(html, "\">");
    add_html(html, aud_buffer_str(&label));
    aud_buffer_text(html, "</a></p>\n<p class=\"small\">");
    add_html(html, aud_str(locale_text(w->texts, "link_hint"),
                           strlen(locale_text(w->texts, "link_hint"))));
    aud_buffer_text(html, "<br>");
    add_html(html, aud_buffer_str(&url));
    aud_buffer_text(html, "</p>\n");

    rc = 0;

done:

    aud_buffer_free(&url);
    aud_buffer_free(&label);

    return rc;
}


static int
write_facts(writer_t *w, const json_t *facts, aud_buffer_t *html)
{
    aud_buffer_text(html, "<table>\n");

    for (size_t i = 0; i < json_array_size(facts); i++) {
        if (write_fact(w, json_array_get(facts, i), html) != 0) {
            return -1;
        }
    }

    aud_buffer_text(html, "</table>\n");
    aud_buffer_char(&w->letter->text, '\n');

    return 0;
}


static int
write_fact(writer_t *w, const json_t *fact, aud_buffer_t *html)
{
    int            rc;
    const char    *label = text_of(fact, "label");
    aud_buffer_t   value = { 0 };
    aud_buffer_t  *text = &w->letter->text;

    if (!wanted(w, fact)) {
        return 0;
    }

    rc = fill(w, text_of(fact, "value"), &value);

    if (rc == 0) {
        aud_buffer_printf(text, "  %s: ", label);
        aud_buffer_add(text, value.data, value.len);
        aud_buffer_char(text, '\n');

        aud_buffer_text(html, "<tr><th scope=\"row\">");
        add_html(html, aud_str(label, strlen(label)));
        aud_buffer_text(html, "</th><td>");
        add_html(html, aud_buffer_str(&value));
        aud_buffer_text(html, "</td></tr>\n");
    }

    aud_buffer_free(&value);

    return rc;
}


static int
write_frame(writer_t *w)
{
    template_values_t  values = { frame_part, NULL, w };

    return template_fill(aud_str(w->texts->frame, strlen(w->texts->frame)),
                         &values, &w->letter->html, w->err);
}


static int
frame_part(void *arg, aud_str_t name, aud_buffer_t *out)
{
    writer_t    *w = arg;
    const char  *footer = locale_text(w->texts, "footer");

    if (aud_str_equal(name, AUD_STR("language"))) {
        aud_buffer_text(out, w->texts->language);

    } else if (aud_str_equal(name, AUD_STR("title"))) {
        add_html(out, w->title);

    } else if (aud_str_equal(name, AUD_STR("body"))) {
        aud_buffer_add(out, w->body.data, w->body.len);

    } else if (aud_str_equal(name, AUD_STR("footer"))) {
        add_html(out, aud_str(footer, strlen(footer)));

    } else {
        return -1;
    }

    return 0;
}


static int
fill(writer_t *w, const char *text, aud_buffer_t *out)
{
    template_values_t  values = { letter_value, letter_number, w };

    return template_fill(aud_str(text, strlen(text)), &values, out, w->err);
}


/* For headings and headers: what came with control characters in a value gets
 * blanks for them. */
static int
one_line(writer_t *w, const char *text, aud_buffer_t *out)
{
    unsigned char  c, next;

    if (fill(w, text, out) != 0) {
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


static int
wanted(const writer_t *w, const json_t *block)
{
    const json_t  *yes = json_object_get(block, "if");
    const json_t  *no = json_object_get(block, "unless");

    return (yes == NULL || truth(w, yes)) && (no == NULL || !truth(w, no));
}


static int
truth(const writer_t *w, const json_t *name)
{
    const json_t  *v;

    if (!json_is_string(name)) {
        return 0;
    }

    v = find(w, aud_str(json_string_value(name), json_string_length(name)));

    return json_is_true(v) || json_integer_value(v) != 0
           || json_string_length(v) != 0;
}


static const json_t *
find(const writer_t *w, aud_str_t name)
{
    char  key[64];

    if (name.len >= sizeof(key)) {
        return NULL;
    }

    memcpy(key, name.data, name.len);
    key[name.len] = '\0';

    return json_object_get(w->values, key);
}


static int
letter_value(void *arg, aud_str_t name, aud_buffer_t *out)
{
    writer_t      *w = arg;
    const json_t  *v;

    if (aud_str_equal(name, AUD_STR("name"))) {
        aud_buffer_text(out, w->name);
        return 0;
    }

    v = find(w, name);

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
    const json_t  *v = find(arg, name);

    if (!json_is_integer(v)) {
        return -1;
    }

    *n = json_integer_value(v);

    return 0;
}


static void
add_string(writer_t *w, aud_str_t name, aud_str_t text, aud_buffer_t *out)
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


static void
add_html(aud_buffer_t *out, aud_str_t text)
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


static const char *
text_of(const json_t *object, const char *name)
{
    const char  *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}
