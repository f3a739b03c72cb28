/*
 * loaders.h - hobnail loaders: the boot loaders that machines are given.
 */
#ifndef HOBNAIL_CMD_LOADERS_H
#define HOBNAIL_CMD_LOADERS_H

int loaders_main(int argc, char **argv);

#endif
