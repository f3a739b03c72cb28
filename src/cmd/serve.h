/*
 * serve.h - `hobnail serve`: become keeper and run the server.
 */
#ifndef HOBNAIL_CMD_SERVE_H
#define HOBNAIL_CMD_SERVE_H

/* argv[0] is "serve".  The exit status: 0, 1, or 2 for a wrong call. */
int serve_main(int argc, char **argv);

#endif
