#include "aud_frame.h"

#include "aud_id.h"

#define STRINGS  11

static int take_u32(aud_str_t *from, uint32_t *v);
static int take_string(aud_str_t *from, aud_str_t *s);
static int header_valid(aud_str_t name, aud_str_t value);
static size_t begin_frame(aud_buffer_t *out, aud_frame_type_t type);
static void end_frame(aud_buffer_t *out, size_t at, uint32_t max);


int
aud_frame_header(const char bytes[AUD_FRAME_HEADER], aud_frame_type_t *type,
    uint32_t *length)
{
    aud_str_t  from;

    from = aud_str(bytes, sizeof(uint32_t));
    take_u32(&from, length);

    *type = (unsigned char) bytes[4];

    switch (*type) {

    case AUD_FRAME_REQUEST:
        return *length <= AUD_FRAME_MAX_REQUEST ? 0 : -1;

    case AUD_FRAME_HEAD:
        return *length <= AUD_FRAME_MAX_HEAD ? 0 : -1;

    case AUD_FRAME_DATA:
        return *length >= 1 && *length <= AUD_FRAME_MAX_DATA ? 0 : -1;

    case AUD_FRAME_END:
        return *length == 0 ? 0 : -1;

    default:
        return -1;
    }
}


int
aud_frame_read_request(aud_str_t payload, aud_request_t *request)
{
    size_t        i;
    aud_str_t    *strings[STRINGS] = {
        &request->tenant, &request->user, &request->request_id,
        &request->path, &request->args, &request->content_type,
        &request->accept_language, &request->idempotency_key,
        &request->base_url, &request->last_event_id, &request->body
    };

    if (payload.len < 2 || payload.data[0] != AUD_FRAME_VERSION) {
        return -1;
    }

    request->method = (unsigned char) payload.data[1];

    if (request->method < AUD_METHOD_GET
        || request->method > AUD_METHOD_BACKUP)
    {
        return -1;
    }

    payload = aud_str(payload.data + 2, payload.len - 2);

    for (i = 0; i < STRINGS; i++) {
        if (take_string(&payload, strings[i]) != 0) {
            return -1;
        }
    }

    if (payload.len != 0) {
        return -1;
    }

    return aud_tenant_valid(request->tenant.data, request->tenant.len) ? 0 : -1;
}


int
aud_frame_read_head(aud_str_t payload, aud_response_head_t *head)
{
    uint32_t              high, low, i;
    aud_str_t             name, value;
    aud_response_head_t   rest;
    const unsigned char  *p;

    if (payload.len < 2) {
        return -1;
    }

    p = (const unsigned char *) payload.data;
    head->status = p[0] << 8 | p[1];
    payload = aud_str(payload.data + 2, payload.len - 2);

    if (take_u32(&payload, &high) != 0 || take_u32(&payload, &low) != 0
        || take_u32(&payload, &head->nheaders) != 0
        || head->status < 200 || head->status > 599)
    {
        return -1;
    }

    head->content_length = (uint64_t) high << 32 | low;
    head->headers = payload;

    /* Whoever reads them afterwards need not look for errors. */

    rest = *head;

    for (i = 0; i < head->nheaders; i++) {
        if (aud_frame_next_header(&rest, &name, &value) != 0
            || !header_valid(name, value))
        {
            return -1;
        }
    }

    return rest.headers.len == 0 ? 0 : -1;
}


int
aud_frame_next_header(aud_response_head_t *head, aud_str_t *name,
    aud_str_t *value)
{
    if (head->nheaders == 0
        || take_string(&head->headers, name) != 0
        || take_string(&head->headers, value) != 0)
    {
        return -1;
    }

    head->nheaders--;

    return 0;
}


void
aud_frame_write_request(aud_buffer_t *out, const aud_request_t *request)
{
    size_t            i, at;
    const aud_str_t  *strings[STRINGS] = {
        &request->tenant, &request->user, &request->request_id,
        &request->path, &request->args, &request->content_type,
        &request->accept_language, &request->idempotency_key,
        &request->base_url, &request->last_event_id, &request->body
    };

    at = begin_frame(out, AUD_FRAME_REQUEST);

    aud_buffer_u8(out, AUD_FRAME_VERSION);
    aud_buffer_u8(out, request->method);

    for (i = 0; i < STRINGS; i++) {
        aud_buffer_str32(out, *strings[i]);
    }

    end_frame(out, at, AUD_FRAME_MAX_REQUEST);
}


void
aud_frame_write_head(aud_buffer_t *out, unsigned status,
    uint64_t content_length, const aud_str_t *names_and_values,
    uint32_t nheaders)
{
    size_t    at;
    uint32_t  i;

    at = begin_frame(out, AUD_FRAME_HEAD);

    aud_buffer_u8(out, status >> 8);
    aud_buffer_u8(out, status & 0xFF);
    aud_buffer_u64(out, content_length);
    aud_buffer_u32(out, nheaders);

    for (i = 0; i < nheaders; i++) {
        aud_buffer_str32(out, names_and_values[2 * i]);
        aud_buffer_str32(out, names_and_values[2 * i + 1]);
    }

    end_frame(out, at, AUD_FRAME_MAX_HEAD);
}


void
aud_frame_write_data(aud_buffer_t *out, aud_str_t body)
{
    size_t  n, at;

    while (body.len) {
        n = body.len < AUD_FRAME_MAX_DATA ? body.len : AUD_FRAME_MAX_DATA;

        at = begin_frame(out, AUD_FRAME_DATA);
        aud_buffer_add(out, body.data, n);
        end_frame(out, at, AUD_FRAME_MAX_DATA);

        body = aud_str(body.data + n, body.len - n);
    }
}


void
aud_frame_write_end(aud_buffer_t *out)
{
    end_frame(out, begin_frame(out, AUD_FRAME_END), 0);
}


/* Returns where the length stands that end_frame() fills in. */

static size_t
begin_frame(aud_buffer_t *out, aud_frame_type_t type)
{
    size_t  at;

    at = out->len;

    aud_buffer_u32(out, 0);
    aud_buffer_u8(out, type);

    return at;
}


static void
end_frame(aud_buffer_t *out, size_t at, uint32_t max)
{
    size_t  n;

    if (out->failed) {
        return;
    }

    n = out->len - at - AUD_FRAME_HEADER;

    if (n > max) {
        out->failed = 1;
        return;
    }

    out->data[at] = (char) (n >> 24);
    out->data[at + 1] = (char) (n >> 16);
    out->data[at + 2] = (char) (n >> 8);
    out->data[at + 3] = (char) n;
}


static int
take_u32(aud_str_t *from, uint32_t *v)
{
    const unsigned char  *p;

    if (from->len < 4) {
        return -1;
    }

    p = (const unsigned char *) from->data;
    *v = (uint32_t) p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
    *from = aud_str(from->data + 4, from->len - 4);

    return 0;
}


static int
take_string(aud_str_t *from, aud_str_t *s)
{
    uint32_t  n;

    if (take_u32(from, &n) != 0 || n > from->len) {
        return -1;
    }

    *s = aud_str(from->data, n);
    *from = aud_str(from->data + n, from->len - n);

    return 0;
}


/* Names are letters, digits and dashes; values hold no control characters, so
 * that nothing can begin a header or an answer of its own. */

static int
header_valid(aud_str_t name, aud_str_t value)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < name.len; i++) {
        c = name.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '-'))
        {
            return 0;
        }
    }

    for (i = 0; i < value.len; i++) {
        c = value.data[i];

        if ((c < 0x20 && c != '\t') || c == 0x7F) {
            return 0;
        }
    }

    return name.len > 0;
}
