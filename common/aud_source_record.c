#include "aud_source_record.h"

/* Bytes of the longest varint. */
#define VARINT_MAX  10

static char *write_text(char *p, aud_str_t text);
static int   read_text(aud_str_t *rest, aud_str_t *text);


void
aud_source_record_write(aud_buffer_t *out, const aud_source_record_t *record)
{
    char  *p;

    aud_buffer_reserve(out, sizeof(record->ref) + 4 * VARINT_MAX
                            + record->tax_document.len + record->phone.len
                            + record->email.len + record->name.len);
    if (out->failed) {
        return;
    }

    p = out->data + out->len;
    memcpy(p, &record->ref, sizeof(record->ref));
    p = write_text(p + sizeof(record->ref), record->tax_document);
    p = write_text(p, record->phone);
    p = write_text(p, record->email);
    p = write_text(p, record->name);
    out->len = p - out->data;
}


int
aud_source_record_read(aud_str_t *rest, aud_source_record_t *record)
{
    if (rest->len == 0) {
        return 0;
    }

    if (rest->len < sizeof(record->ref)) {
        return -1;
    }

    memcpy(&record->ref, rest->data, sizeof(record->ref));
    rest->data += sizeof(record->ref);
    rest->len -= sizeof(record->ref);

    if (read_text(rest, &record->tax_document) != 0
        || read_text(rest, &record->phone) != 0
        || read_text(rest, &record->email) != 0
        || read_text(rest, &record->name) != 0)
    {
        return -1;
    }

    return 1;
}


/* Gives where the next byte goes. */

static char *
write_text(char *p, aud_str_t text)
{
    size_t  len;

    for (len = text.len; len >= 0x80; len >>= 7) {
        *p++ = 0x80 | (len & 0x7f);
    }

    *p++ = len;

    if (text.len) {
        memcpy(p, text.data, text.len);
    }

    return p + text.len;
}


static int
read_text(aud_str_t *rest, aud_str_t *text)
{
    size_t    i;
    uint8_t   byte;
    uint64_t  len = 0;

    for (i = 0; /* void */ ; i++) {
        if (i == rest->len || i == VARINT_MAX) {
            return -1;
        }

        byte = rest->data[i];
        len |= (uint64_t) (byte & 0x7f) << (i < 9 ? 7 * i : 63);

        if (byte < 0x80) {
            break;
        }
    }

    if (len > rest->len - i - 1) {
        return -1;
    }

    *text = aud_str(rest->data + i + 1, len);
    rest->data += i + 1 + len;
    rest->len -= i + 1 + len;

    return 0;
}
