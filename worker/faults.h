/*
 * A seam for tests: the points of a job's run at which the process kills itself
 * (SIGKILL), when the environment's AUDIENCE_FAULT names one as
 * "<job type>:<point>", such as "import:committed"; or at which the job waits
 * while a file is there, when AUDIENCE_HOLD names both, as
 * "import:started=/tmp/hold".  Any thread.
 */

#ifndef FAULTS_H
#define FAULTS_H

#define FAULT_STARTED     "started"         /* its attempt is counted */
#define FAULT_HALFWAY     "halfway"         /* of segment: groups are found;
                                               of learn: models are made */
#define FAULT_PREPARED    "prepared"        /* before its effects are committed */
#define FAULT_COMMITTED   "committed"       /* right after that */
#define FAULT_RETURNED    "returned"        /* all done, and nobody told */

#define FAULT_GIVEN_UP    "given_up"    /* dead or cancelled, and not yet true */

/* Of classify, which commits piece by piece. */
#define FAULT_ASKED       "asked"           /* before a piece is committed */
#define FAULT_PIECE       "piece"           /* right after that */

#define FAULT_WRITTEN     "written"     /* the file of an export */
#define FAULT_SENT        "sent"        /* an e-mail, and nobody was told */

/* Of an erasure (resolve_erase.c), as "erase:<point>". */
#define FAULT_TRUE        "true"        /* its first batch is there */
#define FAULT_LISTED      "listed"      /* in the list of erased people */
#define FAULT_SPOOLED     "spooled"     /* gone from the spool */
#define FAULT_REWRITTEN   "rewritten"   /* gone from segments */
#define FAULT_REVOKED     "revoked"     /* gone from exports */
#define FAULT_PURGED      "purged"      /* gone from the store's files */

void fault(const char *job_type, const char *point);

#endif
