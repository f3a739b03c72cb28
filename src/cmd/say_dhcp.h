/*
 * say_dhcp.h - tell the operator what another DHCP server must say.
 */
#ifndef HOBNAIL_CMD_SAY_DHCP_H
#define HOBNAIL_CMD_SAY_DHCP_H

#include "boot/settings.h"

/* For mode `off`: the lines for each kind of DHCP server, to standard output,
 * with our address on the first interface that is served. */
void say_foreign_dhcp(const struct settings *s);

#endif
