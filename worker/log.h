/*
 * Log lines: one JSON object a line on standard error,
 *   {"at": "…", "level": "info", "event": "import done", "tenant": …, …}
 * Any thread; a line is one write().  Never log tokens, keys, passwords or
 * anything about a person.
 */

#ifndef LOG_H
#define LOG_H

typedef enum { LOG_ERROR = 0, LOG_WARNING, LOG_INFO, LOG_DEBUG } log_level_t;

void log_set_level(log_level_t level);

/*
 * Pairs of name and value end with NULL: "s:tenant", "demo", "i:rows",
 * (long long) n, "f:ms", 1.5, NULL.  request_id may be NULL.
 */
void log_line(log_level_t level, const char *request_id, const char *event, ...);

/* For the few places where a failed allocation cannot be answered: says so and
 * ends the process, as RocksDB does, before anybody is told that anything was
 * kept. */
void log_no_memory(const char *where) __attribute__((noreturn));

#endif
