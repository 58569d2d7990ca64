#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "aud_clock.h"
#include "aud_id.h"

#define DIGITS  26


static void system_random(void *buf, size_t len);
static void increment(uint8_t *bytes, size_t len);


void (*aud_random)(void *buf, size_t len) = system_random;

static const char  alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";


/* Without randomness ids would repeat: there is nothing to go on to. */
static void
system_random(void *buf, size_t len)
{
    char     *p = buf;
    ssize_t   n;

    while (len) {
        n = getrandom(p, len, 0);

        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }

            abort();
        }

        p += n;
        len -= n;
    }
}


/*
 *   |     48 bits     | 4 |   12   | 2 |      62      |
 *   | milliseconds    | 7 | rand_a | 2 |    rand_b    |
 *
 * Ids of one millisecond, or of a clock that went back, are the one before
 * plus a little: rand_a and rand_b together are a counter that begins at
 * random (RFC 9562, 6.2, method 2).
 */
void
aud_uuid_make(aud_uuid_t *out)
{
    static pthread_mutex_t  mutex = PTHREAD_MUTEX_INITIALIZER;
    static uint64_t         last_ms;
    static uint8_t          counter[10];    /* 74 bits */

    uint64_t  ms;

    ms = (uint64_t) (aud_now() / 1000) & 0xffffffffffff;

    pthread_mutex_lock(&mutex);

    if (ms > last_ms) {
        last_ms = ms;
        aud_random(counter, sizeof(counter));
        counter[0] &= 0x01;         /* room for 2^73 more */

    } else {
        increment(counter, sizeof(counter));
    }

    for (int i = 0; i < 6; i++) {
        out->bytes[i] = (uint8_t) (last_ms >> (40 - 8 * i));
    }

    /* 2 + 8 + 2 bits of the counter into rand_a, the other 62 into rand_b */
    out->bytes[6] = 0x70 | (counter[0] & 0x03) << 2 | counter[1] >> 6;
    out->bytes[7] = (uint8_t) (counter[1] << 2) | counter[2] >> 6;
    out->bytes[8] = 0x80 | (counter[2] & 0x3f);
    memcpy(out->bytes + 9, counter + 3, 7);

    pthread_mutex_unlock(&mutex);
}


/* Adds one to a big-endian number. */
static void
increment(uint8_t *bytes, size_t len)
{
    while (len) {
        if (++bytes[--len]) {
            return;
        }
    }
}


int
aud_uuid_compare(const aud_uuid_t *a, const aud_uuid_t *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}


/* 128 bits are 26 digits of 5 bits, the first of which holds only 3. */
void
aud_id_format(char out[AUD_ID_LEN + 1], const char *prefix,
    const aud_uuid_t *id)
{
    char               *p;
    unsigned __int128   v = 0;

    for (size_t i = 0; i < sizeof(id->bytes); i++) {
        v = v << 8 | id->bytes[i];
    }

    memcpy(out, prefix, AUD_ID_PREFIX_LEN);
    out[AUD_ID_PREFIX_LEN] = '_';
    p = out + AUD_ID_PREFIX_LEN + 1;

    for (int i = DIGITS - 1; i >= 0; i--) {
        p[i] = alphabet[(unsigned) v & 31];
        v >>= 5;
    }

    p[DIGITS] = '\0';
}


int
aud_id_parse(const char *text, size_t len, const char *prefix, aud_uuid_t *id)
{
    const char         *digit;
    unsigned __int128   v = 0;

    if (len != AUD_ID_LEN || memcmp(text, prefix, AUD_ID_PREFIX_LEN) != 0
        || text[AUD_ID_PREFIX_LEN] != '_')
    {
        return -1;
    }

    text += AUD_ID_PREFIX_LEN + 1;

    if (text[0] > '7') {            /* more than 128 bits */
        return -1;
    }

    for (int i = 0; i < DIGITS; i++) {
        digit = text[i] ? strchr(alphabet, text[i]) : NULL;

        if (digit == NULL) {
            return -1;
        }

        v = v << 5 | (unsigned) (digit - alphabet);
    }

    for (int i = sizeof(id->bytes) - 1; i >= 0; i--) {
        id->bytes[i] = (uint8_t) v;
        v >>= 8;
    }

    return 0;
}


int
aud_tenant_valid(const char *text, size_t len)
{
    if (len < 1 || len > 64) {
        return 0;
    }

    for (size_t i = 0; i < len; i++) {
        if ((text[i] < 'a' || text[i] > 'z') && (text[i] < '0' || text[i] > '9')
            && text[i] != '-' && text[i] != '_')
        {
            return 0;
        }
    }

    return 1;
}
