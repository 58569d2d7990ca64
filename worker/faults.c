/*
 * The points of faults.h.
 */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"

#define FAULT_LOOK  5000        /* us, between looks at a file */


static const char *fault_named(const char *variable, const char *job_type,
    const char *point);


void
fault(const char *job_type, const char *point)
{
    const char  *held;

    if (fault_named("AUDIENCE_FAULT", job_type, point)) {
        kill(getpid(), SIGKILL);
        pause();
    }

    held = fault_named("AUDIENCE_HOLD", job_type, point);

    while (held && held[0] == '=' && access(held + 1, F_OK) == 0) {
        usleep(FAULT_LOOK);
    }
}


/* What stands behind "<job type>:<point>" in that variable of the environment,
 * NULL where it names another.  (Nobody sets the environment.) */

static const char *
fault_named(const char *variable, const char *job_type, const char *point)
{
    size_t       n = strlen(job_type), m = strlen(point);
    const char  *wanted;

    wanted = getenv(variable);

    if (wanted == NULL || strncmp(wanted, job_type, n) != 0 || wanted[n] != ':'
        || strncmp(wanted + n + 1, point, m) != 0)
    {
        return NULL;
    }

    wanted += n + 1 + m;

    return wanted[0] == '\0' || wanted[0] == '=' ? wanted : NULL;
}
