/*
 * Log lines: built in one buffer, written by one write().
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aud_buffer.h"
#include "aud_clock.h"
#include "log.h"


static void log_pair(aud_buffer_t *b, const char *name, va_list *args);


static _Atomic int  log_level = LOG_INFO;


void
log_set_level(log_level_t level)
{
    log_level = level;
}


void
log_line(log_level_t level, const char *request_id, const char *event, ...)
{
    char                at[AUD_TIME_LEN + 1];
    ssize_t             n;
    va_list             args;
    const char         *name;
    aud_buffer_t        b = { 0 };

    static const char  *names[] = { "error", "warning", "info", "debug" };

    if (level > (log_level_t) log_level) {
        return;
    }

    aud_time_format(at, aud_now());
    aud_buffer_printf(&b, "{\"at\": \"%s\", \"level\": \"%s\", \"event\": ",
                      at, names[level]);
    aud_buffer_json(&b, aud_str(event, strlen(event)));

    if (request_id && request_id[0]) {
        aud_buffer_text(&b, ", \"request_id\": ");
        aud_buffer_json(&b, aud_str(request_id, strlen(request_id)));
    }

    va_start(args, event);

    while ((name = va_arg(args, const char *)) != NULL) {
        log_pair(&b, name, &args);
    }

    va_end(args);

    aud_buffer_text(&b, "}\n");

    if (!b.failed) {
        /* Nothing can be done about a log that cannot be written. */
        n = write(STDERR_FILENO, b.data, b.len);
        (void) n;
    }

    aud_buffer_free(&b);
}


void
log_no_memory(const char *where)
{
    dprintf(STDERR_FILENO, "{\"level\": \"error\", \"event\": \"no memory, "
            "ending\", \"where\": \"%s\"}\n", where);
    _exit(EXIT_FAILURE);
}


static void
log_pair(aud_buffer_t *b, const char *name, va_list *args)
{
    char         type = name[0];
    const char  *text;

    aud_buffer_text(b, ", ");
    aud_buffer_json(b, aud_str(name + 2, strlen(name + 2)));
    aud_buffer_text(b, ": ");

    switch (type) {

    case 'i':
        aud_buffer_printf(b, "%lld", va_arg(*args, long long));
        break;

    case 'f':
        aud_buffer_printf(b, "%.3f", va_arg(*args, double));
        break;

    default:
        text = va_arg(*args, const char *);

        if (text) {
            aud_buffer_json(b, aud_str(text, strlen(text)));

        } else {
            aud_buffer_text(b, "null");
        }
    }
}
