/*
 * Saved audiences as filters, and which of them a filter reaches.
 */

#include "aud_alloc.h"
#include "aud_plan.h"


typedef struct {
    const aud_generation_t  *generation;
    const aud_uuid_t        *wanted;
    unsigned char           *seen;          /* by place in the generation */
    uint32_t                *waiting;       /* a stack of places */
    size_t                   nwaiting;
    int                      found;
} search_t;


static void search_node(search_t *s, const aud_node_t *node);


aud_filter_t *
aud_saved_filter(const aud_audience_t *saved, int *no_memory)
{
    aud_filter_t   *filter;
    aud_problem_t   problem;

    if (saved->filter.len == 0) {
        return NULL;
    }

    filter = aud_filter_parse_text(saved->filter, "", &problem);
    *no_memory = filter == NULL && problem.status == 500;

    return filter;
}


/* Walks with a stack of its own: what is saved may be nested in any depth.
 * Where memory is out, the answer is that it does. */
int
aud_filter_reaches(const aud_generation_t *g, const aud_filter_t *filter,
    const aud_uuid_t *id)
{
    int            no_memory = 0;
    search_t       s = { .generation = g, .wanted = id };
    aud_filter_t  *saved;

    s.seen = aud_calloc(g->naudiences + 1, 1);
    s.waiting = aud_calloc(g->naudiences + 1, sizeof(uint32_t));

    if (s.seen == NULL || s.waiting == NULL) {
        s.found = 1;
        goto done;
    }

    search_node(&s, aud_filter_root(filter));

    while (s.nwaiting && !s.found) {
        saved = aud_saved_filter(&g->audiences[s.waiting[--s.nwaiting]],
                                 &no_memory);

        if (saved) {
            search_node(&s, aud_filter_root(saved));
            aud_filter_free(saved);
        }

        s.found |= no_memory;
    }

done:

    aud_free(s.seen);
    aud_free(s.waiting);

    return s.found;
}


static void
search_node(search_t *s, const aud_node_t *node)
{
    size_t                 place;
    uint32_t               i;
    const aud_audience_t  *saved;

    for (i = 0; i < node->nchildren; i++) {
        search_node(s, node->children[i]);
    }

    if (node->kind != AUD_NODE_AUDIENCE) {
        return;
    }

    if (aud_uuid_compare(&node->audience, s->wanted) == 0) {
        s->found = 1;
        return;
    }

    saved = aud_generation_audience(s->generation, &node->audience);

    if (saved) {
        place = saved - s->generation->audiences;

        if (!s->seen[place]) {
            s->seen[place] = 1;
            s->waiting[s->nwaiting++] = place;
        }
    }
}
