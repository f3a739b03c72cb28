/*
 * check.h - `hobnail check`: is this configuration good?
 */
#ifndef HOBNAIL_CMD_CHECK_H
#define HOBNAIL_CMD_CHECK_H

/* argv[0] is "check".  The exit status: 0, 1, or 2 for a wrong call. */
int check_main(int argc, char **argv);

#endif
