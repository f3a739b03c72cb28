/*
 * probe.h - `hobnail probe`: what is in an image, without a server.
 */
#ifndef HOBNAIL_CMD_PROBE_H
#define HOBNAIL_CMD_PROBE_H

/* Returns the exit code: 0, 1 where a file is no whole image, 64 for wrong
 * usage. */
int probe_main(int argc, char **argv);

#endif
