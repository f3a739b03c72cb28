/*
 * holder.h - which program holds a port, for the message that says so.
 */
#ifndef HOBNAIL_PROC_HOLDER_H
#define HOBNAIL_PROC_HOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

/*
 * Add "dnsmasq (process 123)", or "another program" where /proc does not tell
 * (other users' processes show only to root).
 */
void port_holder(bool tcp, uint16_t port, struct strbuf *out);

#endif
