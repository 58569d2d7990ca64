/*
 * Calls that look at audiences of a tenant, one after the other, the newest
 * first or in an order of their own, for as long as somebody may be let wait: a
 * few dozen at least, then until some milliseconds have been worked.
 *
 *   open ──> look, look, …        a few in one turn of the tenant's lane
 *             └──> answer         when all were looked at, or time is up
 *
 * All three run in the lane.  Whoever asks by ?limit= and an id in the path gets
 * both read; other ids are a 404.  With ?cursor=, the id of an audience, older
 * ones than that are looked at.
 */

#ifndef API_AUDIENCE_WALK_H
#define API_AUDIENCE_WALK_H

#include "api.h"
#include "aud_generation.h"

typedef struct audience_walk_s  audience_walk_t;

typedef struct {
    const char  *prefix;            /* of the id */
    const char  *failure;           /* in words, where memory is out */
    size_t       size;              /* of a struct that begins with the walk */

    /* 1; 0 where nobody has the id, -1.  w->g is there.  It may set w->order,
     * and left with it. */
    int        (*open)(api_call_t *call, audience_walk_t *w);
    /* 1; 0 where that was enough, -1. */
    int        (*look)(api_call_t *call, audience_walk_t *w,
                       const aud_audience_t *audience);
    json_t    *(*answer)(api_call_t *call, audience_walk_t *w);
    void       (*free)(audience_walk_t *w);     /* what open made; or NULL */
} audience_walk_type_t;

struct audience_walk_s {
    const audience_walk_type_t  *type;
    aud_uuid_t                   id;
    aud_uuid_t                   cursor;
    size_t                       limit;
    aud_generation_t            *g;
    const aud_audience_t       **order;     /* what is looked at, the first at
                                               its end, of aud_malloc(); NULL:
                                               all, by their ids */
    size_t                       left;      /* audiences not looked at yet */
    size_t                       looked;
    int64_t                      spent;     /* microseconds */
    json_t                      *body;
    unsigned                     goes_on:1; /* behind the cursor */
    unsigned                     enough:1;
    unsigned                     found:1;
    unsigned                     failed:1;
};

/* The cursor that goes on from here; null where nothing is left. */
json_t *audience_walk_next(const audience_walk_t *w);

void api_audience_walk(api_call_t *call, const audience_walk_type_t *type);

#endif
