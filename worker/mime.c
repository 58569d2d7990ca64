#include <openssl/evp.h>
#include <stdio.h>
#include <time.h>

#include "aud_clock.h"
#include "aud_text.h"
#include "mime.h"

#define WORD_BYTES    39        /* in an encoded word, so that the line of
                                   "Subject: " holds at most 76 characters */
#define LINE_BYTES    57        /* in a line of a body: 76 characters */
#define PLAIN_MAX     60        /* of a header that goes as it is */


static int  sendable(const mime_message_t *m, aud_error_t *err);
static void add_date(aud_buffer_t *out, int64_t us);
static void add_mailbox(aud_buffer_t *out, const char *header, aud_str_t name,
    aud_str_t address);
static void add_header(aud_buffer_t *out, const char *header, aud_str_t value);
static void add_part(aud_buffer_t *out, const char *boundary,
    const char *type, aud_str_t body);
static void add_words(aud_buffer_t *out, aud_str_t text);
static void add_body(aud_buffer_t *out, aud_str_t body);
static void add_base64(aud_buffer_t *out, const char *data, size_t len);
static int  is_plain(aud_str_t text);
static int  local_part_valid(aud_str_t s);
static int  domain_valid(aud_str_t s);
static int  is_atom(char c);
static int  is_alphanumeric(char c);


int
mime_write(const mime_message_t *m, aud_buffer_t *out, aud_error_t *err)
{
    char  boundary[80];

    if (sendable(m, err) != 0) {
        return -1;
    }

    /* no base64 line has "=_" in it (RFC 2045, 6.7) */
    snprintf(boundary, sizeof(boundary), "=_%.*s",
             (int) (m->message_id.len < 40 ? m->message_id.len : 40),
             m->message_id.data);

    for (char *p = boundary + 2; *p; p++) {
        *p = is_alphanumeric(*p) ? *p : '.';
    }

    add_date(out, m->date);
    add_mailbox(out, "From", m->from_name, m->from_address);
    add_mailbox(out, "To", m->to_name, m->to_address);
    add_header(out, "Subject", m->subject);
    aud_buffer_printf(out, "Message-ID: <%.*s>\r\n", (int) m->message_id.len,
                      m->message_id.data);
    aud_buffer_printf(out, "Content-Language: %.*s\r\n",
                      (int) m->language.len, m->language.data);
    aud_buffer_text(out, "Auto-Submitted: auto-generated\r\n"
                         "MIME-Version: 1.0\r\n");
    aud_buffer_printf(out, "Content-Type: multipart/alternative;\r\n"
                           " boundary=\"%s\"\r\n\r\n", boundary);

    add_part(out, boundary, "text/plain", m->text);
    add_part(out, boundary, "text/html", m->html);
    aud_buffer_printf(out, "--%s--\r\n", boundary);

    return out->failed ? aud_error_set(err, "no memory") : 0;
}


static int
sendable(const mime_message_t *m, aud_error_t *err)
{
    if (!mime_address_valid(m->from_address)
        || !mime_address_valid(m->to_address))
    {
        return aud_error_set(err, "not a valid e-mail address");
    }

    if (!mime_address_valid(m->message_id)) {
        return aud_error_set(err, "not a valid message id");
    }

    if (!mime_header_valid(m->from_name) || !mime_header_valid(m->to_name)
        || !mime_header_valid(m->subject) || !mime_header_valid(m->language))
    {
        return aud_error_set(err, "a header of the e-mail would hold a control"
                             " character");
    }

    return 0;
}


/* RFC 5322, 3.3: names of days and months are English everywhere. */
static void
add_date(aud_buffer_t *out, int64_t us)
{
    static const char  days[] = "SunMonTueWedThuFriSat";
    static const char  months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    time_t     seconds = us / AUD_SECOND;
    struct tm  tm;

    gmtime_r(&seconds, &tm);
    aud_buffer_printf(out, "Date: %.3s, %02d %.3s %d %02d:%02d:%02d +0000\r\n",
                      days + 3 * tm.tm_wday, tm.tm_mday,
                      months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour,
                      tm.tm_min, tm.tm_sec);
}


static void
add_mailbox(aud_buffer_t *out, const char *header, aud_str_t name,
    aud_str_t address)
{
    aud_buffer_printf(out, "%s:", header);

    if (name.len && is_plain(name) && !memchr(name.data, '"', name.len)
        && !memchr(name.data, '\\', name.len))
    {
        aud_buffer_printf(out, " \"%.*s\"\r\n", (int) name.len, name.data);

    } else if (name.len) {
        add_words(out, name);
        aud_buffer_text(out, "\r\n");
    }

    aud_buffer_printf(out, " <%.*s>\r\n", (int) address.len, address.data);
}


static void
add_header(aud_buffer_t *out, const char *header, aud_str_t value)
{
    aud_buffer_printf(out, "%s:", header);

    if (is_plain(value)) {
        aud_buffer_char(out, ' ');
        aud_buffer_add(out, value.data, value.len);

    } else {
        add_words(out, value);
    }

    aud_buffer_text(out, "\r\n");
}


/* RFC 2047: words of at most 75 characters, none of which cuts a character in
 * two, one a line. */
static void
add_words(aud_buffer_t *out, aud_str_t text)
{
    size_t  n;

    for (int first = 1; text.len; first = 0) {
        n = text.len < WORD_BYTES ? text.len : WORD_BYTES;

        while (n < text.len && n > 1
               && ((unsigned char) text.data[n] & 0xc0) == 0x80)
        {
            n--;
        }

        aud_buffer_text(out, first ? " =?UTF-8?B?" : "\r\n =?UTF-8?B?");
        add_base64(out, text.data, n);
        aud_buffer_text(out, "?=");

        text = aud_str(text.data + n, text.len - n);
    }
}


static void
add_part(aud_buffer_t *out, const char *boundary, const char *type,
    aud_str_t body)
{
    aud_buffer_printf(out, "--%s\r\nContent-Type: %s; charset=utf-8\r\n"
                           "Content-Transfer-Encoding: base64\r\n\r\n",
                      boundary, type);
    add_body(out, body);
}


/* Ends of lines are CRLF before they are encoded (RFC 2045, 6.8). */
static void
add_body(aud_buffer_t *out, aud_str_t body)
{
    size_t        n;
    aud_buffer_t  canonical = { 0 };

    for (size_t i = 0; i < body.len; i++) {
        if (body.data[i] == '\n') {
            aud_buffer_char(&canonical, '\r');
        }

        aud_buffer_char(&canonical, body.data[i]);
    }

    for (size_t i = 0; i < canonical.len; i += n) {
        n = canonical.len - i < LINE_BYTES ? canonical.len - i : LINE_BYTES;
        add_base64(out, canonical.data + i, n);
        aud_buffer_text(out, "\r\n");
    }

    out->failed |= canonical.failed;
    aud_buffer_free(&canonical);
}


static void
add_base64(aud_buffer_t *out, const char *data, size_t len)
{
    int            n;
    unsigned char  text[4 * (LINE_BYTES / 3 + 1) + 1];

    n = EVP_EncodeBlock(text, (const unsigned char *) data, (int) len);
    aud_buffer_add(out, text, (size_t) n);
}


/* Short printable ASCII that no reader takes for an encoded word. */
static int
is_plain(aud_str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < 0x20 || text.data[i] > 0x7e) {
            return 0;
        }
    }

    return text.len <= PLAIN_MAX
           && (text.len == 0 || !memmem(text.data, text.len, "=?", 2));
}


/* Controls are also U+0080 to U+009F. */
int
mime_header_valid(aud_str_t text)
{
    unsigned char  c, next;

    for (size_t i = 0; i < text.len; i++) {
        c = (unsigned char) text.data[i];
        next = i + 1 < text.len ? (unsigned char) text.data[i + 1] : 0;

        if (c < 0x20 || c == 0x7f || (c == 0xc2 && next < 0xa0)) {
            return 0;
        }
    }

    return aud_utf8_valid(text) == text.len;
}


int
mime_address_valid(aud_str_t address)
{
    const char  *at;
    aud_str_t    local, domain;

    at = address.len ? memchr(address.data, '@', address.len) : NULL;

    if (at == NULL || address.len > MIME_ADDRESS_MAX) {
        return 0;
    }

    local = aud_str(address.data, (size_t) (at - address.data));
    domain = aud_str(at + 1, address.len - local.len - 1);

    return local_part_valid(local) && domain_valid(domain);
}


static int
local_part_valid(aud_str_t s)
{
    char  last = '.';

    if (s.len > 64) {
        return 0;
    }

    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] == '.' ? last == '.' : !is_atom(s.data[i])) {
            return 0;
        }

        last = s.data[i];
    }

    return last != '.';
}


static int
domain_valid(aud_str_t s)
{
    char    c, last = '.';
    size_t  label = 0;

    for (size_t i = 0; i < s.len; i++) {
        c = s.data[i];

        if (c == '.') {
            if (last == '.' || last == '-') {
                return 0;
            }

            label = 0;

        } else if (is_alphanumeric(c) || (c == '-' && last != '.')) {
            label++;

        } else {
            return 0;
        }

        if (label > 63) {
            return 0;
        }

        last = c;
    }

    return last != '.' && last != '-';
}


/* RFC 5322, 3.2.3 */
static int
is_atom(char c)
{
    return is_alphanumeric(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}


static int
is_alphanumeric(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9');
}


int
mime_mailbox(aud_str_t text, aud_str_t *name, aud_str_t *address)
{
    const char  *open;

    text = aud_trim(text);
    open = text.len ? memchr(text.data, '<', text.len) : NULL;

    if (open == NULL) {
        *name = aud_str(text.data, 0);
        *address = text;

    } else if (text.data[text.len - 1] == '>') {
        *name = aud_trim(aud_str(text.data, (size_t) (open - text.data)));
        *address = aud_str(open + 1,
                           text.len - (size_t) (open - text.data) - 2);

    } else {
        return -1;
    }

    if (name->len >= 2 && name->data[0] == '"'
        && name->data[name->len - 1] == '"')
    {
        *name = aud_str(name->data + 1, name->len - 2);
    }

    return mime_address_valid(*address) && mime_header_valid(*name) ? 0 : -1;
}
