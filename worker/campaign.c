/*
 * Fields of campaigns.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "campaign.h"

/* More events than there can be; no sum of two overflows. */
#define CAMPAIGN_MOST  INT64_C(1000000000000)

#define CAMPAIGN_STATUSES  7

/* A message that failed was sent; one that was delivered has failed no more. */

static const char *const  campaign_statuses[CAMPAIGN_STATUSES] = {
    "", "sent", "failed", "delivered", "viewed", "read", "replied"
};


static int64_t campaign_count(aud_str_t value);


campaign_part_t
campaign_part(aud_str_t name)
{
    size_t  i, n;

    static const struct {
        const char       *end;
        campaign_part_t   part;
    } ends[] = {
        { ".sent", CAMPAIGN_COUNT },
        { ".read", CAMPAIGN_COUNT },
        { ".replied", CAMPAIGN_COUNT },
        { ".last_at", CAMPAIGN_LAST }
    };

    for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        n = strlen(ends[i].end);

        if (name.len > n
            && memcmp(name.data + name.len - n, ends[i].end, n) == 0)
        {
            return ends[i].part;
        }
    }

    return CAMPAIGN_STATUS;
}


int64_t
campaign_read(campaign_part_t part, aud_str_t value)
{
    int64_t  at, rank;

    switch (part) {

    case CAMPAIGN_STATUS:
        for (rank = 1; rank < CAMPAIGN_STATUSES; rank++) {
            if (strlen(campaign_statuses[rank]) == value.len
                && memcmp(campaign_statuses[rank], value.data, value.len) == 0)
            {
                return rank;
            }
        }

        return -1;

    case CAMPAIGN_COUNT:
        return campaign_count(value);

    default:
        return aud_time_parse(value.data, value.len, &at, NULL) == 0 && at >= 0
               ? at : -1;
    }
}


static int64_t
campaign_count(aud_str_t value)
{
    size_t   i;
    int64_t  n = 0;

    for (i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9' || n > CAMPAIGN_MOST) {
            return -1;
        }

        n = 10 * n + (value.data[i] - '0');
    }

    return value.len ? n : -1;
}


int64_t
campaign_fold(campaign_part_t part, int64_t a, int64_t b)
{
    if (part == CAMPAIGN_COUNT) {
        return a + b < CAMPAIGN_MOST ? a + b : CAMPAIGN_MOST;
    }

    return a > b ? a : b;
}


size_t
campaign_write(campaign_part_t part, int64_t number,
    char out[AUD_TIME_LEN + 1])
{
    switch (part) {

    case CAMPAIGN_STATUS:
        return snprintf(out, AUD_TIME_LEN + 1, "%s",
                        campaign_statuses[number]);

    case CAMPAIGN_COUNT:
        return snprintf(out, AUD_TIME_LEN + 1, "%" PRId64, number);

    default:
        return aud_time_format(out, number);
    }
}
