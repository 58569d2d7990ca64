/*
 * Redaction of what is made of digits.
 */

#include <utf8proc.h>

#include "aud_phone.h"
#include "aud_tax_document.h"
#include "redact_private.h"

#define DIGITS_TAKEN     6      /* so many and more are taken out */
#define DIGITS_OF_MONEY  9      /* up to so many may be an amount */
#define DIGITS_GAP       3      /* characters between two digits */
#define DIGITS_CODE      8      /* characters of a code, at least */


typedef struct {
    size_t        end;          /* behind the last digit */
    size_t        digits;
    unsigned      foreign:1;    /* digits of another script are among them */
    aud_buffer_t  text;         /* as written, where ASCII */
    aud_buffer_t  key;          /* the digits alone */
} digits_t;


static void digits_read(const redact_text_t *t, size_t at, digits_t *d);
static int digits_separator(int32_t c);
static int digits_money(const redact_text_t *t, size_t at, const digits_t *d);
static int money_pattern(const digits_t *d);
static int money_sign(const redact_text_t *t, size_t at);
static void digits_take(redact_text_t *t, digits_t *d);


size_t
redact_number(redact_text_t *t, size_t at)
{
    size_t    from = at, end = at;
    digits_t  d = { 0 };

    while (from < t->n && from < at + 2
           && (t->cp[from] == '+' || t->cp[from] == '('))
    {
        from++;
    }

    if (from >= t->n || !redact_digit(t->cp[from])) {
        return at;
    }

    digits_read(t, from, &d);

    if (d.digits >= DIGITS_TAKEN && !digits_money(t, from, &d)) {
        if (t->cp[at] == '(') {
            aud_buffer_char(t->out, '(');
        }

        digits_take(t, &d);
        end = d.end;
    }

    aud_buffer_free(&d.text);
    aud_buffer_free(&d.key);

    return end;
}


static void
digits_read(const redact_text_t *t, size_t at, digits_t *d)
{
    size_t   i, gap = 0;
    int32_t  c;
    uint8_t  bytes[4];

    for (i = at; i < t->n && gap <= DIGITS_GAP; i++) {
        c = t->cp[i];

        if (redact_digit(c)) {
            gap = 0;
            d->end = i + 1;
            d->digits++;
            d->foreign |= c >= 0x80;
            aud_buffer_add(&d->key, bytes, utf8proc_encode_char(c, bytes));

        } else if (digits_separator(c)
                   && (c != ',' || (i + 1 < t->n && redact_digit(t->cp[i + 1]))))
        {
            gap++;

        } else {
            break;
        }
    }

    for (i = at; i < d->end; i++) {
        aud_buffer_char(&d->text, t->cp[i] < 0x80 ? (char) t->cp[i] : '-');
    }
}


/* Not a colon, nor a comma with a blank behind it, which part times and lists
 * of numbers. */

static int
digits_separator(int32_t c)
{
    utf8proc_category_t  category = utf8proc_category(c);

    return category == UTF8PROC_CATEGORY_ZS
           || category == UTF8PROC_CATEGORY_PD
           || category == UTF8PROC_CATEGORY_ME
           || category == UTF8PROC_CATEGORY_MN
           || (c > 0 && c < 0x80 && strchr(".-/()+_*,\\|'\n\r\t", c));
}


/* R$ 1.250,00 and 1250.00 say what something costs. */

static int
digits_money(const redact_text_t *t, size_t at, const digits_t *d)
{
    int  pattern;

    if (d->foreign || d->digits > DIGITS_OF_MONEY || d->text.failed) {
        return 0;
    }

    pattern = money_pattern(d);

    return pattern == 2 || (pattern == 1 && money_sign(t, at));
}


/* 2 with a decimal part of two digits, 1 without, 0 no number at all. */

static int
money_pattern(const digits_t *d)
{
    char         group = 0;
    size_t       i, run = 0;
    const char  *text = d->text.data;

    for (i = 0; i < d->text.len; i++) {
        if (text[i] >= '0' && text[i] <= '9') {
            run++;

        } else if ((text[i] != '.' && text[i] != ',') || run == 0
                   || (group && run != 3) || (!group && run > 3
                                              && i + 3 != d->text.len))
        {
            return 0;

        } else if (group && text[i] != group) {
            return i + 3 == d->text.len ? 2 : 0;

        } else if (i + 3 == d->text.len) {
            return group ? 0 : 2;

        } else {
            group = text[i];
            run = 0;
        }
    }

    return group == 0 || run == 3;
}


static int
money_sign(const redact_text_t *t, size_t at)
{
    if (at && t->cp[at - 1] == ' ') {
        at--;
    }

    return at && utf8proc_category(t->cp[at - 1]) == UTF8PROC_CATEGORY_SC;
}


static void
digits_take(redact_text_t *t, digits_t *d)
{
    char           phone[AUD_PHONE_LEN + 1];
    char           document[AUD_TAX_DOCUMENT_LEN + 1];
    aud_str_t      key = aud_buffer_str(&d->key);
    redact_kind_t  kind = REDACT_NUMBER;

    t->run->failed |= d->key.failed | d->text.failed;

    if (d->foreign) {
        kind = REDACT_NUMBER;

    } else if ((key.len == AUD_CPF_LEN || key.len == AUD_TAX_DOCUMENT_LEN)
               && aud_tax_document_valid(
                      aud_tax_document_normalise(key, document)))
    {
        kind = REDACT_DOCUMENT;

    } else if (key.len >= 8
               && aud_phone_normalise(key, "11", phone) == AUD_PHONE_OK)
    {
        kind = REDACT_PHONE;
        key = aud_str(phone, strlen(phone));
    }

    redact_placeholder(t, kind, key);
}


/* "AB123456C", "12.ABC.345/01DE-35": letters and digits, with marks between
 * them. */

size_t
redact_code(redact_text_t *t, size_t at)
{
    char           document[AUD_TAX_DOCUMENT_LEN + 1];
    size_t         i, end = at, digits = 0, letters = 0;
    aud_buffer_t   key = { 0 };
    redact_kind_t  kind = REDACT_NUMBER;

    for (i = at; i < t->n && i < at + REDACT_WORD; i++) {
        if (redact_word(t->cp[i])) {
            digits += redact_digit(t->cp[i]) != 0;
            letters += redact_digit(t->cp[i]) == 0;
            end = i + 1;

        } else if (i == at || end != i || t->cp[i] >= 0x80
                   || !strchr(".-/_", t->cp[i]))
        {
            break;
        }
    }

    if (letters == 0 || digits < 4 || letters + digits < DIGITS_CODE) {
        return at;
    }

    redact_key(t, at, end, &key);

    if (aud_tax_document_valid(
            aud_tax_document_normalise(aud_buffer_str(&key), document)))
    {
        kind = REDACT_DOCUMENT;

    } else if (digits < DIGITS_TAKEN) {
        end = at;
    }

    if (end > at) {
        redact_placeholder(t, kind, aud_buffer_str(&key));
    }

    aud_buffer_free(&key);

    return end;
}
