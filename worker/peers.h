/*
 * Who may speak to the worker: whoever writes to its socket may do anything
 * that the API can, for every tenant.  The modes of socket and folder keep
 * others out; this asks the kernel besides who a peer is, so that a mode that
 * was changed by mistake opens nothing, and so that the setting socket_users
 * can name the users of the group that are meant.
 *
 * Root and the worker's own user always may.  Besides them, where socket_users
 * is empty, whoever has the socket's group, as first or further group; where it
 * is not, these users alone.
 *
 * unix(7), SO_PEERCRED and SO_PEERGROUPS: who the peer was when it connected.
 * User namespaces hide it (systemd's PrivateUsers=).  Loop thread.
 */

#ifndef PEERS_H
#define PEERS_H

#include <sys/types.h>

#include "aud_error.h"
#include "settings.h"

#define PEERS_USERS  16                 /* most that socket_users names */

typedef struct {
    uid_t     users[PEERS_USERS];
    unsigned  nusers;
    gid_t     group;                    /* of the socket */
} peers_t;

typedef struct {
    pid_t     pid;
    uid_t     uid;
    gid_t     gid;                      /* the first one */
} peer_t;

/* Names of users and of the group become ids; -1 where there is none of a
 * name.  The group is that of this process where socket_group is empty. */
int peers_read(peers_t *peers, const settings_t *settings, aud_error_t *err);

/* 1: it may; 0: it may not, or the kernel does not tell.  Fills who. */
int peers_may_connect(const peers_t *peers, int fd, peer_t *who);

#endif
