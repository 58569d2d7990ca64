#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "aud_phone.h"
#include "aud_tax_document.h"
#include "aud_text.h"

#define CPF_LEAST   9               /* bare digits, others being lost zeros */
#define CNPJ_LEAST  12


typedef struct {
    char      text[AUD_TAX_DOCUMENT_LEN];
    size_t    len;
    unsigned  bare:1;               /* digits alone, nothing between them */
    unsigned  letters:1;
} written_t;


static int  usual_cpf(aud_str_t s, char *out);
static char check_digit(unsigned sum);
static aud_str_t without_word(aud_str_t s);
static aud_str_t without_float_tail(aud_str_t s);
static int  read_written(aud_str_t s, written_t *w);
static size_t punctuation(aud_str_t s);
static int  cpf(const written_t *w, char *out);
static int  cnpj(const written_t *w, char *out);
static void pad(const written_t *w, size_t len, char *out);
static int  checks(const char *text, size_t len, unsigned greatest);
static int  repeated(const char *text, size_t len);


aud_tax_document_status_t
aud_tax_document_normalise(aud_str_t text, char out[AUD_TAX_DOCUMENT_LEN + 1])
{
    written_t                  w;
    aud_tax_document_status_t  status = AUD_TAX_DOCUMENT_OTHER;

    out[0] = '\0';
    text = aud_trim(text);

    if (text.len == 0) {
        return AUD_TAX_DOCUMENT_EMPTY;
    }

    if (usual_cpf(text, out)) {
        return AUD_TAX_DOCUMENT_CPF;
    }

    if (aud_spoiled_by_spreadsheet(text)) {
        return AUD_TAX_DOCUMENT_SPOILED;
    }

    text = without_float_tail(without_word(text));

    if (read_written(text, &w) != 0) {
        return AUD_TAX_DOCUMENT_OTHER;
    }

    if (cpf(&w, out)) {
        status = AUD_TAX_DOCUMENT_CPF;

    } else if (cnpj(&w, out)) {
        status = AUD_TAX_DOCUMENT_CNPJ;
    }

    if (status != AUD_TAX_DOCUMENT_OTHER && repeated(out, strlen(out))) {
        status = AUD_TAX_DOCUMENT_REPEATED;
    }

    if (!aud_tax_document_valid(status)) {
        out[0] = '\0';
    }

    return status;
}


/* 52998224725 and 529.982.247-25, which nearly all are, in one pass; what it
 * refuses is read with care. */
static int
usual_cpf(aud_str_t s, char *out)
{
    char           digits[AUD_CPF_LEN];
    unsigned       i, d, first, second, other;
    const char    *p = s.data;

    if (s.len == AUD_CPF_LEN + 3 && p[3] == '.' && p[7] == '.' && p[11] == '-')
    {
        memcpy(digits, p, 3);
        memcpy(digits + 3, p + 4, 3);
        memcpy(digits + 6, p + 8, 3);
        memcpy(digits + 9, p + 12, 2);
        p = digits;

    } else if (s.len != AUD_CPF_LEN) {
        return 0;
    }

    for (i = 0, first = 0, second = 0, other = 0; i < AUD_CPF_LEN; i++) {
        d = (unsigned char) p[i] - '0';

        if (d > 9) {
            return 0;
        }

        first += i < 9 ? d * (10 - i) : 0;
        second += i < 10 ? d * (11 - i) : 0;
        other |= p[i] != p[0];
    }

    if (check_digit(first) != p[9] || check_digit(second) != p[10] || !other) {
        return 0;
    }

    memcpy(out, p, AUD_CPF_LEN);
    out[AUD_CPF_LEN] = '\0';

    return 1;
}


static char
check_digit(unsigned sum)
{
    sum %= 11;

    return '0' + (sum < 2 ? 0 : 11 - sum);
}


/* Without "CPF", "CPF:", "CNPJ nº" and the like; a CNPJ that begins with these
 * letters stays whole, as it is followed by no blank or colon. */
static aud_str_t
without_word(aud_str_t s)
{
    size_t  n;

    n = s.len > 4 && strncasecmp(s.data, "CNPJ", 4) == 0 ? 4
        : s.len > 3 && strncasecmp(s.data, "CPF", 3) == 0 ? 3 : 0;

    if (n == 0 || (s.data[n] != ' ' && s.data[n] != ':')) {
        return s;
    }

    for (n++; n < s.len && !isalnum((unsigned char) s.data[n]); n++) {
        /* colon, blanks */
    }

    return aud_str(s.data + n, s.len - n);
}


/* 12345678909.0, from programs that read documents as floating point */
static aud_str_t
without_float_tail(aud_str_t s)
{
    if (s.len < 3 || s.data[s.len - 1] != '0'
        || (s.data[s.len - 2] != '.' && s.data[s.len - 2] != ','))
    {
        return s;
    }

    for (size_t i = 0; i < s.len - 2; i++) {
        if (!isdigit((unsigned char) s.data[i])) {
            return s;
        }
    }

    return aud_str(s.data, s.len - 2);
}


static int
read_written(aud_str_t s, written_t *w)
{
    size_t         n;
    unsigned char  c;

    memset(w, 0, sizeof(*w));
    w->bare = 1;

    for (size_t i = 0; i < s.len; i += n) {
        c = (unsigned char) s.data[i];
        n = punctuation(aud_str(s.data + i, s.len - i));

        if (n) {
            w->bare = 0;
            continue;
        }

        n = 1;

        if (c >= 0x80 || !isalnum(c) || w->len == sizeof(w->text)) {
            return -1;
        }

        if (!isdigit(c)) {
            w->letters = 1;
            w->bare = 0;
        }

        w->text[w->len++] = (char) toupper(c);
    }

    return 0;
}


static size_t
punctuation(aud_str_t s)
{
    if (memchr(" .-/\t", s.data[0], 5)) {
        return 1;
    }

    if (s.len >= 2 && memcmp(s.data, "\xc2\xa0", 2) == 0) {
        return 2;
    }

    if (s.len >= 3 && memcmp(s.data, "\xe2\x80", 2) == 0
        && (unsigned char) s.data[2] >= 0x8b
        && (unsigned char) s.data[2] <= 0x95)
    {
        return 3;                   /* marks of direction, hyphens, dashes */
    }

    return 0;
}


static int
cpf(const written_t *w, char *out)
{
    if (w->letters || w->len > AUD_CPF_LEN
        || w->len < (w->bare ? CPF_LEAST : AUD_CPF_LEN))
    {
        return 0;
    }

    pad(w, AUD_CPF_LEN, out);

    return checks(out, AUD_CPF_LEN - 1, AUD_CPF_LEN - 1)
           && checks(out, AUD_CPF_LEN, AUD_CPF_LEN);
}


static int
cnpj(const written_t *w, char *out)
{
    if (w->len < (w->bare ? CNPJ_LEAST : AUD_TAX_DOCUMENT_LEN)) {
        return 0;
    }

    pad(w, AUD_TAX_DOCUMENT_LEN, out);

    return isdigit((unsigned char) out[AUD_TAX_DOCUMENT_LEN - 2])
           && isdigit((unsigned char) out[AUD_TAX_DOCUMENT_LEN - 1])
           && checks(out, AUD_TAX_DOCUMENT_LEN - 1, 9)
           && checks(out, AUD_TAX_DOCUMENT_LEN, 9);
}


static void
pad(const written_t *w, size_t len, char *out)
{
    memset(out, '0', len - w->len);
    memcpy(out + len - w->len, w->text, w->len);
    out[len] = '\0';
}


/* Whether the last of len characters is the check digit of those before it:
 * weights from 2 on, right to left, beginning anew after the greatest. */
static int
checks(const char *text, size_t len, unsigned greatest)
{
    unsigned  sum = 0, weight = 2;

    for (size_t i = len - 1; i-- > 0; ) {
        sum += (unsigned) (text[i] - '0') * weight;
        weight = weight == greatest ? 2 : weight + 1;
    }

    return text[len - 1] == check_digit(sum);
}


static int
repeated(const char *text, size_t len)
{
    for (size_t i = 1; i < len; i++) {
        if (text[i] != text[0]) {
            return 0;
        }
    }

    return 1;
}
