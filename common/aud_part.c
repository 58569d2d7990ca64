#include "aud_part.h"

#include <strings.h>

#define VALUE_MAX  1024

typedef struct {
    aud_str_t  name;
    char       value[VALUE_MAX];
    size_t     len;
} param_t;

typedef struct {
    aud_part_t  *part;
    unsigned     named:1;
    unsigned     plain:1;       /* filename= was there */
    unsigned     extended:1;    /* filename*= was there */
} disposition_t;

static int read_header(aud_str_t line, disposition_t *d);
static int read_disposition(aud_str_t value, disposition_t *d);
static int read_filename(const param_t *param, disposition_t *d);
static int read_extended(const param_t *param, disposition_t *d);
static int next_param(aud_str_t *rest, param_t *param);
static int take_quoted(aud_str_t *rest, param_t *param);
static aud_str_t take_token(aud_str_t *from);
static void skip_blanks(aud_str_t *s);
static int is_word(aud_str_t s, const char *word);
static int hex_digit(char c);


size_t
aud_part_boundary(aud_str_t content_type,
    char boundary[AUD_MULTIPART_BOUNDARY_MAX])
{
    int      rc;
    size_t   i, len;
    param_t  param;

    static const char  allowed[] =
        "0123456789abcdefghijklmnopqrstuvwxyz"
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ'()+_,-./:=? ";

    skip_blanks(&content_type);

    if (!is_word(take_token(&content_type), "multipart")
        || content_type.len == 0 || content_type.data[0] != '/')
    {
        return 0;
    }

    content_type = aud_str(content_type.data + 1, content_type.len - 1);

    if (!is_word(take_token(&content_type), "form-data")) {
        return 0;
    }

    len = 0;

    while ((rc = next_param(&content_type, &param)) > 0) {

        if (!is_word(param.name, "boundary")) {
            continue;
        }

        if (len || param.len > AUD_MULTIPART_BOUNDARY_MAX) {
            return 0;
        }

        len = param.len;
        memcpy(boundary, param.value, len);
    }

    for (i = 0; i < len; i++) {
        if (memchr(allowed, boundary[i], sizeof(allowed) - 1) == NULL) {
            return 0;
        }
    }

    return rc == 0 && len && boundary[len - 1] != ' ' ? len : 0;
}


int
aud_part_read(aud_str_t headers, aud_part_t *part)
{
    aud_str_t       line;
    const char     *end;
    disposition_t   d = { .part = part };

    memset(part, 0, sizeof(aud_part_t));

    while (headers.len) {
        end = memchr(headers.data, '\n', headers.len);

        if (end == NULL || end == headers.data || end[-1] != '\r') {
            return -1;
        }

        line = aud_str(headers.data, end - 1 - headers.data);
        headers = aud_str(end + 1, headers.len - (end + 1 - headers.data));

        if (read_header(line, &d) != 0) {
            return -1;
        }
    }

    return d.named ? 0 : -1;
}


static int
read_header(aud_str_t line, disposition_t *d)
{
    size_t         i;
    aud_str_t      name;
    unsigned char  c;

    for (i = 0; i < line.len; i++) {
        c = line.data[i];

        if ((c < 0x20 && c != '\t') || c == 0x7F) {
            return -1;
        }
    }

    name = take_token(&line);

    if (name.len == 0 || line.len == 0 || line.data[0] != ':') {
        return -1;
    }

    line = aud_str(line.data + 1, line.len - 1);
    skip_blanks(&line);

    if (is_word(name, "content-disposition")) {
        return read_disposition(line, d);
    }

    if (is_word(name, "content-transfer-encoding")) {
        name = take_token(&line);

        return is_word(name, "7bit") || is_word(name, "8bit")
               || is_word(name, "binary") ? 0 : -1;
    }

    return 0;
}


static int
read_disposition(aud_str_t value, disposition_t *d)
{
    int      rc;
    param_t  param;

    if (d->named || !is_word(take_token(&value), "form-data")) {
        return -1;
    }

    while ((rc = next_param(&value, &param)) > 0) {

        if (is_word(param.name, "name")) {
            if (d->named) {
                return -1;
            }

            d->named = 1;
            d->part->is_file = aud_str_equal(aud_str(param.value, param.len),
                                             AUD_STR("file"));

        } else if (is_word(param.name, "filename")) {
            rc = read_filename(&param, d);

        } else if (is_word(param.name, "filename*")) {
            rc = read_extended(&param, d);
        }

        if (rc < 0) {
            return -1;
        }
    }

    return rc == 0 && d->named ? 0 : -1;
}


static int
read_filename(const param_t *param, disposition_t *d)
{
    if (d->plain || param->len > AUD_MULTIPART_FILENAME_MAX) {
        return -1;
    }

    d->plain = 1;

    if (!d->extended) {
        memcpy(d->part->filename, param->value, param->len);
        d->part->filename_len = param->len;
    }

    return 0;
}


/* RFC 8187: UTF-8'language'percent-encoded.  Other character sets are left to
 * the plain name. */

static int
read_extended(const param_t *param, disposition_t *d)
{
    int          high, low;
    size_t       n;
    const char  *p, *end;

    end = param->value + param->len;
    p = memchr(param->value, '\'', param->len);

    if (p == NULL || d->extended) {
        return -1;
    }

    if (!is_word(aud_str(param->value, p - param->value), "utf-8")) {
        return 0;
    }

    p = memchr(p + 1, '\'', end - (p + 1));

    if (p == NULL) {
        return -1;
    }

    d->extended = 1;

    for (n = 0, p++; p < end; p++) {

        if (n == AUD_MULTIPART_FILENAME_MAX) {
            return -1;
        }

        if (*p != '%') {
            d->part->filename[n++] = *p;
            continue;
        }

        high = end - p > 2 ? hex_digit(p[1]) : -1;
        low = end - p > 2 ? hex_digit(p[2]) : -1;

        if (high < 0 || low < 0) {
            return -1;
        }

        d->part->filename[n++] = (char) (high << 4 | low);
        p += 2;
    }

    d->part->filename_len = n;

    return 0;
}


/* Takes ; name=value off rest.  1, 0 at the end, -1 where it is malformed. */

static int
next_param(aud_str_t *rest, param_t *param)
{
    aud_str_t  token;

    skip_blanks(rest);

    if (rest->len == 0) {
        return 0;
    }

    if (rest->data[0] != ';') {
        return -1;
    }

    *rest = aud_str(rest->data + 1, rest->len - 1);
    skip_blanks(rest);

    if (rest->len == 0) {
        return 0;                       /* "…; " */
    }

    param->name = take_token(rest);

    if (param->name.len == 0 || rest->len == 0 || rest->data[0] != '=') {
        return -1;
    }

    *rest = aud_str(rest->data + 1, rest->len - 1);

    if (rest->len && rest->data[0] == '"') {
        return take_quoted(rest, param);
    }

    token = take_token(rest);

    if (token.len == 0 || token.len > VALUE_MAX) {
        return -1;
    }

    memcpy(param->value, token.data, token.len);
    param->len = token.len;

    return 1;
}


/* A backslash escapes a quote and itself; before anything else it is one of
 * the path that an old browser sent. */

static int
take_quoted(aud_str_t *rest, param_t *param)
{
    char        c;
    const char  *p, *end;

    end = rest->data + rest->len;
    param->len = 0;

    for (p = rest->data + 1; p < end && *p != '"'; p++) {
        c = *p;

        if (c == '\\' && p + 1 < end && (p[1] == '"' || p[1] == '\\')) {
            c = *++p;
        }

        if (param->len == VALUE_MAX) {
            return -1;
        }

        param->value[param->len++] = c;
    }

    if (p == end) {
        return -1;
    }

    *rest = aud_str(p + 1, end - (p + 1));

    return 1;
}


static aud_str_t
take_token(aud_str_t *from)
{
    size_t     n;
    aud_str_t  token;

    static const char  separators[] = "()<>@,;:\\\"/[]?={} \t";

    for (n = 0; n < from->len; n++) {
        if ((unsigned char) from->data[n] <= 0x20 || from->data[n] == 0x7F
            || memchr(separators, from->data[n], sizeof(separators) - 1))
        {
            break;
        }
    }

    token = aud_str(from->data, n);
    *from = aud_str(from->data + n, from->len - n);

    return token;
}


static void
skip_blanks(aud_str_t *s)
{
    while (s->len && (s->data[0] == ' ' || s->data[0] == '\t')) {
        *s = aud_str(s->data + 1, s->len - 1);
    }
}


static int
is_word(aud_str_t s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.data, word, s.len) == 0;
}


static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
