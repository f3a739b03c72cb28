/*
 * status.h - hobnail status, hosts, leases: how the server is, and whom it
 * knows.
 */
#ifndef HOBNAIL_CMD_STATUS_H
#define HOBNAIL_CMD_STATUS_H

int status_main(int argc, char **argv);
int hosts_main(int argc, char **argv);
int leases_main(int argc, char **argv);

#endif
