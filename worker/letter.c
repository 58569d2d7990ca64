#include "letter_private.h"
#include "template.h"


static int  write_body(letter_writer_t *w, const json_t *blocks,
    aud_buffer_t *html);
static int  write_greeting(letter_writer_t *w, aud_buffer_t *html);
static int  write_frame(letter_writer_t *w);
static int  frame_part(void *arg, aud_str_t name, aud_buffer_t *out);


const char *const  letter_names[] = {
    "import_succeeded", "import_partial", "import_rejected", "import_failed",
    "export_ready", "copies", NULL
};


int
letter_write(const locale_texts_t *texts, const char *letter,
    const char *name, const json_t *values, letter_t *out, aud_error_t *err)
{
    int              rc = -1;
    aud_buffer_t     title = { 0 }, body = { 0 };
    const json_t    *source;
    letter_writer_t  w = { .texts = texts, .values = values, .name = name,
                           .letter = out, .err = err };

    memset(out, 0, sizeof(*out));

    source = json_object_get(json_object_get(texts->json, "letters"), letter);

    if (source == NULL) {
        return aud_error_set(err, "there is no letter \"%s\"", letter);
    }

    w.footer = letter_text_of(source, "footer");

    if (w.footer[0] == '\0') {
        w.footer = locale_text(texts, "footer");
    }

    if (letter_line(&w, letter_text_of(source, "subject"), &out->subject) != 0
        || letter_line(&w, letter_text_of(source, "title"), &title) != 0
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


static int
write_body(letter_writer_t *w, const json_t *blocks, aud_buffer_t *html)
{
    aud_buffer_t  *text = &w->letter->text;

    if (write_greeting(w, html) != 0 || letter_blocks(w, blocks, html) != 0) {
        return -1;
    }

    aud_buffer_text(text, "-- \n");
    aud_buffer_text(text, w->footer);
    aud_buffer_char(text, '\n');

    return 0;
}


static int
write_greeting(letter_writer_t *w, aud_buffer_t *html)
{
    return letter_paragraph(w, locale_text(w->texts, w->name[0]
                                           ? "greeting"
                                           : "greeting_nameless"),
                            html);
}


static int
write_frame(letter_writer_t *w)
{
    template_values_t  values = { frame_part, NULL, w };

    return template_fill(aud_str(w->texts->frame, strlen(w->texts->frame)),
                         &values, &w->letter->html, w->err);
}


static int
frame_part(void *arg, aud_str_t name, aud_buffer_t *out)
{
    letter_writer_t  *w = arg;

    if (aud_str_equal(name, AUD_STR("language"))) {
        aud_buffer_text(out, w->texts->language);

    } else if (aud_str_equal(name, AUD_STR("title"))) {
        letter_html(out, w->title);

    } else if (aud_str_equal(name, AUD_STR("body"))) {
        aud_buffer_add(out, w->body.data, w->body.len);

    } else if (aud_str_equal(name, AUD_STR("footer"))) {
        letter_html(out, aud_str(w->footer, strlen(w->footer)));

    } else {
        return -1;
    }

    return 0;
}
