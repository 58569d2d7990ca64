/*
 * Fields of campaigns, and how their values fold.  By the end of its name:
 *
 *   campaign.Black Friday           the furthest status
 *   campaign.Black Friday.sent      how often: .sent, .read, .replied; a sum
 *   campaign.Black Friday.last_at   the last event
 *
 * Each is a number inside, and folding numbers is associative: so the row that
 * a segment holds, with newer records folded over it, equals the fold of all
 * records, as it does with fields of which the newest value wins.  Any thread.
 */

#ifndef CAMPAIGN_H
#define CAMPAIGN_H

#include "aud_clock.h"
#include "aud_str.h"

typedef enum {
    CAMPAIGN_STATUS = 0,
    CAMPAIGN_COUNT,
    CAMPAIGN_LAST
} campaign_part_t;

/* name: of the field. */
campaign_part_t  campaign_part(aud_str_t name);

/* The number of a value: how far a status is (1 sent, 2 failed, 3 delivered,
 * 4 viewed, 5 read, 6 replied), a count, microseconds.  -1: it is no value. */
int64_t  campaign_read(campaign_part_t part, aud_str_t value);

/* That of two. */
int64_t  campaign_fold(campaign_part_t part, int64_t a, int64_t b);

/* The value of a number; with a NUL.  Returns its length. */
size_t   campaign_write(campaign_part_t part, int64_t number,
    char out[AUD_TIME_LEN + 1]);

#endif
