/*
 * Calls that look at all audiences of a tenant, one after the other, the newest
 * first, for as long as somebody may be let wait.
 *
 *   open ──> look, look, …        a few in one turn of the tenant's lane
 *             └──> answer         when all were looked at, or time is up
 *
 * All three run in the lane.  Whoever asks by ?limit= and an id in the path gets
 * both read; other ids are a 404.
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

    /* 1; 0 where nobody has the id, -1.  w->g is there. */
    int        (*open)(audience_walk_t *w);
    /* 1; 0 where that was enough, -1. */
    int        (*look)(api_call_t *call, audience_walk_t *w,
                       const aud_audience_t *audience);
    json_t    *(*answer)(api_call_t *call, audience_walk_t *w);
    void       (*free)(audience_walk_t *w);     /* what open made; or NULL */
} audience_walk_type_t;

struct audience_walk_s {
    const audience_walk_type_t  *type;
    aud_uuid_t                   id;
    size_t                       limit;
    aud_generation_t            *g;
    size_t                       left;      /* audiences not looked at yet */
    int64_t                      spent;     /* microseconds */
    json_t                      *body;
    unsigned                     found:1;
    unsigned                     failed:1;
};

void api_audience_walk(api_call_t *call, const audience_walk_type_t *type);

#endif
