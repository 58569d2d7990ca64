#include "aud_import_header.h"

#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_import_check.h"
#include "aud_text.h"

#define SHOWN_MAX  100

typedef struct {
    aud_str_t  name;            /* trimmed */
    uint32_t   column;          /* from 0 */
    uint32_t   first;           /* the first column of that name */
} header_name_t;

typedef struct {
    const char  *word;
    unsigned     anywhere:1;    /* also inside a longer name */
} phone_word_t;

static header_name_t *read_names(const aud_csv_row_t *row);
static int by_name(const void *a, const void *b);
static int by_column(const void *a, const void *b);
static void check_phone(const aud_csv_row_t *row, const header_name_t *names,
    aud_problem_t *problem);
static int check_separator(const aud_csv_row_t *row, aud_problem_t *problem);
static void check_roles(const aud_csv_row_t *row, aud_import_kind_t kind,
    const header_name_t *names, aud_problem_t *problem);
static void check_needed(uint64_t row, aud_import_kind_t kind,
    const uint32_t columns[AUD_ROLES], int extras, aud_problem_t *problem);
static void check_names(const aud_csv_row_t *row, aud_import_kind_t kind,
    const header_name_t *names, aud_problem_t *problem);
static size_t shown(aud_str_t name);
static int like_a_phone(aud_str_t name);
static const char *separator_used(aud_str_t cell);
static void set_type(aud_problem_t *problem);
static const char *title(const char *slug);

/* Names that people give to their column of phones, the surest first. */

static const phone_word_t  phone_words[] = {
    { "phonenumber", 1 }, { "telefone", 1 }, { "celular", 1 },
    { "whatsapp", 1 }, { "phone", 1 }, { "telefono", 1 }, { "telemovel", 1 },
    { "fone", 1 }, { "mobile", 1 }, { "movil", 1 }, { "whats", 0 },
    { "zap", 0 }, { "tel", 0 }, { "cel", 0 }, { "numero", 0 },
    { "number", 0 }, { "contato", 0 }, { "contacto", 0 }, { "contact", 0 }
};

#define PHONE_WORDS  (sizeof(phone_words) / sizeof(phone_words[0]))


int
aud_import_header(const aud_csv_row_t *row, aud_import_kind_t kind,
    aud_problem_t *problem)
{
    header_name_t  *names;

    names = read_names(row);

    if (names == NULL) {
        return aud_problem_set(problem, 500, "internal-error",
                               "Something went wrong", "The server has no "
                               "memory left to read the file.");
    }

    aud_problem_set(problem, 422, "invalid-header", title("invalid-header"),
                    "The first line, which names the columns, has more than "
                    "one problem.");

    if (!check_separator(row, problem)) {
        if (kind == AUD_IMPORT_CONTACTS) {
            check_phone(row, names, problem);

        } else {
            check_roles(row, kind, names, problem);
        }
    }

    check_names(row, kind, names, problem);
    aud_free(names);

    if (problem->nerrors == 0) {
        problem->status = 0;
        return 0;
    }

    set_type(problem);

    return -1;
}


static header_name_t *
read_names(const aud_csv_row_t *row)
{
    uint32_t        i;
    header_name_t  *names;

    names = aud_calloc(row->ncells, sizeof(header_name_t));

    if (names == NULL) {
        return NULL;
    }

    for (i = 0; i < row->ncells; i++) {
        names[i].name = aud_trim(row->cells[i]);
        names[i].column = i;
        names[i].first = i;
    }

    qsort(names, row->ncells, sizeof(header_name_t), by_name);

    for (i = 1; i < row->ncells; i++) {
        if (aud_str_equal(names[i].name, names[i - 1].name)) {
            names[i].first = names[i - 1].first;
        }
    }

    qsort(names, row->ncells, sizeof(header_name_t), by_column);

    return names;
}


static int
by_name(const void *a, const void *b)
{
    int                   c;
    const header_name_t  *x = a, *y = b;

    c = aud_str_compare(x->name, y->name);

    return c ? c : (x->column > y->column) - (x->column < y->column);
}


static int
by_column(const void *a, const void *b)
{
    const header_name_t  *x = a, *y = b;

    return (x->column > y->column) - (x->column < y->column);
}


/* Comes first, so that it is never among the errors that there is no room
 * for. */

static void
check_phone(const aud_csv_row_t *row, const header_name_t *names,
    aud_problem_t *problem)
{
    int                   best, rank;
    uint32_t              i, likely;
    aud_problem_error_t  *e;

    best = PHONE_WORDS * 2;
    likely = 0;

    for (i = 0; i < row->ncells; i++) {
        if (aud_str_equal(names[i].name, AUD_STR(AUD_COLUMN_PHONE))) {
            return;
        }

        rank = like_a_phone(names[i].name);

        if (rank < best) {
            best = rank;
            likely = i;
        }
    }

    if (best == PHONE_WORDS * 2) {
        e = aud_problem_add(problem, "missing-phone-column", "There must be a "
                            "column named exactly phoneNumber.");
        e->row = row->line;
        return;
    }

    e = aud_problem_add(problem, "missing-phone-column", "There must be a "
                        "column named exactly phoneNumber. Is it \"%.*s\"? "
                        "Then rename that column.",
                        (int) shown(names[likely].name),
                        names[likely].name.data);
    e->row = row->line;
    e->column = likely + 1;

    if (names[likely].name.len < sizeof(e->suggestion)) {
        memcpy(e->suggestion, names[likely].name.data, names[likely].name.len);
    }
}


/* Whether it is all that there is to say: no column is where it should be. */

static int
check_separator(const aud_csv_row_t *row, aud_problem_t *problem)
{
    const char           *used;
    aud_problem_error_t  *e;

    used = row->ncells == 1
           && !aud_str_equal(aud_trim(row->cells[0]), AUD_STR(AUD_COLUMN_PHONE))
           ? separator_used(row->cells[0]) : NULL;

    if (used == NULL) {
        return 0;
    }

    e = aud_problem_add(problem, "no-separator", "The columns seem to be "
                        "separated by %s. Save the file with commas or "
                        "semicolons.", used);
    e->row = row->line;

    return 1;
}


/* Of a file of another kind than contacts.  What is missing comes first. */

static void
check_roles(const aud_csv_row_t *row, aud_import_kind_t kind,
    const header_name_t *names, aud_problem_t *problem)
{
    uint32_t              i, extras = 0, columns[AUD_ROLES] = { 0 };
    aud_import_role_t     role;
    aud_problem_error_t  *e;

    for (i = 0; i < row->ncells; i++) {
        role = aud_import_role(kind, names[i].name);

        if (role == AUD_ROLES) {
            extras += names[i].name.len != 0;

        } else if (columns[role] == 0) {
            columns[role] = i + 1;
        }
    }

    check_needed(row->line, kind, columns, extras != 0, problem);

    for (i = 0; i < row->ncells; i++) {
        role = aud_import_role(kind, names[i].name);

        if (names[i].name.len == 0 || names[i].first != i) {
            continue;               /* check_names() says so */
        }

        if (role != AUD_ROLES && columns[role] != i + 1) {
            e = aud_problem_add(problem, "duplicate-column", "Columns %u and "
                                "%u are both the column %s.", columns[role],
                                i + 1, aud_import_role_name(role));

        } else if (role == AUD_ROLES && kind != AUD_IMPORT_EXTRAS) {
            e = aud_problem_add(problem, "unknown-column", "A file of %s has "
                                "no column \"%.*s\". Rename it, or take it "
                                "out.", aud_import_kind_name(kind),
                                (int) shown(names[i].name),
                                names[i].name.data);

        } else {
            continue;
        }

        e->row = row->line;
        e->column = i + 1;
    }
}


/* columns: of each role, from 1, 0 where there is none. */

static void
check_needed(uint64_t row, aud_import_kind_t kind,
    const uint32_t columns[AUD_ROLES], int extras, aud_problem_t *problem)
{
    aud_import_role_t  role;

    if (!columns[AUD_ROLE_PHONE] && !columns[AUD_ROLE_EMAIL]
        && !columns[AUD_ROLE_TAX_DOCUMENT])
    {
        aud_problem_add(problem, "missing-column", "There must be a column "
                        "that names the contact: phoneNumber, email or "
                        "taxDocument.")->row = row;
    }

    for (role = 0; role < AUD_ROLES; role++) {
        if (aud_import_role_needed(kind, role) && columns[role] == 0) {
            aud_problem_add(problem, "missing-column", "There must be a "
                            "column named %s.",
                            aud_import_role_name(role))->row = row;
        }
    }

    if (kind == AUD_IMPORT_EXTRAS && !extras) {
        aud_problem_add(problem, "missing-column", "There must be a column "
                        "besides those that name the contact: each is an "
                        "extra.")->row = row;
    }
}


static void
check_names(const aud_csv_row_t *row, aud_import_kind_t kind,
    const header_name_t *names, aud_problem_t *problem)
{
    size_t                max;
    uint32_t              i;
    aud_problem_error_t  *e;

    max = kind == AUD_IMPORT_EXTRAS ? AUD_EXTRA_NAME_MAX : AUD_COLUMN_NAME_MAX;

    if (row->bad_quote) {
        e = aud_problem_add(problem, "bad-quotes", "A name of the first line "
                            "goes on after its closing quote. Quotes inside "
                            "a name must be doubled.");
        e->row = row->line;
    }

    for (i = 0; i < row->ncells; i++) {

        if (names[i].name.len == 0) {
            e = aud_problem_add(problem, "unnamed-column",
                                "Column %u has no name.", i + 1);

        } else if (names[i].name.len > max) {
            e = aud_problem_add(problem, "column-name-too-long",
                                "The name of column %u is longer than %zu "
                                "bytes.", i + 1, max);

        } else if (names[i].first != i) {
            e = aud_problem_add(problem, "duplicate-column",
                                "Columns %u and %u are both named \"%.*s\".",
                                names[i].first + 1, i + 1,
                                (int) shown(names[i].name),
                                names[i].name.data);

        } else {
            continue;
        }

        e->row = row->line;
        e->column = i + 1;
    }
}


/* Bytes of a name that a sentence has room for. */

static size_t
shown(aud_str_t name)
{
    return name.len <= SHOWN_MAX ? name.len
           : aud_utf8_valid(aud_str(name.data, SHOWN_MAX));
}


/* How surely a name means phones: 0 is the surest, 2 * PHONE_WORDS means that
 * it does not. */

static int
like_a_phone(aud_str_t name)
{
    int     found;
    char    text[128];
    size_t  i, len;

    len = aud_import_letters(name, text, sizeof(text));
    found = 2 * PHONE_WORDS;

    for (i = 0; i < PHONE_WORDS; i++) {
        if (len == strlen(phone_words[i].word)
            && memcmp(text, phone_words[i].word, len) == 0)
        {
            return (int) i;
        }

        if (phone_words[i].anywhere && found == 2 * PHONE_WORDS
            && memmem(text, len, phone_words[i].word,
                      strlen(phone_words[i].word)))
        {
            found = (int) (PHONE_WORDS + i);
        }
    }

    return found;
}


static const char *
separator_used(aud_str_t cell)
{
    if (memchr(cell.data, '\t', cell.len)) {
        return "tabs";
    }

    return memchr(cell.data, '|', cell.len) ? "bars (|)" : NULL;
}


/* Where all errors are of one kind, the problem is of that kind too. */

static void
set_type(aud_problem_t *problem)
{
    unsigned  i, n;

    n = problem->nerrors < AUD_PROBLEM_ERRORS ? problem->nerrors
                                              : AUD_PROBLEM_ERRORS;

    for (i = 1; i < n; i++) {
        if (strcmp(problem->errors[i].slug, problem->errors[0].slug) != 0) {
            return;
        }
    }

    problem->slug = problem->errors[0].slug;
    problem->title = title(problem->slug);

    if (problem->nerrors == 1) {
        memcpy(problem->detail, problem->errors[0].detail,
               sizeof(problem->errors[0].detail));

    } else {
        memset(problem->detail, 0, sizeof(problem->detail));
        strcpy(problem->detail, "The first line, which names the columns, has "
               "this problem more than once.");
    }
}


static const char *
title(const char *slug)
{
    size_t  i;

    static const char *const  titles[][2] = {
        { "missing-phone-column", "The column of phone numbers is missing" },
        { "missing-column", "A column is missing" },
        { "unknown-column", "There is no such column" },
        { "unnamed-column", "A column has no name" },
        { "duplicate-column", "Two columns have the same name" },
        { "column-name-too-long", "The name of a column is too long" },
        { "no-separator", "The columns are not separated by comma or "
                          "semicolon" },
        { "bad-quotes", "The quotes of the first line are wrong" },
        { "invalid-header", "The names of the columns are wrong" }
    };

    for (i = 0; i < sizeof(titles) / sizeof(titles[0]) - 1; i++) {
        if (strcmp(titles[i][0], slug) == 0) {
            break;
        }
    }

    return titles[i][1];
}
