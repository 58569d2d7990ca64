/*
 * JSON (RFC 8259) as a tree: what filters and queries are read from.
 *
 * aud_json_parse() reads a text into an arena in one pass.  It is strict: no
 * key twice in an object, whole UTF-8, no U+0000, nothing behind the value,
 * nested AUD_JSON_DEPTH deep at most.  jansson reads what is long, is kept or
 * is written again, and says what is wrong with a request that is refused; both
 * accept the same texts and read the same from them.
 */

#ifndef AUD_JSON_H
#define AUD_JSON_H

#include <stdint.h>

#include <jansson.h>

#include "aud_arena.h"
#include "aud_problem.h"

#define AUD_JSON_DEPTH  32      /* of lists and objects */

typedef enum {
    AUD_JSON_NULL = 0, AUD_JSON_FALSE, AUD_JSON_TRUE,
    AUD_JSON_INTEGER, AUD_JSON_REAL, AUD_JSON_TEXT,
    AUD_JSON_LIST, AUD_JSON_OBJECT
} aud_json_type_t;

typedef struct aud_json_s  aud_json_t;

/*
 *   {"a": [1, "x"]}      OBJECT, n 1
 *                          first: key a, LIST, n 2
 *                                   first: INTEGER 1 -- next: TEXT x
 */
struct aud_json_s {
    aud_json_type_t   type;
    uint32_t          n;            /* values in a list or an object */
    aud_str_t         key;          /* of a value in an object */
    aud_json_t       *next;         /* in the same list or object */

    union {
        int64_t       integer;
        double        real;
        aud_str_t     text;         /* without escapes */
        aud_json_t   *first;        /* of a list or an object, as written */
    };
};

/*
 * Texts and keys lie in `text` itself, which must stay as long as the tree, or
 * in the arena where they were escaped; they end in no NUL.  NULL where it is
 * no list or object in JSON, or memory is out; *no_memory tells which.
 */
aud_json_t *aud_json_parse(aud_arena_t *arena, aud_str_t text, int *no_memory);

/* The tree of what jansson read, which must stay; below AUD_JSON_DEPTH there
 * are nulls.  NULL where memory is out or json is NULL. */
aud_json_t *aud_json_copy(aud_arena_t *arena, const json_t *json);

/* A member of an object; NULL where there is none, or json is NULL or none. */
const aud_json_t *aud_json_get(const aud_json_t *json, const char *key);

static inline int
aud_json_is(const aud_json_t *json, aud_json_type_t type)
{
    return json && json->type == type;
}

/*
 * Read a request body: an object of at most max bytes, without duplicate keys,
 * nested at most AUD_JSON_DEPTH deep.  NULL with a problem: 400 where it is no
 * JSON object (with line and column as row and column), 413 where it is too
 * long, 422 where it is too deep.  The latter for a tree as aud_json_parse()
 * makes it.
 */
json_t *aud_json_read(aud_str_t body, size_t max, aud_problem_t *problem);
aud_json_t *aud_json_read_tree(aud_arena_t *arena, aud_str_t body, size_t max,
    aud_problem_t *problem);

#endif
