/*
 * roles.h - what each role is given, and which code it runs.
 */
#ifndef HOBNAIL_PROC_ROLES_H
#define HOBNAIL_PROC_ROLES_H

#include <stdbool.h>

#include "proto/ipc.h"
#include "service/service.h"

/* The service of a role; NULL for keeper, which has none (services.c). */
const struct service *role_service(enum role role);

/* Whether `role` gets sockets of this kind, folders of this kind. */
bool role_has_socket(enum role role, enum ipc_socket kind);
bool role_has_folder(enum role role, enum ipc_folder kind);

/* Whether there is a channel between the two, beside those to keeper. */
bool roles_talk(enum role a, enum role b);

#endif
