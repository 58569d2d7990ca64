#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include <idn2.h>
#include <utf8proc.h>

#include "aud_text.h"
#include "email.h"

/* No spelling of an address that comes out short enough is longer. */
#define EMAIL_INPUT  2048

#define FOLD_OPTIONS  (UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STABLE)


static int email_plain(aud_str_t s, char out[EMAIL_LEN + 1]);
static aud_str_t email_bare(aud_str_t s);
static email_status_t email_local(aud_str_t local, char *out, size_t *len);
static email_status_t email_local_folded(aud_str_t local, char *out,
    size_t *len);
static int email_is_atom(aud_str_t s);
static email_status_t email_domain(aud_str_t domain, char *out, size_t *len);
static email_status_t email_domain_mapped(aud_str_t domain, char *out,
    size_t *len);
static int email_is_domain(aud_str_t s);
static int email_is_label(aud_str_t s);
static int email_has_a_label(aud_str_t s);
static int email_is_ascii(aud_str_t s);


/* What email_plain() takes a character for. */
static const char  plain[256] = {
    ['+'] = '+', ['-'] = '-', ['.'] = '.', ['_'] = '_',
    ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
    ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
    ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e',
    ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i', ['j'] = 'j',
    ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o',
    ['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't',
    ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x', ['y'] = 'y',
    ['z'] = 'z',
    ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e',
    ['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j',
    ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o',
    ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't',
    ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y',
    ['Z'] = 'z',
};


email_status_t
email_normalise(aud_str_t text, char out[EMAIL_LEN + 1])
{
    size_t           n, local, domain;
    char             ascii[EMAIL_DOMAIN_LEN + 1];
    const char      *at;
    email_status_t   status;

    out[0] = '\0';
    text = aud_trim(text);

    if (text.len == 0) {
        return EMAIL_EMPTY;
    }

    if (email_plain(text, out)) {
        return EMAIL_OK;
    }

    out[0] = '\0';
    text = email_bare(text);
    at = text.len <= EMAIL_INPUT ? memchr(text.data, '@', text.len) : NULL;

    if (at == NULL) {
        return EMAIL_INVALID;
    }

    n = at - text.data;
    status = email_local(aud_str(text.data, n), out, &local);

    if (status == EMAIL_OK) {
        status = email_domain(aud_str(at + 1, text.len - n - 1), ascii,
                              &domain);
    }

    if (status == EMAIL_OK && local + 1 + domain > EMAIL_LEN) {
        status = EMAIL_INVALID;
    }

    if (status != EMAIL_OK) {
        out[0] = '\0';
        return status;
    }

    out[local] = '@';
    memcpy(out + local + 1, ascii, domain);
    out[local + 1 + domain] = '\0';

    return EMAIL_OK;
}


/*
 * Nearly all addresses, in one pass: letters, digits, single dots, hyphens, and
 * in the local part + and _ too.  0, and anything in out, for whatever else;
 * the rest of this file decides on that.
 */

static int
email_plain(aud_str_t s, char out[EMAIL_LEN + 1])
{
    char      c, last;
    size_t    i, at, label, labels;

    if (s.len > EMAIL_LEN || s.data[s.len - 1] < '0') {
        return 0;
    }

    for (i = 0, last = '.'; i < s.len && s.data[i] != '@'; i++, last = c) {
        c = plain[(unsigned char) s.data[i]];

        if (c == 0 || (c == '.' && last == '.')) {
            return 0;
        }

        out[i] = c;
    }

    if (i == s.len || i > EMAIL_LOCAL_LEN || last == '.') {
        return 0;
    }

    at = i;
    out[i++] = '@';

    for (label = i, labels = 1, last = '.'; i < s.len; i++, last = c) {
        c = plain[(unsigned char) s.data[i]];

        /* no label is empty, begins or ends with a hyphen, or is an A-label */

        if (c == 0 || c == '+' || c == '_'
            || ((c == '.' || c == '-') && (last == '.' || last == '-')))
        {
            return 0;
        }

        out[i] = c;

        if (c == '.') {
            labels++;
            label = i + 1;

        } else if (i - label >= 63) {
            return 0;
        }
    }

    out[i] = '\0';

    return labels >= 2 && i - at - 1 <= EMAIL_DOMAIN_LEN && out[label] >= 'a';
}


/* What stands in "Ana <…>", without "mailto:". */

static aud_str_t
email_bare(aud_str_t s)
{
    const char  *open;

    open = s.data[s.len - 1] == '>' ? memchr(s.data, '<', s.len) : NULL;

    if (open) {
        s = aud_str(open + 1, s.data + s.len - 1 - (open + 1));
        s = aud_trim(s);
    }

    if (s.len > 7 && strncasecmp(s.data, "mailto:", 7) == 0) {
        s = aud_trim(aud_str(s.data + 7, s.len - 7));
    }

    return s;
}


static email_status_t
email_local(aud_str_t local, char *out, size_t *len)
{
    size_t          i;
    email_status_t  status;

    if (email_is_ascii(local)) {
        if (local.len > EMAIL_LOCAL_LEN) {
            return EMAIL_INVALID;
        }

        for (i = 0; i < local.len; i++) {
            out[i] = (char) tolower((unsigned char) local.data[i]);
        }

        *len = local.len;

    } else {
        status = email_local_folded(local, out, len);

        if (status != EMAIL_OK) {
            return status;
        }
    }

    return email_is_atom(aud_str(out, *len)) ? EMAIL_OK : EMAIL_INVALID;
}


/* Accents stay: joão@ and jose@ with and without them are other mailboxes. */

static email_status_t
email_local_folded(aud_str_t local, char *out, size_t *len)
{
    utf8proc_ssize_t   n;
    utf8proc_uint8_t  *folded;

    if (aud_utf8_valid(local) != local.len) {
        return EMAIL_INVALID;
    }

    n = utf8proc_map((const utf8proc_uint8_t *) local.data, local.len, &folded,
                     FOLD_OPTIONS);

    if (n < 0) {
        return n == UTF8PROC_ERROR_NOMEM ? EMAIL_NO_MEMORY : EMAIL_INVALID;
    }

    if (n > EMAIL_LOCAL_LEN) {
        free(folded);
        return EMAIL_INVALID;
    }

    memcpy(out, folded, n);
    *len = n;
    free(folded);

    return EMAIL_OK;
}


static int
email_is_atom(aud_str_t s)
{
    size_t         i;
    unsigned char  c;

    if (s.len == 0 || s.data[0] == '.' || s.data[s.len - 1] == '.') {
        return 0;
    }

    for (i = 0; i < s.len; i++) {
        c = (unsigned char) s.data[i];

        if (c == '.') {
            if (s.data[i + 1] == '.') {         /* the last is no dot */
                return 0;
            }

        } else if (c < 0x80 && !isalnum(c)
                   && (c == 0 || strchr("!#$%&'*+-/=?^_`{|}~", c) == NULL))
        {
            return 0;
        }
    }

    return 1;
}


static email_status_t
email_domain(aud_str_t domain, char *out, size_t *len)
{
    size_t          i;
    email_status_t  status;

    if (domain.len && domain.data[domain.len - 1] == '.') {
        domain.len--;                   /* the root */
    }

    if (email_is_ascii(domain) && !email_has_a_label(domain)) {
        if (domain.len > EMAIL_DOMAIN_LEN) {
            return EMAIL_INVALID;
        }

        for (i = 0; i < domain.len; i++) {
            out[i] = (char) tolower((unsigned char) domain.data[i]);
        }

        *len = domain.len;

    } else {
        status = email_domain_mapped(domain, out, len);

        if (status != EMAIL_OK) {
            return status;
        }
    }

    return email_is_domain(aud_str(out, *len)) ? EMAIL_OK : EMAIL_INVALID;
}


static email_status_t
email_domain_mapped(aud_str_t domain, char *out, size_t *len)
{
    int    rc;
    char   text[EMAIL_INPUT + 1];
    char  *ascii = NULL;

    if (aud_utf8_valid(domain) != domain.len
        || memchr(domain.data, '\0', domain.len) != NULL)
    {
        return EMAIL_INVALID;
    }

    memcpy(text, domain.data, domain.len);
    text[domain.len] = '\0';

    rc = idn2_to_ascii_8z(text, &ascii,
                          IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);

    if (rc != IDN2_OK) {
        return rc == IDN2_MALLOC ? EMAIL_NO_MEMORY : EMAIL_INVALID;
    }

    *len = strlen(ascii);

    if (*len > EMAIL_DOMAIN_LEN) {
        idn2_free(ascii);
        return EMAIL_INVALID;
    }

    memcpy(out, ascii, *len);
    idn2_free(ascii);

    return EMAIL_OK;
}


static int
email_is_domain(aud_str_t s)
{
    size_t     i, from, labels;
    aud_str_t  label = { "", 0 };

    for (i = 0, from = 0, labels = 0; i <= s.len; i++) {
        if (i < s.len && s.data[i] != '.') {
            continue;
        }

        label = aud_str(s.data + from, i - from);
        from = i + 1;
        labels++;

        if (!email_is_label(label)) {
            return 0;
        }
    }

    for (i = 0; i < label.len && isdigit((unsigned char) label.data[i]); i++) {
        /* of the last label */
    }

    return labels >= 2 && i < label.len;
}


static int
email_is_label(aud_str_t s)
{
    size_t  i;

    if (s.len == 0 || s.len > 63 || s.data[0] == '-'
        || s.data[s.len - 1] == '-')
    {
        return 0;
    }

    for (i = 0; i < s.len; i++) {
        if ((signed char) s.data[i] < 0
            || (!isalnum((unsigned char) s.data[i]) && s.data[i] != '-'))
        {
            return 0;
        }
    }

    return 1;
}


/* Labels that begin with xn-- are checked by libidn2 too. */

static int
email_has_a_label(aud_str_t s)
{
    size_t  i;

    for (i = 0; i + 4 <= s.len; i++) {
        if ((i == 0 || s.data[i - 1] == '.')
            && strncasecmp(s.data + i, "xn--", 4) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static int
email_is_ascii(aud_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if ((signed char) s.data[i] < 0) {
            return 0;
        }
    }

    return 1;
}
