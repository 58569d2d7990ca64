/*
 * Settings: a table of keys, each with its type, place and bounds.
 */

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latent_classes.h"
#include "log.h"
#include "phone_foreign.h"
#include "settings.h"

#define SETTINGS_LINE  1024     /* bytes of the longest line */
#define SETTINGS_MOST  256      /* keys that are known, at most */


typedef enum {
    KEY_TEXT = 0,
    KEY_PATH,                   /* made absolute */
    KEY_NUMBER,
    KEY_CHOICE
} key_type_t;

typedef struct {
    const char  *name;
    int          value;
} choice_t;

typedef struct {
    const char      *section;
    const char      *name;
    key_type_t       type;
    size_t           offset;
    size_t           size;      /* of text and paths, with their NUL */
    unsigned         min, max;  /* of numbers */
    const choice_t  *choices;
    unsigned         required:1;
} setting_t;

typedef struct {
    const char   *path;
    FILE         *file;
    settings_t   *settings;
    aud_error_t  *err;
    unsigned      line;
    unsigned      failed:1;
    unsigned      cut:1;        /* the last piece read had no end of line */
    unsigned      seen[SETTINGS_MOST];  /* line of each, 0 if missing */
} reader_t;


static void settings_defaults(settings_t *s);
static int settings_check(reader_t *r);
static int settings_url(const char *url);
static char *reader_line(char *out, int size, void *arg);
static int reader_key(void *arg, const char *section, const char *name,
    const char *value);
static int reader_language(reader_t *r, const char *tenant,
    const char *language);
static int reader_store(reader_t *r, const setting_t *setting,
    const char *value);
static int reader_text(reader_t *r, const setting_t *setting,
    const char *value);
static int reader_path(reader_t *r, const setting_t *setting,
    const char *value);
static int reader_number(reader_t *r, const setting_t *setting,
    const char *value);
static int reader_choice(reader_t *r, const setting_t *setting,
    const char *value);
static int reader_fail(reader_t *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));


static const choice_t  log_levels[] = {
    { "error", LOG_ERROR }, { "warning", LOG_WARNING }, { "info", LOG_INFO },
    { "debug", LOG_DEBUG }, { NULL, 0 }
};

static const choice_t  tls_modes[] = {
    { "none", SETTINGS_TLS_NONE }, { "starttls", SETTINGS_TLS_STARTTLS },
    { "implicit", SETTINGS_TLS_IMPLICIT }, { NULL, 0 }
};

static const choice_t  answer_limits[] = {
    { "max_tokens", SETTINGS_MAX_TOKENS },
    { "max_completion_tokens", SETTINGS_MAX_COMPLETION_TOKENS }, { NULL, 0 }
};

static const choice_t  languages[] = {
    { "pt-BR", 0 }, { "en", 0 }, { "es", 0 }, { NULL, 0 }
};

#define TEXT(section, name)                                                   \
    { section, #name, KEY_TEXT, offsetof(settings_t, name),                   \
      sizeof(((settings_t *) 0)->name), 0, 0, NULL, 0 }

#define ONE_OF_TEXTS(section, name, choices)                                  \
    { section, #name, KEY_TEXT, offsetof(settings_t, name),                   \
      sizeof(((settings_t *) 0)->name), 0, 0, choices, 0 }

#define PATH(section, name, required)                                         \
    { section, #name, KEY_PATH, offsetof(settings_t, name),                   \
      sizeof(((settings_t *) 0)->name), 0, 0, NULL, required }

#define NUMBER(section, name, min, max)                                       \
    { section, #name, KEY_NUMBER, offsetof(settings_t, name), 0, min, max,    \
      NULL, 0 }

#define CHOICE(section, name, choices)                                        \
    { section, #name, KEY_CHOICE, offsetof(settings_t, name), 0, 0, 0,        \
      choices, 0 }

#define LLM_TEXT(name, member)                                                \
    { "llm", name, KEY_TEXT, offsetof(settings_t, member),                    \
      sizeof(((settings_t *) 0)->member), 0, 0, NULL, 0 }

#define LLM_PATH(name, member)                                                \
    { "llm", name, KEY_PATH, offsetof(settings_t, member),                    \
      sizeof(((settings_t *) 0)->member), 0, 0, NULL, 0 }

#define LLM_NUMBER(name, member, min, max)                                    \
    { "llm", name, KEY_NUMBER, offsetof(settings_t, member), 0, min, max,     \
      NULL, 0 }

#define POLICY(name, member)                                                  \
    { "resolution", name, KEY_NUMBER, offsetof(settings_t, policy.member), 0, \
      0, 1000, NULL, 0 }

#define PEOPLE(name, member)                                                  \
    { "resolution", name, KEY_NUMBER, offsetof(settings_t, policy.member), 0, \
      1, 1000, NULL, 0 }

static const setting_t  known[] = {
    PATH("worker", root, 1),
    PATH("worker", socket, 1),
    TEXT("worker", socket_group),
    TEXT("worker", socket_users),
    PATH("worker", link_keys, 1),
    TEXT("worker", public_url),
    ONE_OF_TEXTS("worker", language, languages),
    PATH("worker", locale, 0),
    NUMBER("worker", job_threads, 1, 64),
    NUMBER("worker", job_max_attempts, 1, 100),
    NUMBER("worker", retry_base_ms, 1, 3600000),
    NUMBER("worker", lease_seconds, 1, 86400),
    NUMBER("worker", heartbeat_seconds, 1, 3600),
    CHOICE("worker", log_level, log_levels),
    TEXT("import", area_code),
    NUMBER("import", block_rows, 1, 65536),
    TEXT("resolution", country),
    PATH("resolution", listed, 0),
    POLICY("tax_document", weight[COMPONENT_TAX_DOCUMENT]),
    POLICY("company_document", company_weight),
    POLICY("phone", weight[COMPONENT_PHONE]),
    POLICY("email", weight[COMPONENT_EMAIL]),
    POLICY("name_supports", name_supports),
    POLICY("name_contradicts", name_contradicts),
    POLICY("threshold", threshold),
    PEOPLE("max_people_tax_document", max_people[COMPONENT_TAX_DOCUMENT]),
    PEOPLE("max_people_phone", max_people[COMPONENT_PHONE]),
    PEOPLE("max_people_email", max_people[COMPONENT_EMAIL]),
    PEOPLE("max_variants", max_variants),
    NUMBER("segments", merge_at, 2, 1024),
    NUMBER("segments", quiet_seconds, 1, 86400),
    NUMBER("audiences", sizes_seconds, 1, 31536000),
    NUMBER("segmentation", fresh_people, 1, 1000000),
    NUMBER("segmentation", fresh_days, 1, 36500),
    NUMBER("segmentation", max_classes, 1, LATENT_CLASSES),
    NUMBER("segmentation", membership, 1, 100),
    NUMBER("segmentation", min_people, 1, 1000000),
    { "segmentation", "threads", KEY_NUMBER,
      offsetof(settings_t, segmentation_threads), 0, 1, 64, NULL, 0 },
    PATH("enrichment", lexicons, 0),
    NUMBER("exports", link_hours, 1, 8760),
    TEXT("mail", smtp_host),
    NUMBER("mail", smtp_port, 1, 65535),
    CHOICE("mail", smtp_tls, tls_modes),
    PATH("mail", smtp_ca, 0),
    TEXT("mail", smtp_user),
    PATH("mail", smtp_password_file, 0),
    TEXT("mail", mail_from),
    NUMBER("mail", smtp_timeout_ms, 100, 600000),
    LLM_TEXT("url", llm_url),
    LLM_TEXT("model", llm_model),
    LLM_PATH("key_file", llm_key_file),
    LLM_PATH("ca", llm_ca),
    LLM_TEXT("proxy", llm_proxy),
    LLM_NUMBER("timeout_ms", llm_timeout_ms, 100, 600000),
    LLM_NUMBER("connect_timeout_ms", llm_connect_timeout_ms, 100, 600000),
    LLM_NUMBER("in_flight", llm_in_flight, 1, 256),
    LLM_NUMBER("attempts", llm_attempts, 1, 20),
    LLM_NUMBER("backoff_ms", llm_backoff_ms, 1, 60000),
    LLM_NUMBER("breaker_failures", llm_breaker_failures, 1, 1000),
    LLM_NUMBER("breaker_seconds", llm_breaker_seconds, 1, 3600),
    LLM_NUMBER("tokens_per_day", llm_tokens_per_day, 0, 4000000000),
    LLM_NUMBER("answers_days", llm_answers_days, 1, 3650),
    LLM_NUMBER("import_seconds", llm_import_seconds, 0, 86400),
    { "llm", "answer_limit", KEY_CHOICE,
      offsetof(settings_t, llm_answer_limit), 0, 0, 0, answer_limits, 0 }
};

#define KNOWN  (sizeof(known) / sizeof(known[0]))

_Static_assert(KNOWN <= SETTINGS_MOST, "seen[] has a line for each setting");


int
settings_read(const char *path, settings_t *settings, aud_error_t *err)
{
    int       rc;
    reader_t  r = { .path = path, .settings = settings, .err = err };

    settings_defaults(settings);

    r.file = fopen(path, "re");
    if (r.file == NULL) {
        return aud_error_system(err, "%s", path);
    }

    /* The library's own defaults cut a value at " ;" and a line at 200. */
    ini_allow_inline_comments = 0;
    ini_allow_multiline = 0;
    ini_use_stack = 0;
    ini_initial_alloc = SETTINGS_LINE;
    ini_max_line = SETTINGS_LINE;

    rc = ini_parse_stream(reader_line, &r, reader_key, &r);

    if (!r.failed && ferror(r.file)) {
        r.failed = 1;
        aud_error_system(err, "%s", path);
    }

    if (!r.failed && rc != 0) {
        r.line = rc > 0 ? (unsigned) rc : r.line;
        reader_fail(&r, "not a [section] and no key = value");
    }

    if (!r.failed) {
        settings_check(&r);
    }

    fclose(r.file);

    return r.failed ? -1 : 0;
}


static void
settings_defaults(settings_t *s)
{
    memset(s, 0, sizeof(settings_t));

    strcpy(s->language, "pt-BR");
    strcpy(s->country, "BR");
    strcpy(s->listed, "/usr/share/audience/listed.txt");
    strcpy(s->locale, "/usr/share/audience/locale");
    strcpy(s->lexicons, "/usr/share/audience/lexicons");
    strcpy(s->mail_from, "Audiences <audiences@localhost>");

    s->job_threads = 2;
    s->job_max_attempts = 5;
    s->retry_base_ms = 1000;
    s->lease_seconds = 300;
    s->heartbeat_seconds = 15;
    s->log_level = LOG_INFO;
    s->block_rows = 256;
    s->merge_at = 4;
    s->quiet_seconds = 60;
    s->sizes_seconds = 86400;
    s->fresh_people = 7;
    s->fresh_days = 7;
    s->max_classes = 12;
    s->membership = 30;
    s->min_people = 5;
    s->segmentation_threads = 2;
    s->link_hours = 48;
    s->smtp_port = 587;
    s->smtp_tls = SETTINGS_TLS_STARTTLS;
    s->smtp_timeout_ms = 30000;
    s->llm_timeout_ms = 60000;
    s->llm_connect_timeout_ms = 10000;
    s->llm_in_flight = 8;
    s->llm_attempts = 4;
    s->llm_backoff_ms = 500;
    s->llm_breaker_failures = 5;
    s->llm_breaker_seconds = 30;
    s->llm_tokens_per_day = 1000000;
    s->llm_answers_days = 30;
    s->llm_import_seconds = 900;
    s->policy = component_policy_default;
}


/* What can only be told once the whole file was read. */

static int
settings_check(reader_t *r)
{
    size_t             i;
    const settings_t  *s = r->settings;

    for (i = 0; i < KNOWN; i++) {
        if (known[i].required && r->seen[i] == 0) {
            r->failed = 1;
            return aud_error_set(r->err, "%s: \"%s\" of [%s] is missing",
                                 r->path, known[i].name, known[i].section);
        }
    }

    if (s->public_url[0] && !settings_url(s->public_url)) {
        r->failed = 1;
        return aud_error_set(r->err, "%s: \"public_url\" is not an address "
                             "such as https://audiences.example.com: \"%s\"",
                             r->path, s->public_url);
    }

    for (i = 0; s->area_code[i]; i++) {
        if (i > 1 || s->area_code[i] < '1' || s->area_code[i] > '9') {
            r->failed = 1;
            return aud_error_set(r->err, "%s: \"area_code\" is not two digits"
                                 " of 1 to 9: \"%s\"", r->path, s->area_code);
        }
    }

    if (i == 1) {
        r->failed = 1;
        return aud_error_set(r->err, "%s: \"area_code\" has one digit",
                             r->path);
    }

    if (s->country[0] && !phone_country_known(s->country)) {
        r->failed = 1;
        return aud_error_set(r->err, "%s: \"country\" is not a country such"
                             " as BR or PT: \"%s\"", r->path, s->country);
    }

    return 0;
}


/* http or https and a host; links continue it. */

static int
settings_url(const char *url)
{
    size_t       i;
    const char  *rest;

    rest = strncmp(url, "https://", 8) == 0 ? url + 8
           : strncmp(url, "http://", 7) == 0 ? url + 7 : "";

    for (i = 0; rest[i]; i++) {
        if (rest[i] <= ' ' || rest[i] > '~' || strchr("\"'<>?#\\", rest[i])) {
            return 0;
        }
    }

    return i && rest[0] != '/';
}


json_t *
settings_show(const settings_t *settings, const char *section)
{
    size_t       i;
    json_t      *shown, *value;
    const char  *at;

    shown = json_object();

    for (i = 0; i < KNOWN; i++) {
        if (strcmp(known[i].section, section) != 0) {
            continue;
        }

        at = (const char *) settings + known[i].offset;
        value = known[i].type == KEY_TEXT || known[i].type == KEY_PATH
                ? json_string(at) : json_integer(*(const int *) at);

        if (json_object_set_new(shown, known[i].name, value) != 0) {
            json_decref(shown);
            return NULL;
        }
    }

    return shown;
}


/* Gives lines to the library and counts them, which it does not tell. */

static char *
reader_line(char *out, int size, void *arg)
{
    size_t     len;
    reader_t  *r = arg;

    if (!r->cut) {
        r->line++;

    } else {
        reader_fail(r, "longer than %d bytes", SETTINGS_LINE - 2);
    }

    if (fgets(out, size, r->file) == NULL) {
        return NULL;
    }

    len = strlen(out);
    r->cut = len == (size_t) size - 1 && out[len - 1] != '\n';

    return out;
}


static int
reader_key(void *arg, const char *section, const char *name, const char *value)
{
    size_t     i;
    reader_t  *r = arg;

    if (strcmp(section, "languages") == 0) {
        return reader_language(r, name, value);
    }

    for (i = 0; i < KNOWN; i++) {
        if (strcmp(known[i].section, section) == 0
            && strcmp(known[i].name, name) == 0)
        {
            break;
        }
    }

    if (i == KNOWN) {
        return reader_fail(r, "there is no \"%s\" in [%s]", name, section);
    }

    if (r->seen[i]) {
        return reader_fail(r, "\"%s\" stands already in line %u", name,
                           r->seen[i]);
    }

    r->seen[i] = r->line;

    return reader_store(r, &known[i], value);
}


static int
reader_language(reader_t *r, const char *tenant, const char *language)
{
    const char  *wrong = settings_language_put(r->settings, tenant, language);

    return wrong ? reader_fail(r, "\"%s\" %s", tenant, wrong) : 1;
}


/* 1 when it was stored, 0 otherwise, as the library wants it. */

static int
reader_store(reader_t *r, const setting_t *setting, const char *value)
{
    switch (setting->type) {

    case KEY_TEXT:
        return reader_text(r, setting, value);

    case KEY_PATH:
        return reader_path(r, setting, value);

    case KEY_NUMBER:
        return reader_number(r, setting, value);

    default:
        return reader_choice(r, setting, value);
    }
}


static int
reader_text(reader_t *r, const setting_t *setting, const char *value)
{
    const choice_t  *c;

    if (strlen(value) >= setting->size) {
        return reader_fail(r, "\"%s\" is longer than %zu bytes", setting->name,
                           setting->size - 1);
    }

    for (c = setting->choices; c && c->name; c++) {
        if (strcmp(c->name, value) == 0) {
            break;
        }
    }

    if (c && c->name == NULL) {
        return reader_fail(r, "\"%s\" cannot be \"%s\"", setting->name, value);
    }

    strcpy((char *) r->settings + setting->offset, value);

    return 1;
}


/* A relative path begins at the folder of the settings file. */

static int
reader_path(reader_t *r, const setting_t *setting, const char *value)
{
    int          n, folder;
    char        *out;
    const char  *slash;

    out = (char *) r->settings + setting->offset;
    slash = strrchr(r->path, '/');
    folder = (value[0] == '\0' || value[0] == '/' || slash == NULL)
             ? 0 : (int) (slash + 1 - r->path);

    n = snprintf(out, setting->size, "%.*s%s", folder, r->path, value);

    if (n < 0 || (size_t) n >= setting->size) {
        return reader_fail(r, "\"%s\" is longer than %zu bytes", setting->name,
                           setting->size - 1);
    }

    if (setting->required && value[0] == '\0') {
        return reader_fail(r, "\"%s\" is empty", setting->name);
    }

    return 1;
}


static int
reader_number(reader_t *r, const setting_t *setting, const char *value)
{
    char           *end;
    unsigned long   n;

    errno = 0;
    n = strtoul(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0
        || n < setting->min || n > setting->max)
    {
        return reader_fail(r, "\"%s\" is not a number from %u to %u: \"%s\"",
                           setting->name, setting->min, setting->max, value);
    }

    *(unsigned *) ((char *) r->settings + setting->offset) = (unsigned) n;

    return 1;
}


static int
reader_choice(reader_t *r, const setting_t *setting, const char *value)
{
    const choice_t  *c;

    for (c = setting->choices; c->name; c++) {
        if (strcmp(c->name, value) == 0) {
            *(int *) ((char *) r->settings + setting->offset) = c->value;
            return 1;
        }
    }

    return reader_fail(r, "\"%s\" cannot be \"%s\"", setting->name, value);
}


/* The first error is the one that is told.  Returns 0. */

static int
reader_fail(reader_t *r, const char *fmt, ...)
{
    char     text[200];
    va_list  args;

    if (r->failed) {
        return 0;
    }

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    r->failed = 1;
    aud_error_set(r->err, "%s:%u: %s", r->path, r->line, text);

    return 0;
}
