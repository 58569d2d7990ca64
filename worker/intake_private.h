/*
 * What the parts of an intake share: intake.c reads lines, intake_rows.c makes
 * lines of rows, intake_contact.c says whom they are about, the others what is
 * said.
 */

#ifndef INTAKE_PRIVATE_H
#define INTAKE_PRIVATE_H

#include "intake.h"

struct intake_s {
    intake_kind_t   kind;
    int64_t         now;
    const char     *country;
    const char     *area_code;

    json_t         *places;         /* column name -> place */
    aud_str_t      *columns;        /* names, owned */
    uint32_t        ncolumns;
    unsigned        fixed:1;
    char            separator;      /* 0: lines of JSON */

    aud_str_t      *cells;          /* [INTAKE_COLUMNS] of the line */
    uint32_t       *filled;         /* [nfilled] of them */
    uint32_t        nfilled;
    aud_buffer_t    texts;          /* that cells point into */
    size_t         *text_at;        /* [INTAKE_COLUMNS] */
    char            reason[200];

    json_t         *said;           /* the line, where it is asked for */
    intake_line_t   line;
    uint64_t        size;           /* of the file */
    uint64_t        read;
};

typedef int (*intake_line_fn)(void *arg, const intake_line_t *line);

/* The rows of a CSV file; as intake_read(). */
int  intake_read_rows(intake_t *intake, int fd, intake_line_fn fn, void *arg,
    aud_error_t *err);

/* A line begins; what it says is judged, which takes it: 0, 1 where it is
 * refused, -1 where memory is out; and is given to fn, whose answer is
 * returned. */
void intake_begin(intake_t *intake, uint64_t number);
int  intake_judge(intake_t *intake, json_t *said);
int  intake_give(intake_t *intake, intake_line_fn fn, void *arg);

/* Refuses the line: pointer and reason are formatted. */
int  intake_refuse(intake_t *intake, const char *pointer, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * What the members of a line say: whom it is about, then those of each kind.
 * Each returns 0, 1 where the line is refused, -1 where memory is out.
 */
int  intake_contact(intake_t *intake, const json_t *line);
int  intake_extras(intake_t *intake, const json_t *line);
int  intake_campaign(intake_t *intake, const json_t *line);
int  intake_conversation(intake_t *intake, const json_t *line);
int  intake_labels(intake_t *intake, const json_t *line);

/* Puts a cell of the line; the same returns. */
int  intake_put(intake_t *intake, aud_str_t column, aud_str_t value);

/* A name of at most INTAKE_NAME_MAX bytes, without control characters, that
 * does not begin or end with a blank; else why not. */
const char *intake_name(const json_t *value);

/* The same of any length. */
const char *intake_plain(const json_t *value);

#endif
