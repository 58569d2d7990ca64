/* The blocks of a letter, in both forms. */

#include "letter_private.h"


static int  write_block(letter_writer_t *w, const json_t *block,
    aud_buffer_t *html);
static int  write_each(letter_writer_t *w, const json_t *block,
    aud_buffer_t *html);
static int  write_heading(letter_writer_t *w, const char *text,
    aud_buffer_t *html);
static int  write_quote(letter_writer_t *w, const char *text,
    aud_buffer_t *html);
static int  write_paragraph(letter_writer_t *w, const char *text,
    const char *tag, aud_buffer_t *html);
static int  write_link(letter_writer_t *w, const json_t *block,
    aud_buffer_t *html);
static int  write_facts(letter_writer_t *w, const json_t *facts,
    aud_buffer_t *html);
static int  write_fact(letter_writer_t *w, const json_t *fact,
    aud_buffer_t *html);
static int  wanted(const letter_writer_t *w, const json_t *block);
static int  truth(const letter_writer_t *w, const json_t *name);


int
letter_blocks(letter_writer_t *w, const json_t *blocks, aud_buffer_t *html)
{
    for (size_t i = 0; i < json_array_size(blocks); i++) {
        if (write_block(w, json_array_get(blocks, i), html) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
write_block(letter_writer_t *w, const json_t *block, aud_buffer_t *html)
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

    if (json_object_get(block, "each")) {
        return write_each(w, block, html);
    }

    if (json_object_get(block, "heading")) {
        return write_heading(w, letter_text_of(block, "heading"), html);
    }

    if (json_object_get(block, "quote")) {
        return write_quote(w, letter_text_of(block, "quote"), html);
    }

    if (json_object_get(block, "note")) {
        return write_paragraph(w, letter_text_of(block, "note"),
                               "<p class=\"note\">", html);
    }

    return letter_paragraph(w, letter_text_of(block, "text"), html);
}


static int
wanted(const letter_writer_t *w, const json_t *block)
{
    const json_t  *yes = json_object_get(block, "if");
    const json_t  *no = json_object_get(block, "unless");

    return (yes == NULL || truth(w, yes)) && (no == NULL || !truth(w, no));
}


static int
truth(const letter_writer_t *w, const json_t *name)
{
    const json_t  *v;

    if (!json_is_string(name)) {
        return 0;
    }

    v = letter_find(w, aud_str(json_string_value(name),
                               json_string_length(name)));

    return json_is_true(v) || json_integer_value(v) != 0
           || json_string_length(v) != 0;
}


int
letter_paragraph(letter_writer_t *w, const char *text, aud_buffer_t *html)
{
    return write_paragraph(w, text, "<p>", html);
}


static int
write_paragraph(letter_writer_t *w, const char *text, const char *tag,
    aud_buffer_t *html)
{
    int           rc;
    aud_buffer_t  filled = { 0 };

    rc = letter_fill(w, text, &filled);

    if (rc == 0) {
        aud_buffer_add(&w->letter->text, filled.data, filled.len);
        aud_buffer_text(&w->letter->text, "\n\n");

        aud_buffer_text(html, tag);
        letter_html(html, aud_buffer_str(&filled));
        aud_buffer_text(html, "</p>\n");
    }

    aud_buffer_free(&filled);

    return rc;
}


/* An address stands alone on its line, so that mail programs find its end. */
static int
write_link(letter_writer_t *w, const json_t *block, aud_buffer_t *html)
{
    int           rc = -1;
    aud_buffer_t  url = { 0 }, label = { 0 };

    if (letter_line(w, letter_text_of(block, "link"), &url) != 0
        || letter_line(w, letter_text_of(block, "label"), &label) != 0)
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
    letter_html(html, aud_buffer_str(&url));
    aud_buffer_text(html, "\">");
    letter_html(html, aud_buffer_str(&label));
    aud_buffer_text(html, "</a></p>\n<p class=\"small\">");
    letter_html(html, aud_str(locale_text(w->texts, "link_hint"),
                           strlen(locale_text(w->texts, "link_hint"))));
    aud_buffer_text(html, "<br>");
    letter_html(html, aud_buffer_str(&url));
    aud_buffer_text(html, "</p>\n");

    rc = 0;

done:

    aud_buffer_free(&url);
    aud_buffer_free(&label);

    return rc;
}


static int
write_facts(letter_writer_t *w, const json_t *facts, aud_buffer_t *html)
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
write_fact(letter_writer_t *w, const json_t *fact, aud_buffer_t *html)
{
    int            rc;
    const char    *label = letter_text_of(fact, "label");
    aud_buffer_t   value = { 0 };
    aud_buffer_t  *text = &w->letter->text;

    if (!wanted(w, fact)) {
        return 0;
    }

    rc = letter_fill(w, letter_text_of(fact, "value"), &value);

    if (rc == 0) {
        aud_buffer_printf(text, "  %s: ", label);
        aud_buffer_add(text, value.data, value.len);
        aud_buffer_char(text, '\n');

        aud_buffer_text(html, "<tr><th scope=\"row\">");
        letter_html(html, aud_str(label, strlen(label)));
        aud_buffer_text(html, "</th><td>");
        letter_html(html, aud_buffer_str(&value));
        aud_buffer_text(html, "</td></tr>\n");
    }

    aud_buffer_free(&value);

    return rc;
}


static int
write_each(letter_writer_t *w, const json_t *block, aud_buffer_t *html)
{
    int            rc = 0;
    const char    *name = letter_text_of(block, "each");
    const json_t  *list = letter_find(w, aud_str(name, strlen(name)));

    if (!json_is_array(list) || w->nitems == LETTER_LISTS) {
        return aud_error_set(w->err, "\"%.80s\" is no list", name);
    }

    w->nitems++;

    for (size_t i = 0; i < json_array_size(list) && rc == 0; i++) {
        w->items[w->nitems - 1] = json_array_get(list, i);
        rc = letter_blocks(w, json_object_get(block, "blocks"), html);
    }

    w->nitems--;

    return rc;
}


static int
write_heading(letter_writer_t *w, const char *text, aud_buffer_t *html)
{
    int           rc;
    aud_buffer_t  line = { 0 };

    rc = letter_line(w, text, &line);

    if (rc == 0) {
        aud_buffer_text(&w->letter->text, "# ");
        aud_buffer_add(&w->letter->text, line.data, line.len);
        aud_buffer_text(&w->letter->text, "\n\n");

        aud_buffer_text(html, "<h2>");
        letter_html(html, aud_buffer_str(&line));
        aud_buffer_text(html, "</h2>\n");
    }

    aud_buffer_free(&line);

    return rc;
}


static int
write_quote(letter_writer_t *w, const char *text, aud_buffer_t *html)
{
    int           rc;
    aud_buffer_t  filled = { 0 };

    rc = letter_fill(w, text, &filled);

    if (rc == 0) {
        aud_buffer_add(&w->letter->text, filled.data, filled.len);
        aud_buffer_text(&w->letter->text, "\n\n");

        aud_buffer_text(html, "<blockquote>");
        letter_html(html, aud_buffer_str(&filled));
        aud_buffer_text(html, "</blockquote>\n");
    }

    aud_buffer_free(&filled);

    return rc;
}
