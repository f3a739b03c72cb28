/*
 * notify.h - tell systemd how we are (sd_notify(3), without its library).
 */
#ifndef HOBNAIL_PROC_NOTIFY_H
#define HOBNAIL_PROC_NOTIFY_H

/* Send "READY=1" or the like; does nothing where nobody asked for it. */
void notify(const char *state);

#endif
