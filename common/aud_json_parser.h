/*
 * The inside of aud_json_parse(): aud_json_parse.c reads lists and objects,
 * aud_json_scalars.c numbers and texts.
 *
 * Every reader stands at the first byte of what it reads, which is there, and
 * leaves behind the last.  NULL, -1: it is not that, or memory is out.
 */

#ifndef AUD_JSON_PARSER_H
#define AUD_JSON_PARSER_H

#include "aud_json.h"

typedef struct {
    const char   *at;
    const char   *end;
    aud_arena_t  *arena;
    unsigned      depth;
    unsigned      no_memory:1;
} aud_json_parser_t;

int aud_json_number(aud_json_parser_t *p, aud_json_t *value);
int aud_json_text(aud_json_parser_t *p, aud_str_t *text);

#endif
