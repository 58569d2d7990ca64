/*
 * The multipart reader.  See aud_multipart.h.
 *
 *   PREAMBLE --delimiter--> AFTER --CRLF--> HEADERS --empty line--> CONTENT
 *                           ^ |                                        |
 *                           | +----"--"----> EPILOGUE                  |
 *                           +-----------------delimiter----------------+
 *
 * The delimiter is CRLF "--" boundary; the CRLF belongs to it and not to the
 * content before it (RFC 2046, 5.1.1).  Only its first byte is a CR, so that a
 * delimiter cut by the end of a piece is remembered as a count of its bytes:
 * where the rest does not follow, these bytes were content.
 */

#include "aud_multipart.h"

#include <strings.h>

#include "aud_alloc.h"
#include "aud_buffer.h"
#include "aud_part.h"

#define PADDING_MAX  128        /* blanks behind a boundary */

typedef enum {
    PREAMBLE = 0,
    AFTER,
    HEADERS,
    CONTENT,
    EPILOGUE
} multipart_state_t;

struct aud_multipart_s {
    aud_multipart_data_fn   fn;
    void                   *arg;
    aud_multipart_status_t  status;
    multipart_state_t       state;

    char                    delimiter[4 + AUD_MULTIPART_BOUNDARY_MAX];
    size_t                  delimiter_len;
    size_t                  matched;    /* bytes of a delimiter that was cut */
    size_t                  borrowed;   /* those from before the content */

    char                    after;      /* '-' or CR that came behind one */
    unsigned                padding;
    unsigned                nparts;
    unsigned                in_file:1;
    unsigned                seen_file:1;
    aud_buffer_t            headers;
    aud_part_t              part;       /* the file's, once it was seen */
};

static const char *content(aud_multipart_t *m, const char *p,
    const char *end);
static const char *resume(aud_multipart_t *m, const char *p, const char *end);
static void keep_tail(aud_multipart_t *m, const char *p, const char *end);
static void emit(aud_multipart_t *m, const char *data, size_t len);
static const char *after(aud_multipart_t *m, const char *p);
static const char *headers(aud_multipart_t *m, const char *p,
    const char *end);
static void begin_part(aud_multipart_t *m);
static void fail(aud_multipart_t *m, aud_multipart_status_t status);


aud_multipart_t *
aud_multipart_create(aud_str_t content_type, aud_multipart_data_fn fn,
    void *arg, aud_multipart_status_t *status)
{
    size_t            len;
    char              boundary[AUD_MULTIPART_BOUNDARY_MAX];
    aud_multipart_t  *m;

    len = aud_part_boundary(content_type, boundary);

    if (len == 0) {
        *status = AUD_MULTIPART_BAD_BOUNDARY;
        return NULL;
    }

    m = aud_calloc(1, sizeof(aud_multipart_t));

    if (m == NULL) {
        *status = AUD_MULTIPART_NO_MEMORY;
        return NULL;
    }

    m->fn = fn;
    m->arg = arg;
    m->delimiter_len = 4 + len;
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary, len);

    /* A body may begin with its first boundary, without the CRLF. */

    m->matched = 2;
    m->borrowed = 2;
    *status = AUD_MULTIPART_OK;

    return m;
}


void
aud_multipart_free(aud_multipart_t *m)
{
    if (m) {
        aud_buffer_free(&m->headers);
        aud_free(m);
    }
}


aud_multipart_status_t
aud_multipart_feed(aud_multipart_t *m, const char *data, size_t len)
{
    const char  *p, *end;

    if (len == 0) {
        return m->status;
    }

    p = data;
    end = data + len;

    while (p < end && m->status == AUD_MULTIPART_OK) {

        switch (m->state) {

        case PREAMBLE:
        case CONTENT:
            p = content(m, p, end);
            break;

        case AFTER:
            p = after(m, p);
            break;

        case HEADERS:
            p = headers(m, p, end);
            break;

        default: /* EPILOGUE: to be ignored */
            p = end;
        }
    }

    return m->status;
}


aud_multipart_status_t
aud_multipart_finish(aud_multipart_t *m)
{
    if (m->status == AUD_MULTIPART_OK && m->state != EPILOGUE) {
        m->status = AUD_MULTIPART_CUT_OFF;
    }

    return m->status;
}


aud_str_t
aud_multipart_filename(const aud_multipart_t *m)
{
    return aud_str(m->part.filename, m->part.filename_len);
}


/* Looks for the next delimiter, giving out what stands before it. */

static const char *
content(aud_multipart_t *m, const char *p, const char *end)
{
    const char  *q;

    if (m->matched) {
        return resume(m, p, end);
    }

    q = memmem(p, end - p, m->delimiter, m->delimiter_len);

    if (q == NULL) {
        keep_tail(m, p, end);
        return end;
    }

    emit(m, p, q - p);
    m->state = AFTER;

    return q + m->delimiter_len;
}


/* Goes on with a delimiter that the last piece cut. */

static const char *
resume(aud_multipart_t *m, const char *p, const char *end)
{
    size_t  n, matched, borrowed;

    n = m->delimiter_len - m->matched;
    n = n < (size_t) (end - p) ? n : (size_t) (end - p);

    if (memcmp(p, m->delimiter + m->matched, n) != 0) {
        matched = m->matched;
        borrowed = m->borrowed;
        m->matched = 0;
        m->borrowed = 0;
        emit(m, m->delimiter + borrowed, matched - borrowed);
        return p;
    }

    m->matched += n;

    if (m->matched == m->delimiter_len) {
        m->matched = 0;
        m->borrowed = 0;
        m->state = AFTER;
    }

    return p + n;
}


/* Gives out a piece but for the beginning of a delimiter at its end. */

static void
keep_tail(aud_multipart_t *m, const char *p, const char *end)
{
    size_t       n;
    const char  *tail, *cr;

    n = m->delimiter_len - 1;
    tail = (size_t) (end - p) > n ? end - n : p;
    cr = memrchr(tail, '\r', end - tail);

    if (cr && memcmp(cr, m->delimiter, end - cr) == 0) {
        m->matched = end - cr;
        end = cr;
    }

    emit(m, p, end - p);
}


static void
emit(aud_multipart_t *m, const char *data, size_t len)
{
    if (m->in_file && len && m->fn(m->arg, data, len) != 0) {
        fail(m, AUD_MULTIPART_STOPPED);
    }
}


/* Behind a boundary: blanks and CRLF, or "--" for the last one. */

static const char *
after(aud_multipart_t *m, const char *p)
{
    m->in_file = 0;

    if (m->after == '\0' && (*p == ' ' || *p == '\t')
        && m->padding++ < PADDING_MAX)
    {
        return p + 1;
    }

    if (m->after == '\0' && (*p == '\r' || (*p == '-' && m->padding == 0))) {
        m->after = *p;
        return p + 1;
    }

    if (m->after == '\r' && *p == '\n') {
        m->after = '\0';
        m->padding = 0;
        m->state = HEADERS;

        if (++m->nparts > AUD_MULTIPART_PARTS_MAX) {
            fail(m, AUD_MULTIPART_TOO_MANY_PARTS);
        }

        return p + 1;
    }

    if (m->after == '-' && *p == '-') {
        m->state = EPILOGUE;

        if (!m->seen_file) {
            fail(m, AUD_MULTIPART_NO_FILE);
        }

        return p + 1;
    }

    fail(m, AUD_MULTIPART_BAD_HEADERS);

    return p;
}


/* Collects lines up to the empty one. */

static const char *
headers(aud_multipart_t *m, const char *p, const char *end)
{
    const char    *q;
    aud_buffer_t  *h;

    h = &m->headers;
    q = memchr(p, '\n', end - p);
    q = q ? q + 1 : end;

    if ((size_t) (q - p) > AUD_MULTIPART_HEADERS_MAX - h->len) {
        fail(m, AUD_MULTIPART_BAD_HEADERS);
        return p;
    }

    aud_buffer_add(h, p, q - p);

    if (h->failed) {
        fail(m, AUD_MULTIPART_NO_MEMORY);

    } else if (h->len >= 4
               && memcmp(h->data + h->len - 4, "\r\n\r\n", 4) == 0)
    {
        begin_part(m);

    } else if (h->len == 2 && memcmp(h->data, "\r\n", 2) == 0) {
        fail(m, AUD_MULTIPART_BAD_HEADERS);     /* RFC 7578, 4.2 wants one */
    }

    return q;
}


static void
begin_part(aud_multipart_t *m)
{
    aud_part_t  part;

    if (aud_part_read(aud_str(m->headers.data, m->headers.len - 2), &part)
        != 0)
    {
        fail(m, AUD_MULTIPART_BAD_HEADERS);
        return;
    }

    m->headers.len = 0;
    m->state = CONTENT;

    /* Where a part is empty, the CRLF of the empty line may be all there is. */

    m->matched = 2;
    m->borrowed = 2;

    if (part.is_file) {
        if (m->seen_file) {
            fail(m, AUD_MULTIPART_TWO_FILES);
            return;
        }

        m->in_file = 1;
        m->seen_file = 1;
        m->part = part;
    }
}


static void
fail(aud_multipart_t *m, aud_multipart_status_t status)
{
    m->status = status;
}
