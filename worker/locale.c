#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_text.h"
#include "class_texts.h"
#include "letter.h"
#include "locale.h"
#include "template.h"

#define LANGUAGES   3
#define FILE_BYTES  (256 * 1024)


struct locales_s {
    locale_texts_t  texts[LANGUAGES];
    aud_buffer_t    frame;
    json_t         *fields;
};


static int  read_frame(const char *folder, aud_buffer_t *frame,
    aud_error_t *err);
static int  read_fields(const char *folder, json_t **fields,
    aud_error_t *err);
static int  read_language(const char *folder, const char *language,
    locale_texts_t *texts, aud_error_t *err);
static int  check_language(locale_texts_t *texts, aud_error_t *err);
static int  preference(aud_str_t *item);
static int  time_part(void *arg, aud_str_t name, aud_buffer_t *out);


static const char *const  languages[LANGUAGES] = { "pt-BR", "en", "es" };


locales_t *
locales_read(const char *folder, aud_error_t *err)
{
    locales_t  *locales;

    locales = aud_calloc(1, sizeof(*locales));

    if (locales == NULL) {
        aud_error_set(err, "no memory");
        return NULL;
    }

    if (read_frame(folder, &locales->frame, err) != 0
        || read_fields(folder, &locales->fields, err) != 0)
    {
        goto failed;
    }

    for (size_t i = 0; i < LANGUAGES; i++) {
        locales->texts[i].frame = locales->frame.data;
        locales->texts[i].fields = locales->fields;

        if (read_language(folder, languages[i], &locales->texts[i], err) != 0) {
            goto failed;
        }
    }

    return locales;

failed:

    locales_free(locales);

    return NULL;
}


void
locales_free(locales_t *locales)
{
    if (locales == NULL) {
        return;
    }

    for (size_t i = 0; i < LANGUAGES; i++) {
        json_decref(locales->texts[i].json);
    }

    json_decref(locales->fields);
    aud_buffer_free(&locales->frame);
    aud_free(locales);
}


static int
read_frame(const char *folder, aud_buffer_t *frame, aud_error_t *err)
{
    int      rc = 0;
    char     path[1024];
    FILE    *file;
    size_t   n;

    snprintf(path, sizeof(path), "%s/mail.html", folder);
    file = fopen(path, "re");

    if (file == NULL) {
        return aud_error_system(err, "%s", path);
    }

    aud_buffer_reserve(frame, FILE_BYTES + 1);

    if (frame->failed) {
        rc = aud_error_set(err, "no memory");
        goto done;
    }

    n = fread(frame->data, 1, FILE_BYTES, file);

    if (ferror(file)) {
        rc = aud_error_system(err, "%s", path);
        goto done;
    }

    frame->data[n] = '\0';
    frame->len = n;

done:

    fclose(file);

    return rc;
}


static int
read_fields(const char *folder, json_t **fields, aud_error_t *err)
{
    char          path[1024];
    json_error_t  error;

    snprintf(path, sizeof(path), "%s/fields.json", folder);
    *fields = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

    if (*fields == NULL) {
        return aud_error_set(err, "%s:%d: %s", path, error.line, error.text);
    }

    return 0;
}


static int
read_language(const char *folder, const char *language, locale_texts_t *texts,
    aud_error_t *err)
{
    char          path[1024];
    aud_error_t   why;
    json_error_t  error;

    snprintf(path, sizeof(path), "%s/%s.json", folder, language);

    texts->language = language;
    texts->json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

    if (texts->json == NULL) {
        return aud_error_set(err, "%s:%d: %s", path, error.line, error.text);
    }

    if (check_language(texts, &why) != 0) {
        return aud_error_set(err, "%s: %.150s", path, why.text);
    }

    return 0;
}


static int
check_language(locale_texts_t *texts, aud_error_t *err)
{
    json_t      *letters = json_object_get(texts->json, "letters");
    json_t      *letter;
    const char  *months_missing = "\"months\" are not twelve texts";

    snprintf(texts->thousands, sizeof(texts->thousands), "%s",
             locale_text(texts, "thousands"));
    texts->grouped_from = json_integer_value(
                              json_object_get(texts->json, "grouped_from"));

    if (json_array_size(json_object_get(texts->json, "months")) != 12) {
        return aud_error_set(err, "%s", months_missing);
    }

    for (size_t i = 0; letter_names[i]; i++) {
        letter = json_object_get(letters, letter_names[i]);

        if (!json_is_string(json_object_get(letter, "subject"))
            || !json_is_string(json_object_get(letter, "title"))
            || !json_is_array(json_object_get(letter, "blocks")))
        {
            return aud_error_set(err, "the letter \"%s\" has no subject, title"
                                 " and blocks", letter_names[i]);
        }
    }

    return class_texts_check(texts, err);
}


const locale_texts_t *
locales_get(const locales_t *locales, const char *language)
{
    for (size_t i = 0; i < LANGUAGES; i++) {
        if (strcmp(languages[i], language) == 0) {
            return &locales->texts[i];
        }
    }

    return &locales->texts[0];
}


const char *
locale_language(aud_str_t tag)
{
    size_t  len;

    for (size_t i = 0; i < LANGUAGES; i++) {
        len = strcspn(languages[i], "-");

        if (tag.len >= len && strncasecmp(tag.data, languages[i], len) == 0
            && (tag.len == len || tag.data[len] == '-'))
        {
            return languages[i];
        }
    }

    return NULL;
}


const char *
locale_accepted(aud_str_t header, const char *fallback)
{
    int          q, best_q = 0;
    const char  *comma, *language, *best = fallback;
    aud_str_t    item;

    while (header.len) {
        comma = memchr(header.data, ',', header.len);
        item = comma ? aud_str(header.data, (size_t) (comma - header.data))
                     : header;
        header = aud_str(header.data + item.len + (comma != NULL),
                         header.len - item.len - (comma != NULL));

        q = preference(&item);
        language = locale_language(item);

        if (language && q > best_q) {
            best_q = q;
            best = language;
        }
    }

    return best;
}


/* Takes ";q=0.5" off an item; thousandths. */
static int
preference(aud_str_t *item)
{
    int          q = 1000, unit = 1000;
    const char  *p, *end = item->data + item->len;

    p = item->len ? memchr(item->data, ';', item->len) : NULL;

    if (p) {
        item->len = (size_t) (p - item->data);

        for (p++; p < end && (*p == ' ' || *p == '\t'); p++) {
            /* void */
        }

        if (end - p > 2 && (p[0] | 0x20) == 'q' && p[1] == '=') {
            q = 0;

            for (p += 2; p < end && unit; p++) {
                if (*p >= '0' && *p <= '9') {
                    q += (*p - '0') * unit;
                    unit /= 10;
                }
            }
        }
    }

    *item = aud_trim(*item);

    return q > 1000 ? 1000 : q;
}


const char *
locale_text(const locale_texts_t *texts, const char *name)
{
    const char  *text = json_string_value(json_object_get(texts->json, name));

    return text ? text : "";
}


void
locale_number(const locale_texts_t *texts, int64_t n, aud_buffer_t *out)
{
    int   len;
    char  digits[24];

    len = snprintf(digits, sizeof(digits), "%lld", (long long) n);

    if (n < texts->grouped_from) {
        aud_buffer_add(out, digits, (size_t) len);
        return;
    }

    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0) {
            aud_buffer_text(out, texts->thousands);
        }

        aud_buffer_char(out, digits[i]);
    }
}


typedef struct {
    const locale_texts_t  *texts;
    struct tm              tm;
} moment_t;


void
locale_time(const locale_texts_t *texts, int64_t us, aud_buffer_t *out)
{
    time_t             seconds = us / AUD_SECOND;
    moment_t           moment = { .texts = texts };
    const char        *pattern = locale_text(texts, "time");
    aud_error_t        err;
    template_values_t  values = { time_part, NULL, &moment };

    gmtime_r(&seconds, &moment.tm);

    if (template_fill(aud_str(pattern, strlen(pattern)), &values, out, &err)
        != 0)
    {
        out->failed = 1;
    }
}


static int
time_part(void *arg, aud_str_t name, aud_buffer_t *out)
{
    moment_t    *m = arg;
    const char  *month;

    if (aud_str_equal(name, AUD_STR("day"))) {
        aud_buffer_printf(out, "%d", m->tm.tm_mday);

    } else if (aud_str_equal(name, AUD_STR("month"))) {
        month = json_string_value(json_array_get(
                    json_object_get(m->texts->json, "months"), m->tm.tm_mon));
        aud_buffer_text(out, month ? month : "");

    } else if (aud_str_equal(name, AUD_STR("year"))) {
        aud_buffer_printf(out, "%d", m->tm.tm_year + 1900);

    } else if (aud_str_equal(name, AUD_STR("hour"))) {
        aud_buffer_printf(out, "%02d", m->tm.tm_hour);

    } else if (aud_str_equal(name, AUD_STR("minute"))) {
        aud_buffer_printf(out, "%02d", m->tm.tm_min);

    } else {
        return -1;
    }

    return 0;
}
