#include "aud_alloc.h"
#include "aud_filter_read.h"


struct aud_filter_s {
    aud_arena_t        arena;   /* unused in one that stands in another's */
    const aud_node_t  *root;
};


static aud_filter_t *filter_keep(aud_arena_t *arena, aud_filter_t *f);
static void fields_visit(const aud_node_t *node,
    void (*fn)(void *arg, aud_str_t field), void *arg);


aud_filter_t *
aud_filter_parse(const json_t *json, const char *pointer,
    aud_problem_t *problem)
{
    aud_json_t    *tree;
    aud_arena_t    arena = { 0 };
    aud_filter_t  *f = NULL;

    problem->status = 0;
    tree = aud_json_copy(&arena, json);

    if (json && tree == NULL) {
        aud_filter_no_memory(problem);

    } else {
        f = aud_filter_read(&arena, tree, pointer, problem);
    }

    return filter_keep(&arena, f);
}


aud_filter_t *
aud_filter_parse_text(aud_str_t text, const char *pointer,
    aud_problem_t *problem)
{
    int            no_memory;
    aud_json_t    *tree;
    aud_arena_t    arena = { 0 };
    aud_filter_t  *f = NULL;

    problem->status = 0;
    tree = aud_json_parse(&arena, text, &no_memory);

    if (no_memory) {
        aud_filter_no_memory(problem);

    } else {
        f = aud_filter_read(&arena, tree, pointer, problem);
    }

    return filter_keep(&arena, f);
}


/* The filter has the arena from now on; without one it is freed. */
static aud_filter_t *
filter_keep(aud_arena_t *arena, aud_filter_t *f)
{
    if (f) {
        f->arena = *arena;

    } else {
        aud_arena_free(arena);
    }

    return f;
}


void
aud_filter_free(aud_filter_t *f)
{
    aud_arena_t  arena;

    if (f) {
        arena = f->arena;
        aud_arena_free(&arena);
    }
}


aud_filter_t *
aud_filter_read(aud_arena_t *arena, const aud_json_t *json,
    const char *pointer, aud_problem_t *problem)
{
    aud_str_t             kept;
    aud_filter_t         *f;
    aud_filter_reader_t   r = { .arena = arena, .problem = problem };

    f = aud_arena_calloc(arena, 1, sizeof(aud_filter_t));

    if (f == NULL
        || aud_arena_copy(arena, aud_str(pointer, strlen(pointer)), &kept)
           != 0)
    {
        aud_filter_no_memory(problem);
        return NULL;
    }

    f->root = aud_filter_read_node(&r, json, kept.data);

    if (r.conditions > AUD_FILTER_MAX_CONDITIONS) {
        aud_filter_error(problem, "too-many-conditions", pointer, "",
                         "The filter has %u conditions; at most %d are "
                         "possible.", r.conditions, AUD_FILTER_MAX_CONDITIONS);
    }

    if (r.no_memory) {
        aud_filter_no_memory(problem);
    }

    return problem->status ? NULL : f;
}


const aud_node_t *
aud_filter_root(const aud_filter_t *f)
{
    return f->root;
}


aud_filter_t *
aud_filter_part(const aud_node_t *node)
{
    aud_arena_t    arena = { 0 };
    aud_filter_t  *f;

    f = aud_arena_calloc(&arena, 1, sizeof(aud_filter_t));

    if (f) {
        f->root = node;
    }

    return filter_keep(&arena, f);
}


void
aud_filter_fields(const aud_filter_t *f,
    void (*fn)(void *arg, aud_str_t field), void *arg)
{
    fields_visit(f->root, fn, arg);
}


static void
fields_visit(const aud_node_t *node, void (*fn)(void *arg, aud_str_t field),
    void *arg)
{
    uint32_t  i;

    if (node->kind == AUD_NODE_CONDITION) {
        fn(arg, node->field);
    }

    for (i = 0; i < node->nchildren; i++) {
        fields_visit(node->children[i], fn, arg);
    }
}
