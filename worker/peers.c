/*
 * Who may speak to the worker: credentials of sockets.
 */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "peers.h"

#define PEERS_GROUPS  65536             /* most that Linux gives a process */


static int peers_group(const char *name, gid_t *group, aud_error_t *err);
static int peers_user(peers_t *peers, const char *name, aud_error_t *err);
static int peers_id(const char *name, unsigned long *id);
static int peers_has_group(int fd, gid_t group);


int
peers_read(peers_t *peers, const settings_t *settings, aud_error_t *err)
{
    char   names[sizeof(settings->socket_users)];
    char  *name, *rest;

    peers->nusers = 0;

    if (peers_group(settings->socket_group, &peers->group, err) != 0) {
        return -1;
    }

    strcpy(names, settings->socket_users);

    for (name = strtok_r(names, ", ", &rest); name;
         name = strtok_r(NULL, ", ", &rest))
    {
        if (peers_user(peers, name, err) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
peers_group(const char *name, gid_t *group, aud_error_t *err)
{
    unsigned long   id;
    struct group   *entry;

    if (name[0] == '\0') {
        *group = getegid();
        return 0;
    }

    if (peers_id(name, &id)) {
        *group = (gid_t) id;
        return 0;
    }

    entry = getgrnam(name);

    if (entry == NULL) {
        return aud_error_set(err, "\"socket_group\" of [worker]: there is no "
                             "group \"%s\" on this machine", name);
    }

    *group = entry->gr_gid;

    return 0;
}


static int
peers_user(peers_t *peers, const char *name, aud_error_t *err)
{
    unsigned long   id;
    struct passwd  *entry;

    if (peers->nusers == PEERS_USERS) {
        return aud_error_set(err, "\"socket_users\" of [worker] names more "
                             "than %d users", PEERS_USERS);
    }

    if (!peers_id(name, &id)) {
        entry = getpwnam(name);

        if (entry == NULL) {
            return aud_error_set(err, "\"socket_users\" of [worker]: there is "
                                 "no user \"%s\" on this machine", name);
        }

        id = entry->pw_uid;
    }

    peers->users[peers->nusers++] = (uid_t) id;

    return 0;
}


/* 1 for a number: all ones stands for "none" in the kernel's calls. */

static int
peers_id(const char *name, unsigned long *id)
{
    char  *end;

    if (name[0] < '0' || name[0] > '9') {
        return 0;
    }

    *id = strtoul(name, &end, 10);

    return *end == '\0' && *id < 0xffffffff;
}


int
peers_may_connect(const peers_t *peers, int fd, peer_t *who)
{
    unsigned      i;
    socklen_t     len = sizeof(struct ucred);
    struct ucred  peer;

    who->pid = -1;
    who->uid = (uid_t) -1;
    who->gid = (gid_t) -1;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0) {
        return 0;
    }

    who->pid = peer.pid;
    who->uid = peer.uid;
    who->gid = peer.gid;

    if (peer.uid == 0 || peer.uid == geteuid()) {
        return 1;
    }

    for (i = 0; i < peers->nusers; i++) {
        if (peers->users[i] == peer.uid) {
            return 1;
        }
    }

    return peers->nusers == 0 && (peer.gid == peers->group
                                  || peers_has_group(fd, peers->group));
}


/* The kernel says how many there are where the first guess was too small. */

static int
peers_has_group(int fd, gid_t group)
{
    int        rc, found = 0;
    gid_t     *groups, few[32];
    socklen_t  i, len = sizeof(few);

    groups = few;
    rc = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len);

    if (rc != 0 && errno == ERANGE && len <= PEERS_GROUPS * sizeof(gid_t)) {
        groups = aud_malloc(len);
        rc = groups ? getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len)
                    : -1;
    }

    for (i = 0; rc == 0 && i < len / sizeof(gid_t); i++) {
        found |= groups[i] == group;
    }

    if (groups != few) {
        aud_free(groups);
    }

    return found;
}
