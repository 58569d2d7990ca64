/*
 * What a language model wrote about a class, looked at before people see it.
 */

#include <ctype.h>

#include "aud_text.h"
#include "class_text.h"
#include "class_writer_private.h"

#define CHECK_NUMBER      32            /* digits of a number */
#define CHECK_PRIVATE     4             /* bytes of a value that is looked for */
#define CHECK_GAP         "{{name}}"
#define CHECK_STAND_IN    "Ana"         /* for the gap, while looking */


static const char *check_line(aud_str_t text, aud_str_t data);
static int check_link(aud_str_t text);
static int check_numbers(aud_str_t text, aud_str_t data);
static size_t check_number(aud_str_t text, size_t *at,
    char number[CHECK_NUMBER]);
static const char *check_copy(const class_brief_t *brief, aud_str_t text);
static const char *check_offer(const class_brief_t *brief, aud_str_t text);
static int check_private(const class_brief_t *brief, aud_str_t text);


const char *
class_checked_text(const class_brief_t *brief, aud_str_t text, size_t max,
    aud_buffer_t *out)
{
    const char  *wrong;

    wrong = check_line(text, aud_str(brief->text, strlen(brief->text)));

    if (wrong == NULL) {
        class_text_clean(text, max, out);
        wrong = out->failed ? "out of memory"
                : out->len == 0 ? "it has no letters" : NULL;
    }

    return wrong;
}


/* data: where each of its numbers must stand. */

static const char *
check_line(aud_str_t text, aud_str_t data)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {
        if ((unsigned char) text.data[i] < ' ' || text.data[i] == 0x7f) {
            return "it has a line end or a control character";
        }
    }

    if (check_link(text) || !redaction_clean(text)) {
        return "it has a link, an address or a number of somebody";
    }

    if (!check_numbers(text, data)) {
        return "it has a number that the data do not have";
    }

    return NULL;
}


/* Whatever a chat or a mail program would make one of: "x.com", "//". */

static int
check_link(aud_str_t text)
{
    size_t  i;

    for (i = 1; i + 2 < text.len; i++) {
        if ((text.data[i] == '.' && isalnum((unsigned char) text.data[i - 1])
             && isalpha((unsigned char) text.data[i + 1])
             && isalpha((unsigned char) text.data[i + 2]))
            || (text.data[i] == '/' && text.data[i + 1] == '/'))
        {
            return 1;
        }
    }

    return 0;
}


/* Whether each number of text is one of data, however its digits are
 * grouped. */

static int
check_numbers(aud_str_t text, aud_str_t data)
{
    int     found;
    char    number[CHECK_NUMBER], other[CHECK_NUMBER];
    size_t  at = 0, from, len;

    while ((len = check_number(text, &at, number)) > 0) {
        found = 0;
        from = 0;

        while (!found && check_number(data, &from, other) > 0) {
            found = strcmp(number, other) == 0;
        }

        if (!found) {
            return 0;
        }
    }

    return 1;
}


/* The digits of the next number from *at on, without what groups them; what is
 * too long is no number of anybody's. */

static size_t
check_number(aud_str_t text, size_t *at, char number[CHECK_NUMBER])
{
    size_t  i = *at, n = 0;

    while (i < text.len && !isdigit((unsigned char) text.data[i])) {
        i++;
    }

    for (/* void */; i < text.len; i++) {
        if (isdigit((unsigned char) text.data[i])) {
            if (n < CHECK_NUMBER - 1) {
                number[n++] = text.data[i];
            }

        } else if ((text.data[i] != '.' && text.data[i] != ',')
                   || i + 1 == text.len
                   || !isdigit((unsigned char) text.data[i + 1]))
        {
            break;
        }
    }

    number[n] = '\0';
    *at = i;

    return n;
}


const char *
class_checked_copies(const locale_texts_t *texts, const class_brief_t *brief,
    const json_t *written, json_t **copies)
{
    size_t         i, k, fact;
    json_t        *copy, *text;
    const char    *wrong = NULL;
    aud_buffer_t   on = { 0 };

    *copies = json_array();

    json_array_foreach((json_t *) written, i, copy) {
        text = json_object_get(copy, "text");
        fact = (size_t) json_integer_value(json_object_get(copy, "fact"));
        wrong = check_copy(brief, aud_str(json_string_value(text),
                                          json_string_length(text)));

        if (wrong == NULL && (fact > brief->n
                              || (fact && !brief->facts[fact - 1]->copies)))
        {
            wrong = "it rests on a fact that messages do not speak of";
        }

        for (k = 0; wrong == NULL && k < i; k++) {
            wrong = json_equal(text, json_object_get(json_array_get(written, k),
                                                     "text"))
                    ? "two messages are the same" : NULL;
        }

        if (wrong) {
            break;
        }

        on.len = 0;
        class_copy_basis_write(texts, fact ? brief->facts[fact - 1] : NULL,
                               &on);

        if (on.failed
            || json_array_append_new(*copies,
                                     json_pack("{s:O, s:s%}", "text", text,
                                               "characteristic", on.data,
                                               on.len))
               != 0)
        {
            wrong = "out of memory";
            break;
        }
    }

    if (wrong) {
        json_decref(*copies);
        *copies = NULL;
    }

    aud_buffer_free(&on);

    return wrong;
}


static const char *
check_copy(const class_brief_t *brief, aud_str_t text)
{
    char          *gap, *at;
    const char    *wrong = NULL;
    aud_buffer_t   plain = { 0 }, cleaned = { 0 }, whole = { 0 };

    aud_buffer_add(&whole, text.data, text.len);
    aud_buffer_char(&whole, '\0');
    at = whole.failed ? "" : whole.data;
    gap = strstr(at, CHECK_GAP);

    if (whole.failed || gap == NULL
        || strstr(gap + strlen(CHECK_GAP), CHECK_GAP))
    {
        wrong = "it has not one {{name}}";
        goto done;
    }

    /* What people get has a name there. */
    aud_buffer_add(&plain, at, gap - at);
    aud_buffer_text(&plain, CHECK_STAND_IN);
    aud_buffer_text(&plain, gap + strlen(CHECK_GAP));
    class_text_clean(aud_buffer_str(&plain), CLASS_COPY_MAX, &cleaned);

    if (plain.failed || cleaned.failed
        || !aud_str_equal(aud_buffer_str(&plain), aud_buffer_str(&cleaned)))
    {
        wrong = "it is too long, or has what no message should";

    } else if (check_private(brief, aud_buffer_str(&plain))) {
        wrong = "it says what messages do not speak of";

    } else {
        wrong = check_offer(brief, aud_buffer_str(&plain));
    }

done:

    aud_buffer_free(&whole);
    aud_buffer_free(&plain);
    aud_buffer_free(&cleaned);

    return wrong;
}


/* Of numbers a message may have those of its traits ("18 a 25 anos"): others
 * would be offers that nobody makes. */

static const char *
check_offer(const class_brief_t *brief, aud_str_t text)
{
    size_t         i;
    const char    *wrong;
    aud_buffer_t   values = { 0 };

    for (i = 0; i < brief->n; i++) {
        aud_buffer_add(&values, brief->facts[i]->value.data,
                       brief->facts[i]->value.len);
        aud_buffer_char(&values, ';');
    }

    wrong = values.failed ? "out of memory"
            : memchr(text.data, '%', text.len) ? "it has a percentage"
            : check_line(text, aud_buffer_str(&values));
    aud_buffer_free(&values);

    return wrong;
}


/* Whether the value of a trait that nobody is told we know stands in it. */

static int
check_private(const class_brief_t *brief, aud_str_t text)
{
    int                   found = 0;
    size_t                i;
    aud_buffer_t          message = { 0 }, value = { 0 };
    const class_trait_t  *t;

    aud_fold(&message, text);

    for (i = 0; i < brief->ntraits && !found; i++) {
        t = &brief->traits[i];
        value.len = 0;
        aud_fold(&value, aud_buffer_str(&t->value));

        found = t->copies == NULL && t->category.kind == BEHAVIOUR_VALUE
                && value.len >= CHECK_PRIVATE && message.len >= value.len
                && memmem(message.data, message.len, value.data, value.len);
    }

    found |= message.failed | value.failed;
    aud_buffer_free(&message);
    aud_buffer_free(&value);

    return found;
}
